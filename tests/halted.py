"""Work that stands still at one moment, each in a process of its own, to be killed there.

``python -m tests.halted`` forks a process for each line of its input: to load the libraries takes longer than the work.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import rag.build
from rag.answering.retriever import Retriever
from rag.core.progress import Progress
from rag.index.generations import building
from rag.index.lexical import LexicalIndex
from rag.interfaces.page.reindexing import Reindexing
from rag.models.encoder import Vectors
from rag.text.terms import terms
from tests.conftest import FakeEncoder, FakeReader

ROOT = Path(__file__).parents[1]
STEP = 4
"""Passages that a build encodes at once."""
LONG = 60
"""Seconds in which whoever waits for it has killed the process."""


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def halt() -> None:
    """Say so, and stand still."""
    say(f"halted {os.getpid()}")
    time.sleep(LONG)


def build(folder: str, index: str, moment: str) -> None:
    """A build that stands still when it has told some progress, or has written the words."""

    def told(progress: Progress) -> None:
        if f"{progress.stage} {progress.done}" == moment:
            halt()

    def saved(*arguments: Any) -> None:
        save(*arguments)
        if moment == "words written":
            halt()

    save = LexicalIndex.save
    LexicalIndex.save = saved  # type: ignore[method-assign]
    rag.build.CHUNK = STEP
    rag.build.build_index(folder, index, FakeEncoder(), told)


def lock(index: str) -> None:
    """The index is being built."""
    with building(Path(index)):
        halt()


class HaltingEncoder(FakeEncoder):
    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        halt()
        return super().encode_passages(texts)


def page(index: str) -> None:
    """A page that stands still while it indexes the folder anew."""
    reindexing = Reindexing(Retriever.open(index, HaltingEncoder(), FakeReader()))
    reindexing.start()
    reindexing.wait()


WORK: dict[str, Callable[..., None]] = {"build": build, "lock": lock, "page": page}


class Halting:
    """Has work done in processes that are forked from one, within its context."""

    def __enter__(self) -> Halting:
        command = [sys.executable, "-m", "tests.halted"]
        self._forking = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._forking.communicate()

    @contextmanager
    def halted(self, work: str, *arguments: str | Path) -> Iterator[None]:
        """Work until it stands still; at the end it is killed with SIGKILL."""
        assert self._forking.stdin
        assert self._forking.stdout
        print(json.dumps([work, *map(str, arguments)]), file=self._forking.stdin, flush=True)
        said, _, number = self._forking.stdout.readline().partition(" ")
        assert said == "halted", said
        try:
            yield
        finally:
            os.kill(int(number), signal.SIGKILL)
            assert self._forking.stdout.readline() == "ended\n"


def main() -> None:
    terms("灯塔")  # what cuts words is loaded when it is first asked
    for line in sys.stdin:
        work, *arguments = json.loads(line)
        if (child := os.fork()) == 0:
            WORK[work](*arguments)
            os._exit(0)
        os.waitpid(child, 0)
        say("ended")


if __name__ == "__main__":
    main()
