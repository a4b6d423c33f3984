"""How far a build is, and what it did; how long a question took."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import astuple, dataclass

from rag.core.articles import Failure, Reason


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a build is.

    :param stage: ``model``, ``read``, ``cut``, ``encode``, ``compare`` (find copies) or ``write``.
    :param done: Units done in this stage: steps, articles, articles, passages, passages, steps.
    :param total: Units of this stage.
    :param articles: Articles read so far.
    :param seconds: Time in this stage so far.
    """

    stage: str
    done: int
    total: int
    articles: int
    seconds: float

    @property
    def rate(self) -> float:
        """Units a second; 0 before the first."""
        return self.done / self.seconds if self.seconds > 0 else 0.0


class Reporter:
    """Passes progress on, with the time since its stage began."""

    def __init__(self, progress: Callable[[Progress], None] | None) -> None:
        self._progress = progress
        self._stage = ""
        self._began = 0.0
        self.articles = 0

    def reading(self, done: int, total: int, articles: int) -> None:
        """Files were looked at, which gave so many articles."""
        self.articles = articles
        self("read", done, total)

    def __call__(self, stage: str, done: int, total: int) -> None:
        """So many units of a stage are done."""
        now = time.monotonic()
        if stage != self._stage:
            self._stage, self._began = stage, now
        if self._progress:
            self._progress(Progress(stage, done, total, self.articles, now - self._began))


@dataclass(frozen=True, slots=True)
class Report:
    """What a build did.

    :param added: Articles that were not in the index before.
    :param changed: Articles whose file differs from what was indexed.
    :param unchanged: Articles taken over as they were.
    :param removed: Articles dropped: their file is gone, or what is in it is no article any more.
    :param kept: Articles that stay, though their files could not be looked at, or are gone and the articles were
        brought back; they are counted as unchanged too.
    :param unsettled: Files that may still be in the writing, and were left for the next run.
    :param failures: Files that could not be read, and why.
    :param notices: What is to be known of files that were read now: that one is near a limit.
    :param passages: Passages in the index.
    :param encoded: Passages that went through the model; the others kept their vectors.
    :param left_out: What cleaning left out of the articles in the index: pieces by reason, most first.
    :param elsewhere: Articles of collections that were not read; they are counted as unchanged too.
    :param shard: Which part of the articles was indexed, and of how many; what is counted of articles is of these.
    :param waits_for: The parts that are not in yet: what is new is taken into use when they are.
    """

    articles: int
    added: int
    changed: int
    unchanged: int
    removed: int
    kept: int
    unsettled: int
    failures: tuple[Failure, ...]
    notices: tuple[Failure, ...]
    passages: int
    encoded: int
    left_out: dict[Reason, int]
    seconds: float
    elsewhere: int = 0
    shard: tuple[int, int] = (1, 1)
    waits_for: tuple[int, ...] = ()

    @property
    def changes(self) -> int:
        """Articles that were added, changed or removed."""
        return self.added + self.changed + self.removed


@dataclass(frozen=True, slots=True)
class Seconds:
    """Time a question took, by stage, in seconds."""

    encode: float = 0.0
    search: float = 0.0
    rank: float = 0.0
    read: float = 0.0
    extract: float = 0.0

    @property
    def total(self) -> float:
        """All stages together."""
        return sum(astuple(self))
