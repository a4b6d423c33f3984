"""The page on a real server, in a thread of the test's own process, where models are loaded already."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rag.answering.retriever import Retriever
from rag.interfaces.app import Page
from rag.interfaces.http.serving import Server, address_of, bound, guarded

SECONDS = 20
"""Longest wait for the server to begin and to end."""


@contextmanager
def serving(retriever: Retriever, *, has_login: bool = False) -> Iterator[tuple[int, Any]]:
    """Serve the page over an index; gives its port and the page."""
    up, sockets = threading.Event(), bound("127.0.0.1", 0)

    async def made() -> tuple[Page, Server]:
        """Within a loop: where none runs, gradio makes loops and leaves them open."""
        page = Page(retriever, has_login=has_login)
        return page, Server(guarded(page.blocks, "127.0.0.1", None), up.set)

    page, server = asyncio.run(made())
    thread = threading.Thread(target=server.run, args=(sockets,), daemon=True)
    thread.start()
    assert up.wait(SECONDS)
    try:
        yield int(address_of("127.0.0.1", sockets).rpartition(":")[2]), page
    finally:
        server.should_exit = True
        thread.join(SECONDS)
