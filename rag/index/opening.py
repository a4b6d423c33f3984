"""An index is opened for questions: the segments of the generation in use, as what is searched."""

from __future__ import annotations

from pathlib import Path

from rag.core.places import MilvusAddress, Place
from rag.index.generations import current_generation
from rag.index.index import Index, IndexPart
from rag.index.open_index import OpenIndex
from rag.index.snapshot import Snapshot, open_snapshot


def open_index(folder: Path) -> Index:
    """Open the generation in use for questions.

    It stays what it is while a newer generation comes into use beside it; what both have is opened once.

    :raises IndexMissing: The folder holds no index.
    :raises IndexUnusable: It is damaged or of another format.
    """
    return index_over(open_snapshot(folder))


def open_place(place: Place) -> OpenIndex:
    """Open the state in use of an index, wherever it is kept.

    :raises IndexMissing: There is no index.
    :raises IndexUnusable: It is damaged or of another format.
    :raises ServerError: The server that keeps it can't be reached, or does not do what it is asked.
    """
    if isinstance(place, MilvusAddress):
        from rag.index.milvus.milvus_index import open_milvus  # slow to load, and an extra

        return open_milvus(place)
    return open_index(place)


def newer(place: Place, index: OpenIndex) -> OpenIndex | None:
    """A newer state than an open one, opened; None where there is none.

    :raises RagError: As ``open_place``.
    """
    if isinstance(place, MilvusAddress):
        from rag.index.milvus.milvus_index import newer_than

        return newer_than(place, index)
    is_newest = isinstance(index, Index) and current_generation(place) == index.generation
    return None if is_newest else open_index(place)


def folder_index(index: OpenIndex) -> Index:
    """An index that is kept in a folder, as such.

    :raises TypeError: It is kept elsewhere.
    """
    if not isinstance(index, Index):
        raise TypeError("an index in a folder is wanted")
    return index


def index_over(snapshot: Snapshot) -> Index:
    """What is searched of a snapshot."""
    parts = [
        IndexPart(
            held=segment,
            vectors=segment.vectors,
            codes=segment.codes,
            postings=segment.postings,
            scripts=segment.form.scripts,
            script_of=segment.script_of,
            sums=segment.sums,
        )
        for segment in snapshot.segments
    ]
    return Index(snapshot.generation, snapshot.manifest, parts, snapshot.store, snapshot.live, snapshot.groups)
