"""A folder → one shard of the next generation of an index that a server keeps; the last one has it taken into use."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace as replace_fields
from functools import partial

import numpy as np

from rag.build.encoding import encoder_for, has_vectors_of
from rag.build.milvus.finishing import finish, undo
from rag.build.milvus.known import ShardKnown, Share, outlines_of
from rag.build.milvus.lease import Lease, refuse_if_alive
from rag.build.milvus.writing import CHUNK, Block, Result
from rag.core.articles import Reason
from rag.core.milvus_address import MilvusAddress
from rag.core.progress import Report, Reporter
from rag.corpus.boilerplate import Repeats
from rag.corpus.corpus import Corpus
from rag.corpus.folder import list_folder
from rag.corpus.listing import Listing
from rag.corpus.outline import Outline, digest_of, source_of
from rag.corpus.reading import read_corpus
from rag.corpus.removals import FEW, check_removals
from rag.corpus.seen_files import NO_FILES
from rag.corpus.versions import VERSIONS, work_to_redo
from rag.errors import IndexBusy, IndexUnusable
from rag.index.manifest import Manifest
from rag.index.milvus.collections import FOREVER, Kind, signed
from rag.index.milvus.rows import bucket_of, info_of
from rag.index.milvus.server import Server
from rag.index.milvus.state import (
    Generation,
    ShardState,
    forget_shards,
    known_shards,
    newest_number,
    read_generation,
    read_shard,
)
from rag.models.encoder import Encoder

WAITED_SECONDS = 1.0
"""How often it is looked whether another shard has taken the generation into use."""


def update_milvus(
    given: Sequence[Listing],
    address: MilvusAddress,
    model: str | Encoder | None,
    report: Reporter,
    device: str | None,
    *,
    replace: bool,
    settled: float,
    began: float,
    shard: tuple[int, int],
) -> Report:
    """Bring a shard of an index up to date; and where it is the last one, the index.

    :param given: What the folders hold, each another collection.
    :param shard: Its number, and how many there are.
    :raises RagError: As ``build_index``.
    """
    server = Server(address, writes=True)
    number, of = shard
    known = _in_use(server)
    target = (known.number if known else 0) + 1
    begun = _begun(server, target, of)
    made = known.manifest if known else next(iter(begun), None)
    encoder = encoder_for(model, made, device, report)
    _check(made, encoder, given, address)
    given = _listed(given, known, settled)
    server.make_all(encoder.dimension)
    share = Share(number, of)
    told = _manifest(encoder, given, known, share)
    refuse_if_alive(server, target, 0)
    with Lease(server, target, number, of, told.plain()) as lease:
        refuse_if_alive(server, target, 0)
        if newest_number(server) != target - 1:
            raise IndexBusy("another run has brought the index up to date meanwhile: run this one again")
        server.settle()
        mine = ShardKnown(
            server, target - 1, known.blocks if known else (), share, [listing.prefix for listing in given]
        )
        corpus = _read(given, mine, share, report, anew=bool(known and work_to_redo(known.manifest.stages)))
        if not replace:
            _check_removals(address, known, given, mine, corpus, max(1, FEW // of))
        told = replace_fields(told, failures=(*told.failures, *corpus.failures))
        if of == 1 and known and _is_up_to_date(known, told, corpus):
            return _report(corpus, mine, known, 0, began)
        block = _written(server, target, share, known, mine, corpus, encoder, report, lease)
        lease.done({**block.result.plain(), "manifest": told.plain()})
    waiting = tuple(one for one in range(1, of + 1) if not _is_in(server, target, one, of))
    now, again = known, 0
    if not waiting:
        now, again = _finished(server, target, of, known, encoder, report)
    done = _report(corpus, mine, now, block.result.encoded + again, began)
    return replace_fields(done, shard=shard, waits_for=waiting)


def _in_use(server: Server) -> Generation | None:
    """The generation in use; None where there is none yet."""
    if not server.has(Kind.STATE):
        return None
    number = newest_number(server)
    return read_generation(server, number) if number else None


def _listed(given: Sequence[Listing], known: Generation | None, settled: float) -> Sequence[Listing]:
    """The folders that are read: those that are given; all, where something is done anew for all."""
    if known is None or not work_to_redo(known.manifest.stages):
        return given
    names = {listing.collection for listing in given}
    others = ((name, path) for name, path in known.manifest.folders.items() if name not in names)
    return [*given, *(list_folder(path, settled, name) for name, path in others)]


def _check(made: Manifest | None, encoder: Encoder, given: Sequence[Listing], address: MilvusAddress) -> None:
    """Refuse what does not go together.

    :param made: Of what the index is made, or is being made by other shards.
    :raises IndexUnusable: The index is of another model, or of collections where one folder is given.
    """
    if made is None:
        return
    if not has_vectors_of(encoder, made):
        precision = "bfloat16" if made.half_precision else "float32"
        told = f"the index {address} is made with {made.model} in {precision}, which this is not ({encoder.name})"
        raise IndexUnusable(f"{told}: give another NAME, or the model it is made with")
    names = {listing.collection for listing in given}
    if ("" in made.folders) != ("" in names):
        told = "one folder" if "" in made.folders else "several collections"
        raise IndexUnusable(f"the index {address} is of {told}: give another NAME, or folders as it has them")


def _begun(server: Server, target: int, of: int) -> list[Manifest]:
    """Of what the shards of a generation are made that were begun, as far as there are any.

    :raises IndexBusy: The generation is being made of another number of shards.
    """
    if not server.has(Kind.STATE):
        return []
    states = [read_shard(server, target, number) for number in known_shards(server, target) if number]
    for state in states:
        if state and state.of != of:
            told = f"the articles are being indexed in {state.of} shards, and not in {of}"
            raise IndexBusy(f"{told}: run those that are missing, or take back what was begun with rag doctor")
    return [Manifest.of_plain(state.made) for state in states if state]


def _read(given: Sequence[Listing], mine: ShardKnown, share: Share, report: Reporter, *, anew: bool) -> Corpus:
    """Read what is new of a shard's articles."""
    own = [
        replace_fields(listing, names=tuple(name for name in listing.names if share.has(bucket_of(name))))
        for listing in given
    ]
    return read_corpus(own, mine, NO_FILES, report.reading, {}, anew=anew, is_part=share.of > 1)


