"""Work that stands still at one moment, each in a process of its own, to be killed there.

``python -m tests.halted`` forks a process for each line of its input: to load the libraries takes longer than the work.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import rag.build
from rag.answering.retriever import Retriever
from rag.build import segments
from rag.core.progress import Progress
from rag.index import generations
from rag.index.new_generation import NewGeneration
from rag.index.postings import Postings
from rag.index.segment_writer import NewSegment
from rag.interfaces.reindexing import Reindexing
from rag.models.encoder import Vectors
from rag.text.terms import terms
from tests.conftest import FakeEncoder, FakeReader

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
    """A build that stands still when it has told some progress, or after a step of writing."""

    def told(progress: Progress) -> None:
        if f"{progress.stage} {progress.done}" == moment:
            halt()

    def halting_at(step: Callable[..., Any], at: str) -> Callable[..., Any]:
        def halted(*arguments: Any, **named: Any) -> Any:
            if moment == f"before {at}":
                halt()
            done = step(*arguments, **named)
            if moment == f"after {at}":
                halt()
            return done

        return halted

    Postings.write = halting_at(Postings.write, "words")  # type: ignore[method-assign]
    NewSegment.finish = halting_at(NewSegment.finish, "segment")  # type: ignore[method-assign]
    NewGeneration.__init__ = halting_at(NewGeneration.__init__, "manifest")  # type: ignore[method-assign]
    generations.settle = halting_at(generations.settle, "switch")
    segments.CHUNK = STEP
    rag.build.build_index(folder, index, FakeEncoder(), told, replace=True)


def lock(index: str) -> None:
    """The index is being built."""
    with generations.building(Path(index)):
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
