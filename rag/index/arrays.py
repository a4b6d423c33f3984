"""Plain ``.npy`` files, which are read as far as they are looked at, and may be written some rows at a time."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import DTypeLike, NDArray

AT_ONCE = 1 << 20
"""Rows that are in memory at once where an array is made of others: 80 MB while they are put in order."""


def write_array(path: Path, array: NDArray[Any]) -> None:
    """Write an array.

    :raises OSError: It can't be written.
    """
    try:
        np.save(path, array, allow_pickle=False)
    except OSError as error:
        if error.errno is None:  # numpy's, of how many numbers went onto a full disk
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from error
        raise


def read_array(path: Path) -> NDArray[Any]:
    """An array, of which only what is looked at comes into memory.

    :raises OSError: It can't be read.
    :raises ValueError: It is no array.
    """
    try:
        return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
    except ValueError:  # an empty one has nothing to be mapped
        return np.asarray(np.load(path, allow_pickle=False))


class ArrayFile:
    """An array that is written some rows at a time, so that never all of it is in memory.

    :param shape: Of all of it.
    :raises OSError: It can't be written.
    """

    def __init__(self, path: Path, dtype: DTypeLike, shape: tuple[int, ...]) -> None:
        self._dtype = np.dtype(dtype)
        self._stream = path.open("wb")
        descr = np.lib.format.dtype_to_descr(self._dtype)
        np.lib.format.write_array_header_1_0(
            self._stream, {"descr": descr, "fortran_order": False, "shape": tuple(map(int, shape))}
        )

    def add(self, rows: NDArray[Any]) -> None:
        """Write further rows."""
        self._stream.write(np.ascontiguousarray(rows, self._dtype).data)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()


def slices(length: int, at_once: int = AT_ONCE) -> Iterator[slice]:
    """Some rows of an array after the other."""
    for begin in range(0, length, at_once):
        yield slice(begin, begin + at_once)


def ranges(parts: Sequence[NDArray[Any]], rows: int, at_once: int = AT_ONCE) -> Iterator[list[slice]]:
    """Where in several arrays the numbers of one range are after the other: about ``at_once`` of so many rows in each.

    :param parts: Digests, as they are spread evenly; each array in order.
    """
    count = rows // at_once + 1
    step = int(np.iinfo(parts[0].dtype).max) // count
    bounds = np.array([step * number for number in range(1, count)], parts[0].dtype)
    places = [[0, *np.searchsorted(part, bounds).tolist(), len(part)] for part in parts]
    for number in range(count):
        yield [slice(at[number], at[number + 1]) for at in places]
