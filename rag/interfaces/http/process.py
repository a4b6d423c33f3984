"""The process that serves: its memory, and when its threads take turns."""

from __future__ import annotations

import ctypes
import gc
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress

SWITCH_SECONDS = 0.0005
"""How soon a thread that needs the interpreter is given it, as one does after each step of the model (measurements:
time and memory)."""
_M_ARENA_MAX, ARENAS = -8, 1
"""Pools that glibc takes memory from, and what it calls their number. With one for each of many threads, as it would
have them, what one has freed is of no use to the others: under a flood of requests memory grew by 200 MB."""
TRIM_SECONDS = 5.0
"""How often freed memory is given back to the system, which takes 4 ms: the C library keeps what lies between pieces in
use, and under a flood of requests that grew by 20 MB a minute without end."""


def share_memory() -> None:
    """Have all threads take memory from one pool. Only before there are many threads does glibc obey."""
    with suppress(AttributeError, OSError, TypeError):  # other C libraries have no such function
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, ARENAS)


def prepare_interpreter() -> None:
    """Have no thread keep the others waiting, and no freed memory kept: for one that serves, once all is loaded."""
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.collect()
    gc.freeze()  # half a million objects of model and libraries: to go through them took .3 s, and all waited
    gc.collect()  # or it would wait for so many new ones before it looks for any that hold each other
    with suppress(AttributeError, OSError, TypeError):  # C libraries other than glibc have no such function
        trim = ctypes.CDLL(None).malloc_trim
        threading.Thread(target=_trim, args=(trim,), name="trimming", daemon=True).start()


def _trim(trim: Callable[[int], int]) -> None:
    while True:
        time.sleep(TRIM_SECONDS)
        gc.collect()
        trim(0)
