"""When all shards are in: what only the whole tells is done, and the generation is taken into use.

Each step may be done again, by whoever comes after a process that did not come to its end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Protocol

import numpy as np

from rag.build.milvus.copies import group_copies
from rag.build.milvus.known import outlines_of
from rag.build.milvus.writing import (
    GONE,
    MARKED,
    Block,
    Result,
    delete_articles,
    mark,
    run_of,
    together,
    write_vocabulary,
)
from rag.core.articles import Article
from rag.core.progress import Reporter
from rag.corpus.boilerplate import Repeats
from rag.corpus.outline import Outline
from rag.errors import FolderError, IndexDamaged, IndexUnusable
from rag.index.manifest import Manifest
from rag.index.milvus.collections import FOREVER, Kind
from rag.index.milvus.pages import Postings, Run, write_run
from rag.index.milvus.rows import block_of, info_of, read_articles
from rag.index.milvus.server import Row, Server
from rag.index.milvus.state import Generation, forget_shards, note_regrouped, read_regrouped, take_into_use
from rag.index.milvus.tally import Tally
from rag.models.encoder import Encoder

FACTOR, MERGED = 8, 20_000_000
"""So many small runs become one, of so many postings at most: a word is looked for in each run there is."""
FLUSHED = 10_000
"""New passages from which on the server is told to index them; fewer it goes through one by one meanwhile."""
CUT_AT_ONCE = 64
"""Articles that are cut anew at once."""


class Right(Protocol):
    """The right to write, as long as nobody else has it."""

    def check(self) -> None:
        """Make sure of it."""

    def writing(self) -> None:
        """Called before anything is written."""


def finish(
    server: Server,
    target: int,
    known: Generation | None,
    results: Sequence[Result],
    manifests: Sequence[Manifest],
    encoder: Encoder,
    report: Reporter,
    right: Right,
    still: Callable[[], None],
) -> tuple[Generation, int]:
    """Make a generation of what all shards wrote, and take it into use; returns also how many passages were encoded.

    :param known: The one in use.
    :param results: Of the shards.
    :param still: Raises where one of the shards is being written anew.
    :param manifests: Of what each was made.
    :raises FolderError: Nothing is in it.
    :raises IndexBusy: Another process does it.
    """
    server.settle()
    blocks = [*(known.blocks if known else ()), *((one.block, one.articles, one.passages) for one in results)]
    last = _cut_anew(server, target, blocks, results, encoder, report, right.writing)
    parts = [*results, last]
    blocks = [block for block in (*blocks, (last.block, last.articles, last.passages)) if block[1]]
    tally = Tally()
    for each in (*([known.tally] if known else ()), *(one.tally for one in parts)):
        tally.add(each)
    if not tally.articles:
        raise FolderError("no article is left: an index without any is not made")
    runs = _Runs.of(known, parts)
    report("compare", 0, tally.passages)
    before, note = read_regrouped(server, target), partial(note_regrouped, server, target)
    group_copies(server, target, blocks, runs.marks, [one.block for one in parts], before, note, right.writing)
    report("compare", tally.passages, tally.passages)
    report("write", 0, 1)
    runs = runs.merged(server, target, right.writing)
    right.check()
    still()
    generation = Generation(
        number=target,
        manifest=_manifest(manifests, tally),
        tally=tally,
        blocks=tuple(blocks),
        words=tuple(runs.words),
        gone=tuple(runs.gone),
        marks=tuple(runs.marks),
        vocabulary=tuple(runs.vocabulary),
    )
    if sum(one.passages for one in parts) >= FLUSHED:
        server.flush(Kind.PASSAGES)
    take_into_use(server, generation)
    _sweep(server, generation, known)
    report("write", 1, 1)
    return generation, last.encoded


def _manifest(manifests: Sequence[Manifest], tally: Tally) -> Manifest:
    if len({(made.model_digest, made.half_precision) for made in manifests}) > 1:
        raise IndexUnusable(
            "shards that began at the same moment encoded in two precisions: take them back with rag doctor, and begin "
            "with one of them"
        )
    failures = dict.fromkeys(failure for made in manifests for failure in made.failures)
    folders: dict[str, str] = {}
    for made in manifests:
        folders |= made.folders
    return replace(
        manifests[0],
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        folders=folders,
        articles=tally.articles,
        passages=tally.passages,
        failures=tuple(sorted(failures, key=lambda failure: failure.path)),
    )


def _cut_anew(
    server: Server,
    target: int,
    blocks: Sequence[tuple[int, int, int]],
    results: Sequence[Result],
    encoder: Encoder,
    report: Reporter,
    writing: Callable[[], None],
) -> Result:
    """Cut articles anew that lose other lines, now that all of their sources' articles are known."""
    block = Block(server, target, 0, encoder, writing)
    sources = sorted({source for one in results for source in one.sources})
    block.know_own_vectors()
    undo(server, target, writing)
    told = list(outlines_of(server, target, blocks, sources))
    repeats = Repeats(Outline.joined((outline, np.ones(1, bool)) for _, outline in told))
    again: list[tuple[Row, Article, tuple[int, ...]]] = []
    suspects = [row for row, outline in told if repeats.may_differ(outline, row["kept"])]
    for start in range(0, len(suspects), CUT_AT_ONCE):
        some = suspects[start : start + CUT_AT_ONCE]
        read = read_articles(server, some)
        for row in some:
            if row["id"] not in read:
                raise IndexDamaged(f"the server has not all of the article {info_of(row).id}: index the folder anew")
            article, kept = read[row["id"]]
            if (now := repeats.kept(article)) != kept:
                again.append((row, article, now))
    for start in range(0, len(again), CUT_AT_ONCE):
        some_again = again[start : start + CUT_AT_ONCE]
        block.know_vectors(_passages_of(server, [row for row, *_ in some_again]))
        block.add([(article, kept) for _, article, kept in some_again], report, start, len(again))
    block.remove([row for row, *_ in again])
    return block.finish()


