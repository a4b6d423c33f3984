"""How the page and the endpoints are served: the address, who may come in, and what gradio is told."""

from __future__ import annotations

import ctypes
import functools
import gc
import getpass
import json
import logging
import os
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from inspect import Parameter, iscoroutinefunction, signature
from typing import Any, Protocol, get_type_hints

import gradio as gr
import uvicorn
from fastapi import FastAPI
from gradio.data_classes import JsonData
from gradio.routes import App
from starlette.routing import Mount

from rag.errors import LoginError, PortError, RagError
from rag.interfaces.http.connections import HEAD_BYTES, Connection
from rag.interfaces.http.guard import Guard
from rag.interfaces.http.kept import KeptByGradio
from rag.interfaces.http.login import PASSWORD, Login
from rag.interfaces.http.sessions import MAX_SESSIONS, Sessions
from rag.interfaces.http.visitors import is_this_machine, visitor_of

UNREAD_BYTES = 262_144
"""Bytes that the system keeps of a reply that is not read yet; left alone, it keeps megabytes for each connection."""
BACKLOG = 128
"""Connections that the system keeps until they are taken."""
KEEP_ALIVE_SECONDS, END_SECONDS = 20, 1
"""How long a connection stays idle, longer than clients keep it (httpx 5 s, aiohttp 15), and at work at the end."""

SWITCH_SECONDS = 0.0005
"""How soon a thread that needs the interpreter is given it, as one does after each step of the model (measurements:
time and memory)."""
_M_ARENA_MAX, ARENAS = -8, 1
"""Pools that glibc takes memory from, and what it calls their number. With one for each of many threads, as it would
have them, what one has freed is of no use to the others: under a flood of requests memory grew by 200 MB."""
TRIM_SECONDS = 5.0
"""How often freed memory is given back to the system, which takes 4 ms: the C library keeps what lies between pieces in
use, and under a flood of requests that grew by 20 MB a minute without end."""


class Reply(JsonData):  # type: ignore[misc]
    """What an endpoint gives back: an object over HTTP, and JSON where gradio makes a text of it for an MCP tool."""

    def __str__(self) -> str:
        return json.dumps(self.root, ensure_ascii=False)