def _check_removals(
    address: MilvusAddress,
    known: Generation | None,
    given: Sequence[Listing],
    mine: ShardKnown,
    corpus: Corpus,
    few: int,
) -> None:
    """Refuse to take out much of a shard.

    :raises RemovalRefused: It is too much.
    """
    folders = known.manifest.folders if known else {}
    for listing in given:
        before, now = listing.own(mine.digests()), listing.own(corpus.digests)
        gone = [name for name in corpus.gone if name in before]
        root = str(listing.root)
        check_removals(address, (folders.get(listing.collection, root), root), before, now, gone, few=few)


def _is_up_to_date(known: Generation, told: Manifest, corpus: Corpus) -> bool:
    """Whether the generation in use is what would be made."""
    made = known.manifest
    same = made.folders == told.folders and set(made.failures) == set(told.failures)
    return same and not corpus.read and not corpus.gone and not work_to_redo(made.stages)


def _written(
    server: Server,
    target: int,
    share: Share,
    known: Generation | None,
    mine: ShardKnown,
    corpus: Corpus,
    encoder: Encoder,
    report: Reporter,
    lease: Lease,
) -> Block:
    """Write what is new, and have be gone what is."""
    block = Block(server, target, share.number, encoder, lease.writing)
    undo(server, target, lease.writing)
    new = [name for name in corpus.read if name in corpus.digests]
    goes = [mine.rows[name] for name in (*corpus.gone, *new) if name in mine.rows]
    stays = set(mine.rows) - set(corpus.gone) - set(new)
    block.bring_back([mine.rows[name] for name in stays if mine.rows[name]["died"] < FOREVER])
    block.know_own_vectors()
    block.remove(goes)
    repeats = _repeats(server, known, corpus, new)
    waiting = []
    for done, name in enumerate(new, 1):
        article, _ = corpus.article(name)
        waiting.append((article, repeats.kept(article)))
        if sum(len(one.paragraphs) for one, _ in waiting) >= CHUNK or done == len(new):
            block.add(waiting, report, done, len(new))
            report("encode", done, len(new))
            waiting = []
    block.finish()
    return block


