"""What ``rag eval`` does: a question file and an index → tables, and where they are asked for JSON and a picture."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from rag.answering.retriever import Retriever
from rag.core.places import Place
from rag.errors import EvaluationError
from rag.evaluation.evaluation import evaluate
from rag.evaluation.measures import Evaluation
from rag.evaluation.picture import check_picture, draw
from rag.evaluation.questions import BadLine, QuestionFile, read_questions
from rag.evaluation.report import misses, tables
from rag.evaluation.results import Verdict
from rag.index.opening import open_place
from rag.interfaces.printing import shown_line

WIDE = 1000
"""Columns that tables may take. A narrow terminal breaks their lines, which is better than figures that are cut."""
BAD_LINES_TOLD = 20


@dataclass(frozen=True, slots=True)
class Outputs:
    """What is wanted besides the tables.

    :param json: A file for everything; None for none.
    :param picture: A file for the curves; None for none.
    :param misses: Whether to list what went wrong.
    """

    json: Path | None = None
    picture: Path | None = None
    misses: bool = False

    def check(self, questions: Path) -> None:
        """See that each has a file of its own in a folder that is there, before the questions are asked.

        :raises EvaluationError: One of them has not.
        """
        if self.picture:
            check_picture(self.picture)
        for path in filter(None, (self.json, self.picture)):
            if not path.resolve().parent.is_dir() or path.is_dir():
                raise EvaluationError(f"can't write {path}: its folder is not there, or it is a folder itself")
        files = [path.resolve() for path in (questions, self.json, self.picture) if path]
        if len(set(files)) < len(files):
            raise EvaluationError("the questions, --json and --picture must be different files")


def run(
    questions: Path, index: Place, outputs: Outputs, threshold: float, device: str | None, out: Console, err: Console
) -> bool:
    """Evaluate and print.

    :param threshold: How sure it must be that the articles answer, 0 to 1, to say that they do.
    :param device: Where the model runs, as for ``Retriever.open``.
    :return: Whether all is well: every line was used, and every citation stands in its file as quoted.
    :raises RagError: Nothing could be evaluated.
    """
    outputs.check(questions)
    opened = open_place(index)
    asked = read_questions(questions, opened.digests())
    opened.close()
    _print_left_out(asked, err)
    if not asked.questions:
        raise EvaluationError(f"no line of {questions} can be used")
    with _progress_bar(err) as progress:
        evaluation = evaluate(asked.questions, Retriever.open(index, device=device), progress, threshold)
    _print(evaluation, outputs, out)
    try:
        if outputs.json:
            _write_json(outputs.json, evaluation, asked.bad_lines)
        if outputs.picture:
            draw(evaluation, outputs.picture)
    except OSError as error:
        raise EvaluationError(f"what was measured stands above, but can't be written: {error}") from error
    return not asked.bad_lines and not evaluation.all.citations[Verdict.WRONG]


def _print_left_out(asked: QuestionFile, err: Console) -> None:
    for line in asked.bad_lines[:BAD_LINES_TOLD]:
        err.print(f"[yellow]left out:[/] {shown_line(line)}")
    more = len(asked.bad_lines) - BAD_LINES_TOLD
    if more > 0:
        err.print(f"[yellow]left out:[/] {more} more lines")
    if asked.passed_over:
        err.print(f"passed over: thumbs that tell nothing new of what is right: {asked.passed_over}")


@contextmanager
def _progress_bar(err: Console) -> Iterator[Callable[[int, int], None]]:
    columns = (TextColumn("asking"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(compact=True))
    with Progress(*columns, console=err) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _print(evaluation: Evaluation, outputs: Outputs, out: Console) -> None:
    wide = Console(file=out.file, width=WIDE, highlight=False, soft_wrap=True, emoji=False)
    for part in tables(evaluation):
        wide.print(part)
        wide.print()
    for part in misses(evaluation) if outputs.misses else ():
        wide.print(part)


def _write_json(path: Path, evaluation: Evaluation, bad_lines: Sequence[BadLine]) -> None:
    plain = evaluation.to_json() | {"bad_lines": [asdict(line) for line in bad_lines]}
    path.write_text(json.dumps(plain, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
