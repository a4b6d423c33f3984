"""Folders that are followed: when something in one may have changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from time import monotonic

from watchfiles import Change, watch

from rag.core.files import real_path
from rag.corpus.ignored import IGNORE_NAME

SETTLED_SECONDS = 1.0
"""A file that was not written for so long is whole; one that is written in longer steps is read again at each."""
LOOK_SECONDS = 20.0
"""How often a folder is looked at without being told: file systems of other machines tell nothing, and a system tells
of so many folders only. Of 10,000 files that takes a tenth of a second."""
RETRY_SECONDS = 2.0
"""How soon a folder that is not there is looked for again, and one that is followed a second time."""
WAIT_SECONDS = 1.0
"""How long is waited at once: Windows lets no Ctrl+C come through meanwhile."""
_STEP_MS, _LONGEST_MS = 100, 1000
"""Changes that come so soon after each other are one, for so long at most."""


def changes(folders: Iterable[Path], index: Path, ended: Event) -> Iterator[None]:
    """Comes at once, whenever something in one of the folders has changed, and every ``LOOK_SECONDS``.

    Until it is ended. A folder that is not there is waited for.

    :param index: What changes there is no change of the folder, should it lie in it.
    """
    changed = Event()
    changed.set()
    for folder in folders:
        Thread(target=_listen, args=(real_path(folder), real_path(index), changed, ended), daemon=True).start()
    while not ended.is_set():
        until = monotonic() + LOOK_SECONDS
        while not changed.wait(WAIT_SECONDS) and monotonic() < until:
            pass
        changed.clear()
        if not ended.is_set():
            yield


def _listen(folder: Path, index: Path, changed: Event, ended: Event) -> None:
    """Have the system tell of changes; of those in another folder that takes its place, too."""

    def concerns(_: Change, name: str) -> bool:
        path = Path(name)
        if not path.is_relative_to(folder) or path.is_relative_to(index):
            return False
        parts = path.relative_to(folder).parts
        return parts == (IGNORE_NAME,) or not any(part.startswith(".") for part in parts)

    identity = _identity(folder)
    while not ended.is_set():
        told = watch(
            folder,
            watch_filter=concerns,
            debounce=_LONGEST_MS,
            step=_STEP_MS,
            stop_event=ended,
            rust_timeout=int(RETRY_SECONDS * 1000),
            yield_on_timeout=True,
            ignore_permission_denied=True,
        )
        with suppress(OSError, RuntimeError):  # it is not there, or there are more folders than the system tells of
            for count, some in enumerate(told):
                if some or not count:  # the first time, for what changed before the system was asked to tell
                    changed.set()
                if _identity(folder) != identity or any(Path(name) == folder for _, name in some):
                    break  # once it was moved, even back, no more is told of it
        if (now := _identity(folder)) != identity:
            identity = now
            changed.set()
        else:
            ended.wait(RETRY_SECONDS)
    changed.set()


def _identity(folder: Path) -> tuple[int, int] | None:
    with suppress(OSError):
        status = folder.stat()
        return status.st_dev, status.st_ino
    return None
