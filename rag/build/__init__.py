"""A folder of articles → an index: the only module that knows every stage on that way."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence, Set
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from rag.build.encoding import encoder_for, has_vectors_of, is_model_of
from rag.build.source import Source, check_all_removals, restored_of
from rag.build.writing import NewIndex, merge_what_is_due, settle_index
from rag.core import arguments
from rag.core.articles import Article
from rag.core.folders import MAX_COLLECTIONS, given_folders
from rag.core.limits import MAX_SHARDS
from rag.core.places import MilvusAddress, Place, given_place, is_address
from rag.core.progress import Progress, Report, Reporter
from rag.corpus.corpus import Corpus
from rag.corpus.folder import list_folder
from rag.corpus.listing import Listing
from rag.corpus.reading import read_corpus
from rag.corpus.seen_files import NO_FILES, SeenFiles, note_seen, seen_by
from rag.corpus.versions import Work, work_to_redo
from rag.errors import ArgumentError
from rag.index.generations import building, current_generation
from rag.index.mending import mend_codes
from rag.index.snapshot import Snapshot, open_whole
from rag.models.device import given_device
from rag.models.encoder import Encoder
from rag.models.sentence_transformer import given_model


def build_index(
    folder: str | Path | Mapping[str, str | Path],
    index: str | Place = "index",
    model: str | Path | Encoder | None = None,
    progress: Callable[[Progress], None] | None = None,
    device: str | None = None,
    *,
    replace: bool = False,
    verify: bool = False,
    settled: float = 0.0,
    shard: tuple[int, int] | None = None,
) -> Report:
    """Build the index of a folder of articles, or of several by name, or bring it up to date.

    A file that looks as it did when it was read, by size, times and number, is not read again. Only passages whose text
    is new go through the model, in the precision of those that are there. The index in use answers until the new
    generation is whole, and what only adds to it is taken into use part by part; a build that is killed leaves in use
    what was, and the next one takes over what was encoded. What can't be looked at, as a folder that can't be opened,
    stays as it was indexed, as do articles that were brought back; and what would take out more than a tenth of the
    articles, and more than ten, or those of another folder, is refused.

    >>> report = build_index(samples, samples_index)  # built before: nothing is new
    >>> report.unchanged, report.encoded, report.failures
    (16, 0, ())

    :param folder: The articles; sub-folders too. Several folders are the collections of one index, each by its name:
        those that are not given stay as they are.
    :param index: Where the index is kept: a folder, or ``milvus://HOST:PORT/NAME``.
    :param shard: Which part of the articles is indexed, and of how many, where others index the rest: (3, 8). Over
        a server alone; what is new is taken into use when all parts are in.
    :param model: A model's name or folder, or an encoder; None for the one the index was built with, or else the
        packaged one. With an encoder of other precision than the index's, all passages are encoded anew.
    :param progress: Called often, from this thread.
    :param device: Where a model that is loaded runs, as for ``load_encoder``.
    :param replace: Whether many articles may be removed, and another folder's take their place. Articles that were
        brought back go too, unless their files are there again.
    :param verify: Whether all files are read, whatever they look like.
    :param settled: Seconds for which a file must not have been written: one that may still be in the writing stays as
        it was indexed, and is left for the next run.
    :return: What was done, and which files could not be read and why.
    :raises FolderError: The folder is not there, goes away meanwhile, or none of its files can be read.
    :raises RemovalRefused: So much would be removed that it may be a mistake.
    :raises IndexBusy: Another process is building this index.
    :raises ServerError: The server can't be reached, or does not do what it is asked.
    :raises IndexUnopened: A file of the index in use may not be opened.
    :raises ModelError: The model can't be loaded; or the index names it, and nobody chose it on this machine.
    :raises WorkerError: No process can be started to read articles in.
    :raises ArgumentError: An argument is of the wrong type, or no path, or torch can't use the device.
    """
    place, began = _given_place(index), time.monotonic()
    model = _given(model)
    arguments.callback("progress", progress)
    device = given_device("device", device)
    replace, verify = arguments.switch("replace", replace), arguments.switch("verify", verify)
    folders, seconds = given_folders("folder", folder), _seconds(settled)
    part = _part(place, shard)
    given = [list_folder(path, seconds, name) for name, path in folders.items()]
    return update_index(
        given, place, model, progress, device, replace=replace, verify=verify, settled=seconds, began=began, shard=part
    )


def update_index(
    given: Sequence[Listing],
    index: Place,
    model: str | Encoder | None,
    progress: Callable[[Progress], None] | None,
    device: str | None = None,
    *,
    replace: bool = False,
    verify: bool = False,
    settled: float = 0.0,
    began: float | None = None,
    shard: tuple[int, int] | None = None,
) -> Report:
    """The same of folders that are listed already, each another collection.

    :param began: When, by the monotonic clock, if not now.
    :param shard: Over a server: which part of the articles.
    """
    report, began = Reporter(progress), time.monotonic() if began is None else began
    if isinstance(index, MilvusAddress):
        from rag.build.milvus.shard import update_milvus  # slow to load, and an extra

        return update_milvus(
            given, index, model, report, device, replace=replace, settled=settled, began=began, shard=shard or (1, 1)
        )
    names = {listing.collection for listing in given}
    with building(index), _whole_of(index) or nullcontext() as old:
        known = old if old and ("" in old.manifest.folders) == ("" in names) else None
        redo = frozenset(work_to_redo(known.manifest.stages) if known else ())
        run = _Run(index, old, known, redo, _listed(given, known, redo, settled), seen_by(index), began)
        restored = restored_of(index, known, given, replace=replace)
        corpus = run.read(restored, report, verify=verify)
        if not replace:
            check_all_removals(index, old, known, corpus, run.seen, run.listings)
        source = Source.of(run.listings, known, corpus)
        if run.is_up_to_date(corpus, source, model):
            return run.leave(corpus)
        return run.write(corpus, source, encoder_for(model, old.manifest if old else None, device, report), report)


def _listed(given: Sequence[Listing], known: Snapshot | None, redo: Set[Work], settled: float) -> list[Listing]:
    """The folders that are read: those that are given; all, where something is done anew, or mended, for all.

    :raises ArgumentError: The index has too many besides.
    """
    names = {listing.collection for listing in given}
    others = {name: path for name, path in known.manifest.folders.items() if name not in names} if known else {}
    if len(names) + len(others) > MAX_COLLECTIONS:
        raise ArgumentError(f"the index has {len(others)} other collections: {MAX_COLLECTIONS} at most")
    if known and (redo or not known.is_whole):
        return [*given, *(list_folder(path, settled, name) for name, path in others.items())]
    return [*given]


@dataclass(frozen=True, slots=True)
class _Run:
    """What is done to an index that nothing else changes meanwhile.

    :param old: What is in use, if it can be opened.
    :param known: The same, where the collections are those of now.
    :param redo: What of it is done anew, since another version of the project did it.
    :param seen: What files looked like when they were read.
    :param began: When, by the monotonic clock.
    """

    index: Path
    old: Snapshot | None
    known: Snapshot | None
    redo: Set[Work]
    listings: Sequence[Listing]
    seen: SeenFiles
    began: float

    def read(self, restored: Mapping[str, Article | None], report: Reporter, *, verify: bool) -> Corpus:
        """Read what is new."""
        store = self.known.store if self.known else None
        look = NO_FILES if verify or not self.known else self.seen
        return read_corpus(self.listings, store, look, report.reading, restored, anew="read" in self.redo)

    def is_up_to_date(self, corpus: Corpus, source: Source, model: str | Encoder | None) -> bool:
        """Whether the index in use is what would be made."""
        if not self.known or self.redo or not self.known.is_whole:
            return False
        made = self.known.manifest
        same_articles = not corpus.read and len(corpus.digests) == made.articles
        is_same = is_model_of(model, made) and same_articles
        then, now = ((each.failures, each.folders, each.restored) for each in (made, source))
        return is_same and then == now

    def leave(self, corpus: Corpus) -> Report:
        """Leave what is in use as it is."""
        assert self.known
        settle_index(self.known)
        note_seen(self.index, self.seen, corpus.seen, corpus.other)
        return self._report(corpus, self.known, 0)

    def write(self, corpus: Corpus, source: Source, encoder: Encoder, report: Reporter) -> Report:
        """Write what is new, and take it into use."""
        same = self.known if self.known and has_vectors_of(encoder, self.known.manifest) else None
        new = NewIndex(self.index, corpus, encoder, source)
        stays, cut = (None if self.redo else same), (None if "cut" in self.redo else same)
        encoded = new.write(stays, cut, report, is_first=self.old is None)
        with Snapshot(current_generation(self.index)) as now:
            note_seen(self.index, self.seen, corpus.seen, corpus.other)
            result = self._report(corpus, now, encoded)
        merge_what_is_due(self.index, but=_losing(self.old, now))  # what goes can be brought back until the next change
        report("write", 1, 1)
        return result

    def _report(self, corpus: Corpus, made: Snapshot, encoded: int) -> Report:
        before, now = self.known.store.digests() if self.known else {}, corpus.digests
        read = [name for name in corpus.read if name in now]  # of the others no file is other
        added = sum(name not in before for name in read)
        changed = sum(before.get(name, now[name]) != now[name] for name in read)
        listed = tuple(listing.prefix for listing in self.listings)
        return Report(
            articles=len(now),
            added=added,
            changed=changed,
            unchanged=len(now) - added - changed,
            removed=len(corpus.gone),
            kept=len(corpus.kept),
            unsettled=len(corpus.unsettled),
            failures=corpus.failures,
            notices=corpus.notices,
            passages=len(made),
            encoded=encoded,
            left_out=made.store.left_out(),
            seconds=time.monotonic() - self.began,
            elsewhere=sum(not name.startswith(listed) for name in now) if all(listed) else 0,
        )


def _whole_of(index: Path) -> Snapshot | None:
    """What is whole of an index, once its codes are."""
    mend_codes(index)
    return open_whole(index)


def _given_place(index: object) -> Place:
    if is_address(index):
        return given_place("index", index)
    folder = arguments.path("index", index)
    arguments.text("index", str(folder))
    return folder


_SHARD = "two numbers, which part and of how many: (3, 8)"


def _part(place: Place, shard: object) -> tuple[int, int] | None:
    """A part of all articles, as its number and how many there are.

    :raises ArgumentError: It is none, or the index is in a folder.
    """
    if shard is None:
        return None
    pair = arguments.several("shard", shard, object, _SHARD)
    if len(pair) != 2:
        raise arguments.refused("shard", shard, _SHARD)
    number, of = pair
    of = arguments.whole("the number of shards", of, 1, MAX_SHARDS)
    if not isinstance(place, MilvusAddress):
        raise ArgumentError("an index in a folder is built by one process at a time: give no shard")
    return arguments.whole("the shard", number, 1, of), of


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


def _losing(old: Snapshot | None, now: Snapshot) -> frozenset[str]:
    """The segments from which something was removed."""
    before = {entry.name: entry.removed for entry in old.entries} if old else {}
    return frozenset(entry.name for entry in now.manifest.segments if before.get(entry.name, ()) != entry.removed)
