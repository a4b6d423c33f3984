"""A folder of articles → the files in it that may be articles, and the entries that can't be read."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from math import inf
from pathlib import Path

from rag.core.arguments import is_no_text
from rag.core.articles import Failure
from rag.core.files import real_path
from rag.corpus.ignored import Ignored
from rag.corpus.listing import Listing, prefix_of
from rag.corpus.seen_files import RACY_SECONDS, looks_of, status_of
from rag.errors import FolderError

CLOCKS_APART = 60.0
"""Seconds that the clock of a file's server may be ahead of ours."""
SUFFIXES = frozenset({".md", ".markdown", ".html", ".htm", ".txt"})


@dataclass(frozen=True, slots=True)
class ArticleFile:
    """An article file.

    :param looks: None where the system tells nothing of it.
    :param unwritten: Seconds for which it was not written. A file that is moved is not written: it is as whole as
        before.
    :param unchanged: Seconds for which nothing about it was changed.
    """

    name: str
    looks: str | None
    unwritten: float
    unchanged: float

    def is_unsettled(self, settled: float) -> bool:
        """Whether it may still be in the writing, for it was written within so many seconds."""
        return settled > 0 and -CLOCKS_APART < self.unwritten < settled

    @classmethod
    def at(cls, path: str, name: str) -> ArticleFile:
        """As it is now: what a folder tells of its files may be old."""
        status, now = status_of(path), time.time()
        if status is None:
            return cls(name, None, inf, 0.0)
        return cls(name, looks_of(status), now - status.st_mtime, now - max(status.st_mtime, status.st_ctime))


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
    files = [entry for entry in found if isinstance(entry, ArticleFile)]
    unsettled = {file.name: None for file in files if file.is_unsettled(settled)}
    names = tuple(file.name for file in files if file.name not in unsettled)
    unread = [entry for entry in found if isinstance(entry, _Unread)]
    failures = tuple(entry.failure for entry in unread)
    if not files:
        told = f"; {len(failures)} entries can't be read, the first: {failures[0]}" if failures else ""
        raise FolderError(f"{folder} holds no article: files end in {', '.join(sorted(SUFFIXES))}{told}")
    unopened = tuple(entry.failure.path for entry in unread if entry.is_unopened)
    looks = {file.name: file.looks for file in files if file.looks}
    young = frozenset(file.name for file in files if file.unchanged < RACY_SECONDS)
    return Listing(root, collection, names, failures, unopened, identity, looks, young, settled > 0, tuple(unsettled))


def is_still_there(listing: Listing) -> bool:
    """Whether the folder that was listed is where it was."""
    try:
        return _identity(listing.root) == listing.identity
    except OSError:
        return False


def _identity(root: Path) -> tuple[int, int]:
    status = root.stat()
    return status.st_dev, status.st_ino


def _walk(root: Path, prefix: str) -> Iterator[ArticleFile | _Unread]:
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


def _judged(entry: os.DirEntry[str], name: str, root: Path) -> ArticleFile | _Unread | None:
    """An entry as a file, or why it can't be read; None where it is no article's."""
    is_link = entry.is_symlink()
    if is_link and os.path.isdir(entry.path):  # noqa: PTH112 - it raises nothing, however odd the link
        return _unread(name, "a link to a folder is not followed: index that folder by itself")
    if not is_articles(name):
        return None
    if is_no_text(name):  # Python keeps bytes that are none as half characters
        return _unread(name, "the name of the file or of its folder is no text: rename it")
    if is_link:
        if not os.path.exists(entry.path):  # noqa: PTH110
            return _Unread(Failure(name, None, "the link leads nowhere"), is_unopened=True)
        if not real_path(entry.path).is_relative_to(root):
            return _unread(name, "the link leads out of the folder, and is not followed")
    return ArticleFile.at(entry.path, name)


def is_articles(name: str) -> bool:
    """Whether a file's name is that of an article's; quick, for there are many files."""
    return name[name.rfind(".") :].lower() in SUFFIXES


def _unread(name: str, reason: str) -> _Unread:
    return _Unread(Failure(_told(name), None, reason))


def _told(name: str) -> str:
    return os.fsencode(name).decode("utf-8", "backslashreplace")
