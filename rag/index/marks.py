"""What the files of a generation or segment were when they were written; and the errors of what differs."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rag.core.files import folder_name
from rag.errors import IndexDamaged, IndexUnopened

SEGMENTS = "segments"
"""The folder, in that of an index, of all segments."""
PART = ".part"
"""How the names of what is in the making end: generations, segments, and files of encoded passages."""
_NUMBER = re.compile(r"\d{4,}")
SMALL = 1_000_000
"""Bytes of a file up to which its digest is looked at whenever an index is opened: it takes a millisecond."""


@dataclass(frozen=True, slots=True)
class FileMark:
    """Size and SHA-256 of a file."""

    bytes: int
    sha256: str

    def is_of(self, path: Path, *, thoroughly: bool) -> bool:
        """Whether a file is the one that was marked, as far as it is looked at."""
        size = path.stat().st_size
        with path.open("rb") as stream:
            if size != self.bytes or (size > SMALL and not thoroughly):
                return size == self.bytes
            return hashlib.file_digest(stream, "sha256").hexdigest() == self.sha256


def mark_files(folder: Path, but: str) -> dict[str, FileMark]:
    """Sizes and digests of all files of a folder, sub-folders too.

    :param but: The file that tells them, which is none of them; what a build keeps for itself is none either.
    """
    return {
        name: FileMark(path.stat().st_size, file_digest(path)) for name, path in _files(folder).items() if name != but
    }


def file_digest(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def check_files(
    folder: Path, marks: Mapping[str, FileMark], *, thoroughly: bool = False, names: Sequence[str] = ()
) -> None:
    """Compare the files of a folder with what was written: their sizes, and of small ones their digests.

    :param thoroughly: The digests of all.
    :param names: Of those files alone.
    :raises IndexUnopened: One can't be opened.
    :raises IndexUnusable: One is missing or differs.
    """
    files = _files(folder)
    for name in names or marks:
        # Whatever is named, nothing is opened but what lies there.
        mark, path = marks.get(name), files.get(name)
        try:
            is_right = mark is not None and path is not None and mark.is_of(path, thoroughly=thoroughly)
        except OSError as error:
            raise unopened(folder, name, error) from error
        if not is_right:
            raise not_as_written(folder, name)


def not_as_written(folder: Path, name: str) -> IndexDamaged:
    """The error of a file that is missing or differs, to be raised."""
    return damaged(index_of(folder), f"{name} of {folder.name} is not what was written")


def _files(folder: Path) -> dict[str, Path]:
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != PART)
    return {path.relative_to(folder).as_posix(): path for path in paths}


def index_of(folder: Path) -> Path:
    """The index folder that a generation or segment lies in."""
    return folder.parent.parent if folder.parent.name == SEGMENTS else folder.parent


def damaged(index: Path, what: str) -> IndexDamaged:
    """The error of an index that is damaged, to be raised: what of it, and what to do."""
    return IndexDamaged(f"the index {folder_name(index)} is damaged ({what}): build it anew with rag index")


def unopened(folder: Path, name: str, error: OSError) -> IndexUnopened:
    """The error of an index of which a file may not be opened, to be raised."""
    told = f"{name} of {folder.name} can't be opened: {error.strerror or error}"
    return IndexUnopened(f"the index {folder_name(index_of(folder))} can't be read: {told}")


def is_number(name: object) -> bool:
    """Whether a name is one of a generation or segment, and leads to no other place."""
    return isinstance(name, str) and _NUMBER.fullmatch(name) is not None
