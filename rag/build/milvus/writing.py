"""Articles → rows of a block, with the postings of their words and the marks of copies; and what is counted of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from rag.build.milvus.outlines import outline_text
from rag.core.articles import Article
from rag.core.passages import Passage
from rag.core.progress import Reporter
from rag.corpus.near_duplicates import MARKS, marks_of
from rag.corpus.outline import digest_of as source_digest
from rag.corpus.outline import source_of
from rag.corpus.passages import cut_passages
from rag.index.catalogue import found_by
from rag.index.milvus.collections import FOREVER, NOTHING, Kind, signed
from rag.index.milvus.packing import packed
from rag.index.milvus.pages import MAX_LENGTH, Postings, vocabulary_id, write_run
from rag.index.milvus.rows import (
    AT_ONCE,
    LOCAL,
    PASSAGE_WHOLE,
    SHARDS,
    WHOLE,
    Written,
    article_rows,
    block_of,
    head_of,
    mark_terms,
    passage_row,
    piece_id,
    read_articles,
    vectors_of,
    whole_row,
)
from rag.index.milvus.server import Row, Server
from rag.index.milvus.tally import Tally
from rag.index.postings import MOST, digest_of
from rag.index.vectors import Scores, key_of
from rag.models.encoded import encoded_passages
from rag.models.encoder import Encoder
from rag.text.terms import terms
from rag.text.writing_systems import script_of, size

CHUNK = 256
"""Passages encoded between two reports of progress, and written together."""
MARKED_AT_ONCE = 2_000
"""Passages that are marked as gone at once, with their articles; or those of one article."""
POSTINGS = 20_000_000
"""Postings that are held in memory, and become a run: of some 130,000 passages."""
VOCABULARY_ROW = 12_000
"""Terms in a row of the vocabulary."""
GONE, MARKED = 200, 100
"""Numbers of a block's runs: from 0 on of words, from ``MARKED`` on of marks, and of words that went."""


def run_of(generation: int, shard: int, number: int) -> int:
    """The name of a run."""
    return (generation << SHARDS | shard) << 8 | number


@dataclass(slots=True)
class Result:
    """What was written of a block.

    :param words: The runs, each with its pages and postings; and so ``gone`` and ``marks``.
    :param vocabulary: Of each run of words, its name and how many rows of vocabulary it has.
    :param encoded: Passages that went through the model.
    :param sources: Digests of the feeds whose articles came or went, signed.
    :param tally: What came, less what went.
    """

    block: int
    articles: int = 0
    passages: int = 0
    words: list[tuple[int, int, int]] = field(default_factory=list)
    gone: list[tuple[int, int, int]] = field(default_factory=list)
    marks: list[tuple[int, int, int]] = field(default_factory=list)
    vocabulary: list[tuple[int, int]] = field(default_factory=list)
    sources: list[int] = field(default_factory=list)
    encoded: int = 0
    tally: Tally = field(default_factory=Tally)

    def plain(self) -> dict[str, Any]:
        """As plain values, to be written as JSON."""
        names = ("block", "articles", "passages", "words", "gone", "marks", "vocabulary", "sources", "encoded")
        return {**{name: getattr(self, name) for name in names}, "tally": self.tally.plain()}

    @classmethod
    def of_plain(cls, told: dict[str, Any]) -> Result:
        """Of what ``plain`` made."""
        return cls(**{**told, "tally": Tally.of_plain(told["tally"])})


class _Rows:
    """Postings that wait to become a run."""

    def __init__(self) -> None:
        self._columns: list[tuple[np.ndarray, ...]] = []
        self.size = 0

    def add(self, terms_of: Sequence[Counter[int]], ids: Sequence[int], lengths: Sequence[int]) -> None:
        for counts, one, length in zip(terms_of, ids, lengths, strict=True):
            number = len(counts)
            self._columns.append(
                (
                    np.fromiter(counts, np.int64, number),
                    np.full(number, one, np.int64),
                    np.fromiter((min(count, MOST) for count in counts.values()), np.uint16, number),
                    np.full(number, min(length, MAX_LENGTH), np.uint16),
                )
            )
            self.size += number

    def take(self) -> Postings:
        columns, self._columns, self.size = self._columns, [], 0
        return Postings.in_order(*map(np.concatenate, zip(*columns, strict=True))) if columns else Postings.of_none()


