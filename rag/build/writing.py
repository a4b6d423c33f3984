"""A corpus → the next generation of an index, which is taken into use; and what is due when one is."""

from __future__ import annotations

from collections.abc import Container, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rag.build.copies import group_copies
from rag.build.merging import merge, to_merge
from rag.build.plan import plan_of
from rag.build.segments import SegmentsToWrite
from rag.build.source import Source
from rag.core.progress import Reporter
from rag.corpus.corpus import Corpus
from rag.corpus.versions import VERSIONS
from rag.errors import IndexFolderError
from rag.index.generations import current_generation, settle
from rag.index.manifest import Manifest, SegmentEntry
from rag.index.new_generation import NewGeneration
from rag.index.rescue import KnownVectors, forget_records
from rag.index.snapshot import Snapshot
from rag.models.encoder import Encoder


@dataclass(frozen=True, slots=True)
class NewIndex:
    """What an index is to hold."""

    index: Path
    corpus: Corpus
    encoder: Encoder
    source: Source

    def write(self, base: Snapshot | None, cut: Snapshot | None, report: Reporter, *, is_first: bool) -> int:
        """Write what the index lacks, and take it into use; returns how many passages were encoded.

        What only adds to an index is taken into use as it is finished, segment by segment.

        :param base: Whose segments stay.
        :param cut: Where passages are taken from that are cut already.
        :param is_first: Whether there is nothing yet that answers.
        """
        kind = self._manifest().kind_of_vectors
        plan = plan_of(self.corpus, base)
        entries, compared = list(plan.entries), base if base and base.is_whole else None
        with KnownVectors(self.index, kind, self.encoder.dimension) as known:
            store = cut.store if cut else None
            segments = SegmentsToWrite(plan.written, plan.repeats, self.corpus, self.encoder, store, known)
            for entry in segments.write(self.index, kind, report):
                entries.append(entry)
                known.are_in(entry.name)
                if segments.remaining and (base or is_first) and not plan.replaces:
                    self._publish_so_far(entries)
                    entries, compared = list(merge_what_is_due(self.index)), None
            generation = NewGeneration(self.index, self._manifest(), entries)
            passages = len(generation.snapshot)
            report("compare", 0, passages)
            groups = group_copies(generation.snapshot, compared)
            report("compare", passages, passages)
            report("write", 0, 1)
            generation.publish(groups)
        forget_records(self.index)
        return segments.encoded

    def _publish_so_far(self, entries: Sequence[SegmentEntry]) -> None:
        """Take what is written into use, though more is to come. Copies among what is new are not told yet."""
        so_far = NewGeneration(self.index, self._manifest(is_finished=False), entries)
        groups = np.arange(len(so_far.snapshot.live))
        with suppress(IndexFolderError), Snapshot(current_generation(self.index)) as before:
            names = [entry.name for entry in before.entries]
            if names == [entry.name for entry in so_far.snapshot.entries[: len(names)]]:  # none was damaged
                groups[: len(before.groups)] = before.groups
        so_far.publish(groups)

    def _manifest(self, *, is_finished: bool = True) -> Manifest:
        """All of it but what is counted."""
        return Manifest(
            folders=dict(self.source.folders),
            model=self.encoder.name,
            model_digest=self.encoder.digest,
            dimension=self.encoder.dimension,
            half_precision=self.encoder.half_precision,
            stages=VERSIONS,
            articles=0,
            passages=0,
            failures=self.source.failures,
            restored=self.source.restored,
            is_finished=is_finished,
        )


def settle_index(old: Snapshot) -> None:
    """Have an index that is up to date be in use, and sweep what is not of it."""
    settle(old.generation, {entry.name for entry in old.manifest.segments})
    forget_records(old.generation.parent)


def merge_what_is_due(index: Path, but: Container[str] = ()) -> tuple[SegmentEntry, ...]:
    """Merge segments of the generation in use until there are few; returns those that there are then.

    :param but: Those that are left as they are.
    """
    while True:
        with Snapshot(current_generation(index)) as now:
            if not (places := to_merge(now, but)):
                return now.manifest.segments
            entries, groups = merge(index, now, places)
            NewGeneration(index, now.manifest, entries).publish(groups)
