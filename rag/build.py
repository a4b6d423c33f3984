"""A folder of articles → an index: the only module that knows every stage on that way."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rag.core import arguments
from rag.core.progress import Progress, Report
from rag.core.types import Article, Failure, Passage
from rag.corpus.boilerplate import Repeats
from rag.corpus.folder import Listing, list_folder
from rag.corpus.near_duplicates import find_copies
from rag.corpus.passages import cut_passages
from rag.corpus.versions import CLEANING_VERSION, COPIES_VERSION, PASSAGES_VERSION
from rag.corpus.worker_pool import WorkerPool
from rag.errors import FolderError, IndexMissing, IndexUnusable
from rag.index.generations import building
from rag.index.index import Index
from rag.index.writing import KEY_BYTES, NewGeneration
from rag.models.encoded import encoded_passages
from rag.models.encoder import Encoder, Vectors
from rag.models.known_models import DEFAULT_MODEL, check_model, note_model
from rag.models.sentence_transformer import given_model, load_encoder
from rag.text.terms import TERMS_VERSION
from rag.text.writing_systems import script_of, size

STAGES = (CLEANING_VERSION, PASSAGES_VERSION, TERMS_VERSION, COPIES_VERSION)
CHUNK = 256
"""Passages encoded between two reports of progress; the most that a killed build loses."""


@dataclass(frozen=True, slots=True)
class _Corpus:
    """What was read: articles in order, which of them the old index knew, what sources repeat, and what went wrong."""

    articles: list[Article]
    known: set[str]
    repeats: Repeats
    failures: tuple[Failure, ...]
    notices: tuple[Failure, ...]


class _Reporter:
    """Passes progress on, with the time since its stage began."""

    def __init__(self, progress: Callable[[Progress], None] | None) -> None:
        self._progress = progress
        self._stage = ""
        self._began = 0.0
        self.articles = 0

    def __call__(self, stage: str, done: int, total: int) -> None:
        now = time.monotonic()
        if stage != self._stage:
            self._stage, self._began = stage, now
        if self._progress:
            self._progress(Progress(stage, done, total, self.articles, now - self._began))


def build_index(
    folder: str | Path,
    index: str | Path = "index",
    model: str | Path | Encoder | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Report:
    """Build the index of a folder of articles, or bring it up to date.

    Only passages whose text is new go through the model. The index in use answers until the new generation is
    whole; a build that is killed leaves it in use, and the next one takes over what was encoded.

    >>> report = build_index(samples, samples_index)  # built before: nothing is new
    >>> report.unchanged, report.encoded, report.failures
    (16, 0, ())

    :param folder: The articles; sub-folders too.
    :param index: Where the index is kept.
    :param model: A model's name or folder, or an encoder; None for the one the index was built with, or else the
        packaged one.
    :param progress: Called often, from this thread.
    :return: What was done, and which files could not be read and why.
    :raises FolderError: The folder is not there, or none of its files can be read.
    :raises IndexBusy: Another process is building this index.
    :raises ModelError: The model can't be loaded; or the index names it, and nobody chose it on this machine.
    :raises WorkerError: No process can be started to read articles in.
    :raises ArgumentError: An argument is of the wrong type, or no path.
    """
    began = time.monotonic()
    index = arguments.path("index", index)
    arguments.text("index", str(index))
    model = _given(model)
    arguments.callback("progress", progress)
    report = _Reporter(progress)
    listing = list_folder(arguments.path("folder", folder))
    with building(index):
        old = _open_old(index)
        corpus = _read_corpus(listing, old, report)
        if old and _is_up_to_date(old, corpus, listing.root, model):
            return _report(corpus, old, old, 0, began)
        encoder = _encoder(model, old, report)
        reusable = old if old and old.manifest.model_digest == encoder.digest else None
        with NewGeneration(index, encoder.digest, encoder.dimension) as generation:
            new, encoded = _write_generation(generation, listing.root, corpus, encoder, reusable, report)
        result = _report(corpus, old, new, encoded, began)
        new.close()
    return result


def _given(model: str | Path | Encoder | None) -> str | Encoder | None:
    if isinstance(model, str | Path):
        return given_model("model", model)
    if model is not None:
        arguments.fits_protocol("model", model, Encoder, "a model's name or folder, or an encoder")
    return model


def _open_old(index: Path) -> Index | None:
    """The index in use, if one can be read; a damaged one is built anew."""
    try:
        old = Index.open(index)
        old.manifest.check_files(old.generation, thoroughly=True)
        return old
    except (IndexMissing, IndexUnusable):
        return None


def _read_corpus(listing: Listing, old: Index | None, report: _Reporter) -> _Corpus:
    """Read all articles; one whose bytes the old index knows is taken from there."""
    known = old.store.digests() if old and old.manifest.stages == STAGES else {}
    articles: list[Article] = []
    taken: set[str] = set()
    failures = list(listing.failures)
    notices: list[Failure] = []
    with WorkerPool(listing.root, listing.names, known) as outcomes:
        for done, outcome in enumerate(outcomes, 1):
            article = outcome.article
            if outcome.failure:
                failures.append(outcome.failure)
            elif article is None and old:
                article = old.store.as_read(outcome.name)
                taken.add(outcome.name)
            articles += [article] if article else []
            notices += outcome.notices
            report.articles = len(articles)
            report("read", done, len(listing.names))
    if not articles:
        raise FolderError(
            f"none of the {len(listing.names)} files in {listing.root} can be read; the first: {failures[0]}"
        )
    return _Corpus(articles, taken, Repeats(articles), tuple(failures), tuple(notices))


def _is_up_to_date(old: Index, corpus: _Corpus, folder: Path, model: str | Encoder | None) -> bool:
    same_model = model is None or (
        model == old.manifest.model if isinstance(model, str) else model.digest == old.manifest.model_digest
    )
    same_articles = len(corpus.known) == len(corpus.articles) == old.manifest.articles
    same_rest = old.manifest.failures == corpus.failures and old.manifest.folder == str(folder)
    return same_model and same_articles and same_rest


def _encoder(model: str | Encoder | None, old: Index | None, report: _Reporter) -> Encoder:
    if model is None:
        model = old.manifest.model if old else DEFAULT_MODEL
        check_model(model)
    if isinstance(model, str):
        encoder = load_encoder(model, lambda done, total: report("model", done, total))
        note_model(encoder.name)
        return encoder
    return model


def _write_generation(
    generation: NewGeneration, folder: Path, corpus: _Corpus, encoder: Encoder, old: Index | None, report: _Reporter
) -> tuple[Index, int]:
    """Cut, encode and write; returns the new generation, opened, and how many passages were encoded."""
    texts: list[str] = []
    keys: list[bytes] = []
    bare: list[str] = []
    titles: list[str] = []
    for as_read in corpus.articles:
        kept = corpus.repeats.kept(as_read)
        article = as_read.without_boilerplate(kept)
        passages = _passages(article, corpus, encoder, old)
        searched = [article.info.indexed_text(passage.text) for passage in passages]
        texts += searched
        bare += [passage.text for passage in passages]
        titles += [article.info.title] * len(passages)
        keys += [_key(text) for text in searched]
        scripts = map(script_of, searched)
        generation.store.add(as_read, kept, zip(passages, keys[len(keys) - len(passages) :], scripts, strict=True))
    vectors = _known_vectors(old) | generation.rescued
    missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in vectors}
    for part in _encode(missing, encoder, report):
        generation.keep(part)
        vectors |= part
    report("compare", 0, len(bare))
    generation.store.add_copies(find_copies(bare, titles))
    report("compare", len(bare), len(bare))
    report("write", 0, 1)
    generation.finish(
        np.stack([vectors[key] for key in keys]),
        texts,
        folder=folder,
        model=(encoder.name, encoder.digest),
        stages=STAGES,
        articles=len(corpus.articles),
        failures=corpus.failures,
    )
    Index(generation.folder).close()  # one that can't be opened is not taken into use
    report("write", 1, 1)
    return Index(generation.publish()), len(missing)


def _passages(article: Article, corpus: _Corpus, encoder: Encoder, old: Index | None) -> list[Passage]:
    """An article's passages; those of an article that is as it was are cut already, for the same encoder."""
    if old and article.info.id in corpus.known and article == old.store.article(article.info.id):
        return old.store.passages_of(article.info.id)
    return list(cut_passages(article, encoder.fits))


