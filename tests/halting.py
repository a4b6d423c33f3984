"""Starts the processes in which ``tests.halted`` works and stands still, and kills them there."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]


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
