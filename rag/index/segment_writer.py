"""Writes a segment: articles with their passages, vectors and words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from rag.core.articles import Article, Reason
from rag.core.passages import Passage
from rag.index.arrays import write_array
from rag.index.codes import LARGE, name_of, write_codes
from rag.index.generations import finish, new_part
from rag.index.manifest import SegmentEntry
from rag.index.marks import PART, SEGMENTS, file_digest, mark_files
from rag.index.segment import PASSAGE, PASSAGES_NAME, SEGMENT_NAME, SUMS_NAME, SegmentForm
from rag.index.store_writer import StoreWriter
from rag.index.vectors import SUM_UNIT, Ids, Scores, Vectors, sums_of, write_vectors


class Written(Protocol):
    """Something of a segment."""

    def write(self, folder: Path) -> None:
        """Write it to the folder of the segment."""


class NewSegment:
    """A segment in the making. Call only while ``building``.

    :ivar keys: Of the searched text of each passage that was added.
    :param index: The index folder.
    :param kind: Tells all that a text's vector depends on besides the text.
    :param dimension: Length of a vector.
    """

    def __init__(self, index: Path, kind: str, dimension: int) -> None:
        self._kind, self._dimension = kind, dimension
        self._folder = new_part(index / SEGMENTS)
        self._store = StoreWriter(self._folder)
        self._articles = 0
        self._passages: list[tuple[int, int]] = []
        self._scripts: dict[str, int] = {}
        self._left_out: Counter[Reason] = Counter()
        self.keys: list[bytes] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Let the files go, also where the build failed."""
        self._store.let_go()

    def __len__(self) -> int:
        """Passages that were added."""
        return len(self.keys)

    def add(self, article: Article, kept: Sequence[int], passages: Iterable[tuple[Passage, str, bytes]]) -> None:
        """Add an article with its passages, each with its script and the key of its searched text.

        :param article: As read from its file.
        :param kept: How many characters of each paragraph are its own, and not repeated in many articles.
        """
        added = []
        for passage, script, key in passages:
            added.append((passage, script))
            self._passages.append((self._articles, self._scripts.setdefault(script, len(self._scripts))))
            self.keys.append(key)
        self._store.add(article, kept, added)
        self._left_out.update(piece.reason for piece in article.removed)
        cut = sum(own < len(paragraph.text) for paragraph, own in zip(article.paragraphs, kept, strict=True))
        self._left_out += Counter({Reason.REPEATED_LINE: cut})
        self._articles += 1

    def finish(self, vectors: Iterable[Scores], *further: Written) -> SegmentEntry:
        """Write the rest, and give it its name.

        :param vectors: Of the passages in order, some at a time: each of shape (some, dimension).
        :param further: What else is to be kept of its articles and passages.
        :raises OSError: It can't be written.
        """
        self._store.close()
        passages = np.array(self._passages, PASSAGE)
        self._write_vectors(vectors, passages["script"])
        write_array(self._folder / PASSAGES_NAME, passages)
        for part in further:
            part.write(self._folder)
        form = SegmentForm(
            kind=self._kind,
            dimension=self._dimension,
            articles=self._articles,
            passages=len(self.keys),
            scripts=tuple(self._scripts),
            left_out={reason.value: count for reason, count in self._left_out.items()},
            files=mark_files(self._folder, SEGMENT_NAME),
        )
        form.write(self._folder)
        digest = file_digest(self._folder / SEGMENT_NAME)
        return SegmentEntry(finish(self._folder).name, digest, ())

    def _write_vectors(self, blocks: Iterable[Scores], script_of: NDArray[np.uint8]) -> None:
        """Write vectors, and what is made of them: the sums of each script's, and its codes where it has many."""
        sums = np.zeros((len(self._scripts), self._dimension), np.int64)
        write_vectors(self._folder, self.keys, _summed(blocks, script_of, sums), self._dimension)
        write_array(self._folder / SUMS_NAME, sums)
        if np.bincount(script_of, minlength=1).max() >= LARGE:
            written = Vectors(self._folder, len(self.keys), self._dimension)
            for place, count in enumerate(np.bincount(script_of).tolist()):
                if count >= LARGE:
                    write_codes_of(self._folder, written, np.flatnonzero(script_of == place), place, sums[place])


def write_codes_of(folder: Path, vectors: Vectors, rows: Ids, place: int, total: NDArray[np.int64]) -> None:
    """Write the codes of a segment's script, by its place; ``total`` is the sum of its vectors."""
    mean = (total * SUM_UNIT / len(rows)).astype(np.float32)
    waiting = folder / f"{name_of(place)}{PART}"
    write_codes(waiting, vectors.blocks(rows), mean)
    waiting.replace(folder / name_of(place))


def _summed(blocks: Iterable[Scores], script_of: NDArray[np.uint8], sums: NDArray[np.int64]) -> Iterator[Scores]:
    """The vectors, while those in each script are added up."""
    at = 0
    for block in blocks:
        scripts = script_of[at : at + len(block)]
        for place in np.unique(scripts).tolist():
            sums[place] += sums_of(block[scripts == place])
        at += len(block)
        yield block