def _key(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=KEY_BYTES).digest()


def _known_vectors(old: Index | None) -> dict[bytes, Vectors]:
    if old is None:
        return {}
    vectors = old.all_vectors()
    return {key: vectors[row] for key, row in old.store.keys().items()}


def _encode(missing: dict[bytes, str], encoder: Encoder, report: _Reporter) -> Iterator[dict[bytes, Vectors]]:
    """Encode chunk by chunk; within a chunk by length, so that little is padded."""
    keys = list(missing)
    report("encode", 0, len(keys))
    for start in range(0, len(keys), CHUNK):
        chunk = sorted(keys[start : start + CHUNK], key=lambda key: size(missing[key]))
        vectors = encoded_passages(encoder, [missing[key] for key in chunk])
        yield dict(zip(chunk, vectors, strict=True))
        report("encode", start + len(chunk), len(keys))


def _report(corpus: _Corpus, old: Index | None, new: Index, encoded: int, began: float) -> Report:
    before = old.store.digests() if old else {}
    now = {article.info.id: article.info.digest for article in corpus.articles}
    unchanged = sum(before.get(name) == digest for name, digest in now.items())
    added = len(now.keys() - before.keys())
    return Report(
        articles=len(now),
        added=added,
        changed=len(now) - added - unchanged,
        unchanged=unchanged,
        removed=len(before.keys() - now.keys()),
        failures=corpus.failures,
        notices=corpus.notices,
        passages=len(new),
        encoded=encoded,
        left_out=new.store.left_out(),
        seconds=time.monotonic() - began,
    )
