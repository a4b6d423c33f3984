"""A folder of articles → an index: the only module that knows every stage on that way."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rag.build.copies import group_copies
from rag.build.merging import merge, to_merge
from rag.build.plan import plan_of
from rag.build.segments import SegmentsToWrite
from rag.core import arguments
from rag.core.articles import Failure
from rag.core.folders import given_folders
from rag.core.progress import Progress, Report, Reporter
from rag.corpus.folder import Listing, list_folder, prefix_of
from rag.corpus.reading import Corpus, read_corpus
from rag.corpus.removals import check_removals
from rag.corpus.seen_files import SeenFile, note_seen, seen_by
from rag.corpus.versions import VERSIONS, work_to_redo
from rag.errors import IndexUnusable, UnknownName
from rag.index.generations import building, current_generation, settle
from rag.index.manifest import Manifest, SegmentEntry
from rag.index.new_generation import NewGeneration
from rag.index.rescue import KnownVectors, forget_records
from rag.index.snapshot import Snapshot, open_whole
from rag.index.store import Store
from rag.models.device import given_device
from rag.models.encoder import Encoder
from rag.models.known_models import DEFAULT_MODEL, check_model, note_model
from rag.models.sentence_transformer import default_digest, given_model, load_encoder


def build_index(
    folder: str | Path | Mapping[str, str | Path],
    index: str | Path = "index",
    model: str | Path | Encoder | None = None,
    progress: Callable[[Progress], None] | None = None,
    device: str | None = None,
    *,
    replace: bool = False,
    verify: bool = False,
    settled: float = 0.0,
) -> Report:
    """Build the index of a folder of articles, or of several by name, or bring it up to date.

    A file that looks as it did when it was read, by size, times and number, is not read again. Only passages whose text
    is new go through the model, in the precision of those that are there. The index in use answers until the new
    generation is whole; a build that is killed leaves it in use, and the next one takes over what was encoded. What
    can't be looked at, as a folder that can't be opened, stays as it was indexed; and what would take
    out more than a tenth of the articles, and more than ten, or those of another folder, is refused.

    >>> report = build_index(samples, samples_index)  # built before: nothing is new
    >>> report.unchanged, report.encoded, report.failures
    (16, 0, ())

    :param folder: The articles; sub-folders too. Several folders are the collections of one index, each by its name:
        those that are not given stay as they are.
    :param index: Where the index is kept.
    :param model: A model's name or folder, or an encoder; None for the one the index was built with, or else the
        packaged one. With an encoder of other precision than the index's, all passages are encoded anew.
    :param progress: Called often, from this thread.
    :param device: Where a model that is loaded runs, as for ``load_encoder``.
    :param replace: Whether many articles may be removed, and another folder's take their place.
    :param verify: Whether all files are read, whatever they look like.
    :param settled: Seconds for which a file must not have been written: one that may still be in the writing stays as
        it was indexed, and is left for the next run.
    :return: What was done, and which files could not be read and why.
    :raises FolderError: The folder is not there, goes away meanwhile, or none of its files can be read.
    :raises RemovalRefused: So much would be removed that it may be a mistake.
    :raises IndexBusy: Another process is building this index.
    :raises IndexUnopened: A file of the index in use may not be opened.
    :raises ModelError: The model can't be loaded; or the index names it, and nobody chose it on this machine.
    :raises WorkerError: No process can be started to read articles in.
    :raises ArgumentError: An argument is of the wrong type, or no path, or torch can't use the device.
    """
    began = time.monotonic()
    index = arguments.path("index", index)
    arguments.text("index", str(index))
    model = _given(model)
    arguments.callback("progress", progress)
    device = given_device("device", device)
    replace, verify = arguments.switch("replace", replace), arguments.switch("verify", verify)
    report = Reporter(progress)
    folders, seconds = given_folders("folder", folder), _seconds(settled)
    listings = [list_folder(path, seconds, name) for name, path in folders.items()]
    with building(index), open_whole(index) or nullcontext() as old:
        known = old if old and ("" in old.manifest.folders) == ("" in folders) else None
        redo = work_to_redo(known.manifest.stages) if known else set()
        seen, store = seen_by(index), known.store if known else None
        corpus = read_corpus(listings, store, {} if verify or not known else seen, report.reading, anew="read" in redo)
        if not replace:
            _check_removals(index, old, known, corpus, seen, listings)
        made = _Source.of(listings, known, corpus)
        if known and not redo and _is_up_to_date(known, corpus, made, model):
            _settle(known)
            note_seen(index, seen, corpus.seen)
            return _report(corpus, store, known, 0, began)
        encoder = _encoder(model, old, device, report)
        same = known if known and _has_vectors_of(encoder, known.manifest) else None
        new = _NewIndex(index, corpus, encoder, made)
        encoded = new.write(None if redo else same, None if "cut" in redo else same, report, is_first=old is None)
        with Snapshot(current_generation(index)) as now:
            note_seen(index, seen, corpus.seen)
            result = _report(corpus, store, now, encoded, began)
        _merge_what_is_due(index)
        report("write", 1, 1)
    return result


def drop_collection(name: str, index: str | Path = "index") -> int:
    """Take a collection out of an index, whatever its folder holds; returns how many articles it had.

    :raises UnknownName: The index has no collection of that name.
    :raises IndexFolderError: It is the only one; or the index can't be used, or another process is building it.
    :raises ModelError: The model can't be loaded: what sources repeat may have others cut anew.
    :raises ArgumentError: An argument is of the wrong type.
    """
    index, prefix = arguments.folder("index", index), prefix_of(arguments.text("name", name))
    with building(index), Snapshot(current_generation(index)) as old:
        folders, digests = old.manifest.folders, old.store.digests()
        if name not in folders or not name:
            raise UnknownName("collection", name, tuple(filter(None, folders)))
        if len(folders) == 1:
            raise IndexUnusable(f"{name} is all that the index {index} has: delete its folder instead")
        report, seen = Reporter(None), seen_by(index)
        stays = {article: digest for article, digest in digests.items() if not article.startswith(prefix)}
        seen_then = {article: file for article, file in seen.items() if not article.startswith(prefix)}
        corpus = Corpus(stays, {}, frozenset(), (), (), seen_then, (), old.store)
        made = _Source(
            {other: path for other, path in folders.items() if other != name},
            tuple(failure for failure in old.manifest.failures if not failure.path.startswith(prefix)),
        )
        new = _NewIndex(index, corpus, _encoder(None, old, None, report), made)
        new.write(old, old, report, is_first=False)
        note_seen(index, seen, seen_then)
        _merge_what_is_due(index)
    return len(digests) - len(stays)


@dataclass(frozen=True, slots=True)
class _Source:
    """Of what an index is made: folders, by collection, and what of them could not be read."""

    folders: Mapping[str, str]
    failures: tuple[Failure, ...]

    @classmethod
    def of(cls, listings: Sequence[Listing], known: Snapshot | None, corpus: Corpus) -> _Source:
        """What was read, and what an index has of collections that were not."""
        read = tuple(listing.prefix for listing in listings)
        before = known.manifest.failures if known else ()
        kept = tuple(failure for failure in before if not failure.path.startswith(read))
        folders = known.manifest.folders if known else {}
        return cls(folders | {listing.collection: str(listing.root) for listing in listings}, kept + corpus.failures)


def _check_removals(
    index: Path,
    old: Snapshot | None,
    known: Snapshot | None,
    corpus: Corpus,
    seen: Mapping[str, SeenFile],
    listings: Sequence[Listing],
) -> None:
    """Refuse to take out much, of any of the collections that were read.

    :raises RemovalRefused: It is too much.
    """
    before = old.store.digests() if old else {}
    if old is None or not old.is_whole:
        before = {name: file.digest for name, file in seen.items()} | before
    folders = old.manifest.folders if old else {}
    if old and known is None:
        then, now = (", ".join(map(str, paths)) for paths in (folders.values(), [each.root for each in listings]))
        check_removals(index, (then, f"{now} under other names"), before, {})
    for listing in listings:
        mine, there = (
            {name: digest for name, digest in digests.items() if name.startswith(listing.prefix)}
            for digests in (before, corpus.digests)
        )
        root = str(listing.root)
        check_removals(index, (folders.get(listing.collection, root), root), mine, there)


def _seconds(settled: float) -> float:
    if not 0 <= (seconds := arguments.number("settled", settled)) < float("inf"):
        raise arguments.refused("settled", settled, "a number of seconds from 0")
    return seconds


def _given(model: str | Path | Encoder | None) -> str | Encoder | None:
    if isinstance(model, str | Path):
        return given_model("model", model)
    if model is not None:
        arguments.fits_protocol("model", model, Encoder, "a model's name or folder, or an encoder")
    return model


def _is_up_to_date(old: Snapshot, corpus: Corpus, source: _Source, model: str | Encoder | None) -> bool:
    made = old.manifest
    same_articles = not corpus.read and len(corpus.digests) == made.articles
    is_same = _is_model_of(model, made) and same_articles
    return is_same and (made.failures, made.folders) == (source.failures, source.folders) and old.is_whole


def _is_model_of(model: str | Encoder | None, made: Manifest) -> bool:
    """Whether an index's vectors are those of a model, as far as that can be told without loading it."""
    if model is not None and not isinstance(model, str):
        return _has_vectors_of(model, made)
    known = default_digest() if made.model == DEFAULT_MODEL else None
    return model in (None, made.model) and known in (None, made.model_digest)


