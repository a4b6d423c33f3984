"""Writes the next generation beside the one in use: which segments it has, and what is removed from each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from rag.index.arrays import write_array
from rag.index.generations import new_part, take_into_use
from rag.index.manifest import MANIFEST_NAME, Manifest, SegmentEntry
from rag.index.marks import damaged, mark_files
from rag.index.snapshot import COPIES_NAME, Snapshot
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
        self._manifest = replace(manifest, created=created, segments=tuple(entries))
        self._is_finished = manifest.is_finished
        # Killed from here on it is none: what says which passages are copies is still to come.
        self._manifest = replace(self._manifest, is_finished=False)
        self._write(np.empty((0, 2), np.int64))
        self.snapshot = Snapshot(self._folder, whole_only=True)
        if len(self.snapshot.entries) < len(entries):
            raise damaged(index, "a file of it is not what was written")

    def publish(self, groups: Ids) -> None:
        """Take it into use.

        :param groups: For each passage, by its id in ``snapshot``, the first of those that say the same.
        :raises IndexUnusable: It can't be opened.
        """
        copies = np.flatnonzero(np.bincount(groups, minlength=len(groups))[groups] > 1)
        articles, passages = self.snapshot.count_articles(), len(self.snapshot)
        self._manifest = replace(self._manifest, articles=articles, passages=passages, is_finished=self._is_finished)
        self._write(np.column_stack((copies, groups[copies])))
        with Snapshot(self._folder):  # one that can't be opened is not taken into use
            pass
        take_into_use(self._folder, {entry.name for entry in self._manifest.segments})

    def _write(self, copies: Ids) -> None:
        write_array(self._folder / COPIES_NAME, copies)
        replace(self._manifest, files=mark_files(self._folder, MANIFEST_NAME)).write(self._folder)
