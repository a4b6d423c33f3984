"""What reading articles costs in processes of their own: articles a second here, and by one and more workers.

``python -m benchmarks.workers FOLDER [--rounds 3]``: reads all articles of a folder in turn each way, and prints the
median of the rounds. Run it while nothing else runs.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from pathlib import Path

from rag.corpus.articles import read_article, read_bytes
from rag.corpus.folder import list_folder
from rag.corpus.listing import Listing
from rag.corpus.worker_pool import WorkerPool
from rag.corpus.worker_process import SPARE
from rag.errors import ArticleError


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    listing = list_folder(options.folder)
    ways: dict[str, Callable[[Listing], int]] = {"in this process": here}
    for count in sorted({1, 2, os.cpu_count() or 1}):
        ways[f"{count} worker{'s' * (count > 1)}"] = partial(apart, workers=count)
    spent: dict[str, list[float]] = defaultdict(list)
    for _ in range(options.rounds):
        for name, way in ways.items():
            began = time.perf_counter()
            read = way(listing)
            spent[name].append(time.perf_counter() - began)
    print(f"{read} of {len(listing.names)} articles, {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
    for name, seconds in spent.items():
        median = statistics.median(seconds)
        print(f"{name:16}{median:7.2f} s {len(listing.names) / median:8.0f} articles a second")


def here(listing: Listing) -> int:
    """Read them all in this process, and count those that could be."""
    read = 0
    for name in listing.names:
        try:
            read_article(name, read_bytes(listing.root / name, listing.root))
            read += 1
        except ArticleError:
            pass
    return read


def apart(listing: Listing, workers: int) -> int:
    """Read them all in processes of their own, which are started for it."""
    SPARE.end()
    with WorkerPool(listing.root, listing.names, workers=workers) as outcomes:
        return sum(outcome.article is not None for outcome in outcomes)


if __name__ == "__main__":
    main()
