"""Question → hits and readings: every stage before an answer is put together."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from rag.encoded import query_in_tokens
from rag.encoder import Encoder
from rag.filters import check_filters
from rag.index import Index
from rag.late_interaction import Compared
from rag.ranking import RESCORED, find_candidates, rank, rescore
from rag.reader import Asked, Reader, Reading, ToRead, read_hits, whole_text
from rag.types import Filters, Hit, Seconds

READ = 4
"""Hits that are read for an answer, and so compared token by token in any case. Read 2, 3, 4 or 5, an extract holds the
answer for .918 .937 .940 .940 of the questions (means of ten groups of sets and languages), and for .851 .881 .896 .896
of those about real articles."""
READER_WEIGHT = 0.3
"""Weight, in a hit's score, of how sure the reader is that it answers. Mean recall at 1 of ten groups with 0, .1, .2,
.3, .5, 1: .855 .869 .870 .879 .876 .875."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a question found.

    :param hits: Best first.
    :param readings: The sentences of the first of them, best first.
    :param seconds: How long it took, stage by stage.
    """

    hits: list[Hit]
    readings: list[Reading]
    seconds: Seconds


@dataclass(frozen=True, slots=True)
class Engine:
    """What questions are asked of.

    :param index: An open generation.
    :param encoder: The model that it was built with.
    :param reader: What was trained to read for that model; None where nothing was.
    """

    index: Index
    encoder: Encoder
    reader: Reader | None

    def find(self, question: str, filters: Filters, k: int) -> Found:
        """All stages from a question to its readings: ``k`` hits or more, as far as there are so many."""
        check_filters(filters)
        count = max(k, RESCORED)
        times = [time.perf_counter()]
        asked = query_in_tokens(self.encoder, question)
        times.append(time.perf_counter())
        candidates = find_candidates(self.index, question, asked.vector, self.index.allowed(filters), count)
        times.append(time.perf_counter())
        hits = rank(self.index, candidates, count)
        times.append(time.perf_counter())
        ranked = rescore(self.encoder, asked, hits, READ)
        times.append(time.perf_counter())
        first = [self._to_read(*row) for row in zip(ranked.hits[:READ], ranked.compared[:READ], strict=True)]
        readings = read_hits(self.reader, Asked(question, asked, candidates.matches), first)
        hits = _in_order(ranked.hits, readings)
        times.append(time.perf_counter())
        return Found(hits, readings, Seconds(*(after - before for before, after in pairwise(times))))

    def _to_read(self, hit: Hit, compared: Compared) -> ToRead:
        article = self.index.store.article(hit.article.id)
        return ToRead(hit, compared, whole_text(article) if article else "")


def _in_order(hits: Sequence[Hit], readings: Sequence[Reading]) -> list[Hit]:
    """Hits in the order of their scores and of how sure it is that they answer."""
    sure: dict[int, float] = {}
    for reading in readings:
        if reading.sure is not None:
            sure[reading.hit.passage.id] = max(reading.sure, sure.get(reading.hit.passage.id, 0.0))
    scored = [replace(hit, score=hit.score + READER_WEIGHT * sure.get(hit.passage.id, 0.0)) for hit in hits]
    return sorted(scored, key=lambda hit: -hit.score)
