"""Whether all of an index is as it was written: every file, every text and every vector."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from rag.errors import IndexUnopened, IndexUnusable
from rag.index.generations import current_generation
from rag.index.index import Index
from rag.index.manifest import Manifest
from rag.index.vectors import key_of, read_keys

UNIT = 1e-3
"""How far a vector's length may be from 1: bfloat16 has three digits."""


def faults_of(folder: Path) -> list[str]:
    """What is wrong with the index in use, a sentence each; nothing where all is whole.

    :raises IndexMissing: There is none.
    :raises IndexUnopened: A file of it may not be opened.
    """
    try:
        generation = current_generation(folder)
        faults = list(_faults_in(generation))
        if faults and current_generation(folder) != generation:  # a builder has swept it meanwhile
            faults = list(_faults_in(current_generation(folder)))
    except IndexUnopened:
        raise
    except IndexUnusable as error:
        faults = [str(error)]
    return faults


def _faults_in(generation: Path) -> Iterator[str]:
    """What is wrong with a generation.

    :raises IndexUnusable: More than can be told.
    """
    manifest, is_whole = Manifest.read(generation), True
    for name in manifest.files:
        try:
            manifest.check_files(generation, thoroughly=True, names=(name,))
        except IndexUnopened:
            raise
        except IndexUnusable as error:
            is_whole = False
            yield str(error)
    if is_whole:
        with Index(generation) as index:
            yield from _faults_inside(index)


def _faults_inside(index: Index) -> Iterator[str]:
    """What does not belong together, though each file is as it was written."""
    keys, lengths = read_keys(index.generation, len(index)), np.linalg.norm(index.all_vectors(), axis=1)
    for info in index.store.infos():
        passages = index.store.passages_of(info.id)
        if not passages or index.store.as_read(info.id) is None:
            yield f"the article {info.id} has no text"
        for passage in passages:
            if keys[passage.id] != key_of(info.indexed_text(passage.text)):
                yield f"a vector of the article {info.id} is of another text"
            if abs(lengths[passage.id] - 1) > UNIT:
                yield f"a vector of the article {info.id} has another length than 1"
