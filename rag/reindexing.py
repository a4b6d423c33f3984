"""Indexing the same folder anew in the background, while questions go on being answered."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from rag import arguments
from rag.errors import IndexBusy, RagError
from rag.indexing import Progress, Report, build_index
from rag.retriever import Retriever

OPENING = "open"
"""The stage after those of a build: the new generation is opened for questions."""
_STAGES = {"model": 0.0, "read": 0.0, "encode": 0.2, "compare": 0.9, "write": 0.95, OPENING: 0.98, "": 1.0}
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

    :param stage: While it runs, that of ``rag.indexing.Progress``, or ``OPENING``; "" before the first.
    :param done: Units done in this stage.
    :param total: Units of this stage.
    :param message: Why it failed, in a sentence; else empty.
    :param report: What was done, once it is.
    """

    state: State = State.IDLE
    stage: str = ""
    done: int = 0
    total: int = 0
    message: str = ""
    report: Report | None = None

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


class Reindexing:
    """Brings a retriever's index up to date with its folder, one run at a time.

    The retriever answers from the generation before until the new one is open, and the model that it has loaded is the
    one that encodes. A run that fails, or whose process is killed, leaves the generation before in use.

    :param retriever: What answers meanwhile.
    :raises ArgumentError: It is none.
    """

    def __init__(self, retriever: Retriever) -> None:
        self._retriever = arguments.instance("retriever", retriever, Retriever, "a rag.Retriever")
        self._lock = threading.Lock()
        self._status = Status()
        self._articles = Path()
        self._thread: threading.Thread | None = None

    @property
    def status(self) -> Status:
        """How far it is now."""
        return self._status

    def start(self) -> None:
        """Begin a run, and return at once.

        :raises IndexBusy: One is going on here. One in another process makes the run fail, with a message.
        """
        with self._lock:
            if self._status.state is State.RUNNING:
                raise IndexBusy("the articles are being indexed already: wait until that is done")
            # A daemon, so that the page can be ended: what was encoded is taken over by the next run.
            thread = threading.Thread(target=self._run, name="reindexing", daemon=True)
            before, self._status = self._status, Status(State.RUNNING)
            try:
                thread.start()
            except RuntimeError:
                self._status = before
                raise
            self._thread = thread

    def wait(self, seconds: float | None = None) -> Status:
        """Wait until the run that goes on has ended, or for so many seconds.

        :raises ArgumentError: The seconds are no number, or below 0.
        """
        if seconds is not None and not 0 <= (seconds := arguments.number("seconds", seconds)) <= threading.TIMEOUT_MAX:
            raise arguments.refused("seconds", seconds, "a number from 0, or None to wait as long as it takes")
        if self._thread:
            self._thread.join(seconds)
        return self._status

    def _run(self) -> None:
        try:
            report = self._build()
            self._status = Status(State.DONE, report=report)
        except RagError as error:
            self._fail(self._without_paths(str(error)))
        except OSError as error:  # a full disk and the like; the message names no path
            self._fail(f"the new index can't be written: {error.strerror or type(error).__name__}")
        except Exception:
            logging.exception("indexing failed")
            self._fail("something went wrong; the terminal that runs the page says what")

    def _build(self) -> Report:
        retriever = self._retriever
        engine = retriever.refresh()
        self._articles = Path(engine.index.manifest.folder)
        report = build_index(engine.index.manifest.folder, retriever.folder, engine.encoder, self._note)
        self._status = Status(State.RUNNING, OPENING, 0, 1)
        # What the page lists and filters by is read too, so that no question waits for it.
        index = retriever.refresh().index
        _ = index.filtering, index.catalogue
        return report

    def _note(self, progress: Progress) -> None:
        self._status = replace(self._status, stage=progress.stage, done=progress.done, total=progress.total)

    def _without_paths(self, message: str) -> str:
        """A message with the names of the folders alone: every reader of the page sees it."""
        for folder in (self._articles, self._retriever.folder.resolve(), self._retriever.folder):
            if folder.name:
                message = message.replace(str(folder), folder.name)
        return message

    def _fail(self, message: str) -> None:
        self._status = replace(self._status, state=State.FAILED, message=message)
