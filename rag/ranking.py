"""What the index found → hits: evidence of meaning and of words, fused."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rag.index import Index
from rag.index.index import Ids, Scores
from rag.lexical import Matches
from rag.types import Hit

CANDIDATES = 100
"""Passages taken from the search by words, and of each script from the search by meaning: twenty times as many as are
read for an answer."""
LEXICAL_WEIGHT = 0.35
"""Weight of words beside the cosine. On cmrc, drcd, csq and xquad recall at 1 moves by less than .02 between 0.2 and
0.5: up with the weight for questions in the articles' own language, down for those in another."""


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
    :param k: Passages wanted in the end.
    """
    count = max(CANDIDATES, k)
    matches = index.match(question)
    by_words = _best(matches.scores, count, allowed)
    ids = np.union1d(index.nearest_of_each_script(vector, count, allowed), by_words)
    return Candidates(ids, index.cosines(vector, ids), index.allowances(vector, ids), matches)


def _best(scores: Scores, count: int, allowed: Ids | None) -> Ids:
    """Ids of the highest scores above zero."""
    ids = np.flatnonzero(scores) if allowed is None else allowed[scores[allowed] > 0]
    if len(ids) > count:
        ids = ids[np.argpartition(-scores[ids], count)[:count]]
    return ids


def rank(index: Index, candidates: Candidates, k: int) -> list[Hit]:
    """The best ``k`` candidates as hits, best first.

    Score = cosine + allowance for the language + ``LEXICAL_WEIGHT`` × known × lexical.

    The lexical score is normalised by the most that the question could reach (as in Bruch et al., "An Analysis of
    Fusion Functions for Hybrid Retrieval", 2023), so that it counts by how much of the question it explains;
    ``known``, the share of the question that the corpus has words for, hushes it where the question is in another
    language and only a chance word matches.
    """
    lexical = candidates.matches.scores[candidates.ids]
    scores = candidates.dense + candidates.allowances + LEXICAL_WEIGHT * candidates.matches.known * lexical
    hits = []
    for at in np.lexsort((candidates.ids, -scores))[:k]:
        passage, article = index.store.passage(int(candidates.ids[at]))
        evidence = (float(values[at]) for values in (scores, candidates.dense, lexical, candidates.allowances))
        hits.append(Hit(passage, article, *evidence))
    return hits
