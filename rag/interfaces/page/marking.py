"""A paragraph with stretches of it marked, the strongest mark on top."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from itertools import groupby, pairwise

from rag.core.passages import Span
from rag.interfaces.page.markup import inline


class Mark(IntEnum):
    """How strongly a stretch is marked: one of another extract, of the cited one, or the words that answer."""

    OTHER = 1
    CITED = 2
    ANSWER = 3


MARK_CLASSES = {Mark.OTHER: "rag-light", Mark.CITED: "rag-main", Mark.ANSWER: "rag-answer"}
CITED_ID = "rag-cited"
"""Id of the first mark of the cited extract, which the page scrolls to."""


@dataclass(frozen=True, slots=True)
class Marked:
    """A stretch of one paragraph and its mark."""

    span: Span
    mark: Mark


def marked_html(text: str, marks: Iterable[Marked], *, name_first: bool) -> str:
    """The text of a paragraph, escaped, with its marks; where two overlap the stronger is seen.

    :param name_first: Whether its first stretch of the cited extract gets ``CITED_ID``.
    """
    shown = []
    for start, end, mark in _stretches(len(text), list(marks)):
        inner = inline(text[start:end])
        if mark is None:
            shown.append(inner)
            continue
        name = f' id="{CITED_ID}"' if name_first and mark >= Mark.CITED else ""
        name_first = name_first and not name
        shown.append(f'<mark class="{MARK_CLASSES[mark]}"{name}>{inner}</mark>')
    return "".join(shown)


def _stretches(length: int, marks: list[Marked]) -> Iterator[tuple[int, int, Mark | None]]:
    """The text cut wherever its strongest mark changes."""
    cuts = {0, length}
    for marked in marks:
        cuts |= {min(marked.span.start, length), min(marked.span.end, length)}
    pieces = ((start, end, _strongest(marks, start, end)) for start, end in pairwise(sorted(cuts)))
    for mark, run in groupby(pieces, key=lambda piece: piece[2]):
        joined = list(run)
        yield joined[0][0], joined[-1][1], mark


def _strongest(marks: list[Marked], start: int, end: int) -> Mark | None:
    over = (marked.mark for marked in marks if marked.span.start <= start and end <= marked.span.end)
    return max(over, default=None)
