"""BM25 over the words that a server keeps: the same scores as an index in a folder gives, from as few pages as will do.

The passages with a question's rarest words are looked up first. What its other words could add at most is known from
the heads of their pages; where no passage that lacks the rare ones can come among the best any more, the rest is not
read ("MaxScore", Turtle and Flood 1995).
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.index.lexical import K1, B, Matches
from rag.index.milvus.collections import Kind, signed
from rag.index.milvus.packing import unpacked
from rag.index.milvus.pages import MAX_LENGTH, Head, Postings, Run, heads_of, read_pages, vocabulary_id
from rag.index.milvus.server import Server
from rag.index.postings import MOST, digest_of
from rag.index.vectors import Ids, Scores
from rag.text.terms import Anchor, terms

FEW = 4
"""Times as many as are wanted that may be among the best, from which on no more pages are read."""
SLACK = 1e-5
"""By how much bounds may be off: terms are added up in another order than for a score."""
READ_ALL = 200_000
"""Postings of a question that are all read, some megabyte of pages: to know which could be left takes as long."""
REMEMBERED = 20_000
"""Terms whose frequencies are remembered."""


@dataclass(slots=True)
class _Term:
    """A term as it was looked up.

    :param read: Its postings on the pages that were read; ``heads`` are the others, of it alone.
    """

    term: int
    read: list[Postings]
    gone: Postings
    heads: list[Head]

    @property
    def frequency(self) -> int:
        """How many passages in use have it."""
        return sum(map(len, self.read)) + sum(head.size for head in self.heads) - len(self.gone)


class Words:
    """The words of a generation's passages.

    :param words: Their runs; ``gone`` are those of passages that went.
    :param passages: In use.
    :param length: Terms in all of them.
    :param vocabulary: The runs that have one, and how many rows of it.
    """

    def __init__(
        self,
        server: Server,
        words: Sequence[Run],
        gone: Sequence[Run],
        passages: int,
        length: int,
        vocabulary: Sequence[tuple[int, int]],
    ) -> None:
        self._server, self._size = server, passages
        self._words, self._gone = [run.run for run in words], [run.run for run in gone]
        self._average = max(length, 1) / max(passages, 1)
        self._vocabulary = Vocabulary(server, vocabulary)
        self._frequencies: dict[str, int] = {}

    @property
    def vocabulary(self) -> Vocabulary:
        """What may be a term of a passage in use."""
        return self._vocabulary

    def _idf_of(self, frequency: Any) -> Any:
        return np.log1p((self._size - frequency + 0.5) / (frequency + 0.5))

    def norms_of(self, lengths: NDArray[Any]) -> Scores:
        """What BM25 adds to how often a passage of so many terms has one."""
        return (K1 * (1 - B + B * lengths.astype(np.int32) / self._average)).astype(np.float32)

    def _look_up(self, wanted: Iterable[str]) -> dict[str, _Term]:
        """Terms, with all pages read that they share with others."""
        names = list(dict.fromkeys(wanted))
        digests = [signed(digest_of(name)) for name in names]
        heads = heads_of(self._server, [*self._words, *self._gone], digests)
        gone_runs = set(self._gone)
        mixed = [head.id for head in heads if head.lo < head.hi or head.run in gone_runs]
        pages = read_pages(self._server, mixed)
        by_id = {head.id: head for head in heads}
        found = {}
        for name, digest in zip(names, digests, strict=True):
            read: list[Postings] = []
            gone: list[Postings] = []
            for page_id, page in pages.items():
                head = by_id[page_id]
                if head.lo <= digest <= head.hi and len(mine := page.of(digest)):
                    (gone if head.run in gone_runs else read).append(mine)
            alone = [head for head in heads if head.lo == head.hi == digest and head.run not in gone_runs]
            found[name] = _Term(digest, read, Postings.joined(gone), alone)
        if len(self._frequencies) > REMEMBERED:
            self._frequencies = {}
        self._frequencies.update({name: term.frequency for name, term in found.items()})
        return found

    def _postings(self, wanted: Mapping[str, _Term]) -> dict[str, Postings]:
        """All passages in use that have terms."""
        heads = [head.id for term in wanted.values() for head in term.heads]
        pages = read_pages(self._server, heads) if heads else {}
        found = {}
        for name, term in wanted.items():
            term.read, term.heads = [*term.read, *(pages[head.id] for head in term.heads)], []
            found[name] = Postings.joined(term.read).without(term.gone)
        return found

    def frequencies(self, wanted: Sequence[str]) -> dict[str, int]:
        """How many passages in use have each of some terms."""
        known = dict(self._frequencies)
        unknown = [name for name in wanted if name not in known]
        if unknown:
            known |= {name: term.frequency for name, term in self._look_up(unknown).items()}
        return {name: known[name] for name in wanted}

    def frequency(self, word: str) -> int:
        """How many passages have a word; of one that is cut into several terms, the rarest of them counts."""
        return min(self.frequencies(terms(word)).values(), default=0)

    def match(self, question: str, count: int | None) -> Matched:
        """What a question's words find.

        :param count: Passages that are wanted of the best; None for all that have any of them.
        """
        query = terms(question)
        found = self._look_up(query)
        weights: dict[str, float] = defaultdict(float)
        for name in query:
            weights[name] += float(self._idf_of(found[name].frequency))
        total = sum(weights.values())
        shares = {name: weight / total for name, weight in weights.items()}
        coverage = sum(shares[name] for name, term in found.items() if term.frequency)
        read, ids, bounds, least = self._best(found, shares, count)
        lacking = frozenset(name for name, term in found.items() if name not in read and term.frequency)
        matches = Matches(np.empty(0, np.float32), shares, coverage)
        return Matched(matches, ids, bounds, least, read, lacking, self)

    def _best(
        self, found: dict[str, _Term], shares: dict[str, float], count: int | None
    ) -> tuple[dict[str, Postings], Ids, Scores, float]:
        """The postings that were read; passages among which the best are, best first; what each scores at most; and
        what no other passage scores.
        """  # noqa: D205
        order = sorted((name for name in found if found[name].frequency), key=lambda name: found[name].frequency)
        if count is None or sum(found[name].frequency for name in order) <= READ_ALL:
            read = self._postings({name: found[name] for name in order})
            ids, scores = self._scored([(shares[name], read[name]) for name in shares if name in read])
            best_first = np.argsort(-scores, kind="stable")
            return read, ids[best_first], scores[best_first], 0.0
        return self._best_of_many(found, shares, order, count)

    def _best_of_many(
        self, found: dict[str, _Term], shares: dict[str, float], order: Sequence[str], count: int
    ) -> tuple[dict[str, Postings], Ids, Scores, float]:
        """The same, where there are many: no more is read than tells the best.

        :param order: The terms, the rarest first.
        """
        most = {name: self._at_most(found[name]) * shares[name] for name in order}
        rest = sum(most.values())
        read: dict[str, Postings] = {}
        ids, scores, bound = np.empty(0, np.int64), np.empty(0, np.float32), 0.0
        for name in order:
            read |= self._postings({name: found[name]})
            rest -= most[name]
            ids, scores = self._added(ids, scores, shares[name], read[name])
            if len(scores) > count and rest + SLACK < (least := float(np.partition(scores, -count)[-count])):
                may_be = scores + rest + SLACK >= least
                if np.count_nonzero(may_be) <= FEW * count:
                    ids, scores, bound = ids[may_be], scores[may_be], least
                    break
        best_first = np.argsort(-scores, kind="stable")
        return read, ids[best_first], (scores + np.float32(max(rest, 0.0) + SLACK))[best_first], bound

    def _at_most(self, term: _Term) -> float:
        """What a passage can score for a term at most, of 1."""
        heads = [(head.most, head.least) for head in term.heads]
        heads += [(int(page.counts.max()), int(page.lengths.min())) for page in term.read if len(page)]
        norms = self.norms_of(np.array([least for _, least in heads]))
        return float(max((most / (most + norm) for (most, _), norm in zip(heads, norms, strict=True)), default=0.0))

    def _scored(self, read: Sequence[tuple[float, Postings]]) -> tuple[Ids, Scores]:
        """All passages of some terms, in order, and what they score for these."""
        ids = np.unique(np.concatenate([np.empty(0, np.int64), *(postings.ids for _, postings in read)]))
        scores = np.zeros(len(ids), np.float32)
        for weight, postings in read:
            scores[np.searchsorted(ids, postings.ids)] += self.score_of(weight, postings.counts, postings.lengths)
        return ids, scores

    def _added(self, ids: Ids, scores: Scores, weight: float, postings: Postings) -> tuple[Ids, Scores]:
        """The same with what passages score for one more term."""
        every = np.union1d(ids, postings.ids)
        total = np.zeros(len(every), np.float32)
        total[np.searchsorted(every, ids)] = scores
        total[np.searchsorted(every, postings.ids)] += self.score_of(weight, postings.counts, postings.lengths)
        return every, total

    def score_of(self, weight: float, counts: NDArray[Any], lengths: NDArray[Any]) -> Scores:
        """What passages score for a term that they have so often."""
        often = counts.astype(np.float32)
        return np.asarray(np.float32(weight) * often / (often + self.norms_of(lengths)), np.float32)

    def anchored(self, anchors: Sequence[Anchor]) -> tuple[list[str], Ids, Scores]:
        """The passages that have a question's names, numbers and codes, in order, and what: see ``LexicalIndex``.

        :return: First the terms that no passage has; then there is nothing else.
        """
        names = [name for anchor in anchors for form in anchor.forms for name in form]
        nothing = np.empty(0, np.int64), np.empty(0, np.float32)
        if not names:
            return [], *nothing
        found = self._look_up(names)
        if lacking := [name for name, term in found.items() if not term.frequency]:
            return lacking, *nothing
        postings = {name: each.ids for name, each in self._postings(found).items()}
        having = []
        for anchor in anchors:
            forms = [reduce(np.intersect1d, (postings[name] for name in form)) for form in anchor.forms]
            holding = np.unique(np.concatenate(forms))
            having.append((anchor.weight * self._idf_of(len(holding)) / self._idf_of(0), holding))
        ids = np.unique(np.concatenate([holding for _, holding in having]))
        scores = np.zeros(len(ids), np.float32)
        for weight, holding in having:
            scores[np.searchsorted(ids, holding)] += weight
        return [], ids, scores


@dataclass(frozen=True, slots=True)
class Matched:
    """What a question's words find.

    :param matches: Without scores.
    :param ids: Of passages among which the best are.
    :param bounds: What each scores at most; best first.
    :param least: What no other passage scores; 0 where these are all that have any of the words.
    :param read: The postings of the terms that were read, all in use.
    :param lacking: Terms that passages have and that were not read: what is scored for them is told from texts.
    """

    matches: Matches
    ids: Ids
    bounds: Scores
    least: float
    read: dict[str, Postings]
    lacking: frozenset[str]
    words: Words

    def scores_of(self, ids: Ids, texts: Sequence[str]) -> Scores:
        """What passages score.

        :param texts: As they are searched; looked at only where terms are ``lacking``.
        """
        scores = np.zeros(len(ids), np.float32)
        told = [Counter(terms(text)) for text in texts] if self.lacking else []
        lengths = np.array([min(each.total(), MAX_LENGTH) for each in told], np.int64)
        for name, weight in self.matches.weights.items():
            if name in self.lacking:
                counts = np.array([min(each[name], MOST) for each in told], np.int64)
                scores += np.where(counts > 0, self.words.score_of(weight, counts, lengths), np.float32(0))
            elif name in self.read:
                postings = self.read[name]
                at = np.minimum(np.searchsorted(postings.ids, ids), max(len(postings) - 1, 0))
                has = postings.ids[at] == ids if len(postings) else np.zeros(len(ids), bool)
                at = at[has]
                scores[has] += self.words.score_of(weight, postings.counts[at], postings.lengths[at])
        return scores


class Vocabulary(Container[str]):
    """What may be a term: the first 32 bits of the digest of every term, so that one in a thousand says so wrongly.

    Whoever takes a term for one looks it up, and has it ``lacks`` where it is none.

    :param runs: That have one, and how many rows of it.
    """

    def __init__(self, server: Server, runs: Sequence[tuple[int, int]]) -> None:
        self._server, self._runs = server, runs
        self._lock = threading.Lock()
        self._known: Sequence[int] | None = None
        self._lacking: set[str] = set()

    def lacks(self, names: Iterable[str]) -> None:
        """Note that some are no terms."""
        self._lacking |= set(names)

    def __contains__(self, term: object) -> bool:
        if not isinstance(term, str) or term in self._lacking:
            return False
        known = self._known if self._known is not None else self._read()
        first = digest_of(term) >> 32
        at = bisect_left(known, first)
        return at < len(known) and known[at] == first

    def _read(self) -> Sequence[int]:
        with self._lock:
            if self._known is None:
                ids = [vocabulary_id(run, n) for run, rows in self._runs for n in range(rows)]
                rows = self._server.with_ids(Kind.PAGES, ids, ("size", "packed"))
                parts = [unpacked(row["packed"], (np.uint32, row["size"]))[0] for row in rows]
                found = np.unique(np.concatenate([np.empty(0, np.uint32), *parts]))
                self._known = memoryview(np.ascontiguousarray(found).data).cast("B").cast("I") if len(found) else ()
            return self._known
