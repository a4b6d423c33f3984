"""Folders that are followed: when something in one may have changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from threading import Event, Lock, Thread
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


Touched = Mapping[Path, frozenset[str]]
"""Where something may have changed, from each folder that is followed."""


def changes(folders: Iterable[Path], index: Path | None, ended: Event) -> Iterator[Touched | None]:
    """Comes at once, whenever something in one of the folders has changed, and every ``LOOK_SECONDS``.

    Until it is ended. A folder that is not there is waited for. Tells what may have changed; None for anything, which
    it is every ``LOOK_SECONDS``, however often the system tells of something.

    :param index: What changes there is no change of the folder, should it lie in it; None where it is in no folder.
    """
    told = _Told()
    inside = real_path(index) if index else None
    for folder in folders:
        Thread(target=_listen, args=(folder, inside, told, ended), daemon=True).start()
    until = monotonic()
    while not ended.is_set():
        while not told.changed.wait(WAIT_SECONDS) and monotonic() < until:
            pass
        touched = told.take()
        if monotonic() >= until:
            touched = None
        if touched is None:
            until = monotonic() + LOOK_SECONDS
        if not ended.is_set():
            yield touched


class _Told:
    """What the system has told since it was last asked for.

    :ivar changed: Set while there is something.
    """

    def __init__(self) -> None:
        self.changed, self._lock = Event(), Lock()
        self._touched: defaultdict[Path, set[str]] = defaultdict(set)
        self.anything()

    def anything(self) -> None:
        """Anything may have changed."""
        with self._lock:
            self._is_anything = True
            self.changed.set()

    def these(self, folder: Path, paths: Iterable[str]) -> None:
        """Paths from a folder may have."""
        with self._lock:
            self._touched[folder].update(paths)
            self.changed.set()

    def take(self) -> Touched | None:
        """What may have changed; None for anything."""
        with self._lock:
            is_anything, self._is_anything = self._is_anything, False
            touched = {folder: frozenset(paths) for folder, paths in self._touched.items()}
            self._touched.clear()
            self.changed.clear()
        return None if is_anything else touched


def _listen(followed: Path, index: Path | None, told: _Told, ended: Event) -> None:
    """Have the system tell of changes; of those in another folder that takes its place, too."""
    folder = real_path(followed)

    def concerns(_: Change, name: str) -> bool:
        path = Path(name)
        if not path.is_relative_to(folder) or (index and path.is_relative_to(index)):
            return False
        parts = path.relative_to(folder).parts
        return parts == (IGNORE_NAME,) or not any(part.startswith(".") for part in parts)

    identity = _identity(folder)
    while not ended.is_set():
        seen = watch(
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
            for count, some in enumerate(seen):
                paths = [Path(name).relative_to(folder).as_posix() for _, name in some]
                if not count or "." in paths:  # the first time, for what changed before the system was asked to tell
                    told.anything()
                elif some:
                    told.these(followed, paths)
                if _identity(folder) != identity or "." in paths:
                    break  # once it was moved, even back, no more is told of it
        if (now := _identity(folder)) != identity:
            identity = now
            told.anything()
        else:
            ended.wait(RETRY_SECONDS)
    told.anything()


def _identity(folder: Path) -> tuple[int, int] | None:
    with suppress(OSError):
        status = folder.stat()
        return status.st_dev, status.st_ino
    return None
