"""What the files of an index looked like when they were read: one that looks so now need not be read again."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Collection, Mapping, Set
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

from rag.core.articles import Failure
from rag.core.files import real_path
from rag.corpus.listing import Listing

SEEN_NAME = "seen.sqlite"
"""In the index's folder, beside its generations."""
_FORM = "CREATE TABLE IF NOT EXISTS files (name TEXT PRIMARY KEY, digest TEXT NOT NULL, looks TEXT) WITHOUT ROWID"
_ALL = "SELECT name, digest, looks FROM files WHERE typeof(name) = 'text' AND typeof(digest) = 'text'"
_CHANGES_AT = 24
"""Where an SQLite file tells how often it was changed."""
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
class SeenFiles:
    """The files of articles when they were read, by the articles' ids.

    The last three only the program knows that read them: another looks at such files once more.

    :param looks: As ``looks_of`` told; None where that says nothing.
    :param digests: Of what they held. Has the same ids.
    :param unsure: Files to be read again however they look: those of which that says nothing, and that are no article.
    :param failed: Of these, those that hold no article as long as they look as they did: how, and what was said.
    :param listed: The key of the listing, by collection, that all this is of.
    """

    looks: Mapping[str, str | None]
    digests: Mapping[str, str]
    unsure: Set[str] = frozenset()
    failed: Mapping[str, tuple[str, Failure]] = field(default_factory=dict)
    listed: Mapping[str, object] = field(default_factory=dict)

    def changed(self, listing: Listing, known: Set[str]) -> set[str]:
        """The files of a listing, and those that are known and gone, that may not be as they were."""
        key, since = self.listed.get(listing.collection), listing.since
        if key is listing.key:
            return {*self.unsure}
        if since and key is since.key:
            return {*self.unsure, *since.names}
        # In bulk, for most are the same: a loop over them takes ten times as long.
        found = {name for name, _ in listing.looks.items() - self.looks.items()} | self.unsure
        return found.union(known - listing.looks.keys(), (name for name in listing.names if name not in listing.looks))


NO_FILES = SeenFiles({}, {})
"""What is known where nothing is."""
_LAST: dict[Path, tuple[str, SeenFiles]] = {}
"""Of the index that was asked for last, what was there and what the file looked like: who follows a folder asks again
at every change."""


def seen_by(index: Path) -> SeenFiles:
    """The files of all articles of an index; none where that is not to be had: then all are read."""
    path = real_path(index) / SEEN_NAME
    state = _state_of(path)
    last = _LAST.get(path)
    if last and last[0] == state:
        return last[1]
    with suppress(sqlite3.Error, OSError), closing(_opened(path, "ro")) as db:
        rows = db.execute(_ALL).fetchall()
        seen = SeenFiles({name: looks for name, _, looks in rows}, {name: digest for name, digest, _ in rows})
        _keep(path, state, seen)
        return seen
    return NO_FILES


def _keep(path: Path, state: str | None, seen: SeenFiles) -> None:
    _LAST.clear()
    if state:
        _LAST[path] = state, seen


def _state_of(path: Path) -> str | None:
    """What the file looks like, and how often SQLite has changed it; None where that can't be told."""
    with suppress(OSError), path.open("rb") as stream:
        stream.seek(_CHANGES_AT)
        return f"{looks_of(os.fstat(stream.fileno()))} {stream.read(4).hex()}"
    return None


def note_seen(index: Path, before: SeenFiles, seen: SeenFiles, other: Collection[str]) -> None:
    """Write down the files of all articles of an index, in one step. Where that can't be, all are read the next time.

    :param before: What is written down already.
    :param other: The ids of which that may tell otherwise, or nothing.
    """
    path = real_path(index) / SEEN_NAME
    gone = [(name,) for name in other if name in before.digests and name not in seen.digests]
    come = sum(name not in before.digests and name in seen.digests for name in other)
    if len(before.digests) - len(gone) + come != len(seen.digests):  # of some nothing was known when they were read
        gone = [(name,) for name in before.digests.keys() - seen.digests.keys()]
    rows = ((name, seen.digests[name], seen.looks[name]) for name in other if name in seen.digests)
    new = [
        (name, digest, looks)
        for name, digest, looks in rows
        if (before.digests.get(name), before.looks.get(name)) != (digest, looks)
    ]
    with suppress(sqlite3.Error, OSError):
        if not before.digests:  # what can't be read is not written to
            for one in (path, path.with_name(f"{SEEN_NAME}-journal")):
                one.unlink(missing_ok=True)
        if gone or new:
            with closing(_opened(path, "rwc")) as db, db:
                db.execute(_FORM)
                db.executemany("DELETE FROM files WHERE name = ?", gone)
                db.executemany("INSERT OR REPLACE INTO files VALUES (?, ?, ?)", new)
        _keep(path, _state_of(path), seen)
        return
    _LAST.clear()


def _opened(path: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.as_uri()}?mode={mode}", uri=True)
