"""What has to be written for a corpus, and what is removed from the segments that stay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from rag.build.derived import outline_of
from rag.corpus.boilerplate import Repeats
from rag.corpus.corpus import Corpus
from rag.corpus.outline import Outline
from rag.index.manifest import SegmentEntry
from rag.index.snapshot import Snapshot
from rag.index.vectors import Mask


@dataclass(frozen=True, slots=True)
class Plan:
    """What to write.

    :param written: Ids of the articles to be written: the new ones, and then those that are written again.
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
    if base is None:
        written = tuple(corpus.digests)
        return Plan(written, Repeats(Outline.of(corpus.article(name)[0] for name in written)), (), replaces=False)
    stays = _staying(corpus, base)
    new = [name for name in corpus.read if name in corpus.digests]
    repeats, again = _relearned(corpus, base, stays, new)
    after = [
        replace(entry, removed=tuple(np.flatnonzero(~stay).tolist()))
        for entry, stay in zip(base.entries, stays, strict=True)
    ]
    return Plan((*new, *again), repeats, tuple(after), replaces=after != base.entries)


def _staying(corpus: Corpus, base: Snapshot) -> list[Mask]:
    """Which articles of each segment stay as they are."""
    stays = [base.articles_in_use(at) for at in range(len(base.segments))]
    for name in (*corpus.gone, *corpus.read):
        if place := base.store.place_of(name):
            stays[place[0]][place[1]] = False
    return stays


def _relearned(corpus: Corpus, base: Snapshot, stays: list[Mask], new: Sequence[str]) -> tuple[Repeats, list[str]]:
    """What sources repeat of which articles have come or gone; and the articles that therefore lose other lines.

    These are taken out of what stays.

    :param new: Ids of the articles that have come, or are otherwise than they were.
    """
    added = Outline.of(corpus.article(name)[0] for name in new)
    outlines = [outline_of(segment) for segment in base.segments]
    live = [base.articles_in_use(at) for at in range(len(outlines))]
    gone = [outline.endings["source"][was & ~is_in] for outline, was, is_in in zip(outlines, live, stays, strict=True)]
    # What was cut of articles in an index that is not whole, was so by more articles than are in it.
    gone = gone if base.is_whole else [outline.endings["source"] for outline in outlines]
    sources = set(np.concatenate([added.endings["source"], *gone]).tolist())
    concerned = [outline.of_sources(sources) & was for outline, was in zip(outlines, live, strict=True)]
    every = Outline.joined([*zip(outlines, concerned, strict=True), (added, np.ones(len(new), bool))])
    before = Repeats(every, _joined(live, concerned, np.zeros(len(new), bool)))
    now = Repeats(every, _joined(stays, concerned, np.ones(len(new), bool)))
    again: list[str] = []
    for segment, outline, stay in zip(base.segments, outlines, stays, strict=True):
        differs = now.differing(before, outline) if base.is_whole else stay
        for number in np.flatnonzero(differs & stay).tolist():
            article, kept = segment.store.as_read(number)
            if now.kept(article) != kept:
                again.append(article.info.id)
                stay[number] = False
    return now, again


def _joined(masks: Sequence[Mask], which: Sequence[Mask], last: Mask) -> Mask:
    """Some of several masks, one after the other, and the last."""
    return np.concatenate([*(mask[some] for mask, some in zip(masks, which, strict=True)), last])
