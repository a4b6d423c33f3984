"""What the files of an index looked like when they were read: one that looks so now need not be read again."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

SEEN_NAME = "seen.sqlite"
"""In the index's folder, beside its generations."""
_FORM = "CREATE TABLE IF NOT EXISTS files (name TEXT PRIMARY KEY, digest TEXT NOT NULL, looks TEXT) WITHOUT ROWID"
_ALL = "SELECT name, digest, looks FROM files WHERE typeof(name) = 'text' AND typeof(digest) = 'text'"
RACY_SECONDS = 2.0
"""A file that was written so shortly before it was looked at may be written again without looking otherwise, as git has
it: the coarsest file systems tell times to two seconds."""


def status_of(path: str | Path) -> os.stat_result | None:
    """Of a file, its links followed; None where the system tells nothing of it."""
    with suppress(OSError):
        return os.stat(path)  # noqa: PTH116 - of a text, too
    return None


def looks_of(status: os.stat_result) -> str:
    """What a file looks like from outside: its size, when it was written, when anything about it was changed, as who
    may read it, and its number on the disk. Text, for a number may be longer than SQLite's are.
    """  # noqa: D205
    return f"{status.st_size} {status.st_mtime_ns} {status.st_ctime_ns} {status.st_ino}"


@dataclass(frozen=True, slots=True)
class SeenFile:
    """An article's file when it was read.

    :param looks: As ``looks_of`` told; None where that says nothing.
    :param digest: Of what it held.
    """

    looks: str | None
    digest: str


def seen_by(index: Path) -> dict[str, SeenFile]:
    """The files of all articles of an index, by name; none where that is not to be had: then all are read."""
    path = index / SEEN_NAME
    with suppress(sqlite3.Error, OSError), closing(_opened(path, "ro")) as db:
        return {name: SeenFile(looks, digest) for name, digest, looks in db.execute(_ALL)}
    return {}


def note_seen(index: Path, before: Mapping[str, SeenFile], seen: Mapping[str, SeenFile]) -> None:
    """Write down the files of all articles of an index, in one step. Where that can't be, all are read the next time.

    :param before: What is written down already.
    """
    path = index / SEEN_NAME
    gone = [(name,) for name in before.keys() - seen.keys()]
    new = [
        (name, file.digest, file.looks)
        for name, file in seen.items()
        if (was := before.get(name)) is not file and was != file  # of most it is the same object, which is told at once
    ]
    with suppress(sqlite3.Error, OSError):
        if not before:  # what can't be read is not written to
            for one in (path, path.with_name(f"{SEEN_NAME}-journal")):
                one.unlink(missing_ok=True)
        if gone or new:
            with closing(_opened(path, "rwc")) as db, db:
                db.execute(_FORM)
                db.executemany("DELETE FROM files WHERE name = ?", gone)
                db.executemany("INSERT OR REPLACE INTO files VALUES (?, ?, ?)", new)


def _opened(path: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode={mode}", uri=True)
