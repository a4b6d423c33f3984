"""A folder of articles → an index: the only module that knows every stage on that way."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from rag.core import arguments
from rag.core.articles import ArticleInfo
from rag.core.progress import Progress, Report, Reporter
from rag.corpus.boilerplate import Repeats
from rag.corpus.folder import list_folder
from rag.corpus.near_duplicates import find_copies
from rag.corpus.passages import cut_passages
from rag.corpus.reading import Corpus, read_corpus
from rag.corpus.removals import check_removals
from rag.corpus.seen_files import note_seen, seen_by
from rag.corpus.versions import VERSIONS, work_to_redo
from rag.index.generations import building, settle
from rag.index.index import Index, open_whole
from rag.index.manifest import Manifest, kind_of_vectors
from rag.index.vectors import key_of
from rag.index.writing import NewGeneration
from rag.models.device import given_device
from rag.models.encoded import encoded_passages
from rag.models.encoder import Encoder, Vectors
from rag.models.known_models import DEFAULT_MODEL, check_model, note_model
from rag.models.sentence_transformer import default_digest, given_model, load_encoder
from rag.text.writing_systems import script_of, size

CHUNK = 256
"""Passages encoded between two reports of progress; the most that a killed build loses."""


@dataclass(frozen=True, slots=True)
class _Row:
    """A passage of the new generation: its article and its text as shown. Rows are in the order of their ids."""

    info: ArticleInfo
    text: str

    @property
    def searched(self) -> str:
        return self.info.indexed_text(self.text)

    @property
    def key(self) -> bytes:
        """Of the searched text."""
        return key_of(self.searched)


def build_index(
    folder: str | Path,
    index: str | Path = "index",
    model: str | Path | Encoder | None = None,
    progress: Callable[[Progress], None] | None = None,
    device: str | None = None,
    *,
    replace: bool = False,
    verify: bool = False,
    settled: float = 0.0,
) -> Report:
    """Build the index of a folder of articles, or bring it up to date.

    A file that looks as it did when it was read, by size, times and number, is not read again. Only passages whose text
    is new go through the model, in the precision of those that are there. The index in use answers until the new
    generation is whole; a build that is killed leaves it in use, and the next one takes over what was encoded. What
    can't be looked at, as a folder that can't be opened, stays as it was indexed; and what would take
    out more than a tenth of the articles, and more than ten, or those of another folder, is refused.

    >>> report = build_index(samples, samples_index)  # built before: nothing is new
    >>> report.unchanged, report.encoded, report.failures
    (16, 0, ())

    :param folder: The articles; sub-folders too.
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
    listing = list_folder(arguments.path("folder", folder), _seconds(settled))
    with building(index), open_whole(index) or nullcontext() as old:
        redo = work_to_redo(old.manifest.stages) if old else set()
        seen, store = seen_by(index), old.store if old else None
        corpus = read_corpus(listing, store, {} if verify else seen, report.reading, anew="read" in redo)
        if not replace:
            before = store.digests() if store else {name: file.digest for name, file in seen.items()}
            folders = old.manifest.folder if old else str(listing.root), str(listing.root)
            check_removals(index, folders, before, corpus.digests)
        if old and not redo and _is_up_to_date(old, corpus, listing.root, model):
            settle(old.generation)
            note_seen(index, seen, corpus.seen)
            return _report(corpus, old, old, 0, began)
        encoder = _encoder(model, old, device, report)
        same = old if old and _has_vectors_of(encoder, old.manifest) else None
        kind = kind_of_vectors(encoder.digest, VERSIONS["encoding"], half_precision=encoder.half_precision)
        with NewGeneration(index, kind, encoder.dimension) as generation:
            if old is None:
                generation.take_over()
            elif old.manifest.kind_of_vectors == kind:
                generation.vectors |= old.vectors_by_key()
            rows = _write_articles(generation, corpus, encoder, None if "cut" in redo else same)
            encoded = _write_rest(generation, corpus, rows, encoder, listing.root, report)
            with Index(generation.folder) as new:  # one that can't be opened is not taken into use
                result = _report(corpus, old, new, encoded, began)
            generation.publish()
            note_seen(index, seen, corpus.seen)
            report("write", 1, 1)
    return result


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


