"""Whose session is whose, and what waits in them to be fetched.

A session is whatever a client says that it is: the page makes an id up, and so can anyone. What the server keeps under
the ids is bounded for each visitor, so that nobody's conversation is pushed out by another's.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

MAX_SESSIONS_EACH, MAX_SESSIONS = 40, 600
"""Sessions of a visitor, and in all. Forty people may have the page open behind one address; a session holds a
megabyte at the very most, most of them a tenth of that."""
WAITING_IN_ONE, WAITING_EACH, WAITING_IN_ALL = 12, 40, 300
"""Outcomes that nobody has fetched yet, and that are worked on: in one session, of a visitor, and in all. The page has
two or three at a time; an outcome is a megabyte at most."""
BYTES_EACH = 4_000_000
"""Bytes of the requests whose outcome a visitor has not fetched: four of the longest, or any number of questions."""
FETCH_SECONDS = 60.0
"""What is not fetched for so long, while nobody listens for it, is let go."""
SETTLE_SECONDS = 0.25
"""How long a page may take to learn that its stream has ended. What it begins meanwhile waits so long, since the page
would take it for a part of that stream, and open no other."""
SWEEP_SECONDS = 5.0
"""How often that is looked for."""
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""The page makes ids of about ten letters and digits; ``gradio_client`` and the server make UUIDs."""


class Kept(Protocol):
    """What the server keeps under the ids of sessions."""

    def ids(self) -> Iterable[str]:
        """Those under which anything is kept."""
        ...

    def waiting(self, session: str) -> int:
        """Outcomes that are still to be fetched."""
        ...

    async def drop(self, session: str) -> None:
        """Let go of what is to be fetched, and end what still works on it."""
        ...

    async def forget(self, session: str) -> None:
        """Let go of all of it."""
        ...


@dataclass(slots=True)
class _Session:
    visitor: str
    passing: bool
    used: float
    joined: float
    arriving: int = 0
    listeners: int = 0
    ended: float = -SETTLE_SECONDS
    bytes: int = 0


def is_session(name: object) -> bool:
    """Whether something can be the id of a session.

    >>> is_session("k3x_9-"), is_session("x" * 65), is_session("../a"), is_session(None)
    (True, False, False, False)
    """
    return isinstance(name, str) and _ID.fullmatch(name) is not None


class Sessions:
    """The sessions of all visitors.

    :param kept: What the server keeps of them.
    :param each: Sessions of one visitor; a further one pushes out the one of theirs that was not used for longest.
    :param most: Sessions in all; a further one pushes out one of the visitor who has the most.
    :param clock: Seconds.
    """

    def __init__(
        self,
        kept: Kept,
        each: int = MAX_SESSIONS_EACH,
        most: int = MAX_SESSIONS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._kept, self._each, self._most, self._clock = kept, each, most, clock
        self._known: dict[str, _Session] = {}
        self._strays: set[str] = set()
        self._arriving: Counter[str] = Counter()

    async def use(self, name: str, visitor: str, *, passing: bool = False) -> None:
        """Note that a visitor uses a session; one that is known already is theirs from now on.

        :param passing: Whether it is of one request alone, and is let go once that is answered.
        """
        now = self._clock()
        session = self._known.setdefault(name, _Session(visitor, passing, now, joined=now))
        session.visitor, session.used = visitor, now
        if passing:  # of these there are no more than of what waits
            return
        counts = Counter(session.visitor for session in self._known.values() if not session.passing)
        if counts[visitor] > self._each:
            await self._push_out(visitor)
        elif counts.total() > self._most:
            await self._push_out(counts.most_common(1)[0][0])

    def has_room(self, visitor: str, name: str | None, size: int) -> bool:
        """Whether a visitor may ask for one outcome more.

        :param name: The session in which they ask.
        :param size: Bytes of the request.
        """
        in_one = self._waiting(name) if name in self._known else 0
        mine = [each for each, session in self._known.items() if session.visitor == visitor]
        waiting = sum(map(self._kept.waiting, mine)) + self._arriving[visitor]
        bytes_waiting = sum(self._known[each].bytes for each in mine)
        return (
            in_one < WAITING_IN_ONE
            and waiting < WAITING_EACH
            and (bytes_waiting + size <= BYTES_EACH or not waiting)
            and sum(map(self._kept.waiting, self._known)) + self._arriving.total() < WAITING_IN_ALL
        )

    @contextmanager
    def joining(self, visitor: str, name: str | None, size: int) -> Iterator[None]:
        """While a request arrives whose outcome will wait to be fetched. The server counts it only after that."""
        session = self._known.get(name or "") or _Session(
            visitor, True, self._clock(), self._clock()
        )  # that comes to be
        session.bytes = session.bytes + size if name and self._kept.waiting(name) + session.arriving else size
        session.joined, session.arriving = self._clock(), session.arriving + 1
        self._arriving[visitor] += 1
        try:
            yield
        finally:
            session.arriving, session.joined = session.arriving - 1, self._clock()
            self._arriving[visitor] -= 1
            if not self._arriving[visitor]:
                del self._arriving[visitor]

    @contextmanager
    def listening(self, name: str) -> Iterator[None]:
        """While somebody fetches what waits in a session."""
        session = self._known.get(name)
        if session is None:
            yield
            return
        session.listeners += 1
        try:
            yield
        finally:
            session.listeners -= 1
            session.used = session.joined = session.ended = self._clock()

    def is_expected(self, name: str) -> bool:
        """Whether something is still to come in a session: of an event in work, or of one that is just arriving."""
        return name in self._known and self._waiting(name) > 0

    async def settle(self, name: str) -> None:
        """Wait until a page knows that its stream has ended, if one ended just now."""
        if session := self._known.get(name):
            await asyncio.sleep(session.ended + SETTLE_SECONDS - self._clock())

    async def sweep(self) -> None:
        """Let go of what nobody fetches, of sessions for one request that are over, and of what is nobody's."""
        now = self._clock()
        for name, session in list(self._known.items()):
            if session.listeners or session.arriving:
                continue
            late = self._kept.waiting(name) and session.joined < now - FETCH_SECONDS
            if session.passing and (late or (session.used < now - SWEEP_SECONDS and not self._kept.waiting(name))):
                await self._forget(name)
            elif late:
                await self._kept.drop(name)
        strays = set(self._kept.ids()) - self._known.keys()
        for name in strays & self._strays:  # one that is only now coming in is not known yet
            await self._kept.forget(name)
        self._strays = strays

    async def end(self, name: str) -> None:
        """A session for one request is over once what it was for is fetched."""
        session = self._known.get(name)
        if session and session.passing and not session.listeners and not self._kept.waiting(name):
            await self._forget(name)

    def _waiting(self, name: str) -> int:
        return self._kept.waiting(name) + self._known[name].arriving

    async def _push_out(self, visitor: str) -> None:
        sessions = self._known.items()
        mine = [(each.used, name) for name, each in sessions if each.visitor == visitor and not each.passing]
        await self._forget(min(mine)[1])

    async def _forget(self, name: str) -> None:
        self._known.pop(name, None)
        await self._kept.forget(name)
