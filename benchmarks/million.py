"""A million passages in one index: what it takes to open, and how long searching and asking take.

``python -m benchmarks.million INDEX [--passages 1000000] [--questions 200]``: the articles of an index, over and over
under other ids, each vector with a little noise of its own (to encode so many passages would take ten hours); questions
are titles of the articles. Beside the search by codes, in turns, all vectors gone through exactly, by which recall is
counted. Who opens and asks is a process of its own, so that its memory is all that is counted.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.speed import time_questions
from rag.answering.retriever import Retriever
from rag.core.articles import Article
from rag.core.passages import Passage
from rag.index.generations import building
from rag.index.index import Index
from rag.index.manifest import SegmentEntry
from rag.index.new_generation import NewGeneration
from rag.index.opening import index_over, open_index
from rag.index.postings import MergedPostings, Postings
from rag.index.segment_writer import NewSegment
from rag.index.snapshot import Snapshot, open_snapshot
from rag.index.vectors import Scores
from rag.models.encoded import encoded_query
from rag.models.reader import load_reader
from rag.models.sentence_transformer import load_encoder

NOISE = 0.4
"""Length of what is added to a unit vector: its cosine with what it was is then .93, as of passages on one event."""
SEGMENTS = 6
"""As many as of that size are left when segments are merged."""
FOUND, WANTED = 20, 100
"""Passages by which recall is counted, and that are taken from the search."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("index", type=Path)
    parser.add_argument("--passages", type=int, default=1_000_000)
    parser.add_argument("--questions", type=int, default=200)
    options = parser.parse_args()
    with open_snapshot(options.index) as snapshot, tempfile.TemporaryDirectory() as work:
        infos = snapshot.store.infos()
        titles = [info.title for info in random.Random(0).sample(infos, min(options.questions, len(infos)))]
        times = max(options.passages // len(snapshot) // SEGMENTS, 1)
        began = time.monotonic()
        _write(snapshot, Path(work), times)
        spent, size = time.monotonic() - began, _size(Path(work)) / 1e9
        print(f"{SEGMENTS * times * len(snapshot):,} passages, {size:.1f} GB, written in {spent:.0f} s", flush=True)
        asking = multiprocessing.get_context("spawn").Process(target=_ask, args=(Path(work), titles))
        asking.start()
        asking.join()


def _write(snapshot: Snapshot, index: Path, times: int) -> None:
    """Write an index of some segments, each with all articles so many times."""
    chance = np.random.default_rng(0)
    real = index_over(snapshot).all_vectors()
    with tempfile.TemporaryDirectory() as folder:
        MergedPostings([(segment.postings, live) for _, segment, live in snapshot.parts()]).write(Path(folder))
        many = _repeated(Postings.read(Path(folder)), times)
    with building(index):
        entries = [_segment(snapshot, index, range(at * times, (at + 1) * times), many, real, chance)
                   for at in range(SEGMENTS)]  # fmt: skip
        generation = NewGeneration(index, snapshot.manifest, entries)
        generation.publish(np.arange(len(generation.snapshot.live)))


def _segment(
    snapshot: Snapshot, index: Path, copies: range, words: Postings, real: Scores, chance: np.random.Generator
) -> SegmentEntry:
    manifest = snapshot.manifest
    with NewSegment(index, manifest.kind_of_vectors, manifest.dimension) as new:
        for copy in copies:
            for article, kept, passages in _articles(snapshot):
                renamed = replace(article, info=replace(article.info, id=f"{copy:03}/{article.info.id}"))
                first = len(new)
                keys = (first + place + 1 << 32 | copy for place in range(len(passages)))
                rows = [(*each, key.to_bytes(16, "little")) for each, key in zip(passages, keys, strict=False)]
                new.add(renamed, kept, rows)
        return new.finish((_noisy(real, chance) for _ in copies), words)


def _articles(snapshot: Snapshot) -> Iterator[tuple[Article, tuple[int, ...], list[tuple[Passage, str]]]]:
    """Articles in use, what of them is kept, and their passages, each with its script."""
    for at, (_, segment, _) in enumerate(snapshot.parts()):
        scripts = segment.form.scripts
        for number in np.flatnonzero(snapshot.articles_in_use(at)).tolist():
            article, kept = segment.store.as_read(number)
            passages = segment.store.passages_of(article.info.id, number)
            yield article, kept, [(each, scripts[segment.script_of[each.id]]) for each in passages]


def _noisy(real: Scores, chance: np.random.Generator) -> Scores:
    mixed = real + chance.standard_normal(real.shape, np.float32) * np.float32(NOISE / real.shape[1] ** 0.5)
    return np.asarray(mixed / np.linalg.norm(mixed, axis=1, keepdims=True), np.float32)


def _repeated(words: Postings, times: int) -> Postings:
    """The terms of passages that come so many times, one after the other."""
    size = len(words.lengths)
    passages = np.empty(times * len(words.passages), np.int32)
    counts = np.empty(times * len(words.passages), np.uint16)
    offsets = np.arange(times, dtype=np.int32)[:, None] * np.int32(size)
    for begin, end in zip(words.begins[:-1].tolist(), words.begins[1:].tolist(), strict=True):
        passages[times * begin : times * end] = (words.passages[begin:end][None, :] + offsets).ravel()
        counts[times * begin : times * end] = np.tile(words.counts[begin:end], times)
    return Postings(words.terms, words.begins * times, passages, counts, np.tile(words.lengths, times))


def _ask(folder: Path, titles: Sequence[str]) -> None:
    encoder = load_encoder()
    reader = load_reader(encoder)
    asked = [encoded_query(encoder, title) for title in titles]
    before, _ = _memory()
    began = time.monotonic()
    index = open_index(folder)
    opened = time.monotonic() - began
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}; opened in {opened:.2f} s")
    _print_memory("opened", before)
    time_questions(Retriever.open(folder, encoder, reader), list(titles))
    _print_memory("asked", before)
    _search(index, _without_codes(folder), asked, titles)
    began = time.monotonic()
    index.load_lists()
    print(f"what the page can filter by and list: {time.monotonic() - began:.1f} s")
    _print_memory("with these", before)


