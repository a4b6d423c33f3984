"""Vectors that are there already: in segments, used or not, and in the records of a build that was killed."""

from __future__ import annotations

import zlib
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Self

import numpy as np

from rag.core.articles import Article
from rag.errors import IndexDamaged
from rag.index.generations import finished_folders
from rag.index.marks import PART, SEGMENTS
from rag.index.segment import SegmentForm
from rag.index.segment_store import SegmentStore
from rag.index.vectors import KEY_BYTES, Scores, Vectors


class KnownVectors:
    """The vectors of one kind that an index folder has, and the file in which a build keeps what it encodes.

    That has a record for each vector, in case the build is killed before they are in a segment: the next one takes
    over those that are as they were written. Call only while ``building``.

    :param index: The index folder.
    :param kind: Tells all that a text's vector depends on besides the text: a part of the file's name.
    :param dimension: Length of a vector.
    """

    def __init__(self, index: Path, kind: str, dimension: int) -> None:
        self._index, self._kind, self._dimension = index, kind, dimension
        self._record = np.dtype([("key", f"V{KEY_BYTES}"), ("vector", np.float32, (dimension,)), ("sum", np.uint32)])
        self._path = index / f"encoded-{kind}{PART}"
        self._encoded = self._left()
        self._segments: dict[str, Vectors] = {}
        for folder in finished_folders(index / SEGMENTS):
            self._know(folder.name)
        self._write_anew()

    def _write_anew(self) -> None:
        """Half a record at the end of the file would put all that follow out of step."""
        waiting = self._path.with_suffix(f"{PART}.new")
        waiting.write_bytes(self._packed(self._encoded))
        waiting.replace(self._path)
        self._stream = self._path.open("ab")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Let the files go, also where the build failed; what was encoded stays for the next one."""
        self._stream.close()
        self._segments.clear()

    def _know(self, segment: str) -> None:
        folder = self._index / SEGMENTS / segment
        with suppress(Exception):  # whatever the libraries make of damaged files
            form = SegmentForm.read(folder)
            if (form.kind, form.dimension) == (self._kind, self._dimension):
                self._segments[segment] = Vectors(folder, form.passages, form.dimension)

    def are_in(self, segment: str) -> None:
        """What was encoded is in a segment that was finished: its records are not needed any more."""
        self._know(segment)
        if vectors := self._segments.get(segment):
            known = vectors.with_keys(self._encoded.keys()).keys()
            self._encoded = {key: vector for key, vector in self._encoded.items() if key not in known}
        self._stream.close()
        self._write_anew()

    def of(self, keys: Collection[bytes]) -> dict[bytes, Scores]:
        """The vectors of searched texts, by the keys of these, as far as they are known."""
        found = {key: self._encoded[key] for key in keys if key in self._encoded}
        for vectors in self._segments.values():
            found |= vectors.with_keys(set(keys) - found.keys())
        return found

    def keep(self, vectors: Mapping[bytes, Scores]) -> None:
        """Know vectors, by the keys of their texts, and put them on disk at once."""
        self._encoded |= vectors
        self._stream.write(self._packed(vectors))
        self._stream.flush()

    def _packed(self, vectors: Mapping[bytes, Scores]) -> bytes:
        records = np.empty(len(vectors), self._record)
        for at, (key, vector) in enumerate(vectors.items()):
            records[at] = (np.void(key), vector, 0)
        records["sum"] = [_sum(record) for record in records]
        return records.tobytes()

    def _left(self) -> dict[bytes, Scores]:
        """What a build left that did not finish: all records that are whole and as they were written."""
        if not self._path.is_file():
            return {}
        records = np.fromfile(self._path, self._record, self._path.stat().st_size // self._record.itemsize)
        return {bytes(each["key"]): each["vector"] for each in records if each["sum"] == _sum(each)}


def rescued_articles(index: Path, names: Collection[str]) -> dict[str, Article]:
    """Articles of segments, damaged ones too, by id, as far as they are as they were written."""
    found: dict[str, Article] = {}
    for folder in reversed(finished_folders(index / SEGMENTS)):
        with suppress(Exception):  # whatever the libraries make of damaged files
            store = SegmentStore(folder, IndexDamaged)
            for name in set(names) - found.keys():
                with suppress(IndexDamaged):
                    number = store.number_of(name)
                    found |= {} if number is None else {name: store.as_read(number)[0]}
    return found


def forget_records(index: Path) -> None:
    """Remove what builds kept of what they encoded: all of it is in the index in use, or of no use."""
    for path in index.glob(f"encoded-*{PART}*"):
        path.unlink(missing_ok=True)


def _sum(record: np.void) -> int:
    return zlib.crc32(record["vector"].tobytes(), zlib.crc32(bytes(record["key"])))
