"""A limit of CPU seconds, for measurements of what may never end."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager


class GivenUpError(Exception):
    """The limit was reached."""


class CpuLimit:
    """Gives up what runs too long, on the main thread, as often as it is begun anew.

    A clock on the wall rings, and rings again where other programs had the processor meanwhile: a clock that counts
    CPU time makes ``time.process_time`` coarse on some machines.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._end = 0.0

    def begin(self) -> None:
        """Count from now."""
        self._end = time.process_time() + self._seconds
        signal.setitimer(signal.ITIMER_REAL, self._seconds)

    @staticmethod
    def end() -> None:
        """Count no more."""
        signal.setitimer(signal.ITIMER_REAL, 0)

    def ring(self, *_: object) -> None:
        """Called by the clock.

        :raises GivenUpError: The limit was reached.
        """
        left = self._end - time.process_time()
        if left <= 0:
            raise GivenUpError
        signal.setitimer(signal.ITIMER_REAL, max(left, 0.01))


@contextmanager
def cpu_limits(seconds: float) -> Iterator[CpuLimit]:
    """A limit that can be begun again and again: setting up a clock takes longer than most of what it limits."""
    limit = CpuLimit(seconds)
    before = signal.signal(signal.SIGALRM, limit.ring)
    try:
        yield limit
    finally:
        limit.end()
        signal.signal(signal.SIGALRM, before)


@contextmanager
def cpu_limit(seconds: float) -> Iterator[None]:
    """Give up what runs inside after some CPU seconds, on the main thread.

    :raises GivenUpError: The limit was reached.
    """
    with cpu_limits(seconds) as limit:
        limit.begin()
        yield
