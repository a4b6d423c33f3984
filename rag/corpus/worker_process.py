"""A process that reads article files, as its starter has it.

To start one takes as long as reading a hundred articles: the last of a pool stays for a while, for whoever reads next.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from rag.errors import WorkerError

STAYS_SECONDS = 300.0
"""How long one stays that nobody needs. It holds some 40 MB, after large files more: one that holds a third of what
reading may take ends by itself."""
_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class WorkerCommand:
    """What starts a process, and for whom: one that was started otherwise is asked nothing.

    :param python: The interpreter.
    :param path: Where it finds what it imports.
    :param user: The number of the user, by whose rights it reads; 0 where a system has none.
    """

    python: str
    path: str
    user: int


def worker_command() -> WorkerCommand:
    """What starts a process now."""
    paths = [str(_ROOT), *(os.path.abspath(path) for path in sys.path if path)]  # noqa: PTH100
    user = os.geteuid() if hasattr(os, "geteuid") else 0
    return WorkerCommand(sys.executable, os.pathsep.join(paths), user)


class WorkerProcess:
    """One process, and the way to it.

    :ivar overdue: Whether it took longer than it may, and was ended.
    :ivar command: What started it.
    :raises WorkerError: It can't be started.
    """

    def __init__(self) -> None:
        self.command = worker_command()
        self.overdue, self._is_ready = False, False
        self._due = float("inf")
        try:
            # -P: what lies in the working folder, which may be that of the articles, is not imported.
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-X", "utf8", "-m", "rag.corpus.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=_ROOT,  # not the folder of now, which somebody may want to remove while it stays
                env={**os.environ, "PYTHONPATH": self.command.path},
            )
        except OSError as error:
            raise WorkerError(f"no process can be started to read articles: {error.strerror or error}") from error
        self._to, self._from = cast(IO[bytes], self._process.stdin), cast(IO[bytes], self._process.stdout)

    def begin(self, ready: bytes, seconds: float) -> None:
        """Wait until it has said that it is ready.

        :raises WorkerError: It ended instead, or took longer than so many seconds.
        """
        if self._is_ready:
            return
        self._is_ready = self._line(seconds) == ready
        if not self._is_ready:
            self.close()
            raise WorkerError(f"the process that reads articles does not start ({_ending(self._process.wait())})")

    def ask(self, question: dict[str, Any], seconds: float) -> dict[str, Any] | None:
        """Have a file read within so many seconds by the clock; None where the process ended over it."""
        try:
            self._to.write(json.dumps(question).encode() + b"\n")
            self._to.flush()
            line = self._line(seconds)
        except OSError:
            line = b""
        if not line:
            self.overdue |= self._process.wait() == -getattr(signal, "SIGPROF", 0)
        return json.loads(line) if line else None

    def _line(self, seconds: float) -> bytes:
        """What it says within so many seconds by the clock; nothing where it ended instead."""
        self._due = time.monotonic() + seconds
        line = self._from.readline()
        self._due = float("inf")
        return line if line.endswith(b"\n") else b""

    @property
    def reason(self) -> str:
        """Why it ended over a file."""
        if self.overdue:
            return "reading it takes too long: it is left out"
        return f"it ends the process that reads it ({_ending(self._process.wait())}): it is left out"

    def end_if_overdue(self) -> None:
        """End it where its time is up."""
        if time.monotonic() > self._due:
            self.overdue = True
            self.kill()

    @property
    def runs(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def kill(self) -> None:
        """End it at once."""
        with suppress(PermissionError):  # of a starter that has given up its rights: it ends with its input
            self._process.kill()

    def close(self) -> None:
        """End it, and wait until it has ended."""
        self.kill()
        with suppress(OSError), self._process:
            pass

    def leave(self) -> None:
        """Let go of it without ending it, as of another's."""
        self._process.returncode = 0
        for stream in (self._to, self._from):
            stream.close()


class SpareWorker:
    """The one process that stays when there is nothing to read."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._worker: WorkerProcess | None = None
        self._end_later: threading.Timer | None = None

    def take(self, command: WorkerCommand) -> WorkerProcess | None:
        """It, where it was started by this command, for whoever takes it to end or put back."""
        worker = self._replace(None)
        if worker and not (worker.runs and worker.command == command):
            worker.close()
            return None
        return worker

    def put(self, worker: WorkerProcess) -> None:
        """Have a process that waits for a file stay, in place of another."""
        if before := self._replace(worker):
            before.close()

    def end(self) -> None:
        """End it; the next that reads starts another."""
        if worker := self._replace(None):
            worker.close()

    def forget(self) -> None:
        """In a process that was forked from the one that started it, and that it does not belong to."""
        self._lock = threading.Lock()
        worker, self._worker, self._end_later = self._worker, None, None
        if worker:
            worker.leave()

    def _replace(self, worker: WorkerProcess | None) -> WorkerProcess | None:
        with self._lock:
            before, self._worker = self._worker, worker
            if self._end_later:
                self._end_later.cancel()
            self._end_later = None
            if worker:
                self._end_later = threading.Timer(STAYS_SECONDS, self._end_if, (worker,))
                self._end_later.daemon = True
                self._end_later.start()
        return before

    def _end_if(self, worker: WorkerProcess) -> None:
        with self._lock:
            is_it = self._worker is worker
            if is_it:
                self._worker = self._end_later = None
        if is_it:
            worker.close()


SPARE = SpareWorker()
atexit.register(SPARE.end)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=SPARE.forget)


def _ending(status: int) -> str:
    with suppress(ValueError):
        return signal.Signals(-status).name
    return f"status {status}"
