"""Indexing the same folder anew in the background, while questions go on being answered."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace as replace_fields
from pathlib import Path
from typing import Any, Protocol

from rag.answering.retrieval import Engine
from rag.build import build_index, update_index
from rag.core import arguments
from rag.core.articles import Failure
from rag.core.files import real_path
from rag.core.places import MilvusAddress, Place
from rag.core.progress import Progress, Report
from rag.corpus.folder import list_folder
from rag.corpus.listing import Listing
from rag.corpus.relisting import list_again
from rag.corpus.watching import SETTLED_SECONDS, Touched, changes
from rag.errors import FolderError, IndexBusy, IndexDamaged, RagError, RemovalRefused, StillWritten
from rag.index.snapshot import folders_of
from rag.interfaces.indexing_status import OPENING, State, Status

MEND_SECONDS = 30.0
"""Between two runs that are begun since something is damaged."""


class Refreshed(Protocol):
    """What Reindexing needs of a retriever."""

    place: Place

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
        self._lock, self._idle = threading.Lock(), threading.Event()
        self._idle.set()
        self._status = Status()
        self._articles: list[Path] = []
        self._failures: tuple[Failure, ...] = ()
        self._mended = -MEND_SECONDS

    @property
    def status(self) -> Status:
        """How far it is now."""
        return self._status

    def start(self, *, replace: bool = False) -> None:
        """Begin a run, and return at once.

        :param replace: Whether it may remove many articles.
        :raises IndexBusy: One is going on here. One in another process makes the run fail, with a message.
        """
        self._start(replace=replace)

    def mend(self) -> bool:
        """Begin a run: what is damaged is made anew of the articles, and of what is whole.

        :return: Whether one goes on: none is begun so soon after another that did not help.
        """
        now = time.monotonic()
        if self._status.state is not State.RUNNING and now - self._mended < MEND_SECONDS:
            return False
        self._mended = now
        try:
            with suppress(IndexBusy):
                self._start()
        except RuntimeError:  # no thread can be begun
            return False
        return True

    def _start(self, **how: Any) -> None:
        before = self._claim()
        try:
            # A daemon, so that the page can be ended: what was encoded is taken over by the next run.
            threading.Thread(target=self._run, kwargs=how, name="reindexing", daemon=True).start()
        except RuntimeError:
            self._status = before
            self._idle.set()
            raise

    def wait(self, seconds: float | None = None) -> Status:
        """Wait until the run that goes on has ended, or for so many seconds.

        :raises ArgumentError: The seconds are no number, or below 0.
        """
        if seconds is not None and not 0 <= (seconds := arguments.number("seconds", seconds)) <= threading.TIMEOUT_MAX:
            raise arguments.refused("seconds", seconds, "a number from 0, or None to wait as long as it takes")
        self._idle.wait(seconds)
        return self._status

    def follow(self, ended: threading.Event, told: Callable[[Status], None] = lambda _: None) -> None:
        """Keep the index up to date with its folders until that is ended. Of several, one that is away is waited for.

        :param told: Called with what came of each run that changed something, and when runs begin to fail.
        """
        manifest = self._retriever.refresh().index.manifest
        folders, self._failures = manifest.folders, manifest.failures
        last: dict[str, Listing] = {}
        index = self._retriever.place if isinstance(self._retriever.place, Path) else None
        done: dict[str, Listing] | None = None
        for touched in changes(map(Path, folders.values()), index, ended):
            folders = self._retriever.refresh().index.manifest.folders  # one may have been taken out, or come
            last = _listed(folders, last, touched)
            while not last or last != done:
                after = self._keep_up(told, last, folders)
                again = after is None or after.passes or (after.report is not None and after.report.unsettled > 0)
                done = last if after and after.report and not again else None
                if not again or ended.wait(SETTLED_SECONDS):
                    break
                last = _listed(folders, last, {} if after and _is_all_told(after, last) else None)

    def _keep_up(
        self, told: Callable[[Status], None], listings: Mapping[str, Listing], folders: Mapping[str, str]
    ) -> Status | None:
        """Bring the index up to date, unless another run goes on here. What is no news leaves no trace.

        :param listings: What the folders hold, of those that are there; where none is, the run tells why.
        """
        try:
            before = self._claim()
        except IndexBusy:
            return None
        after = self._run(settled=SETTLED_SECONDS, folders=folders, listings=listings)
        is_news = after.reason != before.reason
        if after.report:
            is_news |= after.report.changes > 0 or after.report.failures != self._failures
            self._failures = after.report.failures
        if after.passes or not is_news:
            with self._lock:
                self._status = before if self._status is after else self._status
        else:
            told(after)
        return after

    def _claim(self) -> Status:
        """Have the only run that goes on; returns how far the last one came.

        :raises IndexBusy: Another one goes on.
        """
        with self._lock:
            if self._status.state is State.RUNNING:
                raise IndexBusy("the articles are being indexed already: wait until that is done")
            before, self._status = self._status, Status(State.RUNNING)
            self._idle.clear()
            return before

    def _run(
        self,
        *,
        replace: bool = False,
        settled: float = 0.0,
        folders: Mapping[str, str] | None = None,
        listings: Mapping[str, Listing] | None = None,
    ) -> Status:
        """The run that was claimed; returns what came of it."""
        try:
            after = Status(State.DONE, report=self._build(replace, settled, folders, listings))
        except RemovalRefused as error:
            after = self._failed(refused=error)
        except (IndexBusy, StillWritten) as error:
            after = self._failed(message=self._without_paths(str(error)), passes=True)
        except RagError as error:
            after = self._failed(message=self._without_paths(str(error)))
        except OSError as error:  # a full disk and the like; the message names no path
            after = self._failed(message=f"the new index can't be written: {error.strerror or type(error).__name__}")
        except Exception:
            logging.exception("indexing failed")
            after = self._failed(message="something went wrong; the terminal that runs the page says what")
        self._status = after
        self._idle.set()
        return after

    def _build(
        self,
        replace: bool,
        settled: float,
        folders: Mapping[str, str] | None,
        listings: Mapping[str, Listing] | None,
    ) -> Report:
        retriever = self._retriever
        engine: Engine | None = None
        try:
            engine = retriever.refresh()
            folders = folders or engine.index.manifest.folders
        except IndexDamaged:  # the newest can't be opened: a build makes one that can
            if isinstance(retriever.place, MilvusAddress):
                raise
            folders = folders or folders_of(retriever.place)
        self._articles = [Path(path) for path in folders.values()]
        encoder = engine.encoder if engine else None
        if listings:
            report = update_index([*listings.values()], retriever.place, encoder, self._note, settled=settled)
        else:
            report = build_index(folders, retriever.place, encoder, self._note, replace=replace, settled=settled)
        self._status = Status(State.RUNNING, OPENING, 0, 1)
        retriever.refresh().index.load_lists()
        return report

    def _note(self, progress: Progress) -> None:
        self._status = replace_fields(self._status, stage=progress.stage, done=progress.done, total=progress.total)

    def _without_paths(self, message: str) -> str:
        """A message with the names of the folders alone: every reader of the page sees it."""
        place = self._retriever.place
        own = () if isinstance(place, MilvusAddress) else (place.resolve(), place)
        for folder in (*self._articles, *own):
            if folder.name:
                message = message.replace(str(folder), folder.name)
        return message

    def _failed(self, **how: Any) -> Status:
        return replace_fields(self._status, state=State.FAILED, **how)


def _is_all_told(after: Status, listings: Mapping[str, Listing]) -> bool:
    """Whether all files that a run left for later are told apart in what was listed before it."""
    told = sum(len(listing.unsettled) for listing in listings.values())
    return after.report is not None and after.report.unsettled <= told


def _listed(folders: Mapping[str, str], last: Mapping[str, Listing], touched: Touched | None) -> dict[str, Listing]:
    """What folders hold, by collection, as far as it can be told.

    :param last: What they held before.
    :param touched: Where something may have changed since; None for anywhere.
    """
    found = {}
    for name, path in folders.items():
        with suppress(FolderError, OSError):
            if touched is None or name not in last or last[name].root != real_path(path):
                found[name] = list_folder(path, SETTLED_SECONDS, name)
            else:
                found[name] = list_again(last[name], touched.get(Path(path), ()), SETTLED_SECONDS)
    return found
