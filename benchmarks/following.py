"""A folder that changes while people ask: how soon each change can be asked, and whether anything is read half-written.

``python -m benchmarks.following [--folder FOLDER] [--articles 100] [--changes 200] [--seconds 60] [--people 5]`` copies
articles, indexes them with the packaged model, and has the index follow its folder while files are written (each in
two parts, with a pause between them), moved and deleted, evenly over the time, and people ask the titles of articles.
A change can be asked once the generation in use has it.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.datasets import DATA, folder_of
from rag.answering.retriever import Retriever
from rag.build import build_index
from rag.core.files import digest_of
from rag.corpus.folder import list_folder
from rag.errors import RagError
from rag.index.opening import folder_index
from rag.interfaces.indexing_status import Status
from rag.interfaces.reindexing import Reindexing

PAUSE = 0.3
"""Seconds between the two parts in which a file is written."""
LOOK = 0.05
PATIENCE = 120.0
"""Seconds for which the last change is waited for."""


@dataclass(slots=True)
class Told:
    """What was seen.

    :param waits: For each change, seconds until it could be asked.
    :param seconds: For each question, how long it took.
    """

    waits: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)
    runs: list[float] = field(default_factory=list)


class Writer:
    """Changes a folder, and knows what each of its files was when it was whole.

    :ivar whole: Digests of all that any file ever held when it was whole.
    """

    def __init__(self, folder: Path, originals: list[Path]) -> None:
        self._folder, self._chance = folder, random.Random(0)
        self._texts = [path.read_bytes() for path in originals]
        self._number = 0
        self.whole = {digest_of(path.read_bytes()) for path in folder.iterdir()}

    def change(self) -> dict[str, str | None]:
        """Write, move or delete a file: each name with the digest of what it holds; None for nothing."""
        ours = sorted(self._folder.glob("new-*.md"))
        self._number += 1
        name = f"new-{self._number:05}.md"
        what = self._chance.choice(("write", "write", "move", "delete")) if ours else "write"
        if what == "write":
            data = self._chance.choice(self._texts) + f"<p>第{self._number}次改动写下这一句话。</p>\n".encode()
            self.whole.add(digest_of(data))
            with (self._folder / name).open("wb") as stream:
                stream.write(data[: len(data) // 2])
                stream.flush()
                time.sleep(PAUSE)
                stream.write(data[len(data) // 2 :])
            return {name: digest_of(data)}
        old = self._chance.choice(ours)
        if what == "delete":
            old.unlink()
            return {old.name: None}
        old.rename(self._folder / name)
        return {old.name: None, name: digest_of((self._folder / name).read_bytes())}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=None)
    parser.add_argument("--articles", type=int, default=100)
    parser.add_argument("--changes", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--people", type=int, default=5)
    options = parser.parse_args()
    folder = options.folder or folder_of("news")
    if not folder.is_dir():
        sys.exit(
            f"there are no articles in {folder}: name a folder with --folder, or that of {DATA} in ARTICLE_RAG_DATA"
        )
    with tempfile.TemporaryDirectory() as work:
        _measure(Path(work), [folder / name for name in list_folder(folder).names[: options.articles]], options)


def _measure(work: Path, originals: list[Path], options: argparse.Namespace) -> None:
    articles, index = work / "articles", work / "index"
    articles.mkdir()
    for path in originals:
        shutil.copy(path, articles / path.name)
    build_index(articles, index)
    retriever, told, ended = Retriever.open(index), Told(), threading.Event()
    writer = Writer(articles, originals)
    following = threading.Thread(target=Reindexing(retriever).follow, args=(ended, lambda status: _note(told, status)))
    asking = [threading.Thread(target=_ask, args=(retriever, told, ended, seed)) for seed in range(options.people)]
    waiting: dict[str, tuple[str | None, float]] = {}
    watching = threading.Thread(target=_look, args=(retriever, writer, waiting, told, ended))
    for thread in (following, watching, *asking):
        thread.start()
    began = time.monotonic()
    for number in range(options.changes):
        time.sleep(max(0.0, began + number * options.seconds / options.changes - time.monotonic()))
        for name, digest in writer.change().items():
            waiting[name] = digest, time.monotonic()
    end = time.monotonic() + PATIENCE
    while waiting and time.monotonic() < end:
        time.sleep(LOOK)
    ended.set()
    for thread in (following, watching, *asking):
        thread.join()
    _print(told, options, len(waiting), _is_same(retriever, articles))


def _note(told: Told, status: Status) -> None:
    if status.report:
        told.runs.append(status.report.seconds)
    else:
        told.errors[status.reason] += 1


def _ask(retriever: Retriever, told: Told, ended: threading.Event, seed: int) -> None:
    chance = random.Random(seed)
    titles = [info.title for info in folder_index(retriever.index).store.infos()]
    while not ended.is_set():
        began = time.monotonic()
        try:
            retriever.ask(chance.choice(titles)[:200])
        except RagError as error:
            told.errors[str(error)] += 1
        told.seconds.append(time.monotonic() - began)
        ended.wait(1.0)


def _look(
    retriever: Retriever,
    writer: Writer,
    waiting: dict[str, tuple[str | None, float]],
    told: Told,
    ended: threading.Event,
) -> None:
    """See which changes have come into use, and that nothing else has."""
    while not ended.is_set():
        there = retriever.index.digests()
        if not writer.whole.issuperset(there.values()):
            told.errors["a file was read half-written"] += 1
        for name, (digest, since) in list(waiting.items()):
            if there.get(name) == digest:
                told.waits.append(time.monotonic() - since)
                waiting.pop(name, None)
        time.sleep(LOOK)


def _is_same(retriever: Retriever, folder: Path) -> bool:
    """Whether the index has what the folder has."""
    return retriever.refresh().index.digests() == {
        path.name: digest_of(path.read_bytes()) for path in folder.glob("*.md")
    }


def _print(told: Told, options: argparse.Namespace, missing: int, is_same: bool) -> None:
    print(f"{options.changes} changes in {options.seconds:.0f} s, {options.people} people asking")
    for name, values in (
        ("until a change can be asked", told.waits),
        ("a question", told.seconds),
        ("a run", told.runs),
    ):
        middle, most = np.percentile(values or [0.0], (50, 95))
        print(f"| {name} | {len(values)} | {middle:.2f} s at the median | {most:.2f} s at the 95th percentile |")
    print(f"never taken in: {missing}; at the end the index has what the folder has: {is_same}")
    print(f"errors: {dict(told.errors)}")


if __name__ == "__main__":
    main()
