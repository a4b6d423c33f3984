"""How long a question may take of those that it has to wait for: one bound for all that it asks of a server."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from typing import ParamSpec, TypeVar

Given = ParamSpec("Given")
Got = TypeVar("Got")

_UNTIL: ContextVar[float | None] = ContextVar("until", default=None)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Have all that is waited for meanwhile, in this thread and in what is ``handed_on``, take so long together."""
    until = time.monotonic() + seconds
    earlier = _UNTIL.get()
    token = _UNTIL.set(until if earlier is None else min(until, earlier))
    try:
        yield
    finally:
        _UNTIL.reset(token)


def left(most: float) -> float:
    """Seconds that something may be waited for; 0 where the time is up.

    :param most: However much is left.
    """
    until = _UNTIL.get()
    return most if until is None else max(min(most, until - time.monotonic()), 0.0)


def handed_on(run: Callable[Given, Got]) -> Callable[Given, Got]:
    """What another thread can run with the time that is left here."""
    context = copy_context()

    def bounded(*given: Given.args, **named: Given.kwargs) -> Got:
        return context.copy().run(run, *given, **named)

    return bounded