class Block:
    """The rows that one shard writes for a generation, from its first article on.

    :param shard: 0 for what is written when all shards are in.
    :param writing: Called before anything is written.
    """

    def __init__(
        self, server: Server, generation: int, shard: int, encoder: Encoder, writing: Callable[[], None]
    ) -> None:
        self._server, self._generation, self._shard, self._encoder = server, generation, shard, encoder
        self._writing = writing
        self.result = Result(block_of(generation, shard))
        self._vectors: dict[bytes, Scores] = {}
        self._words, self._marks = _Rows(), _Rows()
        self._sources: dict[int, None] = {}

    def know_vectors(self, rows: Sequence[Row]) -> None:
        """Take over the vectors of rows: what has their text is not encoded again."""
        for row in rows:
            self._vectors[key_of(row["head"] + row["text"])] = np.asarray(row["vector"], np.float32)

    def know_own_vectors(self) -> None:
        """Take over those that were written before, by a process that did not come to its end."""
        first = self.result.block
        while rows := self._server.query(
            Kind.PASSAGES,
            f"id >= {first} and id < {min(first + AT_ONCE, self.result.block + (1 << LOCAL))}",
            ("id", "head", "text", "vector"),
        ):
            self.know_vectors(rows)
            first += AT_ONCE

    def add(self, articles: Sequence[tuple[Article, tuple[int, ...]]], report: Reporter, done: int, total: int) -> int:
        """Write articles, each with how many characters of each paragraph are its own; returns their passages."""
        cut = [
            (article, kept, list(cut_passages(article.without_boilerplate(kept), self._encoder.fits)))
            for article, kept in articles
        ]
        texts = [(head_of(article.info), passage.text) for article, _, mine in cut for passage in mine]
        vectors = self._encode([head + text for head, text in texts], report, done, total)
        titles = [article.info.title for article, _, mine in cut for _ in mine]
        marks = marks_of([text for _, text in texts], titles) if texts else np.zeros((0, MARKS), np.uint32)
        rows: list[Row] = []
        told: list[Row] = []
        parts: list[Row] = []
        for article, kept, mine in cut:
            number = self.result.block + self.result.articles
            source = source_digest(source_of(article.info))
            own, more = article_rows(
                article,
                kept,
                source,
                outline_text(article),
                found_by(article.info),
                number,
                self._generation,
                len(mine),
            )
            told.append(own)
            parts += more
            self._sources[signed(source)] = None
            rows += self._passage_rows(article, mine, vectors[len(rows) :], marks[len(rows) :], number)
            self.result.articles += 1
            left_out = Counter(piece.reason for piece in article.without_boilerplate(kept).removed)
            self.result.tally.add_article(article.info, left_out)
        self._count(rows, vectors)
        self._writing()
        self._server.upsert(Kind.PASSAGES, rows)
        self._server.upsert(Kind.PAGES, parts)
        self._server.upsert(Kind.ARTICLES, told)  # last: where an article is, all of it is
        if self._words.size >= POSTINGS:
            self._write_runs()
        return len(rows)

    def _passage_rows(
        self, article: Article, passages: Sequence[Passage], vectors: Scores, marks: np.ndarray, number: int
    ) -> list[Row]:
        head, rows = head_of(article.info), []
        for passage, vector, mine in zip(passages, vectors, marks, strict=False):
            one = Written(passage, head, script_of(head + passage.text), mine.astype("<u4").tobytes().hex(), vector)
            row = self.result.block + self.result.passages
            rows.append(passage_row(one, row, number, article.info, self._generation))
            self.result.passages += 1
        return rows

    def _count(self, rows: Sequence[Row], vectors: Scores) -> None:
        """Count passages, and keep their words and marks for the next run."""
        counts, lengths = words_of(rows)
        self.result.tally.add_passages([row["script"] for row in rows], lengths, vectors)
        ids = [row["id"] for row in rows]
        self._words.add(counts, ids, lengths)
        self._marks.add([Counter(mark_terms(row["marks"])) for row in rows], ids, [0] * len(ids))

    def _encode(self, texts: Sequence[str], report: Reporter, done: int, total: int) -> Scores:
        vectors = np.zeros((len(texts), self._encoder.dimension), np.float32)
        missing = []
        for at, text in enumerate(texts):
            known = self._vectors.get(key_of(text))
            if known is None:
                missing.append(at)
            else:
                vectors[at] = known
        for start in range(0, len(missing), CHUNK):
            chunk = sorted(missing[start : start + CHUNK], key=lambda at: size(texts[at]))
            vectors[chunk] = encoded_passages(self._encoder, [texts[at] for at in chunk])
            self.result.encoded += len(chunk)
            report("encode", min(done + start, total), total)
        return vectors

    def remove(self, rows: Sequence[Row]) -> None:
        """Have articles be gone in this generation.

        :param rows: Of the articles, with ``id``, ``info``, ``pieces`` and ``passages``.
        """
        postings = _Rows()
        for some in together(rows):
            read = read_articles(self._server, some)
            for article, kept in read.values():
                left_out = Counter(piece.reason for piece in article.without_boilerplate(kept).removed)
                self.result.tally.add_article(article.info, left_out, -1)
                self._sources[signed(source_digest(source_of(article.info)))] = None
            passages = mark(self._server, some, self._generation, self._writing)
            self.know_vectors(passages)
            counts, lengths = words_of(passages)
            if passages:
                scripts = [row["script"] for row in passages]
                self.result.tally.add_passages(scripts, lengths, vectors_of(passages), -1)
            postings.add(counts, [row["id"] for row in passages], lengths)
        if postings.size:
            size_of = postings.size
            run = run_of(self._generation, self._shard, GONE)
            self.result.gone.append((run, write_run(self._server, run, postings.take(), self._writing), size_of))

    def bring_back(self, rows: Sequence[Row]) -> None:
        """Have articles stay that a process which did not come to its end had taken out."""
        for some in together(rows):
            mark(self._server, some, FOREVER, self._writing)

    def _write_runs(self) -> None:
        number = len(self.result.words)
        run = run_of(self._generation, self._shard, number)
        postings = self._words.take()
        self.result.words.append((run, write_run(self._server, run, postings, self._writing), len(postings)))
        self.result.vocabulary.append((run, write_vocabulary(self._server, run, postings)))
        marks = self._marks.take()
        run = run_of(self._generation, self._shard, MARKED + number)
        self.result.marks.append((run, write_run(self._server, run, marks, self._writing), len(marks)))

    def finish(self) -> Result:
        """Write the rest; and take away what is left over of a process that wrote more and did not come to its end."""
        if self._words.size:
            self._write_runs()
        first, end = self.result.block, self.result.block + (1 << LOCAL)
        self._writing()
        self._server.delete(Kind.PASSAGES, f"id >= {first + self.result.passages} and id < {end}")
        delete_articles(self._server, f"id >= {first + self.result.articles} and id < {end}")
        self.result.sources = [*self._sources]
        return self.result


