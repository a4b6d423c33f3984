"""Articles → segments: cut into passages, which are encoded where no vector is known yet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rag.build.derived import Derived
from rag.core.articles import Article
from rag.core.passages import Passage
from rag.core.progress import Reporter
from rag.corpus.boilerplate import Repeats
from rag.corpus.corpus import Corpus
from rag.corpus.passages import cut_passages
from rag.index.manifest import SegmentEntry
from rag.index.postings import Postings
from rag.index.rescue import KnownVectors
from rag.index.segment_writer import NewSegment
from rag.index.store import Store
from rag.index.vectors import key_of
from rag.models.encoded import encoded_passages
from rag.models.encoder import Encoder, Vectors
from rag.text.terms import terms
from rag.text.writing_systems import script_of, size

CHUNK = 256
"""Passages encoded between two reports of progress; the most that a killed build loses."""
BLOCK = 2048
"""Passages in a new segment: as many are held in memory at once, and a first build can be asked of them when they are
encoded, a minute after those before."""


@dataclass(frozen=True, slots=True)
class _Row:
    """A passage, with its searched text."""

    passage: Passage
    searched: str
    key: bytes


@dataclass(frozen=True, slots=True)
class _Cut:
    """An article, how many characters of each paragraph are its own, and its passages."""

    article: Article
    kept: tuple[int, ...]
    rows: tuple[_Row, ...]


class SegmentsToWrite:
    """The segments that are to be written.

    :ivar encoded: Passages that go through the model; known once the first is written.
    :param written: Ids of their articles.
    :param repeats: What the sources of these repeat.
    :param store: Where passages are taken from that were cut before; None where all are cut anew.
    """

    def __init__(
        self,
        written: Sequence[str],
        repeats: Repeats,
        corpus: Corpus,
        encoder: Encoder,
        store: Store | None,
        known: KnownVectors,
    ) -> None:
        self._written, self._repeats, self._corpus, self._encoder = written, repeats, corpus, encoder
        self._store, self._known = store, known
        self.encoded = self._done = 0

    @property
    def remaining(self) -> int:
        """Passages that are still to go through the model."""
        return self.encoded - self._done

    def write(self, index: Path, kind: str, report: Reporter) -> Iterator[SegmentEntry]:
        """Write them one after the other; each is yielded when it is whole."""
        self.encoded = self._count_unknown(report)
        report("encode", 0, self.encoded)
        for block in self._blocks():
            with NewSegment(index, kind, self._encoder.dimension) as segment:
                for cut in block:
                    passages = ((row.passage, script_of(row.searched), row.key) for row in cut.rows)
                    segment.add(cut.article, cut.kept, passages)
                rows = [(row, cut.article.info.title) for cut in block for row in cut.rows]
                vectors = self._vectors({row.key: row.searched for row, _ in rows}, report)
                derived = Derived.of(
                    (cut.article for cut in block), [row.passage.text for row, _ in rows], [title for _, title in rows]
                )
                words = Postings.of(terms(row.searched) for row, _ in rows)
                entry = segment.finish(_in_order(vectors, segment.keys), words, derived)
            yield entry

    def _count_unknown(self, report: Reporter) -> int:
        """How many searched texts have no vector yet: all are cut to tell, which takes a thirtieth of encoding them."""
        keys: dict[bytes, None] = {}
        report("cut", 0, len(self._written))
        for done, name in enumerate(self._written, 1):
            keys |= dict.fromkeys(row.key for row in self._cut(name).rows)
            report("cut", done, len(self._written))
        every = list(keys)
        blocks = (every[start : start + BLOCK] for start in range(0, len(every), BLOCK))
        return len(every) - sum(len(self._known.of(block)) for block in blocks)

    def _blocks(self) -> Iterator[list[_Cut]]:
        block: list[_Cut] = []
        for name in self._written:
            block.append(self._cut(name))
            if sum(len(cut.rows) for cut in block) >= BLOCK:
                yield block
                block = []
        if block:
            yield block

    def _cut(self, name: str) -> _Cut:
        """An article cut into passages; one that is known and loses what it lost is cut already."""
        article, kept_before = self._corpus.article(name)
        kept = self._repeats.kept(article)
        if self._store and kept_before == kept:
            passages = self._store.passages_of(name)
        else:
            passages = list(cut_passages(article.without_boilerplate(kept), self._encoder.fits))
        texts = [article.info.indexed_text(passage.text) for passage in passages]
        rows = (_Row(passage, text, key_of(text)) for passage, text in zip(passages, texts, strict=True))
        return _Cut(article, kept, tuple(rows))

    def _vectors(self, texts: dict[bytes, str], report: Reporter) -> dict[bytes, Vectors]:
        """The vectors of searched texts, by their keys: those that are known, and the others encoded.

        Chunk by chunk; within a chunk by length, so that little is padded.
        """
        found = self._known.of(texts.keys())
        missing = [key for key in texts if key not in found]
        for start in range(0, len(missing), CHUNK):
            chunk = sorted(missing[start : start + CHUNK], key=lambda key: size(texts[key]))
            encoded = encoded_passages(self._encoder, [texts[key] for key in chunk])
            vectors = dict(zip(chunk, encoded, strict=True))
            self._known.keep(vectors)
            found |= vectors
            self._done += len(chunk)
            report("encode", self._done, self.encoded)
        return found


def _in_order(vectors: dict[bytes, Vectors], keys: Sequence[bytes]) -> Iterator[Vectors]:
    """Vectors in the order of keys, in one block."""
    if keys:
        yield np.array([vectors[key] for key in keys], np.float32)
