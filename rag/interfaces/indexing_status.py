"""How far indexing anew is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from rag.core.progress import Report
from rag.errors import RemovalRefused

OPENING = "open"
"""The stage after those of a build: the new generation is opened for questions."""
_STAGES = {"model": 0.0, "read": 0.0, "cut": 0.15, "encode": 0.2, "compare": 0.9, "write": 0.95, OPENING: 0.98, "": 1.0}
"""How much of the work is done when a stage begins: roughly, as of a folder of which most is new."""
_BEGINS = list(_STAGES.values())


class State(StrEnum):
    """Where it stands."""

    IDLE = "idle"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Status:
    """How far it is.

    :param stage: While it runs, that of ``rag.core.progress.Progress``, or ``OPENING``; "" before the first.
    :param done: Units done in this stage.
    :param total: Units of this stage.
    :param message: Why it failed, in a sentence; else empty.
    :param report: What was done, once it is.
    :param passes: It failed for what passes by itself, as when another process builds the index.
    :param refused: It failed since it would remove so many articles that somebody must want that.
    """

    state: State = State.IDLE
    stage: str = ""
    done: int = 0
    total: int = 0
    message: str = ""
    report: Report | None = None
    refused: RemovalRefused | None = None
    passes: bool = False

    @property
    def reason(self) -> str:
        """Why it failed, or was refused, in a sentence; else empty."""
        return str(self.refused or self.message)

    @property
    def share(self) -> float:
        """About how much of all the work is done, 0 to 1; it never goes back."""
        if self.state is not State.RUNNING:
            return float(self.state is State.DONE)
        if not self.stage:
            return 0.0
        at = list(_STAGES).index(self.stage)
        within = self.done / self.total if self.total else 1.0
        return _BEGINS[at] + within * (_BEGINS[at + 1] - _BEGINS[at])
