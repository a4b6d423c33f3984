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
from contextlib import ExitStack, contextmanager, suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from rag.core.files import cache_folder, real_path
from rag.core.places import MilvusAddress, Place
from rag.errors import RagError

FOLDER = "open"
"""In the cache folder; nobody else may look into it, so that what answers there is the user's own."""
MAX_BYTES = 20_000_000
"""Of a request or a reply."""
READY = b"ready\n"
"""What is said first: a process that stands still says nothing, though the system takes the connection."""
READY_SECONDS, ASKED_SECONDS, ANSWER_SECONDS = 1.0, 10.0, 60.0
"""How long is waited for that, for a request, and for an answer; then it is made here."""

Values = dict[str, Any]


def ask_resident(index: Place, request: Values) -> Values | None:
    """What a process replies that has an index open; None where there is none, or it does not reply.

    :raises RagError: What it says of a request that can't be answered.
    """
    path = _socket_of(index)
    if path is None:
        return None
    with suppress(OSError, ValueError), socket.socket(socket.AF_UNIX) as connection:
        if not path.exists() or not _is_own(path.parent):
            return None
        connection.settimeout(READY_SECONDS)
        connection.connect(str(path))
        with connection.makefile("rb") as stream:
            if stream.readline(len(READY)) != READY:
                return None
            connection.settimeout(ANSWER_SECONDS)
            connection.sendall(json.dumps(request).encode() + b"\n")
            reply = json.loads(stream.readline(MAX_BYTES))
        if isinstance(reply, dict) and reply.keys() == {"error"}:
            raise RagError(str(reply["error"]))
        return reply if isinstance(reply, dict) else None
    return None


@contextmanager
def resident(index: Place, reply_to: Callable[[Values], Values]) -> Iterator[None]:
    """Answer requests of the command line meanwhile. Where that can't be, or another process does, nobody waits for it.

    :param reply_to: Called in threads, for one request at a time.
    """
    with ExitStack() as ended:
        with suppress(OSError, Timeout):  # no such folder can be made, its path is too long, or another one answers
            path = _socket_of(index)
            if path:
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if path and _is_own(path.parent):
                ended.enter_context(FileLock(path.with_suffix(".lock"), timeout=0))
                path.unlink(missing_ok=True)  # of one that was killed
                server = ended.enter_context(socketserver.ThreadingUnixStreamServer(str(path), _handler(reply_to)))
                server.daemon_threads = True
                ended.callback(path.unlink, missing_ok=True)
                ended.callback(server.shutdown)
                threading.Thread(target=server.serve_forever, name="resident", daemon=True).start()
        yield


def _handler(reply_to: Callable[[Values], Values]) -> type[socketserver.StreamRequestHandler]:
    one_at_a_time = threading.Lock()

    class Handler(socketserver.StreamRequestHandler):
        timeout = ASKED_SECONDS

        def handle(self) -> None:
            with suppress(OSError, ValueError):
                self.wfile.write(READY)
                request = json.loads(self.rfile.readline(MAX_BYTES))
                with one_at_a_time:
                    reply = _reply(request, reply_to)
                self.wfile.write(json.dumps(reply).encode() + b"\n")

    return Handler


def _reply(request: Values, reply_to: Callable[[Values], Values]) -> Values | None:
    """None where something is wrong here that is not the request's fault: whoever asks answers for himself."""
    try:
        return reply_to(request)
    except RagError as error:
        return {"error": str(error)}
    except Exception:
        logging.exception("a question of the command line failed")
        return None


def _socket_of(index: Place) -> Path | None:
    """Where an index is asked on this machine, by this version; None where the system has no such sockets."""
    if not hasattr(socket, "AF_UNIX") or not hasattr(os, "getuid"):
        return None
    try:
        place = index if isinstance(index, MilvusAddress) else real_path(index)
        which = f"{version('article-rag')}\n{socket.gethostname()}\n{place}"
    except PackageNotFoundError:  # it is run as it stands in a checkout, where nobody knows which version it is
        return None
    return cache_folder() / FOLDER / hashlib.sha256(os.fsencode(which)).hexdigest()[:16]


def _is_own(folder: Path) -> bool:
    """Whether a folder is this user's, and nobody else may do anything in it."""
    status = folder.lstat()
    return stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid() and not status.st_mode & 0o077
