"""What was seen of files when they were read: one that looks as it did then need not be read again, as git has it."""

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
"""A file that was written so shortly before it was looked at may be written again without looking otherwise: the
coarsest file systems tell times to two seconds."""


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
    def of(cls, status: os.stat_result) -> Signature:
        """Of what the system says of a file."""
        return cls(status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)

    def age(self, now: float) -> float:
        """Seconds since it was written or changed, at a time in seconds."""
        return now - max(self.modified, self.changed) / 1e9


@dataclass(frozen=True, slots=True)
class SeenFile:
    """A file when it was read: what it looked like, and the digest of what it held."""

    signature: Signature
    digest: str


def read_seen(path: Path) -> dict[str, SeenFile]:
    """The files that were seen, by name; none where that is not written down, or can't be read: then all are read."""
    with suppress(OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        told = json.loads(path.read_text(encoding="utf-8"))
        if told["version"] == VERSION:
            return {
                name: SeenFile(Signature(*map(int, row)), str(digest)) for name, (*row, digest) in told["files"].items()
            }
    return {}


def write_seen(path: Path, seen: Mapping[str, SeenFile]) -> None:
    """Write down what was seen, in one step. Where that can't be, all files are read the next time."""
    files = {name: [*astuple(file.signature), file.digest] for name, file in seen.items()}
    part = path.with_suffix(".part")
    with suppress(OSError):
        part.write_text(json.dumps({"version": VERSION, "files": files}, ensure_ascii=False), encoding="utf-8")
        part.replace(path)
