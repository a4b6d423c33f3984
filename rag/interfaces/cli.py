"""The command line: a function for each command."""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib.util import find_spec
from inspect import Parameter, signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag.core.answers import PastTurn
from rag.core.files import read_file
from rag.core.filters import Filters
from rag.core.limits import ANSWER_THRESHOLD
from rag.core.places import Place
from rag.errors import ArgumentError, EvaluationError, RagError
from rag.interfaces.asking import Request, reply_to
from rag.interfaces.cli_index import COMMANDS, SOME_FAILED
from rag.interfaces.cli_options import (
    FILTERS,
    After,
    AnyTime,
    AsJson,
    Device,
    IndexOption,
    MaybeIndexOption,
    Newest,
    Threshold,
    TrustModel,
)
from rag.interfaces.http.login import PASSWORD
from rag.interfaces.printing import err, out, print_json, shown_line
from rag.interfaces.resident import ask_resident

if TYPE_CHECKING:
    from rag.answering.retriever import Retriever

ABOUT = "Ask a folder of saved articles; answers are extracts, word for word, each with its citation."
app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=ABOUT)

FAILED = 2
"""Exit status when a command could not do what it was asked."""

PORT = 7860
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Beside:
    """What stands beside a checkout's ``app.py``.

    :param index: The index of ``rag page`` unless another is named.
    :param samples: Articles of which that is built where it is missing; None for none.
    """

    index: Path
    samples: Path | None = None


for _name, _command in COMMANDS.items():
    app.command(_name)(_command)


def main(arguments: Sequence[str] | None = None, beside: Beside | None = None) -> None:
    """Run the command line; an error is one line, never a traceback.

    :param arguments: None for those that the process was started with.
    """
    gc.set_threshold(100_000)  # half a million objects come to stay, not to be gone through at each 700 new ones
    try:
        app(arguments, obj=beside)
    except (RagError, OSError) as error:  # of the others, a full disk and the like
        err.print(f"[bold red]error:[/] {shown_line(error)}")
        sys.exit(FAILED)
    finally:
        gc.freeze()  # what is loaded goes with the process: else Python would go through all of it once more


def _filtered(command: Callable[..., None]) -> Callable[..., None]:
    """A command whose ``**filters`` are ``FILTERS`` on the command line."""
    shape = signature(command, eval_str=True)
    own = [parameter for parameter in shape.parameters.values() if parameter.name != "filters"]
    filters = [Parameter(name, Parameter.KEYWORD_ONLY, default=None, annotation=of) for name, of in FILTERS.items()]
    command.__signature__ = shape.replace(parameters=[*own, *filters])  # type: ignore[attr-defined]
    return command


@app.command()
@_filtered
def ask(
    question: str,
    index: IndexOption = Path("index"),
    after: After = None,
    newest: Newest = False,
    threshold: Threshold = ANSWER_THRESHOLD,
    any_time: AnyTime = False,
    trust_model: TrustModel = False,
    device: Device = None,
    as_json: AsJson = False,
    **filters: Any,
) -> None:
    """Ask a question; the answer is extracts, word for word, each with its citation."""
    request = Request(question, filters, newest, threshold, _earlier(after), as_json=as_json, timed=not any_time)
    _print_reply(_reply_to(request, index, device, trust_model=trust_model))


def _earlier(after: Sequence[str] | None) -> tuple[Any, ...]:
    """What was asked before: questions, or the turns that stand in files."""
    return tuple(_turn_in(Path(name[1:])) if name.startswith("@") else name for name in after or ())


def _turn_in(path: Path) -> dict[str, Any]:
    """The turn of an answer that ``rag ask --json`` printed into a file, as it stands there.

    :raises ArgumentError: The file holds none.
    """
    try:
        turn: dict[str, Any] = json.loads(read_file(path))["turn"]
        PastTurn.from_json(turn)
        return turn
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        reason = getattr(error, "strerror", None) or "it holds no answer that rag ask --json printed"
        raise ArgumentError(f"--after names the file {path}: {reason}") from None


class SurveyForm(StrEnum):
    """How a survey is printed."""

    DATE = "survey"
    BEST = "best"
    MARKDOWN = "markdown"
    CSV = "csv"


@app.command()
@_filtered
def survey(
    question: str,
    index: IndexOption = Path("index"),
    after: After = None,
    form: Annotated[
        SurveyForm, typer.Option("--as", help="By date, best first, or as a file: markdown or csv.")
    ] = SurveyForm.DATE,
    any_time: AnyTime = False,
    trust_model: TrustModel = False,
    device: Device = None,
    as_json: AsJson = False,
    **filters: Any,
) -> None:
    """List every article that speaks to a question, one extract each, and what they agree and differ in."""
    request = Request(question, filters, after=_earlier(after), as_json=as_json, timed=not any_time, form=form.value)
    _print_reply(_reply_to(request, index, device, trust_model=trust_model))


