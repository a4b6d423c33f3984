"""Which passages of a snapshot say the same: found anew for what changed, and for what is linked with it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from rag.build.derived import Marks, marks_of_segment
from rag.corpus.near_duplicates import find_copies
from rag.index.snapshot import Snapshot
from rag.index.vectors import Ids, Mask

COMPARED_AT_ONCE = 4096
"""Passages whose texts are held in memory at once, or more where more are linked."""


def group_copies(new: Snapshot, old: Snapshot | None, at_once: int = COMPARED_AT_ONCE) -> Ids:
    """For each passage of a snapshot, by id, the first of those that say the same: itself where it has no copies.

    Copies share a mark, or are linked by others that do. So what neither is new, nor was removed, nor is linked with
    such, keeps its group: all of what it may be grouped with is as it was.

    :param old: One whose segments are the first of the new one, and whose copies are known; None where there is none.
    :param at_once: How many passages are compared at once, each with all that it is linked with.
    """
    marks = [marks_of_segment(segment) for segment in new.segments]
    groups = np.arange(len(new.live))
    changed = np.ones(len(new.live), bool)
    if old:
        known = len(old.live)
        groups[:known] = old.groups
        changed[:known] = old.live != new.live[:known]
    linked = _linked(marks, new.begins, changed, new.live | changed)
    groups[linked] = np.flatnonzero(linked)
    ids = np.flatnonzero(linked & new.live)
    for members in linked_together(ids, _of(marks, new.begins, ids), at_once):
        found = [new.store.passage(member) for member in members.tolist()]
        for group in find_copies([passage.text for passage, _ in found], [info.title for _, info in found]):
            groups[members[list(group)]] = members[group[0]]
    return groups


def _linked(marks: list[Marks], begins: Ids, seeds: Mask, candidates: Mask) -> Mask:
    """Which of the candidates are linked with the seeds by marks that neighbours share."""
    linked = seeds.copy()
    edge = np.flatnonzero(seeds)
    while len(edge) and not linked.all():
        values = np.unique(_of(marks, begins, edge))
        having = [part.having(values[values > 0]) + begin for part, begin in zip(marks, begins[:-1], strict=True)]
        near = np.concatenate(having)
        edge = near[candidates[near] & ~linked[near]]
        linked[edge] = True
    return linked


def linked_together(ids: Ids, marks: NDArray[np.uint32], at_once: int) -> Iterator[Ids]:
    """Those passages that are linked with others, some at a time, each with all that it is linked with.

    :param marks: Of each.
    """
    first = _first_linked(marks)
    in_order = np.argsort(first, kind="stable")
    first = first[in_order]
    begin, end = np.searchsorted(first, first), np.searchsorted(first, first, side="right")
    in_order, begin = in_order[end - begin > 1], begin[end - begin > 1]
    ends = np.flatnonzero(np.diff(begin // at_once)) + 1
    for places in np.split(in_order, ends):
        yield ids[np.sort(places)]


def _first_linked(marks: NDArray[np.uint32]) -> Ids:
    """The first passage, by its place, that each is linked with: itself where there is none before it."""
    columns = [_having_alike(column) for column in marks.T]  # each mark is of another part of a passage
    first = np.arange(len(marks))
    while True:
        before = first.copy()
        for having, begins, sizes in columns:
            known = first[having]
            least = np.repeat(np.minimum.reduceat(known, begins), sizes)
            np.minimum.at(first, known, least)  # whatever has been linked with these comes along
            first[having] = np.minimum(first[having], least)
        while (first[first] < first).any():
            first = first[first]
        if (first == before).all():
            return first


def _having_alike(column: NDArray[np.uint32]) -> tuple[Ids, Ids, Ids]:
    """The passages that share a mark with others, those with one mark side by side; where each begins, and how many."""
    having = np.flatnonzero(column)
    having = having[np.argsort(column[having], kind="stable")]
    begins = np.flatnonzero(np.diff(column[having], prepend=np.uint32(0)))
    sizes = np.diff(begins, append=len(having))
    having, sizes = having[np.repeat(sizes > 1, sizes)], sizes[sizes > 1]
    return having, np.cumsum(sizes) - sizes, sizes


def _of(marks: list[Marks], begins: Ids, ids: Ids) -> NDArray[np.uint32]:
    """The marks of passages, shape (len(ids), marks)."""
    parts = [
        part.of_each[ids[(begin <= ids) & (ids < end)] - begin]
        for part, begin, end in zip(marks, begins[:-1], begins[1:], strict=True)
    ]
    return np.concatenate(parts)