def _has_vectors_of(encoder: Encoder, made: Manifest) -> bool:
    """Whether an index's vectors are as the encoder makes them."""
    return (made.model_digest, made.half_precision) == (encoder.digest, encoder.half_precision)


def _encoder(model: str | Encoder | None, old: Snapshot | None, device: str | None, report: Reporter) -> Encoder:
    """The encoder; one that is loaded for the model of the old index encodes in the precision of that."""
    if model is None:
        model = old.manifest.model if old else DEFAULT_MODEL
        check_model(model)
    if not isinstance(model, str):
        return model
    half_precision = old.manifest.half_precision if old and old.manifest.model == model else None
    encoder = load_encoder(
        model, lambda done, total: report("model", done, total), device=device, half_precision=half_precision
    )
    note_model(encoder.name)
    return encoder


@dataclass(frozen=True, slots=True)
class _NewIndex:
    """What an index is to hold."""

    index: Path
    corpus: Corpus
    encoder: Encoder
    source: _Source

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
                known.add(entry.name)
                if segments.remaining and (base or is_first) and not plan.replaces:
                    so_far = NewGeneration(self.index, self._manifest(is_finished=False), entries)
                    so_far.publish(np.arange(len(so_far.snapshot.live)))
                    known.are_in_use()
                    entries, compared = list(_merge_what_is_due(self.index)), None
            generation = NewGeneration(self.index, self._manifest(), entries)
            passages = len(generation.snapshot)
            report("compare", 0, passages)
            groups = group_copies(generation.snapshot, compared)
            report("compare", passages, passages)
            report("write", 0, 1)
            generation.publish(groups)
        forget_records(self.index)
        return segments.encoded

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
            is_finished=is_finished,
        )


