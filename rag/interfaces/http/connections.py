"""The connections themselves: how many one visitor may hold, and how long one may hold one up.

ASGI begins where a request's head is complete, and hears nothing of what is written. Whoever sends a head that never
ends, or reads no reply, is met here, at the level of uvicorn's protocol class.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from rag.interfaces.http.visitors import Presence, visitor_of

MAX_CONNECTIONS, MAX_CONNECTIONS_EACH = 600, 250
"""Connections in all, and of one address. A browser holds up to six for a page; the usual limit of a process is 1,024
open files."""
HEAD_SECONDS = 20.0
"""Longest time in which a request's head must be complete, from when the connection is ready for one."""
STALL_SECONDS = 60.0
"""Longest time in which a reply is not read on: in it a connection of 20 KB a second reads the largest."""
HEAD_BYTES = 40_960
"""Longest head of a request: a link holds a question and filters, and is shorter (``MAX_LINK``)."""

_present = Presence(MAX_CONNECTIONS_EACH)


class Connection(H11Protocol):
    """A connection that is ended when it holds up or is one too many."""

    _deadline: asyncio.TimerHandle | None = None
    _stall: asyncio.TimerHandle | None = None
    _visitor: str | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take it, or end it where the visitor has too many."""
        super().connection_made(transport)
        visitor = visitor_of(self.client[0] if self.client else "")
        self._visitor = visitor
        _present.note(visitor, 1)
        if len(self.connections) > MAX_CONNECTIONS or _present.is_over(visitor):
            transport.abort()
        else:
            self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        super().connection_lost(exc)
        for timer in (self._deadline, self._stall):
            if timer:
                timer.cancel()
        if self._visitor is not None:
            _present.note(self._visitor, -1)
            self._visitor = None

    def data_received(self, data: bytes) -> None:
        """Read on."""
        super().data_received(data)
        self._watch()

    def pause_writing(self) -> None:
        """More waits to be read than is kept ready: from now on it must be read on."""
        super().pause_writing()
        self._stall = self.loop.call_later(STALL_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """It is read on."""
        super().resume_writing()
        if self._stall:
            self._stall.cancel()
            self._stall = None

    def _watch(self) -> None:
        """While no request is worked on, the next one's head must come in time."""
        if self._is_working():
            if self._deadline:
                self._deadline.cancel()
                self._deadline = None
        elif self._deadline is None:
            self._deadline = self.loop.call_later(HEAD_SECONDS, self._end_late)

    def _end_late(self) -> None:
        self._deadline = None
        if not self._is_working():
            self.transport.abort()

    def _is_working(self) -> bool:
        cycle: Any = self.cycle
        return cycle is not None and not cycle.response_complete
