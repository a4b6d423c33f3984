"""The folders that an index is made of: one, or several collections, each with its name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from rag.core import arguments
from rag.errors import ArgumentError

Folders = Mapping[str, str | Path]
"""A folder by the name of its collection; one that is all of the index has an empty name."""

_NAME = re.compile(r"[^\W_][\w-]{0,39}")
MAX_COLLECTIONS = 50


def given_folders(name: str, value: object) -> dict[str, Path]:
    """One folder, or several by the names of their collections.

    :param name: Of the argument.
    :raises ArgumentError: It is neither, or a name is none.
    """
    if not isinstance(value, Mapping):
        return {"": arguments.path(name, value)}
    if not 0 < len(value) <= MAX_COLLECTIONS:
        raise ArgumentError(f"{name} holds {len(value)} collections: give from 1 to {MAX_COLLECTIONS}")
    if list(value) == [""]:  # as an index tells of its only folder
        return {"": arguments.path(name, value[""])}
    return {_collection(name, each): arguments.path(f"{name}[{each!r}]", path) for each, path in value.items()}


def _collection(name: str, value: object) -> str:
    if not isinstance(value, str) or not _NAME.fullmatch(value):
        give = "names of letters, digits, - and _, 40 at most"
        raise ArgumentError(f"{name} holds {arguments.shown(value)}: give {give}")
    return value


def named_folders(written: list[str]) -> str | dict[str, Path]:
    """Folders as they are typed: one, or several as ``news=~/news``.

    >>> named_folders(["articles"]), named_folders(["news=n", "blog=b"])
    ('articles', {'news': PosixPath('n'), 'blog': PosixPath('b')})

    :raises ArgumentError: Several are given, and one of them has no name, or two have one.
    """
    if len(written) == 1 and (Path(written[0]).exists() or not _is_named(written[0])):
        return written[0]
    found: dict[str, Path] = {}
    for one in written:
        name, _, path = one.partition("=")
        if not _is_named(one):
            raise ArgumentError(f"{arguments.shown(one)} has no name: give several folders as news=FOLDER blog=FOLDER")
        if name in found:
            raise ArgumentError(f"two folders are named {name}")
        found[name] = Path(path).expanduser()
    return found


def _is_named(written: str) -> bool:
    name, sign, path = written.partition("=")
    return bool(sign and path and _NAME.fullmatch(name))