def _is_up_to_date(old: Index, corpus: Corpus, folder: Path, model: str | Encoder | None) -> bool:
    made = old.manifest
    same_model = _is_model_of(model, made)
    same_articles = not corpus.read and len(corpus.digests) == made.articles
    return same_model and same_articles and made.failures == corpus.failures and made.folder == str(folder)


def _is_model_of(model: str | Encoder | None, made: Manifest) -> bool:
    """Whether an index's vectors are those of a model, as far as that can be told without loading it."""
    if model is not None and not isinstance(model, str):
        return _has_vectors_of(model, made)
    known = default_digest() if made.model == DEFAULT_MODEL else None
    return model in (None, made.model) and known in (None, made.model_digest)


def _has_vectors_of(encoder: Encoder, made: Manifest) -> bool:
    """Whether an index's vectors are as the encoder makes them."""
    return (made.model_digest, made.half_precision) == (encoder.digest, encoder.half_precision)


def _encoder(model: str | Encoder | None, old: Index | None, device: str | None, report: Reporter) -> Encoder:
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


def _write_articles(generation: NewGeneration, corpus: Corpus, encoder: Encoder, old: Index | None) -> list[_Row]:
    """Store the articles, cut into passages; those that are in ``old`` as they are now are cut already."""
    articles = list(corpus.articles())
    repeats = Repeats(article for article, _ in articles)
    rows: list[_Row] = []
    for article, kept_before in articles:
        info, kept = article.info, repeats.kept(article)
        if old and kept_before == kept:
            passages = old.store.passages_of(info.id)
        else:
            passages = list(cut_passages(article.without_boilerplate(kept), encoder.fits))
        own = [_Row(info, passage.text) for passage in passages]
        stored = ((passage, script_of(row.searched)) for passage, row in zip(passages, own, strict=True))
        generation.store.add(article, kept, stored)
        rows += own
    return rows


def _write_rest(
    generation: NewGeneration, corpus: Corpus, rows: list[_Row], encoder: Encoder, folder: Path, report: Reporter
) -> int:
    """Encode the passages that have no vector yet, and derive all else from them; returns how many were encoded."""
    missing = {row.key: row.searched for row in rows if row.key not in generation.vectors}
    for part in _encode(missing, encoder, report):
        generation.keep(part)
    report("compare", 0, len(rows))
    generation.store.add_copies(find_copies([row.text for row in rows], [row.info.title for row in rows]))
    report("compare", len(rows), len(rows))
    report("write", 0, 1)
    manifest = Manifest(
        folder=str(folder),
        model=encoder.name,
        model_digest=encoder.digest,
        dimension=encoder.dimension,
        half_precision=encoder.half_precision,
        stages=VERSIONS,
        articles=len(corpus.digests),
        passages=len(rows),
        failures=corpus.failures,
    )
    generation.finish([row.key for row in rows], (row.searched for row in rows), manifest)
    return len(missing)


def _encode(missing: dict[bytes, str], encoder: Encoder, report: Reporter) -> Iterator[dict[bytes, Vectors]]:
    """Encode chunk by chunk; within a chunk by length, so that little is padded."""
    keys = list(missing)
    report("encode", 0, len(keys))
    for start in range(0, len(keys), CHUNK):
        chunk = sorted(keys[start : start + CHUNK], key=lambda key: size(missing[key]))
        vectors = encoded_passages(encoder, [missing[key] for key in chunk])
        yield dict(zip(chunk, vectors, strict=True))
        report("encode", start + len(chunk), len(keys))


def _report(corpus: Corpus, old: Index | None, new: Index, encoded: int, began: float) -> Report:
    before = old.store.digests() if old else {}
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
