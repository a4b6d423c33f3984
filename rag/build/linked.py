"""Passages that are linked by marks that neighbours share, put together."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]

COMPARED_AT_ONCE = 4096
"""Passages whose texts are held in memory at once, or more where more are linked."""


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
