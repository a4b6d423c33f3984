"""What passes between a server and its guard: a request's body, a reply, and the session that either names."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qs

from rag.interfaces.http.sessions import is_session

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Server = Callable[[Scope, Receive, Send], Awaitable[None]]

MAX_OVERHEARD = 1000
"""Bytes of a reply in which the id of an event is looked for: it has some fifty."""
STREAM = "/gradio_api/queue/data"
"""Where a session's page is told what comes of all its events."""
CLOSING = b'"msg":"close_stream"'
"""The server's last word in a stream."""
MAX_VALUES = 1000
"""Values in a request: the most has one with ``MAX_TURNS`` earlier turns and ``MAX_FILTER_NAMES`` names, some 770. Of
300,000, which fit into a megabyte, gradio's routes make and unmake objects for a second, in which nobody else is
served."""
_FETCHED = (STREAM, "/gradio_api/heartbeat/", "/gradio_api/call/")


class Refused(Exception):
    """A request that is not passed on; the message says why.

    :param status: Of the reply.
    """

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status

    @property
    def headers(self) -> list[tuple[bytes, bytes]]:
        """What the reply tells besides: how to come in, when to come again, or that the connection ends."""
        match self.status:
            case 401:
                return [(b"www-authenticate", b'Basic realm="Article RAG", charset="UTF-8"')]
            case 429:
                return [(b"retry-after", b"1")]
            case 400 | 408:  # after 411 and 413 the rest is dropped as it comes: whoever still sends can then read why
                return [(b"connection", b"close")]
        return []


async def read_body(receive: Receive, most: int, seconds: float) -> bytes:
    """The body of a request, whatever its head says of the length.

    :raises Refused: It is longer than that, or is not there in time.
    """
    body, end = bytearray(), time.monotonic() + seconds
    while True:
        try:
            message = await asyncio.wait_for(receive(), end - time.monotonic())
        except TimeoutError:
            raise Refused(408, f"the request was not complete after {seconds:.0f} seconds") from None
        if message["type"] != "http.request":
            raise Refused(400, "the request ended before it was complete")
        body += message.get("body", b"")
        if len(body) > most:
            raise Refused(413, f"the request is too long: {most:,} bytes at most")
        if not message.get("more_body", False):
            return bytes(body)


def again(body: bytes, receive: Receive) -> Receive:
    """How a server receives a body that was read already."""
    given = False

    async def receive_again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return receive_again


async def send_and_drain(send: Send, message: Message) -> None:
    """Send a part of a body, and return only when it was read, but for what a connection keeps ready.

    A server waits for that before it sends the next part, and only then: so there is a next one, which is empty.
    """
    if message.get("body"):
        await send({**message, "more_body": True})
        message = {**message, "body": b""}
        if message.get("more_body", False):
            await send(message)
            return
    await send(message)


class Stream:
    """A stream of what comes of a session's events, sent on as one, though the server makes several of it.

    The server ends its stream with a word to the page once nothing is left to come. Where the page begins an event in
    that very moment, it takes the old stream for open and never opens a new one: what it began would be lost.

    :param send: Where to.
    :param is_expected: Whether more is to come.
    :ivar begun: Whether anything was sent.
    :ivar goes_on: Whether the server is to be asked for a further stream.
    """

    def __init__(self, send: Send, is_expected: Callable[[], bool]) -> None:
        self._send, self._is_expected = send, is_expected
        self.begun, self.goes_on = False, True

    async def __call__(self, message: Message) -> None:
        """Send on, but for an end that is none, and for what a further stream begins with."""
        if message["type"] == "http.response.start":
            begun, self.begun, self.goes_on = self.begun, True, False
            if not begun:
                await self._send(message)
            return
        if CLOSING in message.get("body", b"") and self._is_expected():
            self.goes_on = True
        if not self.goes_on:
            await self._send(message)


class Overheard:
    """Sends on, and reads on the way which event a request was made.

    :param send: Where to.
    :param note: Told of the session that was made for the request, before whoever asked is.
    """

    def __init__(self, send: Send, note: Callable[[str], Awaitable[None]]) -> None:
        self._send, self._note = send, note
        self._body = bytearray()

    async def __call__(self, message: Message) -> None:
        """Send on."""
        if len(self._body) < MAX_OVERHEARD and (body := message.get("body")):
            self._body += body[:MAX_OVERHEARD]
            if session := self._session():
                await self._note(session)
        await self._send(message)

    def _session(self) -> str | None:
        """The session that was made: it has the event's id."""
        try:
            name = json.loads(self._body)["event_id"]
        except (ValueError, KeyError, TypeError, RecursionError):
            return None
        return name if is_session(name) else None


def session_in(body: bytes) -> str | None:
    """The session that a request is made in; None where it names none.

    :raises Refused: The body is no JSON object or one of very many values, or the session's id is none.
    """
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        raise Refused(400, "the request is no JSON") from None
    if not isinstance(told, dict):
        raise Refused(400, "the request is no JSON object")
    if _has_more_values(told, MAX_VALUES):
        raise Refused(413, f"the request holds too much: {MAX_VALUES:,} values at most")
    return _checked(told.get("session_hash"))


def session_fetched(scope: Scope) -> str | None:
    """The session of which a request fetches what waits; None of one that fetches nothing.

    :raises Refused: The session's id is none.
    """
    path = scope["path"].rstrip("/")
    if not path.startswith(_FETCHED):
        return None
    if path == _FETCHED[0]:
        query = parse_qs(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
        return _checked(query.get("session_hash", [None])[-1])
    return _checked(path.rpartition("/")[2])


def _has_more_values(told: object, most: int) -> bool:
    """Whether lists and objects hold more values than that, each in the other counted too."""
    left = [told]
    for value in left:
        if isinstance(value, list | dict):
            left += value.values() if isinstance(value, dict) else value
        if len(left) > most:
            return True
    return False


def _checked(name: object) -> str | None:
    if name is None or is_session(name):
        return name if isinstance(name, str) else None
    raise Refused(400, "a session's id has 1 to 64 letters and digits")
