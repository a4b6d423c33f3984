"""Which paragraphs of a long article are shown at a time: megabytes are too much for a browser, and for what waits."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from rag.core.articles import Paragraph
from rag.interfaces.page.marking import Mark, Marked

MAX_CHARACTERS, MAX_PARAGRAPHS = 100_000, 1000
"""Shown at a time: a long chapter. Of the articles that were looked at, all but books fit in whole."""
BEFORE = 10
"""One part in so many of what is shown stands before the cited paragraph."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Paragraphs that are shown together.

    :param first: Number of the first, from 1.
    :param last: Number of the last.
    :param earlier: With which paragraph the stretch before it begins; 0 where there is none. ``later`` likewise.
    """

    first: int
    last: int
    earlier: int
    later: int


def stretch_of(paragraphs: Sequence[Paragraph], start: int = 0, cited: int = 0) -> Stretch:
    """What is shown of an article.

    :param start: The paragraph to begin with; 0 for the cited one with a little before it. It comes from outside.
    :param cited: The paragraph that is cited; 0 where none is.
    """
    sizes = [min(len(paragraph.text), MAX_CHARACTERS) for paragraph in paragraphs]
    count = len(sizes)
    if fitting(sizes) == count:
        return Stretch(1, count, 0, 0)
    if start:
        first = min(max(start, 1), count)
    else:
        at = min(max(cited, 1), count)
        first = at - _fitting(reversed(sizes[: at - 1]), BEFORE, least=0)
    last = first - 1 + fitting(sizes[first - 1 :])
    earlier = first - fitting(reversed(sizes[: first - 1])) if first > 1 else 0
    return Stretch(first, last, earlier, last + 1 if last < count else 0)


def fitting(sizes: Iterable[int]) -> int:
    """How many of these paragraphs are shown at a time, at least one.

    >>> fitting([60_000, 40_000, 1]), fitting([100_001, 1])
    (2, 1)
    """
    return _fitting(sizes, 1, least=1)


def _fitting(sizes: Iterable[int], part: int, *, least: int) -> int:
    fit = sum(1 for total in accumulate(sizes) if total <= MAX_CHARACTERS // part)
    return min(max(fit, least), MAX_PARAGRAPHS // part)


def cut(text: str, marks: Sequence[Marked]) -> tuple[str, list[Marked], bool, bool]:
    """A paragraph as it is shown: whole, or where it is too long its beginning, or what stands around what is cited.

    :return: The text, its marks, and whether something before it and after it is left out.
    """
    if len(text) <= MAX_CHARACTERS:
        return text, list(marks), False, False
    at = min((marked.span.start for marked in marks if marked.mark >= Mark.CITED), default=0)
    begin = min(max(at - MAX_CHARACTERS // BEFORE, 0), len(text) - MAX_CHARACTERS)
    shifted = [
        replace(marked, span=replace(marked.span, start=max(marked.span.start - begin, 0), end=marked.span.end - begin))
        for marked in marks
        if begin < marked.span.end and marked.span.start < begin + MAX_CHARACTERS
    ]
    end = begin + MAX_CHARACTERS
    return text[begin:end], shifted, begin > 0, end < len(text)