def _without_codes(folder: Path) -> Index:
    """The same index, with all vectors gone through."""
    snapshot = open_snapshot(folder)
    codes = [segment.codes for segment in snapshot.segments]
    for segment in snapshot.segments:
        segment.codes = {}
    index = index_over(snapshot)
    for segment, each in zip(snapshot.segments, codes, strict=True):
        segment.codes = each  # segments that are open are shared
    return index


def _search(index: Index, exact: Index, asked: Sequence[Scores], titles: Sequence[str]) -> None:
    spent: dict[str, list[float]] = {"by meaning": [], "by meaning, exactly": [], "by words": []}
    shares: list[float] = []
    for vector, title in zip(asked, titles, strict=True):
        found = _timed(spent["by meaning"], partial(index.nearest_of_each_script, vector, WANTED))
        expected = _timed(spent["by meaning, exactly"], partial(exact.nearest_of_each_script, vector, WANTED))
        _timed(spent["by words"], partial(index.match, title))
        shares.append(len({*expected[:FOUND].tolist()} & {*found.tolist()}) / FOUND)
    spent["by meaning and by words"] = [sum(pair) for pair in zip(spent["by meaning"], spent["by words"], strict=True)]
    for name, values in spent.items():
        middle, most = np.percentile(values, (50, 95)) * 1000
        print(f"| {name} | {middle:.1f} ms at the median | {most:.1f} ms at the 95th percentile |", flush=True)
    print(f"of the first {FOUND} by meaning, {np.mean(shares):.4f} are found by codes")


def _timed(spent: list[float], run: Callable[[], Any]) -> Any:
    began = time.perf_counter()
    found = run()
    spent.append(time.perf_counter() - began)
    return found


def _memory() -> tuple[float, float]:
    """Of this process, in GB: its own, and what it looks at of files, which the system takes back when it likes."""
    told = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines())
    own, of_files = (int(told[name].split()[0]) / 1e6 for name in ("RssAnon", "RssFile"))
    return own, of_files


def _print_memory(moment: str, before: float) -> None:
    own, of_files = _memory()
    print(f"{moment}: {own - before:.2f} GB more than the models, and {of_files:.2f} GB of files mapped", flush=True)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


if __name__ == "__main__":
    main()
