"""What a search proposes for a question, before it is put in order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rag.index.lexical import Matches
from rag.index.vectors import Ids, Scores

CANDIDATES = 100
"""Passages taken from lexical search, and of each script from dense search."""
PRIOR = 3
"""A script's mean vector is drawn towards that of all passages as if by this many passages: the mean of one or two says
more about them than about their language. 0 finds a little more, 10 clearly less."""
LOWEST = 0.01
"""A lexical score below which all that have any are put in order."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """Candidate passages in the order of their ids, and what the question's words match; a number each.

    :param groups: By which passages that say the same are known.
    :param dense: Cosine of question and passage.
    :param bias_corrections: What is added for the passage's script.
    :param lexical: BM25 score over the sum of the question's idf.
    :param anchored: What each has of the question's names, numbers and codes, where it is in another script.
    """

    ids: Ids
    groups: Ids
    dense: Scores
    bias_corrections: Scores
    lexical: Scores
    anchored: Scores
    matches: Matches


def highest(scores: Scores, count: int) -> Ids:
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
