"""Who writes a shard: one process at a time, told by a row of the server that it keeps fresh."""

from __future__ import annotations

import os
import socket
import threading
import time
import uuid
from contextlib import suppress
from dataclasses import replace
from typing import Any, Self

from rag.errors import IndexBusy, RagError
from rag.index.milvus.server import Server
from rag.index.milvus.state import ShardState, read_shard

BEAT_SECONDS = 5.0
"""How often a writer says that it is there."""
STALE_SECONDS = 30.0
"""After which one that says nothing is taken for dead; at once where it was a process of this machine, and is none."""


class Lease:
    """The right to write a shard, as long as this is open.

    :ivar state: As the server has it.
    :param of: How many shards there are.
    :param made: Of what, as plain values of a manifest.
    :raises IndexBusy: Another process has it, or other shards are under way.
    """

    def __init__(self, server: Server, generation: int, number: int, of: int, made: dict[str, Any]) -> None:
        self._server = server
        owner = uuid.uuid4().hex, socket.gethostname(), os.getpid()
        self.state = ShardState(generation, number, of, owner, time.time(), made)
        before = read_shard(server, generation, number)
        if before is not None and before.result is None and not is_dead(before):
            _, host, process = before.owner
            which = f"shard {number} of {before.of}" if number else "the end of it"
            raise IndexBusy(f"{which} is being written by process {process} on {host}: wait until it is done")
        self.state.write(server)
        self._ended, self._lost = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._keep, name="lease", daemon=True)

    def __enter__(self) -> Self:
        self.check()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        if self.state.result is None and not self._lost.is_set():
            with suppress(RagError):  # whoever runs it again need not wait
                replace(self.state, beat=0.0).write(self._server)

    def check(self) -> None:
        """Make sure that it is still ours.

        :raises IndexBusy: Another process took it over.
        """
        now = read_shard(self._server, self.state.generation, self.state.number)
        if self._lost.is_set() or now is None or now.owner != self.state.owner:
            self._lost.set()
            raise IndexBusy("another process took over what this one wrote: nothing is lost, and it goes on there")

    def done(self, result: dict[str, Any]) -> None:
        """Say what was written.

        :raises IndexBusy: Another process took it over.
        """
        self.check()
        self._ended.set()
        self._thread.join()
        self.state = replace(self.state, beat=time.time(), result=result)
        self.state.write(self._server)

    def _keep(self) -> None:
        while not self._ended.wait(BEAT_SECONDS):
            try:
                self.check()
                self.state = replace(self.state, beat=time.time())
                self.state.write(self._server)
            except IndexBusy:
                return
            except RagError:
                continue  # the server is away: what is written meanwhile fails by itself


def is_dead(state: ShardState) -> bool:
    """Whether nobody writes a shard any more that is not done."""
    if time.time() - state.beat > STALE_SECONDS:
        return True
    _, host, process = state.owner
    if host != socket.gethostname() or process == os.getpid():
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False
