"""Indexing the same folder anew in the background, while questions go on being answered."""

from __future__ import annotations

import logging
import threading
from dataclasses import replace as replace_fields
from pathlib import Path
from typing import Protocol

from rag.answering.retrieval import Engine
from rag.build import build_index
from rag.core import arguments
from rag.core.progress import Progress, Report
from rag.errors import IndexBusy, RagError, RemovalRefused
from rag.interfaces.page.indexing_status import OPENING, State, Status


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

    def start(self, *, replace: bool = False) -> None:
        """Begin a run, and return at once.

        :param replace: Whether it may remove many articles.
        :raises IndexBusy: One is going on here. One in another process makes the run fail, with a message.
        """
        with self._lock:
            if self._status.state is State.RUNNING:
                raise IndexBusy("the articles are being indexed already: wait until that is done")
            # A daemon, so that the page can be ended: what was encoded is taken over by the next run.
            thread = threading.Thread(target=self._run, args=(replace,), name="reindexing", daemon=True)
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

    def _run(self, replace: bool) -> None:
        try:
            report = self._build(replace)
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

    def _build(self, replace: bool) -> Report:
        retriever = self._retriever
        engine = retriever.refresh()
        self._articles = Path(engine.index.manifest.folder)
        folder = engine.index.manifest.folder
        report = build_index(folder, retriever.folder, engine.encoder, self._note, replace=replace)
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