def _settle(old: Snapshot) -> None:
    """Have an index that is up to date be in use, and sweep what is not of it."""
    settle(old.generation, {entry.name for entry in old.manifest.segments})
    forget_records(old.generation.parent)


def _merge_what_is_due(index: Path) -> tuple[SegmentEntry, ...]:
    """Merge segments of the generation in use until there are few; returns those that there are then."""
    while True:
        with Snapshot(current_generation(index)) as now:
            if not (places := to_merge(now)):
                return now.manifest.segments
            entries, groups = merge(index, now, places)
            NewGeneration(index, now.manifest, entries).publish(groups)


def _report(corpus: Corpus, old: Store | None, new: Snapshot, encoded: int, began: float) -> Report:
    before = old.digests() if old else {}
    now = corpus.digests
    unchanged = sum(before.get(name) == digest for name, digest in now.items())
    added = len(now.keys() - before.keys())
    return Report(
        articles=len(now),
        added=added,
        changed=len(now) - added - unchanged,
        unchanged=unchanged,
        removed=len(before.keys() - now.keys()),
        kept=len(corpus.kept),
        unsettled=len(corpus.unsettled),
        failures=corpus.failures,
        notices=corpus.notices,
        passages=len(new),
        encoded=encoded,
        left_out=new.store.left_out(),
        seconds=time.monotonic() - began,
    )