def together(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """Articles, as many at a time as have not too many passages together."""
    some: list[Row] = []
    for row in rows:
        if some and sum(one["passages"] for one in some) + row["passages"] > MARKED_AT_ONCE:
            yield some
            some = []
        some.append(row)
    if some:
        yield some


def mark(server: Server, rows: Sequence[Row], died: int, writing: Callable[[], None]) -> list[Row]:
    """Note in which generation articles go; returns the rows of their passages.

    :param writing: Called before anything is written.
    """
    numbers = [row["id"] for row in rows]
    ids = [row["id"] for row in server.query(Kind.PASSAGES, f"article in {numbers}", ("id",))]
    found = server.with_ids(Kind.PASSAGES, ids, ("id", *PASSAGE_WHOLE))
    passages = [whole_row(row) for row in sorted(found, key=lambda row: int(row["id"]))]
    whole = server.with_ids(Kind.ARTICLES, numbers, WHOLE)
    told = [{**row, "names": [*row["names"]], "died": died, **NOTHING} for row in whole]
    writing()
    server.upsert(Kind.PASSAGES, ({**row, "died": died} for row in passages))
    server.upsert(Kind.ARTICLES, told)
    return passages


def delete_articles(server: Server, where: str) -> None:
    """Delete the rows of articles for which an expression holds, and their pieces."""
    while rows := server.query(Kind.ARTICLES, where, ("id", "pieces"), most=AT_ONCE):
        ids = [f'"{piece_id(row["id"], n)}"' for row in rows for n in range(row["pieces"])]
        for start in range(0, len(ids), AT_ONCE):
            server.delete(Kind.PAGES, f"id in [{', '.join(ids[start : start + AT_ONCE])}]")
        server.delete(Kind.ARTICLES, f"id in {[row['id'] for row in rows]}")


def words_of(rows: Sequence[Row]) -> tuple[list[Counter[int]], list[int]]:
    """The terms of passages, by their digests, with how often each has them; and how many terms each has."""
    found = [terms(row["head"] + row["text"]) for row in rows]
    return [Counter(signed(digest_of(term)) for term in each) for each in found], [len(each) for each in found]


def write_vocabulary(server: Server, run: int, postings: Postings) -> int:
    """Write which terms a run has; returns how many rows that are."""
    first = np.unique((np.unique(postings.terms).view(np.uint64) >> np.uint64(32)).astype(np.uint32))
    parts = [first[start : start + VOCABULARY_ROW] for start in range(0, len(first), VOCABULARY_ROW)]
    unused = {"run": run, "lo": 1, "hi": 0, "most": 0, "least": 0, **NOTHING}  # between them lies no term
    server.upsert(
        Kind.PAGES,
        [
            {"id": vocabulary_id(run, n), "n": -1 - n, "size": len(part), "packed": packed(part), **unused}
            for n, part in enumerate(parts)
        ],
    )
    return len(parts)
