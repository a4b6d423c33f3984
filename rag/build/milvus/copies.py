"""Which passages of a generation in the making say the same: found anew for what changed, and what is linked."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from rag.build.linked import COMPARED_AT_ONCE, linked_together
from rag.corpus.near_duplicates import MARKS, find_copies
from rag.index.milvus.collections import Kind
from rag.index.milvus.pages import Run, having
from rag.index.milvus.rows import AT_ONCE, PASSAGE_WHOLE, block_of, mark_terms, visible, whole_row
from rag.index.milvus.server import Row, Server

_LINKED = ("alike", "marks", "died")


def group_copies(
    server: Server,
    generation: int,
    blocks: Sequence[tuple[int, int, int]],
    runs: Sequence[Run],
    new: Iterable[int],
    before: Collection[int],
    note: Callable[[dict[int, int]], None],
    writing: Callable[[], None],
) -> None:
    """Have each passage's row tell by which it is known that it says the same as others.

    :param blocks: Of ids, all of the generation's.
    :param runs: Of marks, all of the generation's.
    :param new: The first ids of those of the blocks that are new.
    :param before: Passages that one who did not come to his end has had be known by others.
    :param note: Called with what passages of before were known by, before they are known by others.
    :param writing: Called before anything is written.
    """
    seeds = _changed(server, generation, blocks, set(new))
    again = [one for one in before if one not in seeds]
    seeds |= {row["id"]: row for row in server.with_ids(Kind.PASSAGES, again, _LINKED, visible(generation))}
    known = _closed(server, generation, runs, seeds)
    ids = np.array(sorted(one for one, row in known.items() if row["died"] > generation), np.int64)
    marks = np.zeros((len(ids), MARKS), np.uint32)
    for at, one in enumerate(ids.tolist()):
        marks[at] = np.frombuffer(bytes.fromhex(known[one]["marks"]), "<u4")
    groups = dict(zip(ids.tolist(), ids.tolist(), strict=True))
    for members in linked_together(ids, marks, COMPARED_AT_ONCE):
        found = server.with_ids(Kind.PASSAGES, members.tolist(), ("head", "text"))
        rows = {row["id"]: row for row in found}
        there = [one for one in members.tolist() if one in rows]
        titles = [rows[one]["head"].partition("\n")[0] for one in there]
        for group in find_copies([rows[one]["text"] for one in there], titles):
            groups |= {there[at]: there[group[0]] for at in group}
    others = {one: group for one, group in groups.items() if known[one]["alike"] != group}
    first = block_of(generation, 0)
    if of_before := {one: known[one]["alike"] for one in others if one < first}:
        note(of_before)
    regroup(server, others, writing)


def _changed(server: Server, generation: int, blocks: Sequence[tuple[int, int, int]], new: set[int]) -> dict[int, Row]:
    """The passages that came, and those that went; by their ids."""
    found = {}
    for first, _, passages in blocks:
        for begin in range(first, first + passages, AT_ONCE):
            inside = f"id >= {begin} and id < {min(begin + AT_ONCE, first + passages)}"
            holds = visible(generation) if first in new else f"died == {generation}"
            for row in server.query(Kind.PASSAGES, f"{inside} and {holds}", ("id", *_LINKED)):
                found[row["id"]] = row
    return found


def _closed(server: Server, generation: int, runs: Sequence[Run], seeds: dict[int, Row]) -> dict[int, Row]:
    """The passages that are linked with some by marks that neighbours share; with these."""
    known, edge = dict(seeds), seeds
    asked: NDArray[np.int64] = np.empty(0, np.int64)
    while edge:
        values = np.unique(np.array([term for row in edge.values() for term in mark_terms(row["marks"])], np.int64))
        values = np.setdiff1d(values, asked, assume_unique=True)
        asked = np.union1d(asked, values)
        near = [one for one in np.unique(having(server, runs, values).ids).tolist() if one not in known]
        rows = server.with_ids(Kind.PASSAGES, near, _LINKED, visible(generation))
        edge = {row["id"]: row for row in rows}
        known |= edge
    return known


def regroup(server: Server, groups: dict[int, int], writing: Callable[[], None]) -> None:
    """Have passages be known by others.

    :param writing: Called before anything is written.
    """

    def rows() -> Iterator[Row]:
        ids = list(groups)
        for start in range(0, len(ids), AT_ONCE):
            writing()
            for row in server.with_ids(Kind.PASSAGES, ids[start : start + AT_ONCE], PASSAGE_WHOLE):
                yield whole_row({**row, "alike": groups[row["id"]]})

    server.upsert(Kind.PASSAGES, rows())
