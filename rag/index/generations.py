"""Generations side by side: which one is in use, making the next, and sweeping what is left over."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from rag.core.files import folder_name
from rag.errors import IndexBusy, IndexMissing, IndexUnopened, IndexUnusable

CURRENT = "CURRENT"
_LOCK = ".lock"
_GENERATION = re.compile(r"\d{4,}")
PART = ".part"
"""How the names of what is in the making end: generations, and files of encoded passages."""


def damaged(index: Path, what: str) -> IndexUnusable:
    """The error of an index that is damaged, to be raised: what of it, and what to do."""
    return IndexUnusable(f"the index {folder_name(index)} is damaged ({what}): build it anew with rag index")


def unopened(generation: Path, name: str, error: OSError) -> IndexUnopened:
    """The error of an index of which a file may not be opened, to be raised."""
    told = f"{name} of {generation.name} can't be opened: {error.strerror or error}"
    return IndexUnopened(f"the index {folder_name(generation.parent)} can't be read: {told}")


def current_generation(index: Path) -> Path:
    """The folder of the generation in use.

    :raises IndexMissing: There is none.
    :raises IndexUnusable: ``CURRENT`` names no generation.
    """
    try:
        name = (index / CURRENT).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        raise IndexMissing(f"there is no index in {folder_name(index)}: build one with rag index FOLDER") from None
    except (OSError, UnicodeDecodeError):
        name = ""
    if not _GENERATION.fullmatch(name):
        raise damaged(index, f"{CURRENT} names no generation")
    return index / name


@contextmanager
def building(index: Path) -> Iterator[None]:
    """Be the only builder of an index. The lock dies with its process.

    :raises IndexBusy: Another process is building it.
    :raises IndexUnusable: The folder can't be written.
    """
    lock = FileLock(index / _LOCK, timeout=0)
    try:
        index.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout:
        raise IndexBusy(f"another process is building the index {folder_name(index)}: wait until it is done") from None
    except OSError as error:
        raise IndexUnusable(
            f"can't write an index to the folder {folder_name(index)}: {error.strerror or error}"
        ) from error
    try:
        yield
    finally:
        lock.release()


def new_staging_dir(index: Path) -> Path:
    """An empty folder for the next generation."""
    names = [path.name.removesuffix(PART) for path in index.iterdir()]
    numbers = [int(name) for name in names if _GENERATION.fullmatch(name)]
    part = index / f"{max(numbers, default=0) + 1:04d}{PART}"
    part.mkdir()
    return part


def generation_folders(index: Path) -> list[Path]:
    """All generations, those too that did not come into use or were not finished, oldest first."""
    return sorted(path for path in index.iterdir() if _GENERATION.fullmatch(path.name.removesuffix(PART)))


def sweep_other_staging_dirs(part: Path) -> None:
    """Remove what other builds left unfinished."""
    for folder in generation_folders(part.parent):
        if folder != part and folder.suffix == PART:
            shutil.rmtree(folder, ignore_errors=True)


def take_into_use(part: Path) -> None:
    """Make a finished part the generation in use, in one step."""
    generation = part.with_suffix("")
    for path in part.rglob("*"):
        if path.is_file():
            _sync(path)
    part.replace(generation)
    settle(generation)


def settle(generation: Path) -> None:
    """Have a finished generation be the one in use, and sweep what builds left: others, and what it was made from."""
    index = generation.parent
    is_named = False
    with suppress(IndexMissing, IndexUnusable):
        is_named = current_generation(index) == generation
    if not is_named:
        waiting = index / f"{CURRENT}.new"
        waiting.write_text(generation.name + "\n", encoding="utf-8")
        _sync(waiting)
        waiting.replace(index / CURRENT)
        _sync(index)
    for folder in generation_folders(index):
        if folder != generation:
            shutil.rmtree(folder, ignore_errors=True)
    for path in generation.glob(f"*{PART}"):
        path.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    """Have the disk hold a file or folder before it is named; where folders can't be synced, go without."""
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    except OSError:
        pass
    finally:
        os.close(handle)
