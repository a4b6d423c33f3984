"""``codes-N.faiss``: one bit for each number of the vectors of a segment's N-th script, where these are many.

By these all vectors are gone through at a tenth of the time (RaBitQ: Gao and Long, SIGMOD 2024; as FAISS scans them),
and what seems near to a question is then looked at exactly.
"""

from __future__ import annotations

import errno
import os
import re
import struct
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from rag.errors import IndexUnusable

Ids = NDArray[np.int64]
Scores = NDArray[np.float32]
Mask = NDArray[np.bool_]

LARGE = 65_536
"""Vectors of one script in a segment that get codes: fewer are gone through as fast without (measurements: time)."""
MARGIN, LEAST = 40, 4000
"""So many times as many passages as are asked for are looked at exactly, and at least so many (measurements: time)."""
ENOUGH = 0.5
"""Share of these that must be left when a filter has taken its part: one whose passages all lie far leaves fewer."""
MIN_SHARE = 0.1
"""Share of the passages that must be allowed: of fewer all are looked at, which takes no longer."""
BITS, QUERY_BITS, TOGETHER = 1, 8, 32
"""For each number of a vector and of a question, and how many vectors are scanned together."""
SLACK = 2
"""How much more than its part each of several segments is asked for at first."""
_HEAD, _MIDDLE = struct.Struct("<4siqqq?iQQiQQ"), struct.Struct("<BiQQQQ")
"""FAISS's form. Kind, dimension, rows, two unused, whether it is trained, metric (0: inner product), dimension, bytes
of a code, metric, bits of a number, numbers of the mean; then the mean; then bits of a question's number, how many are
scanned together, rows with what fills the last of these, half bytes of a code that are scanned, bytes of a code, and of
all codes; then the codes."""
_KIND, _UNUSED = b"Irfn", 1 << 20
_NAME = re.compile(r"codes-(\d{1,3})\.faiss")


def name_of(script: int) -> str:
    """The file of a segment's script, by its place."""
    return f"codes-{script}.faiss"


def scripts_in(names: Iterable[str]) -> list[int]:
    """The places of the scripts that have codes, of a segment's file names."""
    return [int(found[1]) for found in map(_NAME.fullmatch, names) if found]


def write_codes(path: Path, blocks: Iterable[Scores], mean: Scores) -> None:
    """Write the codes of vectors.

    :param mean: Of all of them, shape (dimension,).
    :raises OSError: They can't be written.
    """
    codes = _empty(len(mean))
    codes.train(mean[None, :])  # all that it learns is the mean of what it is given
    for block in blocks:
        codes.add(block)
    try:
        faiss.write_index(codes, str(path))
    except RuntimeError as error:  # what faiss raises for a full disk, with paths of its own sources
        raise OSError(errno.EIO, "the codes of the vectors can't be written") from error


class Codes:
    """The codes of the vectors of one script in a segment.

    :ivar rows: The rows of these vectors, in order.
    :param path: The file, which is as it was written.
    :raises IndexUnusable: The file is of another form.
    """

    def __init__(self, path: Path, rows: Ids, dimension: int) -> None:
        _check_form(path, len(rows), dimension)
        self.rows = rows
        self._codes = faiss.read_index(str(path))

    def nearest(self, vector: Scores, count: int) -> tuple[Scores, Ids]:
        """About the highest cosines, and the rows that have them, best first."""
        cosines, places = self._codes.search(vector[None, :], min(count, len(self.rows)))
        found = places[0] >= 0
        return cosines[0][found], self.rows[places[0][found]]


def _empty(dimension: int) -> faiss.IndexRaBitQFastScan:
    codes = faiss.IndexRaBitQFastScan(dimension, faiss.METRIC_INNER_PRODUCT, TOGETHER, BITS)
    codes.qb = QUERY_BITS
    return codes


def _check_form(path: Path, rows: int, dimension: int) -> None:
    """Make sure that a file is of the one form that is written here: FAISS believes what a file says of its sizes.

    :raises IndexUnusable: It is of another.
    """
    empty = _empty(dimension)
    filled = -(-rows // TOGETHER) * TOGETHER
    size, code = filled // TOGETHER * empty.get_block_stride(), empty.code_size
    head = _HEAD.pack(_KIND, dimension, rows, _UNUSED, _UNUSED, True, 0, dimension, code, 0, BITS, dimension)
    middle = _MIDDLE.pack(QUERY_BITS, TOGETHER, filled, empty.M2, code, size)
    with path.open("rb") as stream:
        is_right = stream.read(len(head)) == head
        stream.seek(4 * dimension, os.SEEK_CUR)
        is_right &= stream.read(len(middle)) == middle
    if not rows or not is_right or path.stat().st_size != len(head) + 4 * dimension + len(middle) + size:
        raise IndexUnusable(f"{path.name} holds no codes of the form that is written here")


def near(placed: Sequence[tuple[int, Codes]], vector: Scores, count: int, allowed: Mask, share: float) -> Ids | None:
    """The passages among which the nearest of those that have codes are to be looked for, by their ids.

    :param placed: Codes, with the id of the first passage of the segment of each.
    :param allowed: Which passages may be found, by id.
    :param share: Of the passages that have codes, the share that is allowed.
    :return: None where all that are allowed are to be looked at.
    """
    if share < MIN_SHARE:
        return None
    wanted = max(MARGIN * count, LEAST)
    ids = _nearest(placed, vector, int(wanted / share))
    ids = ids[allowed[ids]]
    return ids if len(ids) >= ENOUGH * wanted else None


def _nearest(placed: Sequence[tuple[int, Codes]], vector: Scores, count: int) -> Ids:
    """About the nearest passages of several segments, by their ids.

    Each segment is asked for its part, which takes less time than all; and for more where its last may be among them.
    """
    each = [codes for _, codes in placed]
    total = sum(len(codes.rows) for codes in each)
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # FAISS has one thread go through them
        parts = [int(SLACK * count * len(codes.rows) / total) + 1 for codes in each]
        found = list(pool.map(lambda codes, part: codes.nearest(vector, part), each, parts))
    last = _lowest(found, count)
    for at, (codes, (cosines, rows)) in enumerate(zip(each, found, strict=True)):
        if len(rows) < len(codes.rows) and cosines.min(initial=1) > last:
            found[at] = codes.nearest(vector, count)
    last = _lowest(found, count)
    return np.concatenate(
        [begin + rows[cosines >= last] for (begin, _), (cosines, rows) in zip(placed, found, strict=True)]
    )


def _lowest(found: Sequence[tuple[Scores, Ids]], count: int) -> float:
    """The lowest of the highest cosines."""
    cosines = np.concatenate([cosines for cosines, _ in found])
    return float(np.partition(cosines, -count)[-count]) if len(cosines) > count else -np.inf
