"""A million passages: how long searching by meaning and by words takes, and what it finds of what a flat search finds.

``python -m benchmarks.million INDEX [--passages 1000000] [--questions 200]``: the vectors and words of an index of real
articles, over and over, each vector with a little noise of its own (to encode so many passages would take ten hours);
questions are titles of its articles. Beside it, in turns, the same vectors in 8 bits as FAISS has them, of which a
quarter of the memory is gone through.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from rag.index.lexical import LexicalIndex
from rag.index.opening import index_over
from rag.index.postings import Postings
from rag.index.snapshot import Snapshot, open_snapshot
from rag.index.vectors import Scores, Vectors, write_vectors
from rag.models.encoded import encoded_query
from rag.models.sentence_transformer import load_encoder

NOISE = 0.4
"""Length of what is added to a unit vector: its cosine with what it was is then .93, as of passages on one event."""
FOUND, WANTED = 20, 100
"""Passages by which recall is counted, and that are taken from the search."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("index", type=Path)
    parser.add_argument("--passages", type=int, default=1_000_000)
    parser.add_argument("--questions", type=int, default=200)
    options = parser.parse_args()
    encoder = load_encoder()
    with open_snapshot(options.index) as snapshot, tempfile.TemporaryDirectory() as work:
        infos = snapshot.store.infos()
        titles = [info.title for info in random.Random(0).sample(infos, min(options.questions, len(infos)))]
        asked = [encoded_query(encoder, title) for title in titles]
        times = -(-options.passages // len(snapshot))
        print(f"{times * len(snapshot):,} passages, {len(titles)} questions, load {os.getloadavg()[0]:.1f}")
        _meaning(snapshot, Path(work), times, asked)
        _words(snapshot, Path(work), times, titles)
        print(f"peak memory, all written here too: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.1f} GB")


def _meaning(snapshot: Snapshot, work: Path, times: int, asked: Sequence[Scores]) -> None:
    chance = np.random.default_rng(0)
    real = index_over(snapshot).all_vectors()
    rows = np.empty((times * len(real), real.shape[1]), np.float32)
    for at in range(times):
        noise = chance.standard_normal(real.shape, np.float32) * np.float32(NOISE / real.shape[1] ** 0.5)
        mixed = real + noise
        rows[at * len(real) : (at + 1) * len(real)] = mixed / np.linalg.norm(mixed, axis=1, keepdims=True)
    (work / "vectors").mkdir()
    write_vectors(work / "vectors", [at.to_bytes(16, "little") for at in range(len(rows))], rows)
    bits = faiss.IndexScalarQuantizer(rows.shape[1], faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT)
    bits.train(rows[:: max(len(rows) // 100_000, 1)])
    bits.add(rows)
    shape = rows.shape
    del rows
    began = time.monotonic()
    ours = Vectors(work / "vectors", *shape)
    print(f"vectors: {_size(work / 'vectors') / 1e9:.2f} GB, opened in {time.monotonic() - began:.2f} s")
    spent: dict[str, list[float]] = {"ours, all of them": [], "FAISS in 8 bits": []}
    shared = []
    for vector in asked:
        _, expected = _timed(spent["ours, all of them"], partial(ours.nearest, vector, WANTED, None))
        _, found = _timed(spent["FAISS in 8 bits"], partial(bits.search, vector[None, :], WANTED))
        shared.append(len({*expected[:FOUND].tolist()} & {*found[0].tolist()}) / FOUND)
    for name, values in spent.items():
        _print(f"by meaning, {name}", values)
    print(f"of our first {FOUND}, {np.mean(shared):.4f} are among {WANTED} found in 8 bits")


def _words(snapshot: Snapshot, work: Path, times: int, titles: Sequence[str]) -> None:
    parts = [(segment.postings, live) for _, segment, live in snapshot.parts()]
    one = Postings.merged(parts)
    begins, ends = one.begins[:-1], one.begins[1:]
    size = len(one.lengths)
    passages = np.empty(times * len(one.passages), np.int32)
    counts = np.empty(times * len(one.passages), np.uint16)
    for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
        mine = one.passages[begin:end]
        offsets = np.arange(times, dtype=np.int32)[:, None] * np.int32(size)
        passages[times * begin : times * end] = (mine[None, :] + offsets).ravel()
        counts[times * begin : times * end] = np.tile(one.counts[begin:end], times)
    many = Postings(one.terms, one.begins * times, passages, counts, np.tile(one.lengths, times))
    (work / "words-of-all").mkdir()
    many.write(work / "words-of-all")
    del passages, counts, many
    print(f"words: {_size(work / 'words-of-all') / 1e9:.2f} GB")
    began = time.monotonic()
    lexical = LexicalIndex([Postings.read(work / "words-of-all")])
    print(f"opened in {time.monotonic() - began:.2f} s")
    spent: list[float] = []
    for title in titles:
        _timed(spent, partial(lexical.match, title))
    _print("by words", spent)


def _timed(spent: list[float], run: Callable[[], Any]) -> Any:
    began = time.perf_counter()
    found = run()
    spent.append(time.perf_counter() - began)
    return found


def _print(name: str, spent: list[float]) -> None:
    middle, most = np.percentile(spent, (50, 95)) * 1000
    print(f"| {name} | {middle:.1f} ms at the median | {most:.1f} ms at the 95th percentile |", flush=True)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


if __name__ == "__main__":
    main()
