"""What was found for a question → the passages shown, and the answer made of them."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag.answering.candidates import AnswerCandidate, RetrievalResult
from rag.answering.extracts import NEAR_MISSES, choose_extracts
from rag.answering.many import asks_for_many
from rag.answering.values import newer_otherwise
from rag.core.answers import Answer, Citation, Extract
from rag.core.asked_time import AskedTime
from rag.core.hits import Hit
from rag.core.options import SearchOptions

MANY = 3
"""Articles that answer, of those that were read, from which on all reports are offered."""


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What was found for a question: the passages, and the answer that is made of them.

    :param question: As asked.
    :param query: As it was run.
    :param found: All that was found, best first, whatever is shown of it.
    :param time: The time that the question names.
    """

    question: str
    query: str
    options: SearchOptions
    found: RetrievalResult
    time: AskedTime | None = None

    @property
    def newest_first(self) -> bool:
        """Whether what was found is shown by date."""
        return self.options.newest_first or (self.time is not None and self.time.newest_first)

    @property
    def hits(self) -> list[Hit]:
        """The passages that are nearest, as many as were asked for and in the order asked for."""
        hits = self.found.hits[: self.options.k]
        return _newest_first(hits) if self.newest_first else hits

    def answer(self) -> Answer:
        """The answer in the articles' own words, or that they do not answer."""
        began = time.perf_counter()
        candidates = self.found.answer_candidates
        best = candidates[0] if candidates else None
        answered = best is not None and best.confidence >= self.options.threshold
        telling = _telling(candidates, self.options.threshold)
        extracts, citations = choose_extracts(candidates) if answered else ([], [])
        near_misses = [] if answered else self.found.hits[:NEAR_MISSES]
        if self.newest_first:
            extracts, citations = _extracts_newest_first(extracts, citations)
            near_misses = _newest_first(near_misses)
        return Answer(
            question=self.question,
            query=self.query,
            extracts=tuple(extracts),
            citations=tuple(citations),
            answered=answered,
            confidence=best.confidence if best else 0.0,
            near_misses=tuple(near_misses),
            filtered_out=not self.found.hits,
            seconds=replace(self.found.seconds, extract=time.perf_counter() - began),
            filters=self.options.filters,
            newest_first=self.newest_first,
            time=self.time,
            newer=newer_otherwise(extracts, citations),
            many=answered and (asks_for_many(self.query) or telling >= MANY),
            telling=telling,
        )


def _telling(candidates: Sequence[AnswerCandidate], threshold: float) -> int:
    """How many articles answer, of those that were read."""
    return len({one.hit.article.id for one in candidates if one.confidence >= threshold})


def _newest_first(hits: Sequence[Hit]) -> list[Hit]:
    """Hits by their article's date, newest first, undated last; of one date, in the order they came."""
    return sorted(hits, key=lambda hit: hit.article.local_date, reverse=True)


def _extracts_newest_first(
    extracts: Sequence[Extract], citations: Sequence[Citation]
) -> tuple[list[Extract], list[Citation]]:
    """Extracts and their citations as ``_newest_first`` has hits, numbered anew in that order.

    :param citations: One for each extract, in the same order.
    """
    pairs = sorted(zip(extracts, citations, strict=True), key=lambda pair: pair[1].article.local_date, reverse=True)
    return (
        [replace(extract, citation=number) for number, (extract, _) in enumerate(pairs, 1)],
        [replace(citation, number=number) for number, (_, citation) in enumerate(pairs, 1)],
    )
