"""What was begun of a generation and did not come to its end is taken back."""

from __future__ import annotations

from rag.build.milvus.copies import regroup
from rag.build.milvus.lease import is_dead
from rag.build.milvus.writing import delete_articles, run_of
from rag.core.milvus_address import MilvusAddress
from rag.errors import IndexBusy
from rag.index.milvus.collections import FOREVER, NOTHING, Kind
from rag.index.milvus.rows import PASSAGE_WHOLE, WHOLE, whole_row
from rag.index.milvus.server import Server
from rag.index.milvus.state import forget_shards, known_shards, newest_number, no_index, read_regrouped, read_shard

AT_ONCE = 500
"""Rows that are looked at at once."""


def take_back(address: MilvusAddress) -> list[str]:
    """Have an index be as the generation in use has it; returns what was begun, a line for each shard.

    :raises IndexBusy: A shard is being written.
    :raises IndexMissing: The server keeps no index of that name.
    """
    server = Server(address, writes=True)
    if not all(server.has(kind) for kind in Kind):
        raise no_index(server)
    target = newest_number(server) + 1
    told = []
    for number in known_shards(server, target):
        state = read_shard(server, target, number)
        if state is None:
            continue
        if state.result is None and not is_dead(server, state):
            _, host, process = state.owner
            raise IndexBusy(f"shard {number} of {state.of} is being written by process {process} on {host}")
        done = "was written" if state.result else "was begun"
        told.append(f"shard {number} of {state.of} {done}: taken back")
    server.settle()
    if target == 1:  # nothing is in use yet
        server.drop()
        return told
    regroup(server, read_regrouped(server, target), lambda: None)
    _unmark(server, target)
    _delete(server, target)
    forget_shards(server, target)
    return told


def _unmark(server: Server, target: int) -> None:
    """Have what was to go stay."""
    went = f"born < {target} and died == {target}"
    while rows := server.query(Kind.PASSAGES, went, ("id", *PASSAGE_WHOLE), most=AT_ONCE):
        server.upsert(Kind.PASSAGES, [{**whole_row(row), "died": FOREVER} for row in rows])
    while rows := server.query(Kind.ARTICLES, went, ("id", *WHOLE), most=AT_ONCE):
        back = [{**row, "names": [*row["names"]], "died": FOREVER, **NOTHING} for row in rows]
        server.upsert(Kind.ARTICLES, back)


def _delete(server: Server, target: int) -> None:
    """Delete what was to come."""
    came = f"born == {target}"
    server.delete(Kind.PASSAGES, came)
    delete_articles(server, came)
    server.delete(Kind.PAGES, f"run >= {run_of(target, 0, 0)} and run < {run_of(target + 1, 0, 0)}")
