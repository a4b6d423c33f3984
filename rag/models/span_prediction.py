"""What a reader predicts for a passage, and the likeliest answer span in it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from rag.models.encoder import Offsets, Vectors

MAX_ANSWER_TOKENS = 60
"""Tokens of the longest answer: of 5,795 answers in the training pairs 99 of 100 are shorter."""


@dataclass(frozen=True, slots=True)
class SpanPrediction:
    """An answer span: offsets in the passage's text, and its log-likelihood."""

    start: int
    end: int
    log_likelihood: float


@dataclass(frozen=True, slots=True)
class SpanScores:
    """The reader's scores of a passage's own tokens, without those of the title.

    :param first: Log-probability that each token is the answer's first, shape (tokens,).
    :param last: The same for its last.
    :param answers: Logit that the passage answers at all.
    :param starts: First character of each token in the passage's text, shape (tokens,); ``ends`` is one past its last.
    """

    first: Vectors
    last: Vectors
    answers: float
    starts: Offsets
    ends: Offsets

    def best(self, start: int, end: int) -> SpanPrediction | None:
        """The likeliest span within a stretch of the passage's text; None where that has no token."""
        inside = np.flatnonzero((self.starts < end) & (self.ends > start))
        if not len(inside):
            return None
        size = len(inside)
        likely = self.first[inside, None] + self.last[None, inside]
        allowed = np.tri(size, dtype=bool).T & np.tri(size, k=MAX_ANSWER_TOKENS - 1, dtype=bool)
        first, last = divmod(int(np.where(allowed, likely, -np.inf).argmax()), size)
        begin, stop = max(start, int(self.starts[inside[first]])), min(end, int(self.ends[inside[last]]))
        return SpanPrediction(begin, stop, float(likely[first, last]))
