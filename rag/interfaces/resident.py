"""A process that has an index open, the page or ``rag watch``, answers the command line of the same user as well.

It is asked over a socket in the user's cache folder, a line of JSON each way: to load the model takes seconds, and
there it is loaded.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import socket
import socketserver
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rag.core.files import cache_folder, real_path
from rag.errors import RagError

FOLDER = "open"
"""In the cache folder; nobody else may look into it, so that what answers there is the user's own."""
MAX_BYTES = 20_000_000
"""Of a request or a reply."""
CONNECT_SECONDS, ASKED_SECONDS, ANSWER_SECONDS = 1.0, 10.0, 60.0
"""How long is waited for a process that was stopped, for a request, and for an answer; then it is made here."""

Values = dict[str, Any]


def ask_resident(index: Path, request: Values) -> Values | None:
    """What a process replies that has an index open; None where there is none, or it does not reply.

    :raises RagError: What it says of a request that can't be answered.
    """
    path = _socket_of(index)
    if path is None or not path.exists() or not _is_own(path.parent):
        return None
    with suppress(OSError, ValueError), socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(CONNECT_SECONDS)
        connection.connect(str(path))
        connection.settimeout(ANSWER_SECONDS)
        connection.sendall(json.dumps(request).encode() + b"\n")
        with connection.makefile("rb") as stream:
            reply = json.loads(stream.readline(MAX_BYTES))
        if isinstance(reply, dict) and reply.keys() == {"error"}:
            raise RagError(str(reply["error"]))
        return reply if isinstance(reply, dict) else None
    return None


@contextmanager
def resident(index: Path, reply_to: Callable[[Values], Values]) -> Iterator[None]:
    """Answer requests of the command line meanwhile. Where that can't be, or another process does, nobody waits for it.

    :param reply_to: Called in threads, for one request at a time.
    """
    server = _served(index, reply_to)
    if server is None:
        yield
        return
    threading.Thread(target=server.serve_forever, name="resident", daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        Path(str(server.server_address)).unlink(missing_ok=True)


def _served(index: Path, reply_to: Callable[[Values], Values]) -> socketserver.BaseServer | None:
    path, one_at_a_time = _socket_of(index), threading.Lock()
    if path is None:
        return None

    class Handler(socketserver.StreamRequestHandler):
        timeout = ASKED_SECONDS

        def handle(self) -> None:
            with suppress(OSError, ValueError):
                request = json.loads(self.rfile.readline(MAX_BYTES))
                with one_at_a_time:
                    reply = _reply(request, reply_to)
                self.connection.settimeout(ASKED_SECONDS)
                self.wfile.write(json.dumps(reply).encode() + b"\n")

    with suppress(OSError):  # no such folder can be made, or its path is longer than a socket's may be
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if _is_own(path.parent) and not _is_alive(path):
            path.unlink(missing_ok=True)
            server = socketserver.ThreadingUnixStreamServer(str(path), Handler)
            server.daemon_threads = True
            return server
    return None


def _reply(request: Values, reply_to: Callable[[Values], Values]) -> Values | None:
    """None where something is wrong here that is not the request's fault: whoever asks answers for himself."""
    try:
        return reply_to(request)
    except RagError as error:
        return {"error": str(error)}
    except Exception:
        logging.exception("a question of the command line failed")
        return None


def _socket_of(index: Path) -> Path | None:
    """Where an index is asked, by this version; None where the system has no such sockets."""
    if not hasattr(socket, "AF_UNIX") or not hasattr(os, "getuid"):
        return None
    which = f"{version('article-rag')}\n{real_path(index)}"
    return cache_folder() / FOLDER / hashlib.sha256(os.fsencode(which)).hexdigest()[:16]


def _is_own(folder: Path) -> bool:
    """Whether a folder is this user's, and nobody else may do anything in it."""
    status = folder.lstat()
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid() and not status.st_mode & 0o077


def _is_alive(path: Path) -> bool:
    """Whether somebody answers at a socket."""
    with suppress(OSError), socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(CONNECT_SECONDS)
        connection.connect(str(path))
        return True
    return False
