"""``passages.faiss``: the vectors of a segment's passages; ``passages.keys``: of which text each is, and a checksum."""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from rag.errors import IndexUnusable

Ids = NDArray[np.int64]
Scores = NDArray[np.float32]
Mask = NDArray[np.bool_]

VECTORS_NAME, KEYS_NAME = "passages.faiss", "passages.keys"
KEY_BYTES = 16
"""Of a digest of the text that was encoded: by it a vector is known again."""
SUM_UNIT = 2.0**-40
"""Vectors are summed up as whole numbers of these: then the sum is the same in whatever order. Four million fit."""
KEY = np.dtype([("key", f"V{KEY_BYTES}"), ("sum", "<u4")])
BLOCK = 8192
"""Vectors that are taken over at a time."""
FEW = 16_384
"""Rows that are looked at one by one: a faster way than to ask of all whether they are among them."""
_HEAD = struct.Struct("<4siqqq?iQ")
"""faiss's form: kind, dimension, rows, two unused, whether it is trained, metric (0: inner product), then how many
numbers follow."""
_FLAT, _UNUSED = b"IxFI", 1 << 20


def key_of(text: str) -> bytes:
    """The key of a searched text: by it a vector is found that is there already."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=KEY_BYTES).digest()


def sum_of(key: bytes, vector: Scores) -> int:
    """The checksum (CRC-32) of a vector and its key."""
    return zlib.crc32(vector.tobytes(), zlib.crc32(key))


def write_vectors(folder: Path, keys: Sequence[bytes], blocks: Iterable[Scores], dimension: int) -> None:
    """Write vectors of one length and their keys to the folder of a segment.

    :param keys: Of all of them.
    :param blocks: Some at a time, each of shape (some, dimension).
    :raises OSError: They can't be written.
    """
    rows, at = np.empty(len(keys), KEY), 0
    with (folder / VECTORS_NAME).open("wb") as stream:
        stream.write(_HEAD.pack(_FLAT, dimension, len(keys), _UNUSED, _UNUSED, True, 0, len(keys) * dimension))
        for block in blocks:
            stream.write(np.ascontiguousarray(block, "<f4").tobytes())
            for vector in block:
                rows[at] = (np.void(keys[at]), sum_of(keys[at], vector))
                at += 1
    (folder / KEYS_NAME).write_bytes(rows.tobytes())


def sums_of(vectors: NDArray[np.float32]) -> NDArray[np.int64]:
    """The sum of vectors, in ``SUM_UNIT``; shape (dimension,)."""
    return np.asarray(np.rint(vectors / np.float64(SUM_UNIT)).astype(np.int64).sum(axis=0))


class Vectors:
    """The vectors of a segment, as far as they are asked for.

    :param folder: The segment's.
    :param passages: How many there are.
    :raises IndexUnusable: A file is of another kind or another size than so many vectors have.
    """

    def __init__(self, folder: Path, passages: int, dimension: int) -> None:
        _check_form(folder / VECTORS_NAME, passages, dimension)
        self._flat = faiss.read_index(str(folder / VECTORS_NAME), faiss.IO_FLAG_MMAP_IFC)
        self._rows = faiss.rev_swig_ptr(self._flat.get_xb(), passages * dimension).reshape(passages, dimension)
        self._told = np.fromfile(folder / KEYS_NAME, KEY)
        if len(self._told) != passages or (folder / KEYS_NAME).stat().st_size != passages * KEY.itemsize:
            raise IndexUnusable(f"{KEYS_NAME} does not hold the keys of {passages} passages")

    def __len__(self) -> int:
        return len(self._told)

    def nearest(self, vector: Scores, count: int, allowed: Mask | None) -> tuple[Scores, Ids]:
        """The highest cosines, best first, and the rows that have them; at most ``count`` of those allowed.

        :param allowed: Which rows may be found; None for all.
        """
        if allowed is None:
            cosines, rows = self._flat.search(vector[None, :], min(count, len(self)))
            return cosines[0], np.asarray(rows[0], np.int64)
        many = np.count_nonzero(allowed)
        if many <= FEW:
            return self._highest(vector, count, np.flatnonzero(allowed))
        selector = faiss.IDSelectorBitmap(np.packbits(allowed, bitorder="little"))
        cosines, rows = self._flat.search(
            vector[None, :], min(count, many), params=faiss.SearchParameters(sel=selector)
        )
        return cosines[0], np.asarray(rows[0], np.int64)

    def _highest(self, vector: Scores, count: int, rows: Ids) -> tuple[Scores, Ids]:
        """The same, of some rows: equal vectors have equal cosines, and of these the first rows are taken."""
        cosines = np.einsum("ij,j->i", self._rows[rows], vector)
        best = np.argsort(-cosines, kind="stable")[:count]
        return cosines[best], rows[best]

    def rows(self, rows: Ids) -> Scores:
        """Vectors as they were written, shape (len(rows), dimension).

        :raises IndexUnusable: One is not.
        """
        if not self._are_right(rows).all():
            raise IndexUnusable(f"{VECTORS_NAME} holds what was not written")
        return self._rows[rows]

    def _are_right(self, rows: Ids) -> Mask:
        """Whether each of some vectors is as it was written."""
        pairs = zip(self._rows[rows], self._told[rows], strict=True)
        return np.array([sum_of(bytes(told["key"]), vector) == told["sum"] for vector, told in pairs], bool)

    def blocks(self, rows: Ids) -> Iterator[Scores]:
        """Vectors as they were written, ``BLOCK`` at a time: never more are in memory.

        :raises IndexUnusable: One is not.
        """
        for start in range(0, len(rows), BLOCK):
            yield self.rows(rows[start : start + BLOCK])

    @property
    def keys(self) -> list[bytes]:
        """The key of each vector."""
        data = self._told["key"].tobytes()
        return [data[at : at + KEY_BYTES] for at in range(0, len(data), KEY_BYTES)]

    @cached_property
    def _beginnings(self) -> NDArray[np.uint64]:
        """Of the keys, as numbers."""
        return np.ascontiguousarray(self._told["key"]).view(np.uint64)[:: KEY_BYTES // 8]

    def with_keys(self, keys: Collection[bytes]) -> dict[bytes, Scores]:
        """The vectors that have some keys, by these, as far as they are as they were written; of several, one."""
        wanted = np.array([np.frombuffer(key, np.uint64)[0] for key in keys], np.uint64)
        rows = np.flatnonzero(np.isin(self._beginnings, wanted))
        rows = rows[self._are_right(rows)]
        known = [bytes(key) for key in self._told["key"][rows]]
        return {key: vector for key, vector in zip(known, self._rows[rows], strict=True) if key in keys}


def _check_form(path: Path, passages: int, dimension: int) -> None:
    """Make sure that a file is of the one kind that is written here.

    For the asking, faiss takes any of its many kinds, some of which name further files, and believes what a file says
    of its size.

    :raises IndexUnusable: It is of another.
    """
    with path.open("rb") as stream:
        head = stream.read(_HEAD.size)
    numbers = passages * dimension
    expected = (_FLAT, dimension, passages, True, 0, numbers)
    kind, length, rows, _, _, trained, metric, told = _HEAD.unpack(head.ljust(_HEAD.size, b"\0"))
    if (kind, length, rows, trained, metric, told) != expected or path.stat().st_size != _HEAD.size + 4 * numbers:
        raise IndexUnusable(f"{VECTORS_NAME} holds no vectors of the form that is written here")