class Refusal(gr.Error):  # type: ignore[misc]
    """Why a program is given nothing, in a sentence."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, print_exception=False)

    def __str__(self) -> str:
        return str(self.message)


class Endpoints(Protocol):
    """Functions for programs, as ``rag.interfaces.http.service`` has them."""

    def asked_by(self, visitor: str) -> Endpoints:
        """The same for one visitor."""


def add_endpoints(service: Endpoints, names: Iterable[str]) -> None:
    """Make a service's functions endpoints, and MCP tools, of the page that is being laid out.

    Unqueued: the service has a queue of its own, which MCP tools stand in too.
    """
    for name in names:
        gr.api(_described(service, name), queue=False, concurrency_limit=None)


def _described(service: Endpoints, name: str) -> Callable[..., Reply]:
    """A function of a service as gradio calls it: with the request as the last argument."""

    def told(request: gr.Request | None, *values: Any) -> Reply:
        try:
            answer = getattr(service.asked_by(visitor_of(host_of(request))), name)(*values)
            return Reply(json.loads(json.dumps(answer)))  # tuples become lists
        except RagError as error:
            raise Refusal(str(error)) from None
        except Exception:
            logging.exception("a program's request failed")
            raise Refusal("something went wrong; the terminal that runs the page says what") from None

    return with_request(getattr(service, name), told)


def with_request(function: Callable[..., Any], call: Callable[..., Any]) -> Callable[..., Any]:
    """A function for gradio to call: it looks like ``function`` and does what ``call`` does.

    :param call: Is given the request first, and then what ``function`` is. Where it is a coroutine, so is the result.
    """

    def called(*values: Any) -> Any:
        *given, request = values
        return call(request, *given)

    async def called_later(*values: Any) -> Any:
        return await called(*values)

    shown = functools.wraps(function)(called_later if iscoroutinefunction(call) else called)
    shape, last = signature(function), Parameter("request_", Parameter.POSITIONAL_OR_KEYWORD, default=None)
    shown.__signature__ = shape.replace(parameters=[*shape.parameters.values(), last])  # type: ignore[attr-defined]
    shown.__annotations__ = {**get_type_hints(function), "request_": gr.Request}
    return shown


def host_of(request: gr.Request | None) -> str:
    """The address that a request comes from; empty where there is none."""
    return request.client.host if request and request.client else ""


def login_of(name: str | None) -> Login | None:
    """Who may come in, with the password asked for; None for anyone.

    :raises LoginError: There is no password for the login, or none that is fit.
    """
    return Login(name, read_password()) if name is not None else None


def bound(host: str, port: int) -> list[socket.socket]:
    """Sockets at an address, taken at once: before a model is loaded, and so that nothing else takes it meanwhile.

    :raises PortError: It can't be had.
    """
    host = host.strip("[]")
    taken: list[socket.socket] = []
    try:
        for family, kind, _, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            one = socket.socket(family, kind)
            taken.append(one)
            if os.name == "posix":  # elsewhere it would let two processes have one port
                one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, UNREAD_BYTES)
            one.bind((address[0], port or taken[0].getsockname()[1], *address[2:]))
    except (OSError, OverflowError, UnicodeError) as error:
        for one in taken:
            one.close()
        told = f"can't serve on {host}, port {port} ({error}): choose another with --host or --port"
        raise PortError(told) from error
    return taken


def address_of(host: str, sockets: Sequence[socket.socket]) -> str:
    """The address of the page, as a browser takes it."""
    host = host.strip("[]")
    return f"http://{f'[{host}]' if ':' in host else host}:{sockets[0].getsockname()[1]}"


def guarded(blocks: gr.Blocks, host: str, login: Login | None, **looks: Any) -> Guard:
    """The page and the endpoints as one server, with the guard outside of all of gradio.

    :param looks: Theme and head of the page, as gradio takes them.
    """
    blocks.state_session_capacity = 2 * MAX_SESSIONS  # never reached: the guard lets go of sessions before
    outer = gr.mount_gradio_app(
        FastAPI(docs_url=None, redoc_url=None, openapi_url=None),
        blocks,
        path="/",
        footer_links=[],
        run_history=False,
        enable_monitoring=False,
        max_file_size=0,
        mcp_server=True,
        show_error=False,
        ssr_mode=False,
        **looks,
    )
    inner = next(route.app for route in outer.routes if isinstance(route, Mount) and isinstance(route.app, App))
    return Guard(outer, host.strip("[]"), login, Sessions(KeptByGradio(inner)))


class Server(uvicorn.Server):
    """Serves a guarded page until it is ended.

    :param once_up: Called when it can be asked.
    """

    def __init__(self, guard: Guard, once_up: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                guard,
                http=Connection,
                ws="none",
                log_level="critical",  # what is below visitors can cause, and an end under way shows tracebacks
                access_log=False,
                server_header=False,
                backlog=BACKLOG,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=END_SECONDS,
                h11_max_incomplete_event_size=HEAD_BYTES,
            )
        )
        self._once_up = once_up

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin, and tell so."""
        await super().startup(sockets)
        self._once_up()


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


def warning(host: str, login: str | None) -> str | None:
    """What is to be known of an address that others can reach, in a line; None for one that they can't."""
    name = host.strip("[]")
    if name == "localhost" or is_this_machine(name):
        return None
    if login:
        return f"warning: others can reach {host}, and name and password travel unencrypted: trust that network"
    return f"warning: others can reach {host} and read all articles: --login NAME asks them for a password"


def read_password() -> str:
    """The password: out of the environment, or asked for on the terminal.

    :raises LoginError: There is neither.
    """
    password = os.environ.pop(PASSWORD, None)
    if password is None:
        if not sys.stdin.isatty():
            raise LoginError(f"there is no terminal to ask for the password: put it into {PASSWORD}")
        return getpass.getpass("Password for the page: ")
    return password
