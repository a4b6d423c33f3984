"""An index in a Milvus server beside one in a folder: what indexing and asking take, and where the time goes.

``python -m benchmarks.milvus_scale milvus://HOST:PORT FOLDER [--passages 1000000] [--questions 60]``: indexes a folder
of articles in both, and asks both the titles of articles; with ``--passages``, also of an index of so many: the
articles over and over under other ids, each vector with a little noise of its own. Vectors are made of the texts' words
by chance (``Bag``), for to encode so many would take hours; what reads is the packaged model. Recall is counted against
a search that looks as widely as the server allows. How often the server is asked, of which of its collections, and how
long that takes, is told for each question.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.stand_in import StandIn
from rag.answering.retriever import Retriever
from rag.build import build_index
from rag.build.milvus.outlines import outline_text
from rag.build.milvus.writing import run_of, words_of, write_vocabulary
from rag.core.articles import Article
from rag.core.filters import Filters
from rag.core.options import SearchOptions
from rag.core.passages import Passage
from rag.core.places import MilvusAddress, given_place
from rag.core.progress import Progress
from rag.corpus.outline import digest_of as source_digest
from rag.corpus.outline import source_of
from rag.index.catalogue import found_by
from rag.index.milvus.collections import Kind
from rag.index.milvus.milvus_index import MilvusIndex
from rag.index.milvus.pages import Postings, Run, write_run
from rag.index.milvus.rows import Written, article_rows, block_of, head_of, passage_row
from rag.index.milvus.server import Row, Server
from rag.index.milvus.state import Generation, take_into_use
from rag.index.milvus.tally import Tally
from rag.index.opening import folder_index
from rag.index.vectors import Scores
from rag.models.encoder import Vectors
from rag.models.reader import load_reader
from rag.models.sentence_transformer import load_encoder
from rag.text.terms import terms
from rag.text.writing_systems import script_of

NOISE = 0.4
"""Length of what is added to a unit vector: its cosine with what it was is then .93, as of passages on one event."""
FOUND, WANTED = 20, 100
"""Passages by which recall is counted, and that are taken from the search."""
AT_ONCE = 400
"""Articles that are written at once."""
POSTINGS = 20_000_000
"""Of a run."""


class Bag(StandIn):
    """A text's vector is the sum of those of its words, each by chance: texts that share words are near each other."""

    def __init__(self, fits: Callable[[str], bool]) -> None:
        super().__init__(fits)
        self.name = self.digest = "bag of words"
        self._known: dict[str, Vectors] = {}

    def _vector(self, text: str) -> Vectors:
        words = [word for word in dict.fromkeys(terms(text)) if len(word) > 1] or [""]
        for word in words:
            if word not in self._known:
                self._known[word] = super()._vector(word)
        total = np.sum([self._known[word] for word in words], axis=0)
        return np.asarray(total / np.linalg.norm(total), np.float32)


class Spent:
    """How often the server was asked, for what, and how long that took."""

    def __init__(self) -> None:
        self.calls: dict[tuple[str, str], list[float]] = defaultdict(list)
        original = Server._call

        def timed(server: Server, method: str, kind: Kind, **values: Any) -> Any:
            began = time.perf_counter()
            try:
                return original(server, method, kind, **values)
            finally:
                self.calls[method, kind.value].append(time.perf_counter() - began)

        Server._call = timed  # type: ignore[method-assign, assignment]

    def take(self, times: int = 1) -> str:
        """What was spent since it was last asked, in milliseconds for each of so many."""
        told = sorted(((sum(each), len(each), key) for key, each in self.calls.items()), reverse=True)
        self.calls.clear()
        return "; ".join(
            f"{method} {kind} {1000 * total / times:.1f} ms in {count / times:.1f}"
            for total, count, (method, kind) in told[:7]
        )


