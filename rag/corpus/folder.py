"""A folder of articles → the files in it that may be articles, and the entries that can't be read."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import TypeVar

from rag.core.arguments import is_no_text
from rag.core.articles import Failure
from rag.core.files import real_path
from rag.corpus.ignored import Ignored
from rag.corpus.seen_files import RACY_SECONDS, Signature
from rag.errors import FolderError

CLOCKS_APART = 60.0
"""Seconds that the clock of a file's server may be ahead of ours."""
SUFFIXES = frozenset({".md", ".markdown", ".html", ".htm", ".txt"})
Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True)
class Listing:
    """What a folder holds.

    :param root: The folder, its links followed.
    :param collection: The name of the collection that it is; empty where it is all of an index.
    :param names: The id of each article: the path of its file from the root, with forward slashes, after the name of
        the collection. By such names are files told in all that follows.
    :param failures: Entries that can't be read, each with the reason.
    :param unopened: Of those, the folders that can't be opened and the links that lead nowhere: what they held is
        not known to be gone.
    :param identity: Device and number of the root: another folder in its place, as an empty one where a disk was
        mounted, has others.
    :param signatures: What the files look like, by name.
    :param young: Files that were written or changed just now, and may be again without looking otherwise.
    :param settled: Whether files that may still be in the writing are told apart.
    :param unsettled: Those; they are not among the names.
    """

    root: Path
    collection: str
    names: tuple[str, ...]
    failures: tuple[Failure, ...]
    unopened: tuple[str, ...]
    identity: tuple[int, int]
    signatures: Mapping[str, Signature]
    young: frozenset[str]
    settled: bool
    unsettled: tuple[str, ...]

    @property
    def prefix(self) -> str:
        """With what the names begin."""
        return prefix_of(self.collection)

    def own(self, things: Mapping[str, Thing]) -> dict[str, Thing]:
        """Those of things by an article's id that are of this collection."""
        prefix = self.prefix
        return {name: thing for name, thing in things.items() if name.startswith(prefix)}

    def path(self, name: str) -> str:
        """Where an article's file is, from the root."""
        return name.removeprefix(self.prefix)


def prefix_of(collection: str) -> str:
    """With what the ids of a collection's articles begin."""
    return f"{collection}/" if collection else ""


@dataclass(frozen=True, slots=True)
class _File:
    """An article file.

    :param signature: None where the system tells none.
    :param looked: When it was looked at, in seconds.
    """

    name: str
    signature: Signature | None
    looked: float

    @property
    def unwritten(self) -> float:
        """Seconds for which it was not written. A file that is moved is not written: it is as whole as before."""
        return self.looked - self.signature.modified / 1e9 if self.signature else inf

    @property
    def unchanged(self) -> float:
        """Seconds for which nothing about it was changed."""
        return min(self.unwritten, self.looked - self.signature.changed / 1e9) if self.signature else 0.0


@dataclass(frozen=True, slots=True)
class _Unread:
    """An entry that can't be read.

    :param is_unopened: What it held is not known to be gone.
    """

    failure: Failure
    is_unopened: bool = False


def list_folder(folder: str | os.PathLike[str], settled: float = 0.0, collection: str = "") -> Listing:
    """All article files below a folder, sub-folders too, in a stable order.

    Hidden files and folders are left out, and what a file ``.ragignore`` in the folder tells to ignore. A link is
    followed to a file inside the folder, and to nothing else. An entry that can't be read is told among the failures,
    and the rest goes on.

    :param settled: Seconds for which a file must not have been written: else it may still be in the writing.
    :param collection: The name of the collection that the folder is.
    :raises FolderError: The folder is not there, can't be opened, has a name that is no text, or holds no article file;
        or its ``.ragignore`` can't be read.
    """
    root = real_path(folder)
    if is_no_text(str(root)):
        raise FolderError(f"the name of the folder {_told(str(root))} is no text: rename it")
    if not root.is_dir():
        raise FolderError(f"{folder} is not a folder: name the folder that holds the articles")
    identity = _identity(root)
    found = list(_walk(root, prefix_of(collection)))
    files = [entry for entry in found if isinstance(entry, _File)]
    unsettled = {file.name: None for file in files if settled and -CLOCKS_APART < file.unwritten < settled}
    names = tuple(file.name for file in files if file.name not in unsettled)
    unread = [entry for entry in found if isinstance(entry, _Unread)]
    failures = tuple(entry.failure for entry in unread)
    if not files:
        told = f"; {len(failures)} entries can't be read, the first: {failures[0]}" if failures else ""
        raise FolderError(f"{folder} holds no article: files end in {', '.join(sorted(SUFFIXES))}{told}")
    unopened = tuple(entry.failure.path for entry in unread if entry.is_unopened)
    signatures = {file.name: file.signature for file in files if file.signature}
    young = frozenset(file.name for file in files if file.unchanged < RACY_SECONDS)
    return Listing(
        root, collection, names, failures, unopened, identity, signatures, young, settled > 0, tuple(unsettled)
    )


def is_still_there(listing: Listing) -> bool:
    """Whether the folder that was listed is where it was."""
    try:
        return _identity(listing.root) == listing.identity
    except OSError:
        return False


def _identity(root: Path) -> tuple[int, int]:
    status = root.stat()
    return status.st_dev, status.st_ino


def _walk(root: Path, prefix: str) -> Iterator[_File | _Unread]:
    """Files and entries that can't be read, a folder's files before those of folders in it; no recursion.

    :param prefix: With what their names begin.
    """
    ignored, waiting = Ignored.of(root), [""]
    while waiting:
        above = waiting.pop()
        try:
            with os.scandir(root / above) as entries:
                ordered = sorted(entries, key=lambda entry: entry.name)
        except OSError as error:
            told = Failure(
                _told(f"{prefix}{above}") or ".", None, f"the folder can't be opened: {error.strerror or error}"
            )
            yield _Unread(told, is_unopened=True)
            continue
        below = []
        for entry in ordered:
            name = f"{above}/{entry.name}" if above else entry.name
            is_folder = entry.is_dir(follow_symlinks=False)
            if entry.name.startswith(".") or ignored.has(name, is_folder=is_folder):
                continue
            if is_folder:
                below.append(name)
            elif found := _judged(entry, prefix + name, root):
                yield found
        waiting += reversed(below)


def _judged(entry: os.DirEntry[str], name: str, root: Path) -> _File | _Unread | None:
    """An entry as a file, or why it can't be read; None where it is no article's."""
    if entry.is_symlink() and os.path.isdir(entry.path):  # noqa: PTH112 - it raises nothing, however odd the link
        return _unread(name, "a link to a folder is not followed: index that folder by itself")
    if os.path.splitext(entry.name)[1].lower() not in SUFFIXES:  # noqa: PTH122 - for each of many files
        return None
    if is_no_text(name):  # Python keeps bytes that are none as half characters
        return _unread(name, "the name of the file or of its folder is no text: rename it")
    if entry.is_symlink():
        if not os.path.exists(entry.path):  # noqa: PTH110
            return _Unread(Failure(name, None, "the link leads nowhere"), is_unopened=True)
        if not real_path(entry.path).is_relative_to(root):
            return _unread(name, "the link leads out of the folder, and is not followed")
    return _File(name, Signature.of(entry.path), time.time())  # what a folder tells of its files may be old


def _unread(name: str, reason: str) -> _Unread:
    return _Unread(Failure(_told(name), None, reason))


def _told(name: str) -> str:
    return os.fsencode(name).decode("utf-8", "backslashreplace")
