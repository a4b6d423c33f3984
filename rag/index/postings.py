"""``words/``: which terms the passages of one segment have, and how often. Nothing in it depends on other segments."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import marisa_trie
import numpy as np
from numpy.typing import NDArray

from rag.index.arrays import read_array, write_array

WORDS_NAME = "words"
TERMS_NAME = f"{WORDS_NAME}/terms.marisa"
"""The terms as a trie of marisa's, which has a number for each."""
_ARRAYS = ("begins", "passages", "counts", "lengths")
MOST = 65_535
"""Times that a term is counted in one passage."""

Rows = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Postings:
    """The terms of some passages, each with the passages that have it.

    :param terms: The number of each term.
    :param begins: Where in ``passages`` and ``counts`` each term's begin, by its number; shape (terms + 1,).
    :param passages: The passages that have a term, in order, for one term after the other.
    :param counts: How often each has it.
    :param lengths: How many terms each passage has, repeats and all.
    """

    terms: Any
    begins: NDArray[np.int64]
    passages: Rows
    counts: NDArray[np.uint16]
    lengths: Rows

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
        return cls._put_together(list(numbers), *columns)

    @classmethod
    def merged(cls, parts: Sequence[tuple[Postings, NDArray[np.bool_]]]) -> Postings:
        """Of several, one after the other, without the passages that are dropped.

        :param parts: Each with which of its passages stay.
        """
        numbers: dict[str, int] = {}
        columns: list[tuple[NDArray[Any], ...]] = []
        before = 0
        for part, stays in parts:
            renumbered = np.cumsum(stays, dtype=np.int64) - 1 + before
            kept = stays[part.passages]
            of_term = np.repeat(np.arange(len(part.terms)), np.diff(part.begins))[kept]
            used = np.unique(of_term)
            number = np.zeros(len(part.terms), np.int64)
            number[used] = [numbers.setdefault(part.terms.restore_key(int(row)), len(numbers)) for row in used]
            columns.append((number[of_term], renumbered[part.passages[kept]], part.counts[kept], part.lengths[stays]))
            before += int(stays.sum())
        return cls._put_together(list(numbers), *(np.concatenate(column) for column in zip(*columns, strict=True)))

    @classmethod
    def _put_together(
        cls, names: list[str], found: NDArray[Any], passages: NDArray[Any], counts: NDArray[Any], lengths: NDArray[Any]
    ) -> Postings:
        """Number terms as the trie does, and put the passages of each side by side."""
        trie = marisa_trie.Trie(names)
        number = np.array([trie[name] for name in names], np.int64)
        of_term = number[found] if len(found) else np.zeros(0, np.int64)
        order = np.lexsort((passages, of_term))
        begins = np.zeros(len(names) + 1, np.int64)
        np.cumsum(np.bincount(of_term, minlength=len(names)), out=begins[1:])
        return cls(
            trie,
            begins,
            passages[order].astype(np.int32),
            counts[order].astype(np.uint16),
            lengths.astype(np.int32),
        )

    def write(self, folder: Path) -> None:
        """Write them to the folder of a segment.

        :raises OSError: They can't be written.
        """
        (folder / WORDS_NAME).mkdir()
        (folder / TERMS_NAME).write_bytes(self.terms.tobytes())
        for name in _ARRAYS:
            write_array(folder / WORDS_NAME / f"{name}.npy", getattr(self, name))

    @classmethod
    def read(cls, folder: Path) -> Postings:
        """Read what ``write`` wrote, as far as it is asked for.

        :raises Exception: A file is missing or damaged; what it is depends on the library that reads it.
        """
        trie = marisa_trie.Trie()
        trie.mmap(str(folder / TERMS_NAME))
        return cls(trie, *(read_array(folder / WORDS_NAME / f"{name}.npy") for name in _ARRAYS))

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
        found: int | None = self.terms.get(term)
        return found

    def having(self, row: int) -> tuple[Rows, NDArray[np.uint16]]:
        """The passages that have a term, by its number, in order, and how often each has it."""
        begin, end = self.begins[row], self.begins[row + 1]
        return self.passages[begin:end], self.counts[begin:end]

    def __iter__(self) -> Iterator[str]:
        """All terms."""
        return iter(self.terms.iterkeys())
