"""A folder of articles → an index: the only module that knows every stage on that way."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path

from rag.build.encoding import encoder_for, has_vectors_of, is_model_of
from rag.build.source import Source, check_all_removals, restored_of
from rag.build.writing import NewIndex, merge_what_is_due, settle_index
from rag.core import arguments
from rag.core.folders import MAX_COLLECTIONS, given_folders
from rag.core.progress import Progress, Report, Reporter
from rag.corpus.folder import Listing, list_folder
from rag.corpus.reading import Corpus, read_corpus
from rag.corpus.seen_files import note_seen, seen_by
from rag.corpus.versions import work_to_redo
from rag.errors import ArgumentError
from rag.index.generations import building, current_generation
from rag.index.mending import mend_codes
from rag.index.snapshot import Snapshot, open_whole
from rag.index.store import Store
from rag.models.device import given_device
from rag.models.encoder import Encoder
from rag.models.sentence_transformer import given_model


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
    generation is whole, and what only adds to it is taken into use part by part; a build that is killed leaves in use
    what was, and the next one takes over what was encoded. What can't be looked at, as a folder that can't be opened,
    stays as it was indexed, as do articles that were brought back; and what would take out more than a tenth of the
    articles, and more than ten, or those of another folder, is refused.

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
    :param replace: Whether many articles may be removed, and another folder's take their place. Articles that were
        brought back go too, unless their files are there again.
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
    with building(index), _whole_of(index) or nullcontext() as old:
        known = old if old and ("" in old.manifest.folders) == ("" in folders) else None
        redo = work_to_redo(known.manifest.stages) if known else set()
        others = {name: path for name, path in known.manifest.folders.items() if name not in folders} if known else {}
        if len(folders) + len(others) > MAX_COLLECTIONS:
            raise ArgumentError(f"the index has {len(others)} other collections: {MAX_COLLECTIONS} at most")
        if known and (redo or not known.is_whole):  # what is done anew, or mended, is so for all collections
            listings += [list_folder(path, seconds, name) for name, path in others.items()]
        seen, store = seen_by(index), known.store if known else None
        restored = restored_of(index, known, listings[: len(folders)], replace=replace)
        look = {} if verify or not known else seen
        corpus = read_corpus(listings, store, look, report.reading, restored, anew="read" in redo)
        if not replace:
            check_all_removals(index, old, known, corpus, seen, listings)
        made = Source.of(listings, known, corpus)
        if known and not redo and _is_up_to_date(known, corpus, made, model):
            settle_index(known)
            note_seen(index, seen, corpus.seen)
            return _report(corpus, store, known, 0, listings, began)
        encoder = encoder_for(model, old, device, report)
        same = known if known and has_vectors_of(encoder, known.manifest) else None
        new = NewIndex(index, corpus, encoder, made)
        encoded = new.write(None if redo else same, None if "cut" in redo else same, report, is_first=old is None)
        with Snapshot(current_generation(index)) as now:
            note_seen(index, seen, corpus.seen)
            result = _report(corpus, store, now, encoded, listings, began)
        merge_what_is_due(index, but=_losing(old, now))  # so that what goes can be brought back until the next change
        report("write", 1, 1)
    return result


def _whole_of(index: Path) -> Snapshot | None:
    """What is whole of an index, once its codes are."""
    mend_codes(index)
    return open_whole(index)


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


def _is_up_to_date(old: Snapshot, corpus: Corpus, source: Source, model: str | Encoder | None) -> bool:
    made = old.manifest
    same_articles = not corpus.read and len(corpus.digests) == made.articles
    is_same = is_model_of(model, made) and same_articles
    then, now = ((each.failures, each.folders, each.restored) for each in (made, source))
    return is_same and then == now and old.is_whole


def _losing(old: Snapshot | None, now: Snapshot) -> frozenset[str]:
    """The segments from which something was removed."""
    before = {entry.name: entry.removed for entry in old.entries} if old else {}
    return frozenset(entry.name for entry in now.manifest.segments if before.get(entry.name, ()) != entry.removed)


def _report(
    corpus: Corpus, old: Store | None, new: Snapshot, encoded: int, listings: Sequence[Listing], began: float
) -> Report:
    before = old.digests() if old else {}
    now = corpus.digests
    unchanged = sum(before.get(name) == digest for name, digest in now.items())
    added = len(now.keys() - before.keys())
    listed = tuple(listing.prefix for listing in listings)
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
        elsewhere=sum(not name.startswith(listed) for name in now),
    )
