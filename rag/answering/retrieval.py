"""A question → hits and answer candidates: dense and lexical search, fused; the reader reads the first hits."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby, islice, pairwise

import numpy as np

from rag.answering.candidates import AnswerCandidate, RetrievalResult
from rag.answering.reading import Reader, ReaderInput, best_first, read_hits, whole_text
from rag.core.filters import Filters
from rag.core.hits import Copy, Hit
from rag.core.limits import READ_DEPTH
from rag.core.progress import Seconds
from rag.index.index import Index
from rag.index.lexical import Matches
from rag.index.vectors import Ids, Scores
from rag.models.encoded import encoded_query
from rag.models.encoder import Encoder

CANDIDATES = 100
"""Passages taken from lexical search, and of each script from dense search."""
LEXICAL_WEIGHT = 0.35
"""Weight of the lexical score beside the cosine (measurements: ranking)."""
ANCHOR_WEIGHT = 0.06
"""Weight of the question's names, numbers and codes in a passage in another script (measurements: ranking)."""
READER_WEIGHT = 0.5
"""Weight, in a hit's score, of the reader's own probability that it answers (measurements: ranking)."""
READ_FIRST = 3
"""Hits that are read at first (measurements: ranking)."""
CONFIDENT = 0.7
"""Confidence in one of these from which on no more are read (measurements: ranking)."""
LOWEST = 0.01
"""A lexical score below which all that have any are put in order."""
SAME = 1e-6
"""Scores this close are the same: arithmetic on copies of one vector may differ in the last digits."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """Candidate passages, and what the question's words match.

    :param anchored: What each has of the question's names, numbers and codes, where it is in another script.
    """

    ids: Ids
    dense: Scores
    bias_corrections: Scores
    anchored: Scores
    matches: Matches


def find_candidates(index: Index, question: str, vector: Scores, allowed: Ids | None, k: int) -> Candidates:
    """Dense and lexical search among the passages allowed, with both scores for all that is found.

    :param vector: The question's unit vector.
    :param allowed: Ids of passages that pass the filters; None for all.
    :param k: Passages wanted in the end, no two of them copies.
    """
    count = max(CANDIDATES, k)
    matches, anchored = index.match(question), index.anchored(question)
    lexical = [_best(index, scores, count, allowed) for scores in (matches.scores, anchored)]
    found = np.unique(np.concatenate([index.nearest_of_each_script(vector, count, allowed), *lexical]))
    ids = index.with_copies(found, allowed)
    return Candidates(ids, index.cosines(vector, ids), index.bias_corrections(vector, ids), anchored[ids], matches)


def _best(index: Index, scores: Scores, count: int, allowed: Ids | None) -> Ids:
    """Ids of the highest scores above zero: as many as it takes for ``count`` that say different things."""
    of_allowed = scores if allowed is None else scores[allowed]
    deep = count
    while True:
        places = _highest(of_allowed, deep)
        ids = places if allowed is None else allowed[places]
        if len(ids) < deep or index.apart(ids) >= count:
            return ids
        deep *= 2


def _highest(scores: Scores, count: int) -> Ids:
    """The places of the highest scores above zero, in order: as many as are wanted, and all that equal the last."""
    bound = scores.max(initial=0) / 2
    while (places := np.flatnonzero(scores > bound)).size < count and bound > LOWEST:
        bound /= 2  # few stay, and to put these in order takes no time
    if len(places) < count:
        places = np.flatnonzero(scores > 0)
    if len(places) <= count:
        return places
    found = scores[places]
    return places[found >= np.partition(found, -count)[-count]]


def rank(index: Index, candidates: Candidates, k: int) -> list[Hit]:
    """The best ``k`` candidates as hits, best first. Of copies the best stands for all, among equals the newest.

    Score = cosine + language-bias correction + ``LEXICAL_WEIGHT`` × query coverage × lexical score; and in another
    script than the question's, ``ANCHOR_WEIGHT`` × what a passage has of its names, numbers and codes.

    The lexical score is normalised by the most that the question could reach (as in Bruch et al., "An Analysis of
    Fusion Functions for Hybrid Retrieval", 2023), so that it counts by how much of the question it explains. Query
    coverage, the share of the question that the corpus has words for, damps it where the question is in another
    language and only a chance word matches.
    """
    matches = candidates.matches
    lexical = matches.scores[candidates.ids]
    by_words = LEXICAL_WEIGHT * matches.query_coverage * lexical + ANCHOR_WEIGHT * candidates.anchored
    scores = candidates.dense + candidates.bias_corrections + by_words
    groups: dict[int, list[int]] = {}
    for at in _best_first(index, candidates.ids, scores):
        groups.setdefault(int(index.groups[candidates.ids[at]]), []).append(at)
    hits = []
    for members in islice(groups.values(), k):
        at, copies = _stand_in(index, candidates.ids, scores, members)
        parts = (scores, candidates.dense, lexical, candidates.bias_corrections, candidates.anchored)
        score, dense, words, correction, names = (float(values[at]) for values in parts)
        passage, article = index.store.passage(int(candidates.ids[at]))
        hits.append(Hit(passage, article, score, dense, words, correction, names, copies=copies))
    return hits


def _best_first(index: Index, ids: Ids, scores: Scores) -> list[int]:
    """Places of passages by their scores; of those that score alike, by their articles, and in reading order.

    Ids would not do: they tell in which segment a passage happens to be.
    """
    order = np.lexsort((ids, -scores)).tolist()
    alike = (list(members) for _, members in groupby(order, key=lambda at: scores[at]))
    return [at for members in alike for at in _by_article(index, ids, members)]


def _by_article(index: Index, ids: Ids, members: list[int]) -> list[int]:
    if len(members) == 1:
        return members
    return sorted(members, key=lambda at: (index.store.passage(int(ids[at]))[1].id, ids[at]))


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
class Engine:
    """Index, encoder and reader that belong together.

    :param index: An open generation.
    :param encoder: The model that it was built with.
    """

    index: Index
    encoder: Encoder
    reader: Reader

    def find(self, question: str, filters: Filters, k: int) -> RetrievalResult:
        """All stages from a question to answer candidates: ``k`` hits or more, as far as there are so many."""
        count = max(k, READ_DEPTH)
        times = [time.perf_counter()]
        vector = encoded_query(self.encoder, question)
        times.append(time.perf_counter())
        candidates = find_candidates(self.index, question, vector, self.index.allowed(filters), count)
        times.append(time.perf_counter())
        hits = rank(self.index, candidates, count)
        times.append(time.perf_counter())
        read = self.read(question, hits[:READ_FIRST])
        if all(candidate.confidence < CONFIDENT for candidate in read):
            read = best_first([*read, *self.read(question, hits[READ_FIRST:READ_DEPTH], READ_FIRST)])
        hits = rerank(hits, read)
        times.append(time.perf_counter())
        return RetrievalResult(hits, read, Seconds(*(after - before for before, after in pairwise(times))))

    def read(self, question: str, hits: Sequence[Hit], before: int = 0) -> list[AnswerCandidate]:
        """The sentences of hits that may answer, best first.

        :param before: Hits that were found before these.
        """
        return read_hits(self.reader, question, [ReaderInput(hit, self._text_of(hit)) for hit in hits], before)

    def _text_of(self, hit: Hit) -> str:
        article = self.index.store.article(hit.article.id)
        return whole_text(article) if article else ""


def rerank(hits: Sequence[Hit], read: Sequence[AnswerCandidate]) -> list[Hit]:
    """Hits in the order of their scores and of what the reader says of them.

    :param read: What it found in the first of them.
    """
    likely = {candidate.hit.passage.id: candidate.features.likely for candidate in read}
    scored = [replace(hit, score=hit.score + READER_WEIGHT * likely.get(hit.passage.id, 0.0)) for hit in hits]
    return sorted(scored, key=lambda hit: -hit.score)
