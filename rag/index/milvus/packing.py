"""Arrays and long texts as texts that fit into a row."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.errors import IndexDamaged
from rag.index.milvus.collections import MAX_TEXT

PIECE = MAX_TEXT // 4 * 4 - 4
"""Characters of a piece: whole groups of base64."""


def packed(*arrays: NDArray[Any]) -> str:
    """Arrays of numbers, one after the other: the first bytes of all numbers, then the second, and so on, deflated."""
    planes = (np.ascontiguousarray(array).view(np.uint8).reshape(len(array), -1).T.tobytes() for array in arrays)
    return base64.b64encode(zlib.compress(b"".join(planes), 6)).decode("ascii")


def unpacked(text: str, *forms: tuple[type[np.generic] | np.dtype[Any], int]) -> list[NDArray[Any]]:
    """What ``packed`` packed.

    :param forms: Of each array, the kind of its numbers, and how many there are.
    :raises IndexDamaged: It holds something else.
    """
    data, at, found = _inflated(text), 0, []
    for kind, count in forms:
        size = np.dtype(kind).itemsize * count
        plane = np.frombuffer(data[at : at + size], np.uint8)
        if len(plane) != size:
            raise IndexDamaged("a row of the server holds what was not written: index the articles anew")
        whole = np.ascontiguousarray(plane.reshape(-1, count).T) if count else plane
        found.append(whole.reshape(-1).view(kind))
        at += size
    return found


def pieces(value: Any) -> list[str]:
    """A plain value in pieces that fit into a row each."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    data = base64.b64encode(zlib.compress(text.encode("utf-8", "surrogatepass"), 6)).decode("ascii")
    return [data[start : start + PIECE] for start in range(0, len(data), PIECE)]


def joined(parts: Iterable[str]) -> Any:
    """The value of which ``pieces`` made pieces.

    :raises IndexDamaged: They hold something else.
    """
    try:
        return json.loads(_inflated("".join(parts)).decode("utf-8", "surrogatepass"))
    except ValueError as error:
        raise IndexDamaged("a row of the server holds what was not written: index the articles anew") from error


def _inflated(text: str) -> bytes:
    try:
        return zlib.decompress(base64.b64decode(text, validate=True))
    except (ValueError, zlib.error) as error:
        raise IndexDamaged("a row of the server holds what was not written: index the articles anew") from error
