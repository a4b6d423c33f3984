"""Stands before the server: which requests reach it at all.

gradio's own routes take uploads, fetch what an address names and serve files; the page and the endpoints need none of
that, so that what is not on a list is not found. Its login leaves some routes open and does not know the MCP tools, so
that the password is asked for here, before any route, by HTTP's own means: browsers, curl, ``gradio_client`` and MCP
clients all know them.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import json
import logging
import re
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from rag.errors import LoginError

LEAST_PASSWORD = 8
"""Characters of a password."""
MOST_BYTES = 1_000_000
"""Longest body of a request: far more than the names of a filter at their longest have."""
GUESS_SECONDS = 1.0
"""A wrong password is answered so late, one after the other, that no list of them is gone through."""
PLACES = frozenset(
    "/ /config /theme.css /favicon.ico /manifest.json /robots.txt /login_check /gradio_api/login_check "
    "/gradio_api/startup-events /gradio_api/info /gradio_api/openapi.json /gradio_api/app_id /gradio_api/theme.css "
    "/gradio_api/reset /gradio_api/cancel /gradio_api/mcp".split()
)
FOLDERS = tuple(
    "/assets/ /static/ /svelte/ /gradio_api/queue/ /gradio_api/heartbeat/ /gradio_api/call/ /gradio_api/run/ "
    "/gradio_api/mcp/".split()
)
OPEN = "/gradio_api/startup-events"
"""Asked for by gradio itself before it says that it is up; it tells nothing."""
HEADERS = {
    "content-security-policy": "default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; base-uri 'self'; "
    "form-action 'self'; frame-ancestors 'self'",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
"""On each reply: the browser then asks no other host for anything, and tells none what was asked."""

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Server = Callable[[Scope, Receive, Send], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Login:
    """The one name and password that let in.

    :raises LoginError: The name is none, or the password is too short.
    """

    name: str
    password: str

    def __post_init__(self) -> None:
        if not self.name or ":" in self.name:
            raise LoginError("the name for the login is empty or has a colon: choose another")
        if len(self.password) < LEAST_PASSWORD:
            raise LoginError(f"the password has {len(self.password)} characters: {LEAST_PASSWORD} at least")

    def admits(self, header: str) -> bool:
        """Whether an ``Authorization`` header bears name and password.

        >>> Login("lin", "a password").admits("Basic " + base64.b64encode(b"lin:a password").decode())
        True
        """
        scheme, _, value = header.partition(" ")
        try:
            given = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            return False
        return hmac.compare_digest(given, f"{self.name}:{self.password}".encode()) and scheme.lower() == "basic"


class Guard:
    """Lets requests through to a server, or says in a sentence why not.

    :param server: What is guarded.
    :param host: The name or address that it is served on.
    :param login: Who may come in; None for anyone.
    """

    def __init__(self, server: Server, host: str, login: Login | None = None) -> None:
        self._server = server
        self._names = {"localhost", host.lower(), *_own_names()}
        self._login = login
        self._guesses = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] == "lifespan":
            await self._server(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close"})
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        if scope["path"] != OPEN and self._login and not self._login.admits(headers.get("authorization", "")):
            if "authorization" in headers:
                async with self._guesses:
                    await asyncio.sleep(GUESS_SECONDS)
            await _refuse(send, 401, "name and password are needed")
        elif refusal := self._refusal(scope, headers):
            await _refuse(send, *refusal)
        else:
            await self._pass_on(scope, receive, send)

    async def _pass_on(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the server reply, with our headers; where it fails before it has begun to, in a sentence."""
        began = False

        async def reply(message: Message) -> None:
            nonlocal began
            if message["type"] == "http.response.start":
                began = True
                ours = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
                message["headers"] = [*message.get("headers", []), *ours]
            await send(message)

        try:
            await self._server(scope, receive, reply)
        except Exception:
            if began:
                raise
            logging.exception("a request failed")
            await _refuse(send, 500, "this could not be served; the terminal that runs the page says why")

    def _refusal(self, scope: Scope, headers: dict[str, str]) -> tuple[int, str] | None:
        host, path = headers.get("host", ""), scope["path"]
        if not self._login and not self._is_known(host):
            return 403, "this server has no such name: use its address, or start it with --host or --login"
        if "origin" in headers and headers["origin"].lower().partition("://")[2] != host.lower():
            return 403, "pages of other servers may ask nothing here"
        if path.rstrip("/") not in PLACES and path != "/" and not path.startswith(FOLDERS):
            return 404, "there is nothing here"
        length = headers.get("content-length", "")
        if scope["method"] not in ("GET", "HEAD") and not length.isdecimal():
            return 411, "the length of the request must be told"
        if length and (not length.isdecimal() or len(length) > 12 or int(length) > MOST_BYTES):
            return 413, f"the request is too long: {MOST_BYTES:,} bytes at most"
        return None

    def _is_known(self, host: str) -> bool:
        """Whether a ``Host`` names this machine, and is no name that someone made point here (DNS rebinding)."""
        name = re.sub(r":[0-9]*$", "", host.lower())
        try:
            ip_address(name.strip("[]"))
        except ValueError:
            return name in self._names
        return True


def _own_names() -> set[str]:
    name = socket.gethostname().lower()
    return {name, f"{name}.local"}


async def _refuse(send: Send, status: int, sentence: str) -> None:
    headers = [(b"content-type", b"application/json")]
    if status == 401:
        headers.append((b"www-authenticate", b'Basic realm="Article RAG", charset="UTF-8"'))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps({"error": sentence}).encode()})
