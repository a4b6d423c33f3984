"""What is kept beside the articles of a segment so that a later change costs what it changes.

Which lines a source repeats, and which passages are copies, is told from the whole corpus: of this, instead of from
all texts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.core.articles import Article
from rag.corpus.boilerplate import Outline
from rag.corpus.near_duplicates import marks_of
from rag.index.segment import Segment

_ENDINGS, _LINES, _MARKS, _VALUES, _ROWS = "endings", "lines", "marks", "mark_values", "mark_rows"
"""Names of the arrays."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks of a segment's passages, and which passages have each.

    :param of_each: As ``rag.corpus.near_duplicates.marks_of`` gives them.
    :param values: All that are not 0, in order; ``rows`` are the passages that have them.
    """

    of_each: NDArray[np.uint32]
    values: NDArray[np.uint32]
    rows: NDArray[np.int32]

    @classmethod
    def of(cls, marks: NDArray[np.uint32]) -> Marks:
        """Of the marks of each passage."""
        values, rows = marks.ravel(), np.repeat(np.arange(len(marks), dtype=np.int32), marks.shape[1])
        order = np.argsort(values, kind="stable")
        order = order[values[order] > 0]
        return cls(marks, values[order], rows[order])

    def having(self, marks: NDArray[np.uint32]) -> NDArray[np.int32]:
        """The passages that have any of some marks."""
        begins, ends = np.searchsorted(self.values, marks), np.searchsorted(self.values, marks, side="right")
        spans = [self.rows[begin:end] for begin, end in zip(begins, ends, strict=True) if begin < end]
        return np.unique(np.concatenate(spans)) if spans else np.empty(0, np.int32)


@dataclass(frozen=True, slots=True)
class Derived:
    """What is kept of a segment's articles and passages.

    :param outline: Of its articles.
    """

    outline: Outline
    marks: Marks

    @classmethod
    def of(cls, articles: Iterable[Article], texts: Sequence[str], titles: Sequence[str]) -> Derived:
        """Of articles, and of the passages made of them, each with the title of its article."""
        return cls(Outline.of(articles), Marks.of(marks_of(texts, titles)))

    @classmethod
    def merged(cls, parts: Iterable[tuple[Segment, Mask, Mask]]) -> Derived:
        """Of several segments, of the articles and passages that stay in each."""
        parts = list(parts)
        outline = Outline.joined((outline_of(segment), articles) for segment, articles, _ in parts)
        marks = np.concatenate([segment.array(_MARKS)[passages] for segment, _, passages in parts])
        return cls(outline, Marks.of(marks))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """As arrays, by their names."""
        return dict(self._named())

    def _named(self) -> Iterator[tuple[str, NDArray[Any]]]:
        yield _LINES, self.outline.lines
        yield _ENDINGS, self.outline.endings
        yield _MARKS, self.marks.of_each
        yield _VALUES, self.marks.values
        yield _ROWS, self.marks.rows


def outline_of(segment: Segment) -> Outline:
    """What a segment's articles say line by line."""
    return Outline(segment.array(_LINES), segment.array(_ENDINGS))


def marks_of_segment(segment: Segment) -> Marks:
    """The marks of a segment's passages."""
    return Marks(segment.array(_MARKS), segment.array(_VALUES), segment.array(_ROWS))