@app.command()
@_filtered
def search(
    query: str,
    k: Annotated[int, typer.Option("-k", help="How many passages at most.")] = 5,
    index: IndexOption = Path("index"),
    newest: Newest = False,
    any_time: AnyTime = False,
    trust_model: TrustModel = False,
    device: Device = None,
    **filters: Any,
) -> None:
    """List the passages that are nearest to a query."""
    _print_reply(
        _reply_to(Request(query, filters, newest, k=k, timed=not any_time), index, device, trust_model=trust_model)
    )


def _reply_to(request: Request, index: Place, device: str | None, *, trust_model: bool) -> dict[str, Any]:
    """What a process replies that has the index open, or else this one, which loads the model for it."""
    options = request.options
    if device is None and not trust_model and (reply := ask_resident(index, request.plain())):
        return reply
    return reply_to(request, _opened(index, options.filters, device, trust_model=trust_model))


def _print_reply(reply: Mapping[str, Any]) -> None:
    if "values" in reply:
        print_json(reply["values"])
    if "text" in reply:
        sys.stdout.write(reply["text"])
    for line in reply.get("lines", ()):
        out.print(line)


def _opened(index: Place, filters: Filters, device: str | None, *, trust_model: bool) -> Retriever:
    """An index for questions. A name that it does not know is told before the model is loaded, which takes seconds."""
    from rag.answering.retriever import Retriever
    from rag.index.opening import open_place

    if any(filters.named.values()):
        open_place(index).check(filters)
    return Retriever.open(index, trust_model=trust_model, device=device)


@app.command()
def show(
    article: Annotated[str, typer.Argument(help="An article file, or an article's name in the index.")],
    index: IndexOption = Path("index"),
) -> None:
    """Print an article as cleaned, with the lines of its file, and what was removed and why."""
    from rag.interfaces.article_files import article_named
    from rag.interfaces.printed_index import print_article

    read, has_changed = article_named(article, index)
    if has_changed:
        err.print(f"[yellow]{shown_line(read.info.id)} has changed since it was indexed: this is how it reads now[/]")
    print_article(read, index)


@app.command()
def page(
    context: typer.Context,
    index: MaybeIndexOption = None,
    port: Annotated[int, typer.Option(help="The port to serve on; 0 for any that is free.")] = PORT,
    host: Annotated[
        str, typer.Option(help="The address to serve on; that of another network lets others in.")
    ] = LOOPBACK,
    login: Annotated[
        str | None,
        typer.Option(metavar="NAME", help=f"Ask for this name and a password, asked for or in {PASSWORD}."),
    ] = None,
    watch: Annotated[bool, typer.Option("--watch", help="Keep the index up to date with its folder.")] = False,
    trust_model: TrustModel = False,
    device: Device = None,
) -> None:
    """Open the page: a chat over the index, with the cited article beside it."""
    from rag.interfaces.serve import serve

    beside = context.obj or Beside(Path("index"))
    places = index or beside.index, host, port, login, beside.samples
    serve(_page_of, *places, build=index is None, watch=watch, trust_model=trust_model, device=device)


def _page_of(*values: Any, **named: Any) -> Any:
    from rag.interfaces.app import Page

    return Page(*values, **named)


@app.command("eval")
def eval_command(
    questions: Annotated[
        Path,
        typer.Argument(help="Questions whose answers are known, one JSON object a line; or an index's feedback.jsonl."),
    ],
    index: IndexOption = Path("index"),
    json_file: Annotated[Path | None, typer.Option("--json", help="Write all figures and results here.")] = None,
    picture: Annotated[Path | None, typer.Option(help="Draw curves here: a .png or .svg file.")] = None,
    misses: Annotated[bool, typer.Option("--misses", help="List what went wrong.")] = False,
    threshold: Threshold = ANSWER_THRESHOLD,
    device: Device = None,
) -> None:
    """Measure how well an index answers questions whose answers are known.

    Exit status: 0 all is well, 1 some lines could not be used or a citation is wrong, 2 nothing was measured.
    """
    missing = [package for package in ("ir-measures", "matplotlib") if find_spec(package.replace("-", "_")) is None]
    if missing:
        raise EvaluationError(f"rag eval needs {' and '.join(missing)}: pip install 'article-rag[eval]'")
    from rag.interfaces.evaluate import Outputs, run

    if not run(questions, index, Outputs(json_file, picture, misses), threshold, device, out, err):
        raise typer.Exit(SOME_FAILED)


if __name__ == "__main__":
    main()
