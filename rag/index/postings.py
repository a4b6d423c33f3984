"""``words/``: which terms the passages of one segment have, and how often. Nothing in it depends on other segments."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.index.arrays import AT_ONCE, ArrayFile, ranges, read_array, slices, write_array

WORDS_NAME = "words"
_ARRAYS = ("terms", "begins", "passages", "counts", "lengths")
MOST = 65_535
"""Times that a term is counted in one passage."""

Rows = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Postings:
    """The terms of some passages, each with the passages that have it.

    :param terms: A digest of each term (``digest_of``), in order; a term's number is the place of its digest.
    :param begins: Where in ``passages`` and ``counts`` each term's begin, by its number; shape (terms + 1,).
    :param passages: The passages that have a term, in order, for one term after the other.
    :param counts: How often each has it.
    :param lengths: How many terms each passage has, repeats and all.
    """

    terms: NDArray[np.uint64]
    begins: NDArray[np.int64]
    passages: Rows
    counts: NDArray[np.uint16]
    lengths: Rows
    _terms: Sequence[int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Looking up a single number among numpy's takes three times as long.
        terms = np.ascontiguousarray(self.terms, np.uint64)
        object.__setattr__(self, "_terms", memoryview(terms.data).cast("B").cast("Q") if len(terms) else ())

    @classmethod
    def of(cls, texts: Iterable[Iterable[str]]) -> Postings:
        """Of the terms of texts, repeats and all; a text's position is its passage's number."""
        numbers: dict[str, int] = {}
        found, passages, counts, lengths = array("i"), array("i"), array("H"), array("i")
        for passage, text in enumerate(texts):
            told = Counter(text)
            found.extend(numbers.setdefault(term, len(numbers)) for term in told)
            passages.extend([passage] * len(told))
            counts.extend(min(count, MOST) for count in told.values())
            lengths.append(told.total())
        columns = (np.frombuffer(column, column.typecode) for column in (found, passages, counts, lengths))
        digests = np.array([digest_of(term) for term in numbers], np.uint64)
        of_term, *rest = columns
        return cls.put_together(digests[of_term], *rest)

    @classmethod
    def put_together(
        cls, of_term: NDArray[Any], passages: NDArray[Any], counts: NDArray[Any], lengths: NDArray[Any]
    ) -> Postings:
        """Put the passages of each term side by side.

        :param of_term: The digest of the term of each.
        :param passages: In order, as far as they have the same term.
        """
        order = np.argsort(of_term, kind="stable")
        terms, begins = np.unique(of_term[order], return_index=True)
        begins = np.append(begins, len(of_term)).astype(np.int64)
        columns = passages[order].astype(np.int32), counts[order].astype(np.uint16), lengths.astype(np.int32)
        return cls(terms.astype(np.uint64), begins, *columns)

    def write(self, folder: Path) -> None:
        """Write them to the folder of a segment.

        :raises OSError: They can't be written.
        """
        (folder / WORDS_NAME).mkdir()
        for name in _ARRAYS:
            write_array(folder / WORDS_NAME / f"{name}.npy", getattr(self, name))

    @classmethod
    def read(cls, folder: Path) -> Postings:
        """Read what ``write`` wrote, as far as it is asked for.

        :raises OSError: A file can't be read.
        :raises ValueError: One holds something else.
        """
        return cls(*(read_array(folder / WORDS_NAME / f"{name}.npy") for name in _ARRAYS))

    def check(self, passages: int) -> None:
        """Refuse what leads to no passage.

        :param passages: How many there are.
        :raises ValueError: It does.
        """
        if len(self.begins) != len(self.terms) + 1 or not len(self.passages) == len(self.counts) == self.begins[-1]:
            raise ValueError("terms")
        if self.begins[0] != 0 or np.diff(self.begins).min(initial=0) < 0 or len(self.lengths) != passages:
            raise ValueError("lengths")
        if len(self.passages) and not 0 <= self.passages.min() <= self.passages.max() < passages:
            raise ValueError("passages")

    def row(self, term: str) -> int | None:
        """The number of a term; None where no passage has it."""
        digest = digest_of(term)
        row = bisect_left(self._terms, digest)
        return row if row < len(self._terms) and self._terms[row] == digest else None

    def having(self, row: int) -> tuple[Rows, NDArray[np.uint16]]:
        """The passages that have a term, by its number, in order, and how often each has it."""
        begin, end = self.begins[row], self.begins[row + 1]
        return self.passages[begin:end], self.counts[begin:end]


@dataclass(frozen=True, slots=True)
class MergedPostings:
    """Those of several segments, one after the other, without the passages that are dropped.

    Of a million passages they have a hundred million rows: they are put together some at a time.

    :param parts: Each with which of its passages stay.
    """

    parts: Sequence[tuple[Postings, NDArray[np.bool_]]]
    at_once: int = AT_ONCE

    def write(self, folder: Path) -> None:
        """Write them to the folder of a segment.

        :raises OSError: They can't be written.
        """
        words = folder / WORDS_NAME
        words.mkdir()
        terms, sizes, rows = [], [np.zeros(1, np.int64)], (self._count_rows(),)
        with (
            ArrayFile(words / "passages.npy", np.int32, rows) as passages,
            ArrayFile(words / "counts.npy", np.uint16, rows) as counts,
        ):
            for block in self._blocks():
                passages.add(block.passages)
                counts.add(block.counts)
                terms.append(block.terms)
                sizes.append(np.diff(block.begins))
        write_array(words / "terms.npy", np.concatenate(terms))
        write_array(words / "begins.npy", np.cumsum(np.concatenate(sizes)))
        write_array(words / "lengths.npy", np.concatenate([part.lengths[stays] for part, stays in self.parts]))

    def _count_rows(self) -> int:
        return sum(
            int(np.count_nonzero(stays[part.passages[some]]))
            for part, stays in self.parts
            for some in slices(len(part.passages), self.at_once)
        )

    def _blocks(self) -> Iterator[Postings]:
        """The terms of one range of digests after the other."""
        numbers = renumbered([stays for _, stays in self.parts])
        rows = sum(len(part.passages) for part, _ in self.parts)
        for places in ranges([part.terms for part, _ in self.parts], rows, self.at_once):
            columns = [
                _column(part, stays, number, place)
                for (part, stays), number, place in zip(self.parts, numbers, places, strict=True)
            ]
            of_term, passages, counts = (np.concatenate(column) for column in zip(*columns, strict=True))
            yield Postings.put_together(of_term, passages, counts, np.empty(0, np.int32))


def _column(
    part: Postings, stays: NDArray[np.bool_], number: NDArray[np.int32], terms: slice
) -> tuple[NDArray[np.uint64], Rows, NDArray[np.uint16]]:
    """Of some terms of a segment: the digest of the term of each row, the passage under its new number, the count."""
    begins = part.begins[terms.start : terms.stop + 1]
    rows = slice(begins[0], begins[-1])
    passages = part.passages[rows]
    kept = stays[passages]
    of_term = np.repeat(part.terms[terms], np.diff(begins))[kept]
    return of_term, number[passages[kept]], part.counts[rows][kept]


def renumbered(parts: Sequence[NDArray[np.bool_]]) -> list[NDArray[np.int32]]:
    """The number of each thing of several parts among those that stay, one part after the other."""
    stay = np.cumsum(np.concatenate(parts), dtype=np.int32) - np.int32(1)
    return np.split(stay, np.cumsum([len(part) for part in parts])[:-1])


@lru_cache(100_000)
def digest_of(term: str) -> int:
    """By what a term is known: 64 bits of its BLAKE2b. Of a million terms two have one in a case of 40 million."""
    return int.from_bytes(blake2b(term.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")
