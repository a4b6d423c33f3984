"""What one generation holds: its segments side by side, and what is in use of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Self, TypeVar

import numpy as np

from rag.core.files import folder_name
from rag.errors import IndexMissing, IndexUnopened, IndexUnusable
from rag.index.generations import current_generation, finished_folders
from rag.index.groups import read_groups
from rag.index.manifest import Manifest, SegmentEntry
from rag.index.marks import SEGMENTS, damaged, index_of
from rag.index.segment import Segment, open_segment
from rag.index.store import Store, StoredPart
from rag.index.vectors import Ids, Mask


class Snapshot:
    """The segments of a generation.

    A passage's id is its place among those of all segments, one after the other; those of articles that were removed
    since keep theirs, and are never found.

    :ivar segments: Those that are open.
    :ivar entries: What the manifest tells of each.
    :ivar begins: The id of each one's first passage; and one more, how many ids there are.
    :ivar live: Which passages are in use, by id.
    :ivar groups: For each passage, the first passage that says the same: its own id where it has no copies, or is that
        first one.
    :ivar is_whole: Whether all segments are open, and all of the folder is in them.
    :param generation: The generation's folder.
    :param whole_only: Look at all that is there, and pass over segments that are damaged.
    :raises IndexUnopened: A file may not be opened.
    :raises IndexUnusable: A file is missing or damaged.
    """

    def __init__(self, generation: Path, *, whole_only: bool = False) -> None:
        self.generation = generation
        self.manifest = Manifest.read(generation)
        opened = list(_open_segments(generation, self.manifest, whole_only=whole_only))
        self.segments = [segment for segment, _ in opened]
        self.entries = [entry for _, entry in opened]
        self.begins = np.cumsum([0, *(segment.form.passages for segment in self.segments)])
        self.live: Mask = np.concatenate([np.zeros(0, bool), *(_live(*each) for each in opened)])
        self.store = Store([_stored(segment, entry) for segment, entry in opened])
        self.is_whole = self.manifest.is_finished and len(opened) == len(self.manifest.segments)
        self.groups = np.arange(len(self.live))
        if not whole_only:
            told = (self.manifest.articles, self.manifest.passages)
            if told != (self.count_articles(), len(self)) or not len(self):
                raise damaged(index_of(generation), "its files do not belong together")
            self._read_groups()
        elif self.is_whole:
            try:
                self._read_groups()
            except IndexUnopened:
                raise
            except IndexUnusable:
                self.is_whole = False

    def _read_groups(self) -> None:
        self.manifest.check_files(self.generation, thoroughly=True)  # its own files are small
        try:
            self.groups = read_groups(self.generation, len(self.live))
        except Exception as error:  # whatever numpy makes of a damaged file
            raise damaged(index_of(self.generation), "a file of it can't be read") from error

    def close(self) -> None:
        """Let the files go, but those that another open generation has too."""
        self.segments, self.store = [], Store([])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __bool__(self) -> bool:
        return True  # also where all of its segments are damaged

    def __len__(self) -> int:
        """Passages in use."""
        return int(self.live.sum())

    @property
    def ids(self) -> Ids:
        """Of the passages in use, in order."""
        return np.flatnonzero(self.live)

    def count_articles(self) -> int:
        """Articles in use."""
        pairs = zip(self.segments, self.entries, strict=True)
        return sum(segment.form.articles - len(entry.removed) for segment, entry in pairs)

    def articles_in_use(self, at: int) -> Mask:
        """Which articles of a segment, by its place, are in use."""
        live = np.ones(self.segments[at].form.articles, bool)
        live[list(self.entries[at].removed)] = False
        return live

    def parts(self) -> Iterator[tuple[int, Segment, Mask]]:
        """Each segment, with the id of its first passage and which of its passages are in use."""
        for begin, segment in zip(self.begins.tolist(), self.segments, strict=False):
            yield begin, segment, self.live[begin : begin + segment.form.passages]

    def verify(self) -> None:
        """Compare the digests of all files with what was written.

        :raises IndexUnusable: One differs.
        """
        self.manifest.check_files(self.generation, thoroughly=True)
        for segment in self.segments:
            segment.verify()


def open_snapshot(folder: Path) -> Snapshot:
    """Open the generation in use.

    :raises IndexMissing: The folder holds no index.
    :raises IndexUnusable: It is damaged or of another format.
    """
    return on_newest(folder, Snapshot)


def open_verified(folder: Path) -> Snapshot:
    """Open the generation in use, with the digests of all its files compared with what was written.

    :raises IndexMissing: The folder holds no index.
    :raises IndexUnusable: A file of it is damaged.
    """

    def verified(generation: Path) -> Snapshot:
        snapshot = Snapshot(generation)
        snapshot.verify()
        return snapshot

    return on_newest(folder, verified)


Found = TypeVar("Found")


def on_newest(folder: Path, run: Callable[[Path], Found]) -> Found:
    """What comes of the generation in use; of a newer one where a builder has swept that meanwhile.

    :raises IndexMissing: The folder holds no index.
    :raises IndexUnusable: It is damaged or of another format.
    """
    while True:
        generation = current_generation(folder)
        try:
            return run(generation)
        except (IndexUnusable, FileNotFoundError):
            if current_generation(folder) == generation:
                raise


def _newest_first(index: Path) -> list[Path]:
    """The generation in use, and then all others that were finished."""
    generations = finished_folders(index)[::-1]
    with suppress(IndexMissing, IndexUnusable):
        generations.insert(0, current_generation(index))
    return generations


def _open_segments(generation: Path, manifest: Manifest, *, whole_only: bool) -> Iterator[tuple[Segment, SegmentEntry]]:
    for entry in manifest.segments:
        try:
            segment = open_segment(index_of(generation) / SEGMENTS / entry.name, entry.digest)
            removed = entry.removed
            is_inside = not removed or 0 <= min(removed) <= max(removed) < segment.form.articles
            if segment.form.dimension != manifest.dimension or not is_inside:
                raise damaged(index_of(generation), "its files do not belong together")
            if whole_only:
                segment.verify()
        except IndexUnopened:
            raise
        except IndexUnusable:
            if not whole_only:
                raise
        else:
            yield segment, entry


def _stored(segment: Segment, entry: SegmentEntry) -> StoredPart:
    removed = frozenset(entry.removed)
    return StoredPart(segment.store, segment.article_of, segment.form.articles, segment.left_out, removed)


def _live(segment: Segment, entry: SegmentEntry) -> Mask:
    """Which passages of a segment are in use."""
    return np.isin(segment.article_of, entry.removed, invert=True)


def folders_of(index: Path) -> dict[str, str]:
    """The folders of articles that an index was made of, as the newest generation tells of which that can be read.

    :raises IndexUnopened: One may not be opened.
    :raises IndexUnusable: None can be read.
    """
    for generation in _newest_first(index):
        try:
            return Manifest.read(generation).folders
        except IndexUnopened:
            raise
        except IndexUnusable:
            continue
    told = f"nothing in the index {folder_name(index)} tells of which folder it was made"
    raise IndexUnusable(f"{told}: build it anew with rag index FOLDER")


def open_whole(folder: Path) -> Snapshot | None:
    """What is whole of the index in use, or of the newest generation that can be read where that can't be.

    :return: None where not even its manifest is; it may have no segment that is whole.
    :raises IndexUnopened: It may not be opened: it is not to be built anew for that.
    """
    for generation in _newest_first(folder):
        try:
            return Snapshot(generation, whole_only=True)
        except IndexUnopened:
            raise
        except IndexUnusable:
            continue
    return None
