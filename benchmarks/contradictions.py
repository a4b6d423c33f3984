"""Whether a question that the articles contradict is left unanswered.

``python -m benchmarks.contradictions [--pairs tests/contradictions.jsonl] [--misses]`` makes an article of each row and
one index of all, and asks each article alone the question that it answers, and those that ask for another year, day,
percentage, number, place, company, person or product. It prints, by kind, how many of the first are answered with the
right words, and how many of the second are answered at all.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.datasets import rows_of
from rag.answering.retriever import Retriever
from rag.build import build_index
from rag.core.answers import Answer
from rag.core.filters import Filters
from rag.evaluation.comparing import bare
from rag.models.encoder import Encoder
from rag.models.sentence_transformer import load_encoder

TESTS = Path(__file__).resolve().parents[1] / "tests"
PAIRS = TESTS / "contradictions.jsonl"
"""To measure on. What a strange name weighs (``rag.answering.calibration``) was chosen on ``contradictions_tune.jsonl``
beside it: ``--pairs`` takes either."""
FIGURES = ("year", "date", "percent", "number")
NAMES = ("place", "company", "person", "product")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of a row and what came of it.

    :param contradicted: Whether it asks for something that the row's article has otherwise.
    :param right: Whether the answer is right: of the others, that the article's words for it are in an extract; of a
        contradicted one, that there is no extract.
    """

    kind: str
    question: str
    contradicted: bool
    right: bool
    answer: Answer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=Path, default=PAIRS)
    parser.add_argument("--misses", action="store_true", help="print what was answered wrongly")
    options = parser.parse_args()
    asked = ask_all(options.pairs, load_encoder())
    print("| kind | answered, with the right words | contradicted, and answered all the same |")
    print("|---|---|---|")
    for kind in (*FIGURES, *NAMES):
        kept, wrong = kept_and_wrong(asked, [kind])
        print(f"| {kind} | {kept:.2f} | {wrong:.2f} |")
    for name, kinds in (("all figures", FIGURES), ("all names", NAMES)):
        kept, wrong = kept_and_wrong(asked, kinds)
        print(f"| {name} | {kept:.3f} | {wrong:.3f} |")
    if options.misses:
        for one in asked:
            if not one.right:
                told = [extract.text for extract in one.answer.extracts][:1]
                print(one.kind, "contradicted" if one.contradicted else "", one.question, one.answer.confidence, told)


def kept_and_wrong(asked: Sequence[Asked], kinds: Sequence[str]) -> tuple[float, float]:
    """Of the questions of these kinds, the share answered rightly, and the share answered though contradicted."""
    kept = [one.right for one in asked if one.kind in kinds and not one.contradicted]
    wrong = [not one.right for one in asked if one.kind in kinds and one.contradicted]
    return float(np.mean(kept)), float(np.mean(wrong))


def ask_all(pairs: Path, encoder: Encoder) -> list[Asked]:
    """Ask all questions of a file, over an index of its articles."""
    with opened(pairs, encoder) as (rows, retriever):
        asked = [_ask(row, row["ask"], retriever, contradicted=False) for row in rows]
        asked += [_ask(row, question, retriever, contradicted=True) for row in rows for question in row["contradicted"]]
    return asked


@contextmanager
def opened(pairs: Path, encoder: Encoder) -> Iterator[tuple[list[dict[str, Any]], Retriever]]:
    """The rows of a file, and an index of its articles: each row has an author of its own."""
    rows = list(rows_of(pairs))
    with tempfile.TemporaryDirectory() as work:
        folder, index = Path(work, "articles"), Path(work, "index")
        folder.mkdir()
        for row in rows:
            (folder / f"{row['id']}.md").write_text(_article(row), encoding="utf-8")
        build_index(folder, index, encoder)
        yield rows, Retriever.open(index, encoder)


def _article(row: dict[str, Any]) -> str:
    front = f"title: {json.dumps(row['title'], ensure_ascii=False)}\ndate: {row['date']}\nauthor: {row['id']}"
    return f"---\n{front}\n---\n<p>{escape(row['passage'])}</p>\n"


def _ask(row: dict[str, Any], question: str, retriever: Retriever, *, contradicted: bool) -> Asked:
    answer = retriever.ask(question, Filters(authors=(row["id"],)))
    holds = any(bare(row["answer"]) in bare(extract.text) for extract in answer.extracts)
    return Asked(row["kind"], question, contradicted, not answer.answered if contradicted else holds, answer)


if __name__ == "__main__":
    main()
