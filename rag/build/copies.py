"""Which passages of a snapshot say the same: found anew for what changed, and for what is linked with it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rag.build.derived import Marks, marks_of_segment
from rag.build.linked import COMPARED_AT_ONCE, linked_together
from rag.corpus.near_duplicates import find_copies
from rag.index.snapshot import Snapshot
from rag.index.vectors import Ids, Mask


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


def _of(marks: list[Marks], begins: Ids, ids: Ids) -> NDArray[np.uint32]:
    """The marks of passages, shape (len(ids), marks)."""
    parts = [
        part.of_each[ids[(begin <= ids) & (ids < end)] - begin]
        for part, begin, end in zip(marks, begins[:-1], begins[1:], strict=True)
    ]
    return np.concatenate(parts)
