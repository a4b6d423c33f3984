"""BM25 over the terms of all passages, whichever segment they are in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.index.postings import Postings
from rag.text.terms import Anchor, terms

K1, B = 1.2, 0.75
"""BM25's constants as Lucene sets them."""

Ids = NDArray[np.int64]
Mask = NDArray[np.bool_]


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


@dataclass(frozen=True, slots=True)
class _Having:
    """The passages of a segment that have a term.

    :param begin: The id of the segment's first passage.
    :param passages: By their places in the segment, in order.
    :param counts: How often each has it.
    """

    begin: int
    passages: NDArray[np.int32]
    counts: NDArray[np.uint16]

    @property
    def ids(self) -> Ids:
        """By their ids."""
        return self.passages.astype(np.int64) + self.begin


class Vocabulary(Container[str]):
    """The terms that passages in use have.

    :param lexical: What has them.
    """

    def __init__(self, lexical: LexicalIndex) -> None:
        self._lexical = lexical

    def __contains__(self, term: object) -> bool:
        return isinstance(term, str) and self._lexical.has(term)


class LexicalIndex:
    """BM25 over the passages' terms, with the inverse document frequency (idf) as Lucene counts it.

    Both are of all passages in use, so that it makes no difference in which segments they are.

    :param segments: The terms of each segment's passages.
    :param live: Which passages are in use, those of one segment after the other; None for all.
    """

    def __init__(self, segments: Sequence[Postings], live: Mask | None = None) -> None:
        self._segments = segments
        sizes = [len(postings.lengths) for postings in segments]
        self._begins = [sum(sizes[:at]) for at in range(len(sizes))]
        self._live = np.ones(sum(sizes), bool) if live is None else live
        places = zip(self._begins, sizes, strict=True)
        self._is_whole = [bool(self._live[begin : begin + size].all()) for begin, size in places]
        self._size = int(self._live.sum())
        lengths = np.concatenate([postings.lengths for postings in segments])
        average = max(int(lengths[self._live].sum(dtype=np.int64)), 1) / max(self._size, 1)
        self._norms = (K1 * (1 - B + B * lengths / average)).astype(np.float32)

    @property
    def vocabulary(self) -> Vocabulary:
        """All terms of the passages in use."""
        return Vocabulary(self)

    def has(self, term: str) -> bool:
        """Whether any passage in use has a term."""
        for begin, is_whole, postings in zip(self._begins, self._is_whole, self._segments, strict=True):
            row = postings.row(term)
            if row is not None and (is_whole or self._live[begin + postings.having(row)[0]].any()):
                return True
        return False

    def _having(self, term: str) -> list[_Having]:
        """Where passages in use have a term, segment by segment."""
        found = []
        for begin, is_whole, postings in zip(self._begins, self._is_whole, self._segments, strict=True):
            row = postings.row(term)
            if row is None:
                continue
            passages, counts = postings.having(row)
            if not is_whole:
                stays = self._live[begin : begin + len(postings.lengths)][passages]
                passages, counts = passages[stays], counts[stays]
            found.append(_Having(begin, passages, counts))
        return found

    def _ids_of(self, term: str) -> Ids:
        """The passages in use that have a term, in order."""
        return np.concatenate([np.empty(0, np.int64), *(each.ids for each in self._having(term))])

    def _idf_of(self, frequency: Any) -> Any:
        """The inverse document frequency of what so many texts have."""
        return np.log1p((self._size - frequency + 0.5) / (frequency + 0.5))

    def frequency(self, word: str) -> int:
        """How many texts have a word; of one that is cut into several terms, the rarest of them counts."""
        return min((_frequency(self._having(term)) for term in terms(word)), default=0)

    def anchored(self, anchors: Iterable[Anchor]) -> NDArray[np.float32]:
        """For each text, what it has of a question's names, numbers and codes, all of whose terms stand in the index.

        The sum of their inverse frequencies over that of a word that stands nowhere, so that each counts up to 1 and
        what stands everywhere counts nothing; shape (number of texts,).
        """
        scores = np.zeros(len(self._live), np.float32)
        for anchor in anchors:
            holding = self._holding_any(anchor.forms)
            scores[holding] += anchor.weight * self._idf_of(len(holding)) / self._idf_of(0)
        return scores

    def _holding_any(self, forms: Sequence[Iterable[str]]) -> Ids:
        """The texts that have all terms of any of some forms."""
        holding = [self._holding(form) for form in forms]
        if len(holding) == 1:
            return holding[0]
        have = np.zeros(len(self._live), bool)
        for ids in holding:
            have[ids] = True
        return np.flatnonzero(have)

    def _holding(self, form: Iterable[str]) -> Ids:
        """The texts that have all of some terms."""
        return reduce(np.intersect1d, sorted((self._ids_of(term) for term in form), key=len))

    def match(self, question: str) -> Matches:
        """Score all passages for a question."""
        scores = np.zeros(len(self._live), np.float32)
        weights: dict[str, float] = defaultdict(float)
        query = terms(question)
        having = {term: self._having(term) for term in dict.fromkeys(query)}
        for term in query:
            weights[term] += float(self._idf_of(_frequency(having[term])))
        total = sum(weights.values())
        by_segment: dict[int, list[tuple[np.float32, _Having]]] = defaultdict(list)
        for term, parts in having.items():
            for part in parts:
                by_segment[part.begin].append((np.float32(weights[term] / total), part))
        for begin, found in by_segment.items():  # one after the other, so that what is worked on stays in cache
            here, norms = scores[begin:], self._norms[begin:]
            for weight, part in found:
                places, counts = part.passages.astype(np.intp), part.counts.astype(np.float32)
                here[places] += weight * counts / (counts + norms[places])
        shares = {term: weight / total for term, weight in weights.items()}
        return Matches(scores, shares, sum(shares[term] for term, parts in having.items() if _frequency(parts)))


def _frequency(parts: Iterable[_Having]) -> int:
    """How many passages have a term."""
    return sum(len(part.passages) for part in parts)
