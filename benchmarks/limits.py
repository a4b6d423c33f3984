"""A limit of CPU seconds, for measurements of what may never end."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager


class GivenUpError(Exception):
    """The limit was reached."""


@contextmanager
def cpu_limit(seconds: float) -> Iterator[None]:
    """Give up what runs inside after some CPU seconds, on the main thread.

    A clock on the wall rings, and rings again where other programs had the processor meanwhile: a clock that counts
    CPU time makes ``time.process_time`` coarse on some machines.

    :raises GivenUpError: The limit was reached.
    """
    end = time.process_time() + seconds

    def ring(*_: object) -> None:
        left = end - time.process_time()
        if left <= 0:
            raise GivenUpError
        signal.setitimer(signal.ITIMER_REAL, max(left, 0.01))

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
