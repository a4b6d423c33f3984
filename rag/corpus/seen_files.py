"""What the files of an index looked like when they were read: one that looks so now need not be read again."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import astuple, dataclass
from pathlib import Path

SEEN_NAME = "seen.json"
"""In the index's folder, beside its generations."""
VERSION = 1
RACY_SECONDS = 2.0
"""A file that was written so shortly before it was looked at may be written again without looking otherwise, as git has
it: the coarsest file systems tell times to two seconds."""


@dataclass(frozen=True, slots=True)
class Signature:
    """What a file looks like from outside.

    :param modified: When it was written, in nanoseconds; ``changed`` is when anything about it was, as who may read it.
    :param number: Of the file on its disk.
    """

    size: int
    modified: int
    changed: int
    number: int

    @classmethod
    def of(cls, path: str | Path) -> Signature | None:
        """Of a file, its links followed; None where the system tells nothing of it."""
        with suppress(OSError):
            status = os.stat(path)  # noqa: PTH116 - of a text, too
            return cls(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
        return None


@dataclass(frozen=True, slots=True)
class SeenFile:
    """An article's file when it was read.

    :param signature: What it looked like; None where that says nothing.
    :param digest: Of what it held.
    """

    signature: Signature | None
    digest: str


def seen_by(index: Path) -> dict[str, SeenFile]:
    """The files of all articles of an index, by name; none where that is not to be had: then all are read."""
    with suppress(OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError, OverflowError):
        told = json.loads((index / SEEN_NAME).read_text(encoding="utf-8"))
        if told["version"] == VERSION:
            return {name: SeenFile(_signature(row), str(digest)) for name, (digest, row) in told["files"].items()}
    return {}


def _signature(row: list[object] | None) -> Signature | None:
    if row is None:
        return None
    if not all(isinstance(value, int) for value in row):
        raise ValueError("times and numbers are whole")
    return Signature(*row)  # type: ignore[arg-type]


def note_seen(index: Path, before: Mapping[str, SeenFile], seen: Mapping[str, SeenFile]) -> None:
    """Write down the files of all articles of an index, in one step. Where that can't be, all are read the next time.

    :param before: What is written down already.
    """
    if seen == before:
        return
    files = {name: (file.digest, file.signature and astuple(file.signature)) for name, file in seen.items()}
    path = index / SEEN_NAME
    part = path.with_suffix(".part")
    with suppress(OSError):
        part.write_text(json.dumps({"version": VERSION, "files": files}, ensure_ascii=False), encoding="utf-8")
        part.replace(path)
