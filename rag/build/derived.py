"""What is kept beside the articles of a segment so that a later change costs what it changes.

Which lines a source repeats, and which passages are copies, is told from the whole corpus: of this, instead of from
all texts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import starmap
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from rag.core.articles import Article
from rag.corpus.near_duplicates import MARKS, marks_of
from rag.corpus.outline import LINE, Outline, digest_of_file
from rag.index.arrays import AT_ONCE, ArrayFile, ranges, slices, write_array
from rag.index.postings import renumbered
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

    def write(self, folder: Path) -> None:
        """Write it to the folder of the segment.

        :raises OSError: It can't be written.
        """
        for name, array in self._arrays():
            write_array(_file(folder, name), array)

    def _arrays(self) -> Iterator[tuple[str, NDArray[Any]]]:
        yield _LINES, self.outline.lines
        yield _ENDINGS, self.outline.endings
        yield _MARKS, self.marks.of_each
        yield _VALUES, self.marks.values
        yield _ROWS, self.marks.rows


@dataclass(frozen=True, slots=True)
class MergedDerived:
    """The same of several segments, one after the other; some rows of them at a time are in memory.

    :param parts: Each with which of its articles and of its passages stay.
    """

    parts: Sequence[tuple[Segment, Mask, Mask]]
    at_once: int = AT_ONCE

    def write(self, folder: Path) -> None:
        """Write it to the folder of the segment.

        :raises OSError: It can't be written.
        """
        outlines = [outline_of(segment) for segment, *_ in self.parts]
        articles, passages = [stays for _, stays, _ in self.parts], [stays for *_, stays in self.parts]
        self._write_lines(folder, outlines, articles)
        endings = [outline.endings[stays] for outline, stays in zip(outlines, articles, strict=True)]
        write_array(_file(folder, _ENDINGS), np.concatenate(endings))
        marks = [marks_of_segment(segment) for segment, *_ in self.parts]
        with ArrayFile(_file(folder, _MARKS), np.uint32, (sum(map(np.count_nonzero, passages)), MARKS)) as file:
            for part, stays in zip(marks, passages, strict=True):
                for some in slices(len(stays), self.at_once // MARKS + 1):
                    file.add(part.of_each[some][stays[some]])
        self._write_marks(folder, marks, passages)

    def _write_lines(self, folder: Path, outlines: list[Outline], articles: list[Mask]) -> None:
        numbers = renumbered(articles)
        count = self._count_rows([outline.lines["article"] for outline in outlines], articles)
        with ArrayFile(_file(folder, _LINES), LINE, (count,)) as file:
            for outline, stays, number in zip(outlines, articles, numbers, strict=True):
                for some in slices(len(outline.lines), self.at_once):
                    lines = outline.lines[some]
                    lines = lines[stays[lines["article"]]]
                    lines["article"] = number[lines["article"]]
                    file.add(lines)

    def _write_marks(self, folder: Path, marks: list[Marks], passages: list[Mask]) -> None:
        """Write all marks in order, and the passages that have them."""
        numbers, count = renumbered(passages), self._count_rows([part.rows for part in marks], passages)
        found, rows = [part.values for part in marks], sum(len(part.values) for part in marks)
        with (
            ArrayFile(_file(folder, _VALUES), np.uint32, (count,)) as values,
            ArrayFile(_file(folder, _ROWS), np.int32, (count,)) as having,
        ):
            for places in ranges(found, rows, self.at_once):
                columns = zip(marks, passages, numbers, places, strict=True)
                of_range, passages_of = (np.concatenate(each) for each in zip(*starmap(_column, columns), strict=True))
                order = np.argsort(of_range, kind="stable")
                values.add(of_range[order])
                having.add(passages_of[order])

    def _count_rows(self, of: list[NDArray[Any]], which: list[Mask]) -> int:
        """How many rows are of things that stay."""
        return sum(
            int(np.count_nonzero(stays[rows[some]]))
            for rows, stays in zip(of, which, strict=True)
            for some in slices(len(rows), self.at_once)
        )


def _column(
    marks: Marks, stays: Mask, number: NDArray[np.int32], some: slice
) -> tuple[NDArray[np.uint32], NDArray[np.int32]]:
    """Some marks of a segment, and the passages that have them, under their new numbers."""
    rows = marks.rows[some]
    is_in = stays[rows]
    return marks.values[some][is_in], number[rows[is_in]]


def _file(folder: Path, name: str) -> Path:
    return folder / f"{name}.npy"


def outline_of(segment: Segment) -> Outline:
    """What a segment's articles say line by line."""
    return Outline(segment.array(_LINES), segment.array(_ENDINGS), _files_of(segment))


_FILES: WeakKeyDictionary[Segment, NDArray[np.uint64]] = WeakKeyDictionary()


def _files_of(segment: Segment) -> NDArray[np.uint64]:
    """The digests of its articles' files, put together once."""
    found = _FILES.get(segment)
    if found is None:
        told = (digest_of_file(name, digest) for name, digest in segment.store.digests)
        _FILES[segment] = found = np.fromiter(told, np.uint64, len(segment.store.digests))
    return found


def marks_of_segment(segment: Segment) -> Marks:
    """The marks of a segment's passages."""
    return Marks(segment.array(_MARKS), segment.array(_VALUES), segment.array(_ROWS))
