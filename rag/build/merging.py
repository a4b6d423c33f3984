"""Several segments → one, so that there are never many, and what was removed goes."""

from __future__ import annotations

from collections.abc import Container, Sequence
from itertools import chain
from pathlib import Path

import numpy as np

from rag.build.derived import MergedDerived
from rag.index.manifest import SegmentEntry
from rag.index.postings import MergedPostings
from rag.index.segment import Segment
from rag.index.segment_writer import NewSegment
from rag.index.snapshot import Snapshot
from rag.index.vectors import Ids, Mask

SMALLEST, FACTOR = 64, 8
"""Segments of about one size are merged when there are ``FACTOR`` of them, up to so many passages, and ``FACTOR`` times
as many, and so on: each passage is written again once for each of these sizes, and there are seven segments of each."""
REMOVED = 0.25
"""Share of a segment's passages that may be removed before it is written anew."""


def to_merge(snapshot: Snapshot, but: Container[str] = ()) -> list[int]:
    """The places of the segments that are to be one; none where all is well.

    :param but: The names of those that are left as they are.
    """
    live = [int(mask.sum()) for _, _, mask in snapshot.parts()]
    sizes = [len(mask) for _, _, mask in snapshot.parts()]
    free = [at for at, entry in enumerate(snapshot.entries) if entry.name not in but]
    worn = [at for at in free if sizes[at] - live[at] > REMOVED * sizes[at]]
    tiers: dict[int, list[int]] = {}
    for at in free:
        tiers.setdefault(_tier(live[at]), []).append(at)
    full = [members for members in tiers.values() if len(members) >= FACTOR]
    return sorted({*worn, *(full[0] if full else ())})


def _tier(passages: int) -> int:
    tier = 0
    while passages > SMALLEST * FACTOR**tier:
        tier += 1
    return tier


def merge(index: Path, snapshot: Snapshot, places: Sequence[int]) -> tuple[list[SegmentEntry], Ids]:
    """Make one of some segments. Call only while ``building``.

    :param snapshot: The generation in use.
    :param places: Of the segments.
    :return: All segments then, and the groups of their passages.
    """
    parts = [(segment, snapshot.articles_in_use(at), mask)
             for at, (_, segment, mask) in enumerate(snapshot.parts()) if at in places]  # fmt: skip
    stay = [at for at in range(len(snapshot.segments)) if at not in places]
    entries = [snapshot.entries[at] for at in stay]
    is_any = any(mask.any() for *_, mask in parts)
    if is_any:
        entries.append(_written(index, snapshot.manifest.kind_of_vectors, snapshot.manifest.dimension, parts))
    return entries, _groups_after(snapshot, stay, places)


def _written(index: Path, kind: str, dimension: int, parts: list[tuple[Segment, Mask, Mask]]) -> SegmentEntry:
    with NewSegment(index, kind, dimension) as new:
        for segment, articles, _ in parts:
            keys, scripts = segment.vectors.keys, segment.form.scripts
            for number in np.flatnonzero(articles).tolist():
                article, kept = segment.store.as_read(number)
                cut = segment.store.passages_of(article.info.id, number)
                new.add(article, kept, [(each, scripts[segment.script_of[each.id]], keys[each.id]) for each in cut])
        vectors = chain.from_iterable(segment.vectors.blocks(np.flatnonzero(mask)) for segment, _, mask in parts)
        words = MergedPostings([(segment.postings, passages) for segment, _, passages in parts])
        return new.finish(vectors, words, MergedDerived(parts))


def _groups_after(snapshot: Snapshot, stay: Sequence[int], merged: Sequence[int]) -> Ids:
    """The groups of a snapshot under the ids that its passages have after a merge."""
    new_id = np.full(len(snapshot.live), -1, np.int64)
    parts = list(snapshot.parts())
    after = 0
    for at in stay:
        begin, _, mask = parts[at]
        new_id[begin : begin + len(mask)] = np.arange(after, after + len(mask))
        after += len(mask)
    for at in merged:
        begin, _, mask = parts[at]
        new_id[begin + np.flatnonzero(mask)] = np.arange(after, after + int(mask.sum()))
        after += int(mask.sum())
    kept = np.flatnonzero(new_id >= 0)
    _, group = np.unique(snapshot.groups[kept], return_inverse=True)
    first = np.full(group.max(initial=-1) + 1, after, np.int64)
    np.minimum.at(first, group, new_id[kept])
    groups = np.empty(after, np.int64)
    groups[new_id[kept]] = first[group]
    return groups
