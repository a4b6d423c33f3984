"""The options of the command line, in the words of its help."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from rag.core.places import Place, given_place
from rag.errors import ArgumentError

Folders = Annotated[
    list[str],
    typer.Argument(
        metavar="FOLDER|NAME=FOLDER…",
        help="The folder of articles, sub-folders too; or several collections, as news=~/news blog=~/blog.",
    ),
]


def _place(value: str | Place) -> Place:
    return given_place("--index", value)


IndexOption = Annotated[
    Any,
    typer.Option(
        "--index", parser=_place, metavar="FOLDER|ADDRESS", help="The index folder, or milvus://HOST:PORT/NAME."
    ),
]
"""A ``Place``."""
MaybeIndexOption = Annotated[
    Any,
    typer.Option(
        "--index",
        parser=_place,
        metavar="FOLDER|ADDRESS",
        help="The index folder, index unless named; or milvus://HOST:PORT/NAME.",
    ),
]
"""The same, or None."""


def _shard(value: str) -> tuple[int, int]:
    number, _, of = value.partition("/")
    if not (number.isascii() and number.isdecimal() and of.isascii() and of.isdecimal()) or len(value) > 9:
        raise ArgumentError(f"--shard is {value!r}: give which part, and of how many, as 3/8")
    return int(number), int(of)


Shard = Annotated[
    Any,
    typer.Option(
        "--shard",
        parser=_shard,
        metavar="K/N",
        help="Index the K-th of N parts, over a server: N commands, on as many machines as you like.",
    ),
]
Since = Annotated[str | None, typer.Option(help="Only articles of this day or later: 2021-12-31, 2021-12 or 2021.")]
Until = Annotated[str | None, typer.Option(help="Only articles of this day or earlier, a month or year to its end.")]
Categories = Annotated[
    list[str] | None,
    typer.Option("--category", help="Only this category and those below it: 科技 or 科技/AI; may be repeated."),
]
Authors = Annotated[list[str] | None, typer.Option("--author", help="Only this author or reporter; may be repeated.")]
Sources = Annotated[list[str] | None, typer.Option("--source", help="Only this paper, site or feed; may be repeated.")]
Collections = Annotated[
    list[str] | None, typer.Option("--collection", help="Only this collection of the index; may be repeated.")
]
FILTERS = {
    "since": Since,
    "until": Until,
    "categories": Categories,
    "authors": Authors,
    "sources": Sources,
    "collections": Collections,
}
Newest = Annotated[bool, typer.Option("--newest", help="Show the best by date, newest first.")]
AnyTime = Annotated[
    bool,
    typer.Option("--any-time", help="Ask of all times, though the question names one, such as last week."),
]
After = Annotated[
    list[str] | None,
    typer.Option(
        metavar="QUESTION|@FILE",
        help="A question asked before, or the file of its answer in JSON, to spare asking it again; may be repeated.",
    ),
]
Threshold = Annotated[
    float, typer.Option(help="How sure it must be that the articles answer, from 0, answer always, to 1.")
]
TrustModel = Annotated[
    bool,
    typer.Option(
        "--trust-model", help="Load the model that the index names though nobody chose it on this machine; say it once."
    ),
]
Device = Annotated[
    str | None,
    typer.Option(help="Where the model runs, as torch names it: cpu, cuda, cuda:1, mps; a GPU where there is one."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
