"""Writes the next generation beside the one in use: which segments it has, and what is removed from each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from rag.errors import IndexFolderError
from rag.index.generations import current_generation, new_part, take_into_use
from rag.index.groups import COPIES_NAME, write_groups
from rag.index.manifest import FORMAT, MANIFEST_NAME, Manifest, SegmentEntry
from rag.index.marks import check_files, damaged, mark_files
from rag.index.snapshot import Snapshot
from rag.index.vectors import Ids


class NewGeneration:
    """The next generation of an index, in the making. Call only while ``building``.

    :ivar snapshot: What it holds.
    :param index: The index folder.
    :param manifest: All of it but the segments, what is counted of them, the time and the files.
    :param entries: Its segments.
    """

    def __init__(self, index: Path, manifest: Manifest, entries: Sequence[SegmentEntry]) -> None:
        self._folder = new_part(index)
        created = datetime.now(UTC).isoformat(timespec="seconds")
        self._manifest = replace(manifest, format=FORMAT, created=created, segments=tuple(entries))
        self._is_finished = manifest.is_finished
        # Killed from here on it is none: what says which passages are copies is still to come.
        self._manifest = replace(self._manifest, is_finished=False)
        self._write(np.arange(0))
        self.snapshot = Snapshot(self._folder, whole_only=True)
        if len(self.snapshot.entries) < len(entries):
            raise damaged(index, "a file of it is not what was written")

    def publish(self, groups: Ids) -> None:
        """Take it into use.

        :param groups: For each passage, by its id in ``snapshot``, the first of those that say the same.
        :raises IndexUnusable: It can't be opened.
        """
        articles, passages = self.snapshot.count_articles(), len(self.snapshot)
        self._manifest = replace(self._manifest, articles=articles, passages=passages, is_finished=self._is_finished)
        self._write(groups, _whole_copies(self._folder.parent))
        with Snapshot(self._folder):  # one that can't be opened is not taken into use
            pass
        take_into_use(self._folder, {entry.name for entry in self._manifest.segments})

    def _write(self, groups: Ids, before: Path | None = None) -> None:
        write_groups(self._folder, groups, before)
        replace(self._manifest, files=mark_files(self._folder, MANIFEST_NAME)).write(self._folder)


def _whole_copies(index: Path) -> Path | None:
    """The generation in use, where what it knows of copies is what was written."""
    try:
        generation = current_generation(index)
        check_files(generation, Manifest.read(generation).files, thoroughly=True, names=[COPIES_NAME])
    except IndexFolderError:
        return None
    return generation
