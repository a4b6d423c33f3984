"""Files of other people's making: opened so that none can hang the reader, and read up to a limit."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from pathlib import Path

from platformdirs import user_cache_path

MAX_BYTES = 20_000_000
"""A larger file is no article. The longest real one seen is under 1 MB."""


def cache_folder() -> Path:
    """Where what can be made again lies, as the converted default model: ``ARTICLE_RAG_CACHE``, or the user's cache."""
    named = os.environ.get("ARTICLE_RAG_CACHE")
    return Path(named) if named else user_cache_path("article-rag", appauthor=False)


def folder_name(path: str | os.PathLike[str]) -> str:
    """The last part of a folder's path: what messages name it by, since visitors of the page may read them."""
    return real_path(path).name or str(path)


class TooLarge(OSError):
    """A file has more bytes than are read of it."""


def real_path(path: str | os.PathLike[str]) -> Path:
    """A path made absolute, its links followed; unlike ``Path.resolve``, a link that leads to itself raises nothing."""
    return Path(os.path.realpath(path))


def read_file(path: Path, most: int = MAX_BYTES) -> bytes:
    """The bytes of an ordinary file.

    A pipe would be waited for without end, and a device may never end: neither is read. What the file's size says is
    not believed, since it may grow meanwhile.

    :param most: The most bytes that it may have.
    :raises TooLarge: It has more.
    :raises OSError: It can't be opened, or is no ordinary file.
    """
    if not stat.S_ISREG(path.stat().st_mode):  # before it is opened: some devices act on that alone
        raise OSError(errno.EINVAL, "it is no ordinary file")
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(handle, "rb") as stream:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, "it is no ordinary file")
        data = stream.read(most + 1)
        if len(data) > most:
            size = max(os.fstat(handle).st_size, len(data))
            raise TooLarge(errno.EFBIG, f"the file has {size:,} bytes, over the limit of {most:,}")
    return data


def digest_of(data: bytes) -> str:
    """SHA-256 in hex: by it an article file is known again."""
    return hashlib.sha256(data).hexdigest()
