"""Generations and segments side by side: which are in use, making the next, and sweeping what is left over."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from rag.core.files import folder_name
from rag.errors import IndexBusy, IndexMissing, IndexUnusable
from rag.index.marks import PART, SEGMENTS, damaged, is_number

CURRENT = "CURRENT"
_LOCK = ".lock"


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
    if not is_number(name):
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


def new_part(folder: Path) -> Path:
    """An empty folder for the next generation of an index, or the next segment of its folder of these."""
    folder.mkdir(exist_ok=True)
    numbers = [int(path.name.removesuffix(PART)) for path in numbered_folders(folder)]
    part = folder / f"{max(numbers, default=0) + 1:04d}{PART}"
    part.mkdir()
    return part


def numbered_folders(folder: Path) -> list[Path]:
    """All generations or segments, those too that did not come into use or were not finished, oldest first."""
    try:
        return sorted(path for path in folder.iterdir() if is_number(path.name.removesuffix(PART)))
    except FileNotFoundError:
        return []


def finished_folders(folder: Path) -> list[Path]:
    """All generations or segments that were finished, oldest first, those too that did not come into use."""
    return [path for path in numbered_folders(folder) if path.suffix != PART]


def finish(part: Path) -> Path:
    """Give what was in the making its name, once the disk holds all of it."""
    for path in part.rglob("*"):
        _sync(path)
    _sync(part)
    whole = part.with_suffix("")
    part.replace(whole)
    _sync(whole.parent)
    return whole


def take_into_use(part: Path, segments: Collection[str]) -> None:
    """Make a finished generation the one in use, in one step.

    :param segments: The names of those that it has.
    """
    settle(finish(part), segments)


def settle(generation: Path, segments: Collection[str]) -> None:
    """Have a finished generation be the one in use, and sweep what is not of it."""
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
    swept = [path for path in numbered_folders(index) if path != generation]
    swept += [path for path in numbered_folders(index / SEGMENTS) if path.name not in segments]
    for folder in swept:
        shutil.rmtree(folder, ignore_errors=True)


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
