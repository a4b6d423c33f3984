"""Stands before the server: which requests reach it at all.

gradio's own routes take uploads, fetch what an address names and serve files; the page and the endpoints need none of
that, so that what is not on a list is not found. Its login leaves some routes open and does not know the MCP tools, so
that the password is asked for here, before any route, by HTTP's own means: browsers, curl, ``gradio_client`` and MCP
clients all know them. How much one visitor may ask for and leave unfetched is counted here too.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import socket
from contextlib import nullcontext
from functools import partial
from weakref import WeakValueDictionary

from starlette.exceptions import HTTPException

from rag.interfaces.http.login import Login
from rag.interfaces.http.messages import (
    STREAM,
    Message,
    Overheard,
    Receive,
    Refused,
    Scope,
    Send,
    Server,
    Stream,
    again,
    read_body,
    send_and_drain,
    session_fetched,
    session_in,
)
from rag.interfaces.http.sessions import SWEEP_SECONDS, Sessions
from rag.interfaces.http.visitors import HEAVY_BYTES, LIGHT, Presence, Rates, ip_of, visitor_of

MAX_BYTES, MAX_DIGITS = 1_000_000, 12
"""Longest body of a request, far more than the names of a filter at their longest have; and digits of its length."""
BODY_SECONDS = 20.0
"""Longest time in which a body must arrive: 50 KB a second for the longest."""
GUESS_SECONDS = 1.0
"""A wrong password is answered so late, each visitor's one after the other, that no list of them is gone through."""
MAX_OPEN = 200
"""Requests of one visitor that are open at once: each page holds two, to be told what comes of its events."""
MAX_UNREAD = 16_000_000
"""Bytes that were sent to one visitor, and that are not read yet: beyond it they first have to read."""
METHODS = ("GET", "HEAD", "POST")
PLACES = frozenset(
    "/ /config /theme.css /favicon.ico /manifest.json /robots.txt /login_check /gradio_api/login_check "
    "/gradio_api/info /gradio_api/openapi.json /gradio_api/app_id /gradio_api/theme.css /gradio_api/reset "
    "/gradio_api/cancel /gradio_api/mcp /gradio_api/mcp/http /gradio_api/mcp/schema".split()
)
FOLDERS = tuple(
    "/assets/ /static/ /svelte/ /gradio_api/queue/ /gradio_api/heartbeat/ /gradio_api/call/ /gradio_api/run/".split()
)
RUN = "/gradio_api/run/"
"""What is asked for there is replied at once; what is asked for elsewhere waits to be fetched."""
WORKING = (RUN, "/gradio_api/queue/join", "/gradio_api/call/")
HEADERS = {
    "content-security-policy": "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; base-uri 'self'; "
    "form-action 'self'; frame-ancestors 'self'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
"""On each reply: the browser then asks no other host for anything, and tells none what was asked."""
TOO_MANY = "too many requests at once: wait a moment / 请求太多，请稍候"
TOO_MANY_WAIT = "too many requests wait to be fetched: wait a moment / 待取的结果太多，请稍候"


class Guard:
    """Lets requests through to a server, or says in a sentence why not.

    It stands outside of all else: what it refuses has cost nothing yet.

    :param server: What is guarded.
    :param host: The name or address that it is served on.
    :param login: Who may come in; None for anyone.
    :param sessions: Those that the server keeps; None where it keeps none.
    :param rates: How much each visitor may ask for.
    """

    def __init__(
        self,
        server: Server,
        host: str,
        login: Login | None = None,
        sessions: Sessions | None = None,
        rates: Rates | None = None,
    ) -> None:
        self._server = server
        self._names = {"localhost", host.lower(), *_own_names()}
        self._login = login
        self._sessions = sessions
        self._rates = rates or Rates()
        self._open, self._unread = Presence(MAX_OPEN), Presence(MAX_UNREAD)
        self._guesses: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] == "lifespan":
            await self._live(scope, receive, send)
        elif scope["type"] != "http":
            await send({"type": "websocket.close"})
        else:
            visitor = visitor_of((scope.get("client") or ("",))[0])
            try:
                with self._open.noted(visitor):
                    await self._admit(visitor, scope, receive, send)
            except Refused as refused:
                await _refuse(send, refused)

    async def _live(self, scope: Scope, receive: Receive, send: Send) -> None:
        """While the server lives, let go now and then of what nobody fetches."""
        sweeping = asyncio.create_task(self._sweep()) if self._sessions else None
        try:
            await self._server(scope, receive, send)
        finally:
            if sweeping:
                sweeping.cancel()

    async def _sweep(self) -> None:
        while self._sessions:
            await asyncio.sleep(SWEEP_SECONDS)
            try:
                await self._sessions.sweep()
            except Exception:
                logging.exception("what nobody fetches could not be let go")

    async def _admit(self, visitor: str, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        length = headers.get("content-length", "")
        heavy = int(length) // HEAVY_BYTES if length.isdecimal() and len(length) < MAX_DIGITS else 0
        admitted = self._rates.admits(visitor, LIGHT if scope["method"] in ("GET", "HEAD") else 1 + heavy)
        if not admitted or self._open.is_over(visitor) or self._unread.is_over(visitor):
            raise Refused(429, TOO_MANY)
        await self._check_login(visitor, scope, headers)
        self._check(scope, headers)
        if scope["method"] == "POST":
            body = await read_body(receive, MAX_BYTES, BODY_SECONDS)
            await self._pass_posted(visitor, scope, body, receive, send)
        else:
            await self._pass_fetching(scope, receive, send)

    async def _check_login(self, visitor: str, scope: Scope, headers: dict[str, str]) -> None:
        if not self._login or self._login.admits(headers.get("authorization", "")):
            return
        if "authorization" in headers:
            async with self._guesses.setdefault(visitor, asyncio.Lock()):
                await asyncio.sleep(GUESS_SECONDS)
        raise Refused(401, "name and password are needed")

    async def _pass_posted(self, visitor: str, scope: Scope, body: bytes, receive: Receive, send: Send) -> None:
        """Pass on a request with a body, if there is room for what comes of it."""
        path, receive = scope["path"], again(body, receive)
        if self._sessions is None or not path.startswith(WORKING):
            await self._pass_on(scope, receive, send)
            return
        name = session_in(body)
        waits = not path.startswith(RUN)
        if waits and not self._sessions.has_room(visitor, name, len(body)):
            raise Refused(429, TOO_MANY_WAIT)
        if name is not None:
            await self._sessions.use(name, visitor)
        if name is not None and waits:
            await self._sessions.settle(name)
        # Known before its id is told, since what is fetched at once must count as listened to.
        note = partial(self._sessions.use, visitor=visitor, passing=True)
        reply = Overheard(send, note) if waits and name is None else send
        with self._sessions.joining(visitor, name, len(body)) if waits else nullcontext():
            await self._pass_on(scope, receive, reply)

    async def _pass_fetching(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on a request without a body; note it, where it fetches what waits in a session."""
        name = session_fetched(scope)
        if self._sessions is None or name is None:
            await self._pass_on(scope, receive, send)
            return
        try:
            with self._sessions.listening(name):
                await self._pass_stream(name, scope, receive, send)
        finally:
            await self._sessions.end(name)

    async def _pass_stream(self, name: str, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what comes of a session's events, and what comes of those that are begun while it ends."""
        if self._sessions is None or scope["path"] != STREAM:
            await self._pass_on(scope, receive, send)
            return
        headers = [header for header in scope["headers"] if header[0] != b"accept-encoding"]  # to be read on the way
        stream = Stream(send, partial(self._sessions.is_expected, name))
        while stream.goes_on:
            try:
                await self._pass_on({**scope, "headers": headers}, receive, stream)
            except Refused:
                if not stream.begun:
                    raise
                await send({"type": "http.response.body", "body": b"", "more_body": False})
                return

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the server reply, with our headers; where it fails before it has begun to, in a sentence."""
        began = False
        visitor = visitor_of((scope.get("client") or ("",))[0])

        async def reply(message: Message) -> None:
            nonlocal began
            if message["type"] == "http.response.start":
                began = True
                ours = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
                message["headers"] = [*message.get("headers", []), *ours]
                await send(message)
            else:
                with self._unread.noted(visitor, len(message.get("body", b""))):
                    await send_and_drain(send, message)

        try:
            await self._server(scope, receive, reply)
        except Exception as error:
            if began and isinstance(error.__cause__, HTTPException):  # gradio's word on it was sent, and is the last
                await send({"type": "http.response.body", "body": b"", "more_body": False})
                return
            if began:
                raise
            logging.exception("a request failed")
            raise Refused(500, "this could not be served; the terminal that runs the page says why") from None

    def _check(self, scope: Scope, headers: dict[str, str]) -> None:
        """Refuse what is for another server, of another page, or of no use here."""
        host, path = headers.get("host", ""), scope["path"]
        if not self._login and not self._is_known(host):
            raise Refused(403, "this server has no such name: use its address, or start it with --host or --login")
        if "origin" in headers and headers["origin"].lower().partition("://")[2] != host.lower():
            raise Refused(403, "pages of other servers may ask nothing here")
        if path.rstrip("/") not in PLACES and path != "/" and not path.startswith(FOLDERS):
            raise Refused(404, "there is nothing here")
        if scope["method"] not in METHODS:
            raise Refused(405, f"only {', '.join(METHODS)} are served")
        _check_length(scope["method"], headers)

    def _is_known(self, host: str) -> bool:
        """Whether a ``Host`` names this machine, and is no name that someone made point here (DNS rebinding)."""
        name = re.sub(r":[0-9]*$", "", host.lower())
        return name in self._names or ip_of(name.strip("[]")) is not None


def _check_length(method: str, headers: dict[str, str]) -> None:
    """Refuse a request that does not tell its length, or tells too great a one."""
    length = headers.get("content-length", "")
    if "transfer-encoding" in headers and length:
        raise Refused(400, "the request tells its length in two ways")
    if method == "POST" and not length.isdecimal():
        raise Refused(411, "the length of the request must be told")
    if length and (not length.isdecimal() or len(length) > MAX_DIGITS or int(length) > MAX_BYTES):
        raise Refused(413, f"the request is too long: {MAX_BYTES:,} bytes at most")


def _own_names() -> set[str]:
    name = socket.gethostname().lower()
    return {name, f"{name}.local"}


async def _refuse(send: Send, refused: Refused) -> None:
    headers = [(b"content-type", b"application/json"), *refused.headers]
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps({"error": str(refused)}).encode()})
