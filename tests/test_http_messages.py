"""What passes between server and guard: a stream that goes on, and a session that is known in time."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from starlette.types import Receive, Scope, Send

from rag.interfaces.http.guard import Guard
from rag.interfaces.http.messages import STREAM, Message, Overheard
from rag.interfaces.http.sessions import SETTLE_SECONDS, Sessions

CLOSE = b'data: {"event_id":null,"msg":"close_stream"}\n\n'


class Kept:
    """A server that has something to be fetched as long as it is told so."""

    def __init__(self, *waiting: int) -> None:
        self._waiting = [*waiting]

    def ids(self) -> list[str]:
        return []

    def waiting(self, _session: str) -> int:
        return self._waiting.pop(0) if self._waiting else 0

    async def drop(self, _session: str) -> None: ...

    async def forget(self, _session: str) -> None: ...


class StreamingServer:
    """Streams one outcome a request, and then its last word."""

    def __init__(self) -> None:
        self.streams = 0
        self.encodings: list[bytes] = []

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        self.streams += scope["path"] == STREAM
        self.encodings += [value for name, value in scope["headers"] if name == b"accept-encoding"]
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"data: %d\n\n" % self.streams, "more_body": True})
        await send({"type": "http.response.body", "body": CLOSE, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def scope_of(method: str, path: str, query: str = "") -> dict[str, Any]:
    return {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query.encode(),
        "headers": [(b"host", b"localhost"), (b"accept-encoding", b"br"), (b"content-length", b"20")],
        "client": ("127.0.0.1", 1),
    }


async def asked(guard: Guard, scope: dict[str, Any], body: bytes = b"") -> list[dict[str, Any]]:
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body}

    async def send(message: Any) -> None:
        sent.append(message)

    await guard(scope, receive, send)
    return sent


def streamed(kept: Kept) -> tuple[StreamingServer, list[dict[str, Any]]]:
    server = StreamingServer()
    sessions = Sessions(kept)
    asyncio.run(sessions.use("page", "127.0.0.1"))
    guard = Guard(server, "127.0.0.1", sessions=sessions)
    return server, asyncio.run(asked(guard, scope_of("GET", STREAM, "session_hash=page")))


def test_a_stream_ends_with_the_servers_last_word_where_nothing_is_to_come() -> None:
    server, sent = streamed(Kept())
    assert b"".join(message.get("body", b"") for message in sent) == b"data: 1\n\n" + CLOSE
    assert [message["type"] for message in sent].count("http.response.start") == 1
    assert sent[-1]["more_body"] is False
    assert server.encodings == []


def test_it_goes_on_as_one_where_something_was_begun_while_it_ended() -> None:
    server, sent = streamed(Kept(1, 1))
    assert server.streams == 3
    assert b"".join(message.get("body", b"") for message in sent) == b"data: 1\n\ndata: 2\n\ndata: 3\n\n" + CLOSE
    assert [message["type"] for message in sent].count("http.response.start") == 1
    assert all(message["more_body"] for message in sent[1:-1])
    assert sent[-1]["more_body"] is False


def test_what_is_begun_right_after_its_end_waits_until_the_page_knows_of_it() -> None:
    async def begun_after(pause: float) -> float:
        sessions = Sessions(Kept())
        await sessions.use("page", "127.0.0.1")
        guard = Guard(StreamingServer(), "127.0.0.1", sessions=sessions)
        await asked(guard, scope_of("GET", STREAM, "session_hash=page"))
        await asyncio.sleep(pause)
        began = time.monotonic()
        await asked(guard, scope_of("POST", "/gradio_api/queue/join"), b'{"session_hash":"page"}')
        return time.monotonic() - began

    assert asyncio.run(begun_after(0)) >= SETTLE_SECONDS * 0.9
    assert asyncio.run(begun_after(SETTLE_SECONDS)) < SETTLE_SECONDS * 0.9


def test_the_session_that_a_request_makes_is_known_before_its_id_is_told() -> None:
    events: list[str] = []

    async def note(session: str) -> None:
        events.append(f"known: {session}")

    async def send(message: Message) -> None:
        events.append(f"sent: {message.get('body', b'').decode()}")

    async def reply() -> None:
        overheard = Overheard(send, note)
        await overheard({"type": "http.response.start", "status": 200})
        await overheard({"type": "http.response.body", "body": b'{"event_id":', "more_body": True})
        await overheard({"type": "http.response.body", "body": b'"e1"}'})

    asyncio.run(reply())
    assert events == ["sent: ", 'sent: {"event_id":', "known: e1", 'sent: "e1"}']
