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
from rag.index.milvus.state import ShardState, forget_shard, read_shard

BEAT_SECONDS = 5.0
"""How often a writer says that it is there."""
STALE_SECONDS = 30.0
"""After which one that says nothing is doubted: it is listened to for two beats more, since clocks differ, and then
taken for dead; at once where it was a process of this machine, and is none."""
CLAIM_SECONDS = 0.3
"""How long is waited for another who claims the same at the same moment."""


class Lease:
    """The right to write a shard, as long as this is open.

    :ivar state: As the server has it.
    :param number: Of the shard; 0 for what is done when all are in.
    :param of: How many shards there are.
    :param made: Of what, as plain values of a manifest.
    :raises IndexBusy: Another process has it.
    """

    def __init__(self, server: Server, generation: int, number: int, of: int, made: dict[str, Any]) -> None:
        self._server = server
        owner = uuid.uuid4().hex, socket.gethostname(), os.getpid()
        refuse_if_alive(server, generation, number)
        self.state = ShardState(generation, number, of, owner, time.time(), made)
        self.state.write(server)
        self._ended, self._lost, self._wrote = threading.Event(), threading.Event(), False
        self._heard = time.monotonic()
        self._thread = threading.Thread(target=self._keep, name="lease", daemon=True)

    def __enter__(self) -> Self:
        time.sleep(CLAIM_SECONDS)
        self.check()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        if self.state.result is None and not self._lost.is_set():
            with suppress(RagError):  # whoever runs it again need not wait
                if self._wrote:
                    replace(self.state, beat=0.0).write(self._server)
                else:
                    forget_shard(self._server, self.state)

    def check(self) -> None:
        """Make sure that it is still ours.

        :raises IndexBusy: Another process took it over.
        """
        now = read_shard(self._server, self.state.generation, self.state.number)
        if self._lost.is_set() or now is None or now.owner != self.state.owner:
            self._lost.set()
            raise IndexBusy("another process took over what this one wrote: nothing is lost, and it goes on there")
        self._heard = time.monotonic()

    def writing(self) -> None:
        """Call before anything is written: who lost the right, or stood still so long that he may have, stops.

        :raises IndexBusy: Another process took it over.
        """
        if self._lost.is_set() or time.monotonic() - self._heard > STALE_SECONDS / 2:
            self.check()
        self._wrote = True

    def done(self, result: dict[str, Any]) -> None:
        """Say what was written.

        :raises IndexBusy: Another process took it over.
        """
        self.check()
        self._end()
        self.state = replace(self.state, beat=time.time(), result=result)
        self.state.write(self._server)

    def forget(self) -> None:
        """Leave no trace of it: all is done."""
        self._end()
        self._wrote = False

    def _end(self) -> None:
        self._ended.set()
        self._thread.join()

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


def refuse_if_alive(server: Server, generation: int, number: int) -> None:
    """Refuse what another process is writing.

    :param number: Of a shard; 0 for what is done when all are in.
    :raises IndexBusy: It does.
    """
    state = read_shard(server, generation, number)
    if state is None or state.result is not None or is_dead(server, state):
        return
    _, host, process = state.owner
    which = f"shard {number} of {state.of}" if number else "what all shards make together"
    raise IndexBusy(f"{which} is being written by process {process} on {host}: wait until it is done")


def is_dead(server: Server, state: ShardState) -> bool:
    """Whether nobody writes a shard any more that is not done."""
    _, host, process = state.owner
    if state.beat == 0.0 or (host == socket.gethostname() and not _runs(process)):
        return True
    if abs(time.time() - state.beat) <= STALE_SECONDS:
        return False
    time.sleep(2 * BEAT_SECONDS)
    now = read_shard(server, state.generation, state.number)
    return now is None or now.beat == state.beat


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
