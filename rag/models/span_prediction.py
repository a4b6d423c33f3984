"""What a reader makes of a passage, and the likeliest span in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rag.models.encoder import Offsets, Vectors

LONGEST = 60
"""Tokens of the longest answer: of 5,795 answers in the training pairs 99 of 100 are shorter."""


@dataclass(frozen=True, slots=True)
class MarkedSpan:
    """Words that may answer: offsets in the passage's text, and the logarithm of how likely they are the answer."""

    start: int
    end: int
    likely: float


@dataclass(frozen=True, slots=True)
class SpanScores:
    """How likely each token of a passage's own text begins or ends the answer.

    :param first: Logarithm of how likely each token is the answer's first, shape (tokens,).
    :param last: The same for its last.
    :param answers: How likely the passage answers at all, as a logit.
    :param starts: First character of each token in the passage's text, shape (tokens,); ``ends`` is one past its last.
    """

    first: Vectors
    last: Vectors
    answers: float
    starts: Offsets
    ends: Offsets

    def best(self, start: int, end: int) -> MarkedSpan | None:
        """The likeliest span within a stretch of the passage's text; None where that has no token."""
        inside = np.flatnonzero((self.starts < end) & (self.ends > start))
        if not len(inside):
            return None
        size = len(inside)
        likely = self.first[inside, None] + self.last[None, inside]
        allowed = np.tri(size, dtype=bool).T & np.tri(size, k=LONGEST - 1, dtype=bool)
        first, last = divmod(int(np.where(allowed, likely, -np.inf).argmax()), size)
        begin, stop = max(start, int(self.starts[inside[first]])), min(end, int(self.ends[inside[last]]))
        return MarkedSpan(begin, stop, float(likely[first, last]))
