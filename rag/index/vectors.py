"""``passages.faiss``: the passages' vectors, row = passage id; ``passages.keys``: of which text each is."""

from __future__ import annotations

import errno
import hashlib
import struct
from collections.abc import Sequence
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from rag.errors import IndexUnusable

Ids = NDArray[np.int64]
Scores = NDArray[np.float32]

VECTORS_NAME, KEYS_NAME = "passages.faiss", "passages.keys"
KEY_BYTES = 16
"""Of a digest of the text that was encoded: by it a vector is known again."""
_HEAD = struct.Struct("<4siqqq?iQ")
"""faiss's form: kind, dimension, rows, two unused, whether it is trained, metric (0: inner product), then how many
numbers follow."""
_FLAT = b"IxFI"


def key_of(text: str) -> bytes:
    """The key of a searched text: by it a vector is found that is there already."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=KEY_BYTES).digest()


def write_vectors(generation: Path, keys: Sequence[bytes], vectors: NDArray[np.float32]) -> None:
    """Write vectors of one length, shape (passages, dimension), and their keys.

    :raises OSError: They can't be written.
    """
    flat = faiss.IndexFlatIP(vectors.shape[1])
    flat.add(vectors)
    try:
        faiss.write_index(flat, str(generation / VECTORS_NAME))
    except RuntimeError as error:  # what faiss raises for a full disk, with paths of its own sources
        raise OSError(errno.EIO, "the vectors can't be written") from error
    (generation / KEYS_NAME).write_bytes(b"".join(keys))


def read_keys(generation: Path, passages: int) -> list[bytes]:
    """The key of each vector.

    :raises IndexUnusable: There are not as many.
    """
    data = (generation / KEYS_NAME).read_bytes()
    if len(data) != passages * KEY_BYTES:
        raise IndexUnusable(f"{KEYS_NAME} does not hold the keys of {passages} passages")
    return [data[at : at + KEY_BYTES] for at in range(0, len(data), KEY_BYTES)]


def read_vectors(generation: Path, passages: int, dimension: int) -> faiss.IndexFlatIP:
    """The vectors as an index of faiss's.

    faiss takes any of its many kinds for the asking, some of which name further files, and believes what a file says
    of its size: so the one kind that is written here is made sure of before.

    :raises IndexUnusable: The file is of another kind or another size than so many vectors have.
    """
    path = generation / VECTORS_NAME
    with path.open("rb") as stream:
        head = stream.read(_HEAD.size)
    numbers = passages * dimension
    expected = (_FLAT, dimension, passages, True, 0, numbers)
    kind, length, rows, _, _, trained, metric, told = _HEAD.unpack(head.ljust(_HEAD.size, b"\0"))
    if (kind, length, rows, trained, metric, told) != expected or path.stat().st_size != _HEAD.size + 4 * numbers:
        raise IndexUnusable(f"{VECTORS_NAME} holds no vectors of the form that is written here")
    return faiss.read_index(str(path))
