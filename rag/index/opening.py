"""An index is opened for questions: the segments of the generation in use, as what is searched."""

from __future__ import annotations

from pathlib import Path

from rag.index.index import Index, IndexPart
from rag.index.snapshot import Snapshot, open_snapshot


def open_index(folder: Path) -> Index:
    """Open the generation in use for questions.

    It stays what it is while a newer generation comes into use beside it; what both have is opened once.

    :raises IndexMissing: The folder holds no index.
    :raises IndexUnusable: It is damaged or of another format.
    """
    return index_over(open_snapshot(folder))


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
