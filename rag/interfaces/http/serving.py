"""The page and the endpoints as one server, with a guard before it."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import gradio as gr
import uvicorn
from fastapi import FastAPI
from gradio.routes import App
from starlette.routing import Mount

from rag.interfaces.http.connections import HEAD_BYTES, Connection
from rag.interfaces.http.guard import Guard
from rag.interfaces.http.kept import KeptByGradio
from rag.interfaces.http.login import Login
from rag.interfaces.http.sessions import MAX_SESSIONS, Sessions

BACKLOG = 128
"""Connections that the system keeps until they are taken."""
KEEP_ALIVE_SECONDS, END_SECONDS = 20, 1
"""How long a connection stays idle, longer than clients keep it (httpx 5 s, aiohttp 15), and at work at the end."""


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
