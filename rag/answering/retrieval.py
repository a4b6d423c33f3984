"""A question → hits and answer candidates: dense and lexical search, fused; the reader reads the first hits."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, islice, pairwise

import numpy as np

from rag.answering.candidates import AnswerCandidate, RetrievalResult
from rag.answering.reading import Reader, ReaderInput, best_first, header_rows, read_hits, whole_text
from rag.core.articles import ArticleInfo
from rag.core.filters import Filters
from rag.core.hits import Copy, Hit
from rag.core.limits import READ_DEPTH
from rag.core.passages import Passage
from rag.core.progress import Seconds
from rag.index.candidates import Candidates
from rag.index.open_index import OpenIndex
from rag.index.vectors import Ids, Scores
from rag.models.encoded import encoded_query
from rag.models.encoder import Encoder

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
SAME = 1e-6
"""Scores this close are the same: arithmetic on copies of one vector may differ in the last digits."""


def rank(index: OpenIndex, candidates: Candidates, k: int) -> list[Hit]:
    """The best ``k`` candidates as hits, best first. Of copies the best stands for all, among equals the newest.

    Score = cosine + language-bias correction + ``LEXICAL_WEIGHT`` × query coverage × lexical score; and in another
    script than the question's, ``ANCHOR_WEIGHT`` × what a passage has of its names, numbers and codes.

    The lexical score is normalised by the most that the question could reach (as in Bruch et al., "An Analysis of
    Fusion Functions for Hybrid Retrieval", 2023), so that it counts by how much of the question it explains. Query
    coverage, the share of the question that the corpus has words for, damps it where the question is in another
    language and only a chance word matches.
    """
    lexical = candidates.lexical
    by_words = LEXICAL_WEIGHT * candidates.matches.query_coverage * lexical + ANCHOR_WEIGHT * candidates.anchored
    scores = candidates.dense + candidates.bias_corrections + by_words
    groups: dict[int, list[int]] = {}
    for at in _best_first(index, candidates.ids, scores):
        groups.setdefault(int(candidates.groups[at]), []).append(at)
    first = [*islice(groups.values(), k)]
    told = _read(index, candidates.ids, [at for members in first for at in members])
    hits = []
    for members in first:
        at, copies = _stand_in(told, scores, members)
        parts = (scores, candidates.dense, lexical, candidates.bias_corrections, candidates.anchored)
        score, dense, words, correction, names = (float(values[at]) for values in parts)
        hits.append(Hit(*told[at], score, dense, words, correction, names, copies=copies))
    return hits


Told = Mapping[int, tuple[Passage, ArticleInfo]]
"""Passages and their articles, by their places among the candidates."""


def _read(index: OpenIndex, ids: Ids, places: Sequence[int]) -> Told:
    return dict(zip(places, index.passages(ids[list(places)].tolist()), strict=True))


def _best_first(index: OpenIndex, ids: Ids, scores: Scores) -> list[int]:
    """Places of passages by their scores; of those that score alike, by their articles, and in reading order.

    Ids would not do: they tell in which segment a passage happens to be.
    """
    order = np.lexsort((ids, -scores)).tolist()
    alike = [list(members) for _, members in groupby(order, key=lambda at: scores[at])]
    told = _read(index, ids, [at for members in alike if len(members) > 1 for at in members])
    return [at for members in alike for at in _by_article(told, ids, members)]


def _by_article(told: Told, ids: Ids, members: list[int]) -> list[int]:
    if len(members) == 1:
        return members
    return sorted(members, key=lambda at: (told[at][1].id, ids[at]))


def _stand_in(told: Told, scores: Scores, members: list[int]) -> tuple[int, tuple[Copy, ...]]:
    """The candidate that stands for its copies, and the others, newest first.

    :param members: Places of a group's candidates, best first.
    """
    if len(members) == 1:
        return members[0], ()
    newest_first = sorted(members, key=lambda at: told[at][1].local_date, reverse=True)
    best = next(at for at in newest_first if scores[at] >= scores[members[0]] - SAME)
    return best, tuple(Copy(*told[at]) for at in newest_first if at != best)


@dataclass(frozen=True, slots=True)
class Engine:
    """Index, encoder and reader that belong together.

    :param index: An open generation.
    :param encoder: The model that it was built with.
    """

    index: OpenIndex
    encoder: Encoder
    reader: Reader

    def find(self, question: str, filters: Filters, k: int) -> RetrievalResult:
        """All stages from a question to answer candidates: ``k`` hits or more, as far as there are so many."""
        count = max(k, READ_DEPTH)
        times = [time.perf_counter()]
        vector = encoded_query(self.encoder, question)
        times.append(time.perf_counter())
        candidates = self.index.candidates(question, vector, filters, count)
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
        articles = self.index.articles([hit.article.id for hit in hits])
        inputs = [
            ReaderInput(hit, whole_text(article), header_rows(article)) if article else ReaderInput(hit, "")
            for hit, article in zip(hits, articles, strict=True)
        ]
        return read_hits(self.reader, question, inputs, before)


def rerank(hits: Sequence[Hit], read: Sequence[AnswerCandidate]) -> list[Hit]:
    """Hits in the order of their scores and of what the reader says of them.

    :param read: What it found in the first of them.
    """
    likely = {candidate.hit.passage.id: candidate.features.likely for candidate in read}
    scored = [replace(hit, score=hit.score + READER_WEIGHT * likely.get(hit.passage.id, 0.0)) for hit in hits]
    return sorted(scored, key=lambda hit: -hit.score)
