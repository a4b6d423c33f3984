"""Whether all of an index is as it was written: every file, every text and every vector."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np

from rag.errors import IndexUnopened, IndexUnusable
from rag.index.generations import current_generation
from rag.index.manifest import Manifest
from rag.index.marks import SEGMENTS, FileMark, check_files, index_of
from rag.index.opening import index_over
from rag.index.segment import SEGMENT_NAME, SegmentForm
from rag.index.snapshot import Snapshot
from rag.index.vectors import key_of

UNIT = 1e-3
"""How far a vector's length may be from 1: bfloat16 has three digits."""


def faults_of(folder: Path) -> list[str]:
    """What is wrong with the index in use, a sentence each; nothing where all is whole.

    :raises IndexMissing: There is none.
    :raises IndexUnopened: A file of it may not be opened.
    """
    while True:
        try:
            generation = current_generation(folder)
            faults = _told_of(generation)
            if not faults or current_generation(folder) == generation:
                return faults  # else a builder has swept it meanwhile
        except IndexUnopened:
            raise
        except IndexUnusable as error:
            return [str(error)]


def _told_of(generation: Path) -> list[str]:
    try:
        return list(_faults_in(generation))
    except IndexUnopened:
        raise
    except IndexUnusable as error:
        return [str(error)]


def _faults_in(generation: Path) -> Iterator[str]:
    """What is wrong with a generation.

    :raises IndexUnusable: More than can be told.
    """
    manifest, found = Manifest.read(generation), []
    folders = [(generation, manifest.files)]
    for entry in manifest.segments:
        folder = index_of(generation) / SEGMENTS / entry.name
        folders.append((folder, {SEGMENT_NAME: FileMark(_size(folder / SEGMENT_NAME), entry.digest)}))
        with suppress(IndexUnusable):
            folders.append((folder, SegmentForm.read(folder).files))
    for folder, marks in folders:
        for name in marks:
            try:
                check_files(folder, marks, thoroughly=True, names=(name,))
            except IndexUnopened:
                raise
            except IndexUnusable as error:
                found.append(str(error))
    yield from found
    if not found:
        with Snapshot(generation) as snapshot:
            yield from _faults_inside(snapshot)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _faults_inside(snapshot: Snapshot) -> Iterator[str]:
    """What does not belong together, though each file is as it was written."""
    index = index_over(snapshot)
    keys = [key for segment in snapshot.segments for key in segment.vectors.keys]
    lengths = dict(zip(index.ids.tolist(), np.linalg.norm(index.all_vectors(), axis=1), strict=True))
    for info in index.store.infos():
        passages = index.store.passages_of(info.id)
        if not passages or index.store.as_read(info.id) is None:
            yield f"the article {info.id} has no text"
        for passage in passages:
            if keys[passage.id] != key_of(info.indexed_text(passage.text)):
                yield f"a vector of the article {info.id} is of another text"
            if not abs(lengths[passage.id] - 1) <= UNIT:
                yield f"a vector of the article {info.id} has another length than 1"