def _passages_of(server: Server, rows: Sequence[Row]) -> list[Row]:
    found: list[Row] = []
    for some in together(rows):
        ids = [row["id"] for row in server.query(Kind.PASSAGES, f"article in {[row['id'] for row in some]}", ("id",))]
        found += server.with_ids(Kind.PASSAGES, ids, ("head", "text", "vector"))
    return found


def undo(server: Server, target: int, writing: Callable[[], None]) -> None:
    """Take back what was cut anew by a process that did not come to its end, before anything else is marked.

    Of an article that a shard had changed as well, the one that the shard wrote is the later, and comes back.
    """
    first, end = block_of(target, 0), block_of(target, 1)
    while written := server.query(Kind.ARTICLES, f"id >= {first} and id < {end}", ("id", "key"), most=CUT_AT_ONCE):
        where = f"key in {sorted({row['key'] for row in written})} and died == {target}"
        newest: dict[int, Row] = {}
        gone = server.query(Kind.ARTICLES, where, ("id", "key", "passages"))
        for row in sorted(gone, key=lambda row: int(row["id"])):
            newest[row["key"]] = row
        for some in together([*newest.values()]):
            mark(server, some, FOREVER, writing)
        writing()
        delete_articles(server, f"id in {[row['id'] for row in written]}")
    server.delete(Kind.PASSAGES, f"id >= {first} and id < {end}")


@dataclass(frozen=True, slots=True)
class _Runs:
    """The runs of a generation."""

    words: list[Run]
    gone: list[Run]
    marks: list[Run]
    vocabulary: list[tuple[int, int]]

    @classmethod
    def of(cls, known: Generation | None, parts: Sequence[Result]) -> _Runs:
        """Those of the generation before, and those that were written since."""
        words = [*(known.words if known else ()), *(Run(*run) for one in parts for run in one.words)]
        gone = [*(known.gone if known else ()), *(Run(*run) for one in parts for run in one.gone)]
        marks = [*(known.marks if known else ()), *(Run(*run) for one in parts for run in one.marks)]
        vocabulary = [*(known.vocabulary if known else ()), *((a, b) for one in parts for a, b in one.vocabulary)]
        return cls(words, gone, marks, vocabulary)

    def merged(self, server: Server, target: int, writing: Callable[[], None]) -> _Runs:
        """The same with small runs put together, where there are many."""
        words, gone, vocabulary = list(self.words), list(self.gone), list(self.vocabulary)
        if len(small := _small(words)) >= FACTOR:
            all_gone = Postings.joined([page for run in gone for page in run.all(server)])
            found = Postings.joined([page for run in small for page in run.all(server)])
            kept = found.without(all_gone)
            left = all_gone.without(found)
            name, gone_name = run_of(target, 0, GONE + 1), run_of(target, 0, GONE + 2)
            words = [
                *(run for run in words if run not in small),
                Run(name, write_run(server, name, kept, writing), len(kept)),
            ]
            gone = [Run(gone_name, write_run(server, gone_name, left, writing), len(left))] if len(left) else []
            names = {run.run for run in small}
            vocabulary = [(run, rows) for run, rows in vocabulary if run not in names]
            vocabulary.append((name, write_vocabulary(server, name, kept)))
        marks = list(self.marks)
        if len(small := _small(marks)) >= FACTOR:
            name = run_of(target, 0, MARKED + 99)
            found = Postings.joined([page for run in small for page in run.all(server)])
            marks = [
                *(run for run in marks if run not in small),
                Run(name, write_run(server, name, found, writing), len(found)),
            ]
        return _Runs(words, gone, marks, vocabulary)


def _small(runs: Sequence[Run]) -> list[Run]:
    """The runs that may become one: the smallest, as many as are not too much together."""
    found, size = [], 0
    for run in sorted(runs, key=lambda run: run.size):
        if run.size > MERGED // FACTOR or size + run.size > MERGED:
            break
        found.append(run)
        size += run.size
    return found


def _sweep(server: Server, now: Generation, known: Generation | None) -> None:
    """Delete what neither this generation nor the one before has, which some may still be reading."""
    forget_shards(server, now.number)
    if known is not None:
        went = f"died <= {known.number}"
        delete_articles(server, went)
        server.delete(Kind.PASSAGES, went)
    each = (known, now) if known else (now,)
    kept = sorted({run.run for one in each for run in (*one.words, *one.gone, *one.marks)})
    server.delete(Kind.PAGES, f"run >= 0 and run < {run_of(now.number + 1, 0, 0)} and run not in {kept}")
