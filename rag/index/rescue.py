"""What a build encodes, kept in case it is killed: the next one takes it over."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from rag.index.generations import PART, generation_folders
from rag.index.vectors import KEY_BYTES, Scores


class EncodedRecords:
    """The file in which a build keeps what it encodes, a record for each vector, in case it is killed.

    :param kind: Tells all that a text's vector depends on besides the text: a part of the file's name.
    :param dimension: Length of a vector.
    """

    def __init__(self, kind: str, dimension: int) -> None:
        self.name = f"encoded-{kind}{PART}"
        self._record = np.dtype([("key", f"V{KEY_BYTES}"), ("vector", np.float32, (dimension,)), ("sum", np.uint32)])

    def packed(self, vectors: Mapping[bytes, Scores]) -> bytes:
        """Records of vectors, by the keys of their texts."""
        records = np.empty(len(vectors), self._record)
        for at, (key, vector) in enumerate(vectors.items()):
            records[at] = (np.void(key), vector, 0)
        records["sum"] = [_sum(record) for record in records]
        return records.tobytes()

    def left(self, index: Path) -> dict[bytes, Scores]:
        """What builds left that did not finish: all records that are whole and as they were written."""
        found: dict[bytes, Scores] = {}
        for path in (folder / self.name for folder in generation_folders(index)):
            if path.is_file():
                records = np.fromfile(path, self._record, path.stat().st_size // self._record.itemsize)
                found |= {bytes(each["key"]): each["vector"] for each in records if each["sum"] == _sum(each)}
        return found


def _sum(record: np.void) -> int:
    return zlib.crc32(record["vector"].tobytes(), zlib.crc32(bytes(record["key"])))