class Stages:
    """How long each stage of a build took."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def __call__(self, progress: Progress) -> None:
        """Note how far a stage is."""
        self.seconds[progress.stage] = progress.seconds

    def __str__(self) -> str:
        return ", ".join(f"{stage} {seconds:.0f}" for stage, seconds in self.seconds.items())


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("server", help="milvus://HOST:PORT")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--passages", type=int, default=0)
    parser.add_argument("--questions", type=int, default=60)
    parser.add_argument("--work", type=Path)
    options = parser.parse_args()
    real = load_encoder()
    bag, reader, spent = Bag(real.fits), load_reader(real), Spent()
    with tempfile.TemporaryDirectory() as temporary:
        work = options.work or Path(temporary)
        stages = Stages()
        report = build_index(options.folder, work / "folder", bag, stages, replace=True)
        print(f"folder: {report.articles:,} articles, {report.passages:,} passages, {report.seconds:.0f} s ({stages})")
        address = given_place("index", f"{options.server}/scale")
        assert isinstance(address, MilvusAddress)
        stages = Stages()
        report = build_index(options.folder, address, bag, stages, replace=True)
        print(f"Milvus: {report.articles:,} articles, {report.passages:,} passages, {report.seconds:.0f} s ({stages})")
        print(f"  {spent.take()}", flush=True)
        folder = Retriever.open(work / "folder", bag, reader)
        infos = folder.index.listed("", Filters(), 0, 1_000_000)[1]
        titles = [info.title for info in random.Random(0).sample(infos, min(options.questions, len(infos)))]
        _time("folder", folder, titles, spent)
        _time("Milvus", Retriever.open(address, bag, reader), titles, spent)
        if options.passages:
            large = MilvusAddress(address.host, address.port, "scale_million", address.secure)
            vectors = _write(folder, large, options.passages, spent)
            wait_until_indexed(large)
            retriever = Retriever.open(large, bag, reader)
            _time("Milvus", retriever, titles, spent)
            _recall(retriever, vectors, bag, titles)


def _time(label: str, retriever: Retriever, titles: Sequence[str], spent: Spent) -> None:
    options = SearchOptions()
    for title in titles[:5]:
        retriever.find(title, options)
    spent.take()
    times = []
    for title in titles:
        result = retriever.find(title, options)
        times.append(result.answer().seconds)
    stages = {name: [1000 * getattr(each, name) for each in times] for name in ("search", "rank", "read")}
    told = ", ".join(f"{name} {_of(each)}" for name, each in stages.items())
    print(f"{label}, {len(retriever.index):,} passages: {told}; all {_of([1000 * each.total for each in times])} ms")
    if calls := spent.take(len(titles)):
        print(f"  {calls}", flush=True)


def _of(milliseconds: Sequence[float]) -> str:
    return f"{statistics.median(milliseconds):.1f} ({np.percentile(milliseconds, 95):.1f})"


def _write(folder: Retriever, address: MilvusAddress, passages: int, spent: Spent) -> Scores:
    """Write an index of many passages; returns the vectors of those of one round, without noise."""
    index, server = folder_index(folder.index), Server(address, writes=True)
    server.make_all(index.manifest.dimension)
    spent.take()
    began = time.monotonic()
    vectors, at = index.all_vectors(), 0
    every: list[tuple[Article, list[Passage], Scores]] = []
    for info in index.store.infos():
        read = index.store.as_read(info.id)
        assert read
        cut = index.store.passages_of(info.id)
        every.append((read[0], cut, vectors[[np.searchsorted(index.ids, one.id) for one in cut]]))
        at += len(cut)
    rounds, chance = max(passages // at, 1), np.random.default_rng(0)
    tally, first = Tally(), block_of(1, 1)
    words: list[Run] = []
    vocabulary: list[tuple[int, int]] = []
    waiting: list[np.ndarray] = []
    number = row_id = 0
    known = {}
    for turn in range(rounds):
        for start in range(0, len(every), AT_ONCE):
            rows: list[Row] = []
            told: list[Row] = []
            parts: list[Row] = []
            for article, cut, mine in every[start : start + AT_ONCE]:
                named = replace(article, info=replace(article.info, id=f"{turn}/{article.info.id}"))
                kept = [len(one.text) for one in named.paragraphs]
                source = source_digest(source_of(named.info))
                own, more = article_rows(
                    named, kept, source, outline_text(named), found_by(named.info), first + number, 1, len(cut)
                )
                told.append(own)
                parts += more
                noise = chance.standard_normal(mine.shape, np.float32)
                noisy = mine + NOISE * noise / np.linalg.norm(noise, axis=1, keepdims=True)
                noisy /= np.linalg.norm(noisy, axis=1, keepdims=True)
                head = head_of(named.info)
                for passage, vector in zip(cut, noisy, strict=True):
                    one = Written(passage, head, script_of(head + passage.text), "", np.asarray(vector, np.float32))
                    rows.append(passage_row(one, first + row_id, first + number, named.info, 1))
                    row_id += 1
                tally.add_article(named.info, {})
                number += 1
            if start not in known:
                known[start] = words_of(rows)
            counts, lengths = known[start]
            scripts = [row["script"] for row in rows]
            tally.add_passages(scripts, lengths, np.array([row["vector"] for row in rows], np.float32))
            waiting.append(_columns(counts, lengths, rows[0]["id"]))
            server.upsert(Kind.PASSAGES, rows)
            server.upsert(Kind.PAGES, parts)
            server.upsert(Kind.ARTICLES, told)
            if sum(map(len, waiting)) > POSTINGS or (turn == rounds - 1 and start + AT_ONCE >= len(every)):
                columns = np.concatenate(waiting)
                waiting = []
                postings = Postings.in_order(columns["term"], columns["id"], columns["count"], columns["length"])
                run = run_of(1, 1, len(words))
                words.append(Run(run, write_run(server, run, postings), len(postings)))
                vocabulary.append((run, write_vocabulary(server, run, postings)))
        print(f"  {row_id:,} passages after {time.monotonic() - began:.0f} s", flush=True)
    created = datetime.now(UTC).isoformat(timespec="seconds")
    made = replace(
        index.manifest, created=created, articles=number, passages=row_id, segments=(), files={}, folders={"": "none"}
    )
    server.flush(Kind.PASSAGES)
    take_into_use(
        server, Generation(1, made, tally, ((first, number, row_id),), tuple(words), (), (), tuple(vocabulary))
    )
    print(f"Milvus: {row_id:,} passages written in {time.monotonic() - began:.0f} s\n  {spent.take()}", flush=True)
    return vectors


_COLUMNS = np.dtype([("term", np.int64), ("id", np.int64), ("count", np.uint16), ("length", np.uint16)])


def _columns(counts: Sequence[Any], lengths: Sequence[int], first: int) -> np.ndarray:
    """Postings of passages whose ids follow each other."""
    sizes = [len(each) for each in counts]
    columns = np.empty(sum(sizes), _COLUMNS)
    columns["term"] = np.fromiter((term for each in counts for term in each), np.int64, len(columns))
    columns["count"] = np.fromiter((count for each in counts for count in each.values()), np.uint16, len(columns))
    columns["id"] = np.repeat(np.arange(first, first + len(sizes)), sizes)
    columns["length"] = np.repeat(np.minimum(lengths, 65_535), sizes)
    return columns


def wait_until_indexed(address: MilvusAddress) -> None:
    """Wait until the server has indexed all vectors, and say how long that takes."""
    server, began = Server(address), time.monotonic()
    name = server.collection(Kind.PASSAGES)
    total = server.count(Kind.PASSAGES, "id >= 0")
    while True:
        told = server._client.describe_index(name, "vector")
        if told.get("indexed_rows", 0) >= total * 0.99:
            break
        if time.monotonic() - began > 5_000:
            print(f"  not indexed: {told}")
            break
        time.sleep(5)
    print(
        f"  {told.get('indexed_rows')} of {total:,} vectors indexed after {time.monotonic() - began:.0f} s", flush=True
    )


def _recall(retriever: Retriever, vectors: Scores, bag: Bag, titles: Sequence[str]) -> None:
    """How many of the nearest the search finds, of all that there are, as the server's own distances tell."""
    index = retriever.index
    assert isinstance(index, MilvusIndex)
    found, seconds = [], []
    for title in titles[:30]:
        vector = bag.encode_query(title)
        expected = _exact(index, vector)
        began = time.perf_counter()
        near = index.server.search(Kind.PASSAGES, vector, index.visible, WANTED, ("id",))
        seconds.append(1000 * (time.perf_counter() - began))
        found.append(len({row["id"] for row in near} & expected) / FOUND)
    print(f"by meaning alone: recall of the first {FOUND} {np.mean(found):.4f}, {_of(seconds)} ms", flush=True)


def _exact(index: MilvusIndex, vector: Scores) -> set[int]:
    """The nearest of all, gone through by the search with as wide a look as the server allows."""
    found = index.server._client.search(
        index.server.collection(Kind.PASSAGES),
        data=[vector.tolist()],
        filter=index.visible,
        limit=FOUND,
        output_fields=["id"],
        search_params={"metric_type": "IP", "params": {"ef": 20_000}},
        timeout=60,
    )
    return {hit["id"] for hit in found[0]}


if __name__ == "__main__":
    main()
