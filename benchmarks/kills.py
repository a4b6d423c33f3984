"""What an index loses when what writes it is killed, the disk is full, or a file is damaged: nothing.

``python -m benchmarks.kills [--kills 200] [--full 20] [--damage 2] [--seed 0]``: real articles, vectors made by chance.

A first build, an update, one that merges segments, and a folder that is followed are killed (SIGKILL) at a moment by
chance. Then what was in use must answer as it did, or as it was to become; nothing of it may be half written; and the
next build must make of it what the folder holds, with every file, text and vector whole. The same with a disk that is
full from a size by chance on; and with each file of an index cut off, emptied, altered in one bit, and taken away: then
what is damaged must be told or mended, and no altered word shown. A seed is run again with ``--seed N --kills 1``.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from benchmarks.changes import ARCHIVE, texts
from benchmarks.stand_in import StandIn
from rag.build import build_index, merging, segments
from rag.core.files import digest_of
from rag.core.places import Place
from rag.errors import IndexMissing, IndexUnusable, RagError
from rag.index import segment_writer
from rag.index.checking import faults_of
from rag.index.generations import CURRENT
from rag.index.marks import PART
from rag.index.opening import open_index
from rag.index.snapshot import open_snapshot
from rag.interfaces.reindexing import Reindexing
from rag.text.terms import terms

ARTICLES, CHANGES = 24, 6
MAX_CHARACTERS = 450
CHUNK, BLOCK, SMALLEST, FACTOR, LARGE = 8, 24, 8, 2, 16
"""Small, so that a build does all of its steps often."""
LONG = 60.0

Work = Callable[["Try"], object]


@dataclass(frozen=True, slots=True)
class Try:
    """One index and its folder, in a folder of its own."""

    path: Path
    chance: random.Random
    encoder: StandIn

    @property
    def articles(self) -> Path:
        """The folder."""
        return self.path / "articles"

    @property
    def index(self) -> Path:
        """The index."""
        return self.path / "index"

    def digests(self) -> dict[str, str]:
        """What the folder holds."""
        return {path.name: digest_of(path.read_bytes()) for path in self.articles.iterdir()}

    def indexed(self) -> dict[str, str]:
        """What the index holds; nothing where there is none."""
        if not (self.index / CURRENT).exists():
            return {}
        with open_index(self.index) as index:
            return index.store.digests()

    def change(self) -> None:
        """Change some files."""
        for number in range(CHANGES):
            path = self.chance.choice(sorted(self.articles.iterdir()))
            what = self.chance.choice(("change", "move", "copy", "delete"))
            if what == "change":
                path.write_text(
                    path.read_text(encoding="utf-8") + f"<p>第{number}次改动写下这句话。</p>", encoding="utf-8"
                )
            elif what == "move":
                path.rename(path.with_name(f"moved-{number}-{path.name}"))
            elif what == "copy":
                shutil.copy(path, path.with_name(f"copy-{number}-{path.name}"))
            else:
                path.unlink()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--full", type=int, default=20)
    parser.add_argument("--damage", type=int, default=2, help="times that each file is damaged in each way")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if not ARCHIVE.is_file():
        sys.exit(f"there is no {ARCHIVE.name} in {ARCHIVE.parent}: name the folder of the data in ARTICLE_RAG_DATA")
    segments.CHUNK, segments.BLOCK, merging.SMALLEST, merging.FACTOR = CHUNK, BLOCK, SMALLEST, FACTOR
    vars(segment_writer)["LARGE"] = LARGE
    terms("灯塔")  # what cuts words is loaded when it is first asked
    sources = list(islice(texts(), 200))
    told: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as work:
        for number in range(options.kills):
            told += _killed(Path(work), sources, options.seed + number)
        for number in range(options.full):
            told += _on_a_full_disk(Path(work), sources, options.seed + number)
        for number in range(options.damage):
            told += _damaged(Path(work), sources, options.seed + number)
    for what, count in sorted(told.items()):
        print(f"| {what} | {count} |")
    sys.exit(any(what.startswith("lost") for what in told))


def _try(work: Path, sources: list[str], seed: int) -> Try:
    shutil.rmtree(work / "try", ignore_errors=True)
    made = Try(work / "try", random.Random(seed), StandIn(lambda text: len(text) <= MAX_CHARACTERS))
    made.articles.mkdir(parents=True)
    for number, text in enumerate(made.chance.sample(sources, ARTICLES)):
        (made.articles / f"{number:03}.md").write_text(text, encoding="utf-8")
    return made


def _build(made: Try) -> None:
    build_index(made.articles, made.index, made.encoder, replace=True)


def _follow(made: Try) -> None:
    """Follow the folder while it changes."""

    class Following:
        place: Place = made.index

        def refresh(self) -> Any:
            return SimpleNamespace(index=open_index(made.index), encoder=made.encoder)

    ended = threading.Event()
    threading.Thread(target=Reindexing(Following()).follow, args=(ended,), daemon=True).start()
    for _ in range(3):
        time.sleep(0.5)
        made.change()
    time.sleep(LONG)


KILLED: dict[str, tuple[Work, float]] = {
    "first build": (_build, 1.5),
    "update": (_build, 1.0),
    "follow": (_follow, 5.0),
}
"""What is killed, and within how many seconds."""


def _killed(work: Path, sources: list[str], seed: int) -> Counter[str]:
    made = _try(work, sources, seed)
    name = list(KILLED)[seed % len(KILLED)]
    if name != "first build":
        _build(made)
    before = made.indexed()
    if name == "update":
        made.change()
    run, seconds = KILLED[name]
    after = made.chance.uniform(0, seconds)
    if (child := os.fork()) == 0:
        _in_child(lambda: run(made))
    time.sleep(after)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return Counter([f"{name} killed: {_state(made, before, seed, is_followed=name == 'follow')}"])


def _in_child(run: Callable[[], object]) -> None:
    sys.stderr = sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115
    try:
        run()
    finally:
        os._exit(0)


def _state(made: Try, before: dict[str, str], seed: int, *, is_followed: bool = False) -> str:
    """What became of an index."""
    try:
        held, now = made.indexed(), made.digests()
        is_known = is_followed or all(digest in {before.get(name), now.get(name)} for name, digest in held.items())
        if not is_known or (before and not held):
            return _lost(seed, "what is in use is neither what was nor what is")
        if held:
            with open_snapshot(made.index) as snapshot:
                snapshot.verify()
        _build(made)
        if made.indexed() != now:
            return _lost(seed, "the next build does not hold what the folder holds")
        if faults := faults_of(made.index):
            return _lost(seed, faults[0])
        if rests := [path.name for path in made.index.rglob(f"*{PART}")]:
            return _lost(seed, f"rests: {rests}")
    except RagError as error:
        return _lost(seed, str(error))
    kind = "new" if held == now else "old" if held == before else "in part"
    return f"{kind} in use, nothing lost"


def _lost(seed: int, what: str) -> str:
    print(f"seed {seed}: {what}", file=sys.stderr)
    return f"lost ({what})"


def _on_a_full_disk(work: Path, sources: list[str], seed: int) -> Counter[str]:
    made = _try(work, sources, seed)
    _build(made)
    before = made.indexed()
    made.change()
    size = made.chance.choice((0, 100, 4000, 20_000, 60_000, 200_000))

    def run() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        _build(made)

    if (child := os.fork()) == 0:
        _in_child(run)
    os.waitpid(child, 0)
    return Counter([f"disk full: {_state(made, before, seed)}"])


def _cut_off(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(max(len(data), 1))]


def _flipped(data: bytes, chance: random.Random) -> bytes:
    if not data:
        return b"x"
    flipped = bytearray(data)
    flipped[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(flipped)


DAMAGE: dict[str, Callable[[bytes, random.Random], bytes | None]] = {
    "cut off": _cut_off,
    "emptied": lambda _data, _chance: b"",
    "altered in one bit": _flipped,
    "taken away": lambda _data, _chance: None,
}


def _damaged(work: Path, sources: list[str], seed: int) -> Counter[str]:
    """Each file damaged in each way: that it is told, or does no harm, and mended by the next build."""
    told: Counter[str] = Counter()
    whole = _try(work, sources, seed)
    _build(whole)
    whole.change()
    _build(whole)
    shown = _all_of(whole)
    names = sorted(path.relative_to(whole.index) for path in whole.index.rglob("*") if path.is_file())
    kept = work / "kept"
    shutil.rmtree(kept, ignore_errors=True)
    shutil.copytree(whole.index, kept)
    for name in names:
        for way, damage in DAMAGE.items():
            shutil.rmtree(whole.index)
            shutil.copytree(kept, whole.index)
            path = whole.index / name
            data = damage(path.read_bytes(), whole.chance)
            if data is None:
                path.unlink()
            else:
                path.write_bytes(data)
            told[f"file {way}: {_after_damage(whole, shown, f'{seed}: {name} {way}')}"] += 1
    return told


def _after_damage(made: Try, shown: dict[str, object], where: str) -> str:
    try:
        state = "no harm" if _all_of(made) == shown else "lost (other words are shown)"
    except (IndexUnusable, IndexMissing):
        state = "told"
    try:
        _build(made)
        is_mended = _all_of(made) == shown and not faults_of(made.index)
    except RagError as error:
        return f"lost ({where}: {error})"
    if not is_mended or state.startswith("lost"):
        print(where, state, is_mended, file=sys.stderr)
        return f"lost ({where})"
    return f"{state}, then whole"


def _all_of(made: Try) -> dict[str, object]:
    """All that an index can show, by article."""
    with open_index(made.index) as index:
        index.all_vectors()
        return {name: index.store.as_read(name) for name in index.store.digests()}


if __name__ == "__main__":
    main()
