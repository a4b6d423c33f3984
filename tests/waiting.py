"""Waiting for what comes about by itself."""

from __future__ import annotations

import time
from collections.abc import Callable

SECONDS = 30.0


def until(happened: Callable[[], bool]) -> bool:
    """Whether something came about in time."""
    end = time.monotonic() + SECONDS
    while not happened() and time.monotonic() < end:
        time.sleep(0.05)
    return happened()
