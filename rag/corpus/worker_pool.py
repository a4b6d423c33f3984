"""Article files are read in processes of their own, several at once.

A file that kills or hangs what reads it stops no other, and is told like any that can't be read.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from rag.core.articles import Article, Failure
from rag.core.files import MAX_BYTES
from rag.core.packed_articles import unpacked
from rag.corpus.worker_process import SPARE, WorkerProcess, worker_command
from rag.corpus.worker_protocol import READY, seconds_for
from rag.errors import WorkerError

MAX_WORKERS = 8
"""Processes at once at most, however many processors there are: each may take ``rag.corpus.worker.MEMORY_MB``."""
FILES_A_WORKER = 100
"""Starting a process takes as long as reading so many articles: for fewer, no further one is started."""
PATIENCE = 3.0
"""How many times its processor time a file may take by the clock: a busy machine runs each process slower."""
START_SECONDS = 60.0
"""Starting a process takes a third of a second, on a machine that is not busy."""
TRIES = 2
"""A process may be ended by a machine that is short of memory: then the file is read once more."""
WATCH_SECONDS = 0.2
"""Between two looks whether a process is overdue."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a file: an article, a failure, or neither where the file is as it was known.

    :param notices: What is to be known of an article all the same, each with its path: it is near a limit.
    :param is_unopened: Whether it failed since the file can't be opened.
    :param is_lasting: Whether it failed for what the file holds, and will again.
    """

    name: str
    article: Article | None = None
    failure: Failure | None = None
    notices: tuple[Failure, ...] = ()
    is_unopened: bool = False
    is_lasting: bool = False

    def placed(self, collection: str, prefix: str) -> Outcome:
        """The same of a file in a collection, whose names begin so."""
        if not collection:
            return self
        article, failure = self.article, self.failure
        return Outcome(
            prefix + self.name,
            article and replace(article, info=replace(article.info, id=prefix + self.name, collection=collection)),
            failure and replace(failure, path=prefix + failure.path),
            tuple(replace(notice, path=prefix + notice.path) for notice in self.notices),
            self.is_unopened,
            self.is_lasting,
        )


class WorkerPool:
    """Reads article files of a folder: within its context, iterate over what comes of each, in order.

    At the context's end no process is left but one, which stays for whoever reads next (``worker_process``).

    :param folder: The folder of articles.
    :param names: Paths of the files from there, with forward slashes.
    :param known: Digests of files that need not be read again, by name.
    :param workers: Processes at once at most; as many as there are processors unless named.
    """

    def __init__(
        self,
        folder: Path,
        names: Sequence[str],
        known: Mapping[str, str] | None = None,
        workers: int | None = None,
    ) -> None:
        self._folder, self._names, self._known = folder, names, known or {}
        count = min(workers or _processors(), MAX_WORKERS, 1 + len(names) // FILES_A_WORKER)
        self._idle: list[WorkerProcess] = []
        self._all: set[WorkerProcess] = set()
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._threads = ThreadPoolExecutor(count, "reading")
        self._watch = threading.Thread(target=self._end_overdue, name="watching readers", daemon=True)

    def __enter__(self) -> Self:
        self._watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End all processes but one that waits, in the midst of a file if need be."""
        self._ended.set()
        with self._lock:
            stays = self._idle.pop() if self._idle else None
            self._all -= {stays}
            for worker in self._all:
                worker.kill()
        try:
            self._threads.shutdown(cancel_futures=True)
            self._watch.join()
            for worker in self._all:
                worker.close()
        finally:
            if stays:
                SPARE.put(stays)

    def __iter__(self) -> Iterator[Outcome]:
        """Read them all.

        :raises WorkerError: No process can be started.
        """
        return self._threads.map(self._outcome, self._names)

    def _outcome(self, name: str) -> Outcome:
        question = {"folder": str(self._folder.absolute()), "name": name, "known": self._known.get(name)}
        due = PATIENCE * seconds_for(_size(self._folder / name))
        for _ in range(TRIES):
            worker = self._take()
            reply = worker.ask(question, due)
            if reply is None or reply["last"]:
                self._drop(worker)
            else:
                self._put_back(worker)
            if reply is not None:
                return _outcome_of(name, reply)
            if worker.overdue:
                break
        return Outcome(name, failure=Failure(name, None, worker.reason))

    def _put_back(self, worker: WorkerProcess) -> None:
        with self._lock:
            self._idle.append(worker)

    def _take(self) -> WorkerProcess:
        with self._lock:
            if self._idle:
                return self._idle.pop()
            if self._ended.is_set():
                raise WorkerError("reading was ended")
            worker = SPARE.take(worker_command()) or WorkerProcess()
            self._all.add(worker)
        worker.begin(READY, START_SECONDS)
        return worker

    def _drop(self, worker: WorkerProcess) -> None:
        with self._lock:
            self._all.discard(worker)
        worker.close()

    def _end_overdue(self) -> None:
        while not self._ended.wait(WATCH_SECONDS):
            with self._lock:
                for worker in self._all:
                    worker.end_if_overdue()


def _outcome_of(name: str, reply: dict[str, Any]) -> Outcome:
    if "failed" in reply:
        line, reason = reply["failed"]
        is_unopened, is_lasting = reply.get("unopened", False), reply.get("lasting", False)
        return Outcome(name, failure=Failure(name, line, reason), is_unopened=is_unopened, is_lasting=is_lasting)
    if "article" in reply:
        notices = tuple(Failure(name, None, told) for told in reply["notices"])
        return Outcome(name, unpacked(reply["article"]), notices=notices)
    return Outcome(name)


def _size(path: Path) -> int:
    try:
        return min(path.stat().st_size, MAX_BYTES)
    except OSError:
        return 0


def _processors() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
