"""The page on a real server: in a thread of the test's own process, where models are loaded already, or as started."""

from __future__ import annotations

import asyncio
import base64
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from rag.answering.retriever import Retriever
from rag.interfaces.app import Page
from rag.interfaces.http.address import address_of, bound
from rag.interfaces.http.login import Login
from rag.interfaces.http.serving import Server, guarded

ROOT = Path(__file__).parents[1]
SECONDS = 20
"""Longest wait for a server in this process to begin and to end."""
START_SECONDS, LOOKS = 240, 5
"""Longest wait for one that is started, and how often a second it is looked for."""


def basic(name: str, password: str) -> dict[str, str]:
    """The header that logs in."""
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


@contextmanager
def serving(retriever: Retriever, login: Login | None = None) -> Iterator[tuple[int, Any]]:
    """Serve the page over an index; gives its port and the page."""
    up, sockets = threading.Event(), bound("127.0.0.1", 0)

    async def made() -> tuple[Page, Server]:
        """Within a loop: where none runs, gradio makes loops and leaves them open."""
        page = Page(retriever, has_login=login is not None)
        return page, Server(guarded(page.blocks, "127.0.0.1", login), up.set)

    page, server = asyncio.run(made())
    thread = threading.Thread(target=server.run, args=(sockets,), daemon=True)
    thread.start()
    assert up.wait(SECONDS)
    try:
        yield int(address_of("127.0.0.1", sockets).rpartition(":")[2]), page
    finally:
        server.should_exit = True
        thread.join(SECONDS)


@contextmanager
def started(*arguments: str, folder: Path = ROOT, **environment: str) -> Iterator[int]:
    """Serve the page as a user starts it; gives its port.

    :param folder: A checkout, in which ``app.py`` stands.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    surroundings = {**os.environ, "PYTHONPATH": str(folder), **environment}
    surroundings.pop("DISPLAY", None)
    command = [sys.executable, "app.py", "--port", str(port), *arguments]
    with subprocess.Popen(command, cwd=folder, env=surroundings) as server:
        try:
            _wait_until_up(port, server)
            yield port
        finally:
            server.terminate()


def _wait_until_up(port: int, server: subprocess.Popen[bytes]) -> None:
    for _ in range(START_SECONDS * LOOKS):
        assert server.poll() is None, "the page ended before it was up"
        try:
            httpx.get(f"http://127.0.0.1:{port}/", timeout=5)  # whatever it says: one with a login says no
        except httpx.TransportError:
            time.sleep(1 / LOOKS)
        else:
            return
    pytest.fail(f"the page was not up after {START_SECONDS} seconds")
