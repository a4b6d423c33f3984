"""What has to be written for a corpus, and what is removed from the segments that stay."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from rag.build.derived import outline_of
from rag.corpus.boilerplate import Outline, Repeats
from rag.corpus.reading import Corpus
from rag.index.manifest import SegmentEntry
from rag.index.snapshot import Snapshot
from rag.index.vectors import Mask


@dataclass(frozen=True, slots=True)
class Plan:
    """What to write.

    :param written: Ids of the articles to be written, in the order of the corpus.
    :param repeats: What their sources repeat.
    :param entries: The segments that stay, with what is removed from each then.
    :param replaces: Whether any of them loses an article that is written anew or is gone.
    """

    written: tuple[str, ...]
    repeats: Repeats
    entries: tuple[SegmentEntry, ...]
    replaces: bool


def plan_of(corpus: Corpus, base: Snapshot | None) -> Plan:
    """Plan what to write so that an index holds a corpus.

    Of a source that has other articles than before, others may lose other lines than before: they are written anew.

    :param base: Whose segments stay; None where all is written.
    """
    entries = base.entries if base else []
    stays = [_staying(corpus, base, at) for at in range(len(entries))] if base else []
    in_base = _ids(base, stays) if base else set()
    new = [name for name in corpus.digests if name not in in_base]
    outline = Outline.of(corpus.article(name)[0] for name in new)
    if base:
        repeats, again = _relearned(corpus, base, stays, outline)
        written = tuple(name for name in corpus.digests if name not in in_base or name in again)
    else:
        repeats, written = Repeats(outline), tuple(new)
    after = [
        replace(entry, removed=tuple(np.flatnonzero(~stay).tolist()))
        for entry, stay in zip(entries, stays, strict=True)
    ]
    return Plan(written, repeats, tuple(after), replaces=after != list(entries))


def _staying(corpus: Corpus, base: Snapshot, at: int) -> Mask:
    """Which articles of a segment stay as they are."""
    known = base.segments[at].store.digests
    same = [corpus.digests.get(name) == digest and name not in corpus.read for name, digest in known]
    return np.array(same, bool) & base.articles_in_use(at)


def _ids(base: Snapshot, stays: Sequence[Mask]) -> set[str]:
    names = [name for segment in base.segments for name, _ in segment.store.digests]
    return {name for name, is_in in zip(names, np.concatenate([np.empty(0, bool), *stays]), strict=True) if is_in}


def _relearned(corpus: Corpus, base: Snapshot, stays: list[Mask], new: Outline) -> tuple[Repeats, set[str]]:
    """What sources repeat of which articles have come or gone; and the articles that therefore lose other lines.

    These are taken out of what stays.
    """
    outlines = [outline_of(segment) for segment in base.segments]
    live = [base.articles_in_use(at) for at in range(len(outlines))]
    gone = [outline.endings["source"][was & ~is_in] for outline, was, is_in in zip(outlines, live, stays, strict=True)]
    # What was cut of articles in an index that is not whole, was so by more articles than are in it.
    gone = gone if base.is_whole else [outline.endings["source"] for outline in outlines]
    sources = set(np.concatenate([new.endings["source"], *gone]).tolist())
    before = Repeats(_of_sources(zip(outlines, live, strict=True), sources))
    every = np.ones(len(new.endings), bool)
    now = Repeats(_of_sources([*zip(outlines, stays, strict=True), (new, every)], sources))
    again: set[str] = set()
    for segment, outline, stay in zip(base.segments, outlines, stays, strict=True):
        differs = now.differing(before, outline) if base.is_whole else stay
        for number in np.flatnonzero(differs & stay).tolist():
            article, kept = segment.store.as_read(number)
            if now.kept(article) != kept:
                again.add(article.info.id)
                stay[number] = False
    return now, again


def _of_sources(outlines: Iterable[tuple[Outline, Mask]], sources: set[int]) -> Outline:
    """Of the articles that are in use and of some sources."""
    return Outline.joined((outline, stays & outline.of_sources(sources)) for outline, stays in outlines)
