"""BM25 over the terms of passages."""

from __future__ import annotations

import errno
import logging
import os
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any, cast

import bm25s
import numpy as np
from numpy.typing import NDArray

from rag.text.terms import Anchor, terms

logging.getLogger("bm25s").setLevel(logging.WARNING)  # it sets itself to tell each step

LEXICAL_NAME = "lexical"
K1, B = 1.2, 0.75
"""BM25's constants as Lucene sets them."""


@dataclass(frozen=True, slots=True)
class Matches:
    """What the words of a question match.

    :param scores: For each passage, its BM25 score over the sum of the question's idf: 0 to 1, shape (number of
        passages,). Equal for equal share of the question matched, whatever the corpus.
    :param weights: Each term's share of the question's idf; they sum to 1.
    :param query_coverage: Share of the question's idf whose words stand anywhere in the corpus, 0 to 1: near 1 for a
        question in the corpus's language, near 0 for one in another.
    """

    scores: NDArray[np.float32]
    weights: dict[str, float]
    query_coverage: float

    def share(self, text: str) -> float:
        """Share of the question's idf that a text's words match, 0 to 1."""
        found = set(terms(text))
        return sum(weight for term, weight in self.weights.items() if term in found)


class LexicalIndex:
    """BM25 over the passages' terms, with the inverse document frequency (idf) as Lucene counts it."""

    def __init__(self, engine: bm25s.BM25) -> None:
        self._engine = engine
        self._size = int(engine.scores["num_docs"])
        self._frequency = np.diff(engine.scores["indptr"])
        self._check()
        self._idf = self._idf_of(self._frequency)

    @classmethod
    def build(cls, texts: Iterable[str]) -> LexicalIndex:
        """Index texts; a text's position is its passage's id."""
        engine = bm25s.BM25(k1=K1, b=B, method="lucene")
        engine.index([terms(text) or [""] for text in texts], show_progress=False)
        return cls(engine)

    def _check(self) -> None:
        """Refuse what leads to no text: a file may be damaged.

        :raises ValueError: It does.
        """
        begins, texts = self._engine.scores["indptr"], self._engine.scores["indices"]
        rows = np.array([row for term, row in self._engine.vocab_dict.items() if term], np.int64)
        leads_out = len(texts) and not 0 <= texts.min() <= texts.max() < self._size
        if begins[0] != 0 or begins[-1] != len(texts) or self._frequency.min(initial=0) < 0 or leads_out:
            raise ValueError("texts")
        if not 0 <= rows.min(initial=0) <= rows.max(initial=0) < len(self._frequency):
            raise ValueError("terms")

    def _idf_of(self, frequency: Any) -> Any:
        """The inverse document frequency of what so many texts have."""
        return np.log1p((self._size - frequency + 0.5) / (frequency + 0.5))

    def save(self, folder: Path) -> None:
        """Write plain ``.npy`` and ``.json`` files; nothing is pickled.

        :raises OSError: They can't be written.
        """
        try:
            self._engine.save(folder, show_progress=False)
        except OSError as error:
            if error.errno is None:  # numpy's, of how many numbers went onto a full disk
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from error
            raise

    @classmethod
    def load(cls, folder: Path) -> LexicalIndex:
        """Read what ``save`` wrote."""
        return cls(bm25s.BM25.load(folder, show_progress=False))

    def frequency(self, word: str) -> int:
        """How many texts have a word; of one that is cut into several terms, the rarest of them counts."""
        rows = [self._engine.vocab_dict.get(term) for term in terms(word)]
        return min((0 if row is None else int(self._frequency[row]) for row in rows), default=0)

    @property
    def vocabulary(self) -> Collection[str]:
        """All terms of the texts."""
        return cast(Collection[str], self._engine.vocab_dict)

    def anchored(self, anchors: Iterable[Anchor]) -> NDArray[np.float32]:
        """For each text, what it has of a question's names, numbers and codes, all of whose terms stand in the index.

        The sum of their inverse frequencies over that of a word that stands nowhere, so that each counts up to 1 and
        what stands everywhere counts nothing; shape (number of texts,).
        """
        scores = np.zeros(self._size, np.float32)
        for anchor in anchors:
            holding = np.unique(np.concatenate([self._holding(form) for form in anchor.forms]))
            scores[holding] += anchor.weight * self._idf_of(len(holding)) / self._idf_of(0)
        return scores

    def _holding(self, form: Iterable[str]) -> NDArray[np.int64]:
        """The texts that have all of some terms, each of which the index has."""
        rows = sorted((self._engine.vocab_dict[term] for term in form), key=lambda row: self._frequency[row])
        begins, texts = self._engine.scores["indptr"], self._engine.scores["indices"]
        found = [texts[begins[row] : begins[row + 1]] for row in rows]
        return np.asarray(reduce(np.intersect1d, found), np.int64)

    def match(self, question: str) -> Matches:
        """Score all passages for a question."""
        query = terms(question)
        vocabulary = self._engine.vocab_dict
        weights: dict[str, float] = defaultdict(float)
        for term in query:
            row = vocabulary.get(term)
            weights[term] += float(self._idf_of(0) if row is None else self._idf[row])
        total = sum(weights.values())
        weights = {term: weight / total for term, weight in weights.items()}
        known = [term for term in query if term in vocabulary]
        if not known:
            return Matches(np.zeros(self._size, np.float32), weights, 0.0)
        scores = self._engine.get_scores(known).astype(np.float32) / np.float32(total)
        return Matches(scores, weights, sum(weights[term] for term in set(known)))
