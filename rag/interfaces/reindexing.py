"""Indexing the same folder anew in the background, while questions go on being answered."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import replace as replace_fields
from pathlib import Path
from typing import Protocol

from rag.answering.retrieval import Engine
from rag.build import build_index
from rag.core import arguments
from rag.core.progress import Progress, Report
from rag.corpus.watching import SETTLED_SECONDS, changes
from rag.errors import IndexBusy, RagError, RemovalRefused
from rag.interfaces.indexing_status import OPENING, State, Status


class Refreshed(Protocol):
    """What Reindexing needs of a retriever."""

    folder: Path

    def refresh(self) -> Engine:
        """Take the newest generation into use."""


class Reindexing:
    """Brings a retriever's index up to date with its folder, one run at a time.

    The retriever answers from the generation before until the new one is open, and the model that it has loaded is the
    one that encodes. A run that fails, or whose process is killed, leaves the generation before in use.

    :param retriever: What answers meanwhile.
    :raises ArgumentError: It is none.
    """

    def __init__(self, retriever: Refreshed) -> None:
        arguments.fits_protocol("retriever", retriever, Refreshed, "a rag.Retriever")
        self._retriever = retriever
        self._lock = threading.Lock()
        self._status = Status()
        self._articles = Path()
        self._thread: threading.Thread | None = None

    @property
    def status(self) -> Status:
        """How far it is now."""
        return self._status

    def follow(self, ended: threading.Event, told: Callable[[Status], None] = lambda _: None) -> None:
        """Keep the index up to date with its folder until that is ended.

        :param told: Called with what came of each run that changed something, and when runs begin to fail.
        """
        folder = Path(self._retriever.refresh().index.manifest.folder)
        for _ in changes(folder, self._retriever.folder, ended):
            while self._keep_up(told) and not ended.wait(SETTLED_SECONDS):
                pass

    def _keep_up(self, told: Callable[[Status], None]) -> bool:
        """Bring the index up to date, and tell whether to look again soon. A run that changes nothing is not told."""
        before = self._status
        try:
            self.start(settled=SETTLED_SECONDS)
        except IndexBusy:
            return True
        after = self.wait()
        if after.report and not after.report.changes and before.state is not State.FAILED:
            self._status = before
        elif after.reason != before.reason or after.report:
            told(after)
        return after.report is not None and after.report.unsettled > 0

    def start(self, *, replace: bool = False, settled: float = 0.0) -> None:
        """Begin a run, and return at once.

        :param replace: Whether it may remove many articles.
        :param settled: Seconds for which a file must not have been written to be read.
        :raises IndexBusy: One is going on here. One in another process makes the run fail, with a message.
        """
        with self._lock:
            if self._status.state is State.RUNNING:
                raise IndexBusy("the articles are being indexed already: wait until that is done")
            # A daemon, so that the page can be ended: what was encoded is taken over by the next run.
            thread = threading.Thread(target=self._run, args=(replace, settled), name="reindexing", daemon=True)
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

    def _run(self, replace: bool, settled: float) -> None:
        try:
            report = self._build(replace, settled)
            self._status = Status(State.DONE, report=report)
        except RemovalRefused as error:
            self._status = replace_fields(self._status, state=State.FAILED, refused=error)
        except RagError as error:
            self._fail(self._without_paths(str(error)))
        except OSError as error:  # a full disk and the like; the message names no path
            self._fail(f"the new index can't be written: {error.strerror or type(error).__name__}")
        except Exception:
            logging.exception("indexing failed")
            self._fail("something went wrong; the terminal that runs the page says what")

    def _build(self, replace: bool, settled: float) -> Report:
        retriever = self._retriever
        engine = retriever.refresh()
        self._articles = Path(engine.index.manifest.folder)
        folder = engine.index.manifest.folder
        report = build_index(folder, retriever.folder, engine.encoder, self._note, replace=replace, settled=settled)
        self._status = Status(State.RUNNING, OPENING, 0, 1)
        retriever.refresh().index.load_lists()
        return report

    def _note(self, progress: Progress) -> None:
        self._status = replace_fields(self._status, stage=progress.stage, done=progress.done, total=progress.total)

    def _without_paths(self, message: str) -> str:
        """A message with the names of the folders alone: every reader of the page sees it."""
        for folder in (self._articles, self._retriever.folder.resolve(), self._retriever.folder):
            if folder.name:
                message = message.replace(str(folder), folder.name)
        return message

    def _fail(self, message: str) -> None:
        self._status = replace_fields(self._status, state=State.FAILED, message=message)