def _repeats(server: Server, known: Generation | None, corpus: Corpus, new: Sequence[str]) -> Repeats:
    """What sources repeat, as far as it is known now: what other shards write is learned when all are in."""
    added = Outline.of(corpus.article(name)[0] for name in new)
    sources = {signed(digest_of(source_of(corpus.article(name)[0].info))) for name in new}
    goes = {*corpus.gone, *new}
    parts = []
    if known and new:
        for row, outline in outlines_of(server, known.number, known.blocks, sorted(sources)):
            if info_of(row).id not in goes:
                parts.append((outline, np.ones(1, bool)))
    return Repeats(Outline.joined([*parts, (added, np.ones(len(new), bool))]))


def _manifest(encoder: Encoder, given: Sequence[Listing], known: Generation | None, share: Share) -> Manifest:
    """Of what a shard is made: all but what is counted, and what of its own can't be read."""
    folders = {listing.collection: str(listing.root) for listing in given}
    listed = tuple(listing.prefix for listing in given)
    before = known.manifest.failures if known and share.number == 1 else ()
    return Manifest(
        folders={**(known.manifest.folders if known else {}), **folders},
        model=encoder.name,
        model_digest=encoder.digest,
        dimension=encoder.dimension,
        half_precision=encoder.half_precision,
        stages=VERSIONS,
        articles=0,
        passages=0,
        failures=tuple(one for one in before if not one.path.startswith(listed)),
    )


def _is_in(server: Server, target: int, number: int, of: int) -> bool:
    state = read_shard(server, target, number)
    return state is not None and state.of == of and state.result is not None


def _finished(
    server: Server, target: int, of: int, known: Generation | None, encoder: Encoder, report: Reporter
) -> tuple[Generation, int]:
    """What is in use when all shards are in, made here or by another one; and how many passages were encoded for it."""
    while True:
        try:
            with Lease(server, target, 0, of, known.manifest.plain() if known else {}) as lease:
                states = [read_shard(server, target, number) for number in range(1, of + 1)]
                told = [state.result for state in states if state and state.result]
                if newest_number(server) < target and len(told) == of:
                    manifests = [Manifest.of_plain(one.pop("manifest")) for one in told]
                    parts = [Result.of_plain(one) for one in told]
                    if known and not any(one.articles or one.gone for one in parts) and _is_same(known, manifests):
                        forget_shards(server, target)
                        return known, 0
                    still = partial(_still, server, states)
                    made = finish(server, target, known, parts, manifests, encoder, report, lease, still)
                    lease.forget()
                    return made
            return read_generation(server, newest_number(server)), 0
        except IndexBusy:
            if newest_number(server) >= target:
                return read_generation(server, newest_number(server)), 0
            time.sleep(WAITED_SECONDS)


def _still(server: Server, states: Sequence[ShardState | None]) -> None:
    """Make sure that no shard is being written anew.

    :raises IndexBusy: One is.
    """
    for state in states:
        now = read_shard(server, state.generation, state.number) if state else None
        if state is None or now is None or now.owner != state.owner or now.result is None:
            raise IndexBusy("a shard is being written anew: what all make together is made when it is in")


def _is_same(known: Generation, manifests: Sequence[Manifest]) -> bool:
    """Whether what shards are made of is what the generation in use is made of."""
    failures = {failure for made in manifests for failure in made.failures}
    folders = {name: path for made in manifests for name, path in made.folders.items()}
    return failures == set(known.manifest.failures) and folders == known.manifest.folders


def _report(corpus: Corpus, mine: ShardKnown, made: Generation | None, encoded: int, began: float) -> Report:
    before, now = mine.digests(), corpus.digests
    read = [name for name in corpus.read if name in now]
    added = sum(name not in before for name in read)
    changed = sum(before.get(name, now[name]) != now[name] for name in read)
    left_out = made.tally.left_out.most_common() if made else ()
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
        passages=made.tally.passages if made else 0,
        encoded=encoded,
        left_out={Reason(name): count for name, count in left_out if count > 0},
        seconds=time.monotonic() - began,
    )
