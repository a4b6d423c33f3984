"""Which passages of a generation say the same, in two files: of many, as they were once, and what differs since.

So a change writes what it changes: the first file is that of the generation before, under a second name where the disk
can do that, until much differs from it.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np

from rag.index.arrays import read_array, write_array
from rag.index.vectors import Ids

COPIES_NAME, SINCE_NAME = "copies.npy", "copies_since.npy"
"""Passages and the first of the group of each, by id: shape (passages, 2). The second has those that are otherwise than
the first tells, which tells of all that it does not name that they have no copies."""
FEW = 4096
"""Passages that may differ, however few are in the first file."""
SHARE = 0.125
"""And their share of those that are in it."""


def read_groups(generation: Path, passages: int) -> Ids:
    """For each of so many passages, the first of those that say the same; itself where it has no copies.

    :raises OSError: It can't be read.
    :raises ValueError: It is not what was written.
    """
    groups = np.arange(passages)
    _tell(read_array(generation / COPIES_NAME), groups)
    if (generation / SINCE_NAME).exists():  # indexes of before have none
        _tell(read_array(generation / SINCE_NAME), groups)
    if groups.max(initial=0) >= max(passages, 1):
        raise ValueError(generation)
    return groups


def write_groups(folder: Path, groups: Ids, before: Path | None = None) -> None:
    """Write for each passage, by id, the first of those that say the same.

    :param before: The generation before, whose first file is taken where little differs; None where that is not to be.
    :raises OSError: They can't be written.
    """
    for name in (COPIES_NAME, SINCE_NAME):
        (folder / name).unlink(missing_ok=True)  # never written over: the generation before may have it too
    known = _known(before, groups) if before else None
    if before and known is not None:
        _take(before / COPIES_NAME, folder / COPIES_NAME)
    else:
        write_array(folder / COPIES_NAME, _differing(groups, np.arange(len(groups))))
        known = groups
    write_array(folder / SINCE_NAME, _differing(groups, known))


def _known(before: Path, groups: Ids) -> Ids | None:
    """The groups as a generation's first file tells them; None where much differs."""
    rows = read_array(before / COPIES_NAME)
    known = np.arange(len(groups))
    _tell(rows, known)
    return known if np.count_nonzero(known != groups) <= max(FEW, SHARE * len(rows)) else None


def _tell(rows: Ids, groups: Ids) -> None:
    """Have groups be as rows tell, which are in order; those of passages that there no longer are tell nothing."""
    if rows.min(initial=0) < 0:
        raise ValueError("below 0")
    rows = rows[: np.searchsorted(rows[:, 0], len(groups))]
    groups[rows[:, 0]] = rows[:, 1]


def _differing(groups: Ids, known: Ids) -> Ids:
    """Rows of the passages that are in another group than is known."""
    passages = np.flatnonzero(known != groups)
    return np.column_stack((passages, groups[passages]))


def _take(file: Path, there: Path) -> None:
    """Have a file that is never written to in another folder too."""
    try:
        os.link(file, there)
    except OSError:
        shutil.copyfile(file, there)
