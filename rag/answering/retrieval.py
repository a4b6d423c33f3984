"""A question → hits and readings: every stage before an answer is put together.

Search by meaning and by words, fused; late interaction over the first; and the reader over the first of these.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice, pairwise

import numpy as np

from rag.answering.reading import Asked, Reader, Reading, ToRead, read_hits, whole_text
from rag.core.answers import Seconds
from rag.core.filters import check_filters
from rag.core.limits import READ_DEPTH
from rag.core.types import Copy, Filters, Hit
from rag.index.index import Index
from rag.index.lexical import Matches
from rag.index.vectors import Ids, Scores
from rag.models.encoded import passages_in_tokens, query_in_tokens
from rag.models.encoder import Encoder, Tokens
from rag.models.late_interaction import Compared, Head, interactions, trained_head

CANDIDATES = 100
"""Passages taken from the search by words, and of each script from the search by meaning: five times as
many as are ever compared token by token."""
LEXICAL_WEIGHT = 0.35
"""Weight of words beside the cosine. On cmrc, drcd, csq and xquad recall at 1 moves by less than .02 between 0.2 and
0.5: up with the weight for questions in the articles' own language, down for those in another."""
LATE_WEIGHT = 2.0
"""Weight of late interaction beside them. Recall at 1 is the same to .005 on all dev sets between 1 and 4."""
RESCORED = 20
CLOSE = 0.03
"""Hits whose tokens are compared for being close, at most, and how far behind the best they may lie: each costs as
much as encoding a passage, and so far behind hardly any is the right one. That makes 3.9 of 20 on the mean. Recall at 1
and 5 with all 20, with those that are close, and with none: cmrc .921 .999, .920 .998, .906 .996; English questions
over Chinese articles .951 1.000, .951 1.000, .814 .995; ten other languages .861 .993, .861 .990, .739 .977; real
articles in Chinese .833 1.000, .833 1.000, .771 .979."""
READER_WEIGHT = 0.3
"""Weight, in a hit's score, of how sure the reader is that it answers. Mean recall at 1 of ten groups with 0, .1, .2,
.3, .5, 1: .855 .869 .870 .879 .876 .875."""
SAME = 1e-6
"""Scores this close are the same: arithmetic on copies of one vector may differ in the last digits."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """Passages that may answer, each with its cosine and the allowance for its language; and what the words found."""

    ids: Ids
    dense: Scores
    allowances: Scores
    matches: Matches


def find_candidates(index: Index, question: str, vector: Scores, allowed: Ids | None, k: int) -> Candidates:
    """Search by meaning and by words among the passages allowed, and look up both scores for all that is found.

    :param vector: The question's unit vector.
    :param allowed: Ids of passages that pass the filters; None for all.
    :param k: Passages wanted in the end, no two of them copies.
    """
    count = max(CANDIDATES, k)
    matches = index.match(question)
    by_words = _best(index, matches.scores, count, allowed)
    found = np.union1d(index.nearest_of_each_script(vector, count, allowed), by_words)
    ids = index.with_copies(found, allowed)
    return Candidates(ids, index.cosines(vector, ids), index.allowances(vector, ids), matches)


def _best(index: Index, scores: Scores, count: int, allowed: Ids | None) -> Ids:
    """Ids of the highest scores above zero: as many as it takes for ``count`` that say different things."""
    ids = np.flatnonzero(scores) if allowed is None else allowed[scores[allowed] > 0]
    deep = count
    while len(ids) > deep:
        best = ids[np.argpartition(-scores[ids], deep)[:deep]]
        if index.apart(best) >= count:
            return best
        deep *= 2
    return ids


def rank(index: Index, candidates: Candidates, k: int) -> list[Hit]:
    """The best ``k`` candidates as hits, best first. Of copies the best stands for all, among equals the newest.

    Score = cosine + allowance for the language + ``LEXICAL_WEIGHT`` × known × lexical.

    The lexical score is normalised by the most that the question could reach (as in Bruch et al., "An Analysis of
    Fusion Functions for Hybrid Retrieval", 2023), so that it counts by how much of the question it explains;
    ``known``, the share of the question that the corpus has words for, hushes it where the question is in another
    language and only a chance word matches.
    """
    lexical = candidates.matches.scores[candidates.ids]
    scores = candidates.dense + candidates.allowances + LEXICAL_WEIGHT * candidates.matches.known * lexical
    groups: dict[int, list[int]] = {}
    for at in np.lexsort((candidates.ids, -scores)).tolist():
        groups.setdefault(int(index.groups[candidates.ids[at]]), []).append(at)
    hits = []
    for members in islice(groups.values(), k):
        at, copies = _stand_in(index, candidates.ids, scores, members)
        score, dense, words, allowance = (
            float(values[at]) for values in (scores, candidates.dense, lexical, candidates.allowances)
        )
        passage, article = index.store.passage(int(candidates.ids[at]))
        hits.append(Hit(passage, article, score, dense, words, allowance, copies=copies))
    return hits


def _stand_in(index: Index, ids: Ids, scores: Scores, members: list[int]) -> tuple[int, tuple[Copy, ...]]:
    """The candidate that stands for its copies, and the others, newest first.

    :param members: Places of a group's candidates, best first.
    """
    if len(members) == 1:
        return members[0], ()
    copies = {at: Copy(*index.store.passage(int(ids[at]))) for at in members}
    newest_first = sorted(members, key=lambda at: copies[at].article.local_date, reverse=True)
    best = next(at for at in newest_first if scores[at] >= scores[members[0]] - SAME)
    return best, tuple(copies[at] for at in newest_first if at != best)


@dataclass(frozen=True, slots=True)
class Ranked:
    """Hits, best first; and of the first of them what was compared with the question."""

    hits: list[Hit]
    compared: list[Compared]


def rescore(encoder: Encoder, question: Tokens, hits: Sequence[Hit], at_least: int) -> Ranked:
    """Compare the first hits token by token with the question and put these in order anew; the others follow.

    Score = what it was + ``LATE_WEIGHT`` × late interaction; for the others, as if theirs were the lowest.

    :param at_least: So many are compared however far behind they lie.
    """
    close = sum(hit.score >= hits[0].score - CLOSE for hit in hits[:RESCORED])
    count = max(close, at_least)
    first, rest = hits[:count], hits[count:]
    compared = compare(encoder, question, first)
    late = [passage.interaction.score() for passage in compared]
    lowest = LATE_WEIGHT * min(late, default=0.0)
    scored = [
        replace(hit, score=hit.score + LATE_WEIGHT * value, late=value) for hit, value in zip(first, late, strict=True)
    ]
    order = sorted(range(len(scored)), key=lambda at: -scored[at].score)
    others = [replace(hit, score=hit.score + lowest) for hit in rest]
    return Ranked([scored[at] for at in order] + others, [compared[at] for at in order])


def compare(encoder: Encoder, question: Tokens, hits: Sequence[Hit]) -> list[Compared]:
    """Compare hits token by token with a question."""
    texts = [hit.article.indexed_text(hit.passage.text) for hit in hits]
    shifts = [len(text) - len(hit.passage.text) for text, hit in zip(texts, hits, strict=True)]
    passages = passages_in_tokens(encoder, texts)
    head = trained_head() if encoder.is_default else Head.plain(encoder.dimension)
    found = interactions(question, passages, shifts, head)
    return [Compared(*row) for row in zip(passages, shifts, found, strict=True)]


@dataclass(frozen=True, slots=True)
class Found:
    """What a question found.

    :param hits: Best first.
    :param readings: The sentences of the first of them, best first.
    :param seconds: How long it took, stage by stage.
    """

    hits: list[Hit]
    readings: list[Reading]
    seconds: Seconds


@dataclass(frozen=True, slots=True)
class Engine:
    """What questions are asked of.

    :param index: An open generation.
    :param encoder: The model that it was built with.
    :param reader: What was trained to read for that model; None where nothing was.
    """

    index: Index
    encoder: Encoder
    reader: Reader | None

    def find(self, question: str, filters: Filters, k: int) -> Found:
        """All stages from a question to its readings: ``k`` hits or more, as far as there are so many."""
        check_filters(filters)
        count = max(k, RESCORED)
        times = [time.perf_counter()]
        asked = query_in_tokens(self.encoder, question)
        times.append(time.perf_counter())
        candidates = find_candidates(self.index, question, asked.vector, self.index.allowed(filters), count)
        times.append(time.perf_counter())
        hits = rank(self.index, candidates, count)
        times.append(time.perf_counter())
        ranked = rescore(self.encoder, asked, hits, READ_DEPTH)
        times.append(time.perf_counter())
        first = [
            self._to_read(*row) for row in zip(ranked.hits[:READ_DEPTH], ranked.compared[:READ_DEPTH], strict=True)
        ]
        readings = read_hits(self.reader, Asked(question, asked, candidates.matches), first)
        hits = _in_order(ranked.hits, readings)
        times.append(time.perf_counter())
        return Found(hits, readings, Seconds(*(after - before for before, after in pairwise(times))))

    def _to_read(self, hit: Hit, compared: Compared) -> ToRead:
        article = self.index.store.article(hit.article.id)
        return ToRead(hit, compared, whole_text(article) if article else "")


def _in_order(hits: Sequence[Hit], readings: Sequence[Reading]) -> list[Hit]:
    """Hits in the order of their scores and of how sure it is that they answer."""
    sure: dict[int, float] = {}
    for reading in readings:
        if reading.sure is not None:
            sure[reading.hit.passage.id] = max(reading.sure, sure.get(reading.hit.passage.id, 0.0))
    scored = [replace(hit, score=hit.score + READER_WEIGHT * sure.get(hit.passage.id, 0.0)) for hit in hits]
    return sorted(scored, key=lambda hit: -hit.score)
