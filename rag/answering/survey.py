"""A question → every article that speaks to it: hits are read, best first, until no more of them say anything to it."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from rag.answering.calibration import sigmoid
from rag.answering.candidates import AnswerCandidate
from rag.answering.extracts import grow, places_of
from rag.answering.retrieval import Engine, rank
from rag.answering.values import value_told
from rag.core.answers import Citation, Extract, spans_of
from rag.core.articles import ArticleInfo
from rag.core.asked_time import AskedTime
from rag.core.filters import Filters
from rag.core.hits import Hit
from rag.core.survey import Report, Survey, ToldValue, ValueGroup
from rag.models.encoded import encoded_query

MAX_HITS = 200
"""Passages that are looked through at most."""
BATCH = 10
"""Passages that are read at once; after as many that say nothing, no more are read (measurements: surveys)."""
SPEAKS = 0.6
"""From which probability on an article is taken to speak to a question (measurements: surveys)."""
BIAS, BEHIND, ANSWERS, WORDS = 1.877, 5.962, 0.368, -0.223
"""Weights of ``speaks``."""
LEAST_CERTAIN = -6.0
"""Log-likelihood of words below which they count as this certain."""
COMPARED = 0.5
"""Share of reports whose words must be figures, days or names, all of one kind, to be grouped."""
MAX_NAMES = 0.8
"""Share of names that may differ from all others: where nearly all do, they are no names of one thing."""


def survey(engine: Engine, question: str, query: str, filters: Filters, asked: AskedTime | None) -> Survey:
    """All articles that speak to a question.

    :param question: As asked; ``query`` is as it is run.
    """
    began = time.perf_counter()
    found = _speaking(engine, query, filters)
    reports = _numbered(found)
    return Survey(question, query, reports, grouped(reports), filters, asked, seconds=time.perf_counter() - began)


def _speaking(engine: Engine, query: str, filters: Filters) -> list[AnswerCandidate]:
    """The best sentence of each article that speaks to a question, with the probability that it does; best first."""
    vector = encoded_query(engine.encoder, query)
    hits = rank(engine.index, engine.index.candidates(query, vector, filters, MAX_HITS), MAX_HITS)
    best: dict[str, AnswerCandidate] = {}
    for start in range(0, len(hits), BATCH):
        read = _best_of_each(engine.read(query, hits[start : start + BATCH], start))
        judged = [replace(one, confidence=speaks(one, hits[0])) for one in read]
        found = [one for one in judged if one.confidence >= SPEAKS]
        if not found:
            break
        for one in found:
            known = best.get(one.hit.article.id)
            if known is None or one.confidence > known.confidence:
                best[one.hit.article.id] = one
    return sorted(best.values(), key=lambda one: -one.confidence)


def _best_of_each(candidates: Iterable[AnswerCandidate]) -> list[AnswerCandidate]:
    """The best sentence of each passage."""
    best: dict[int, AnswerCandidate] = {}
    for one in candidates:
        best.setdefault(one.hit.passage.id, one)
    return [*best.values()]


def speaks(candidate: AnswerCandidate, first: Hit) -> float:
    """The probability that a passage's article speaks to a question.

    A logistic regression over how far the passage's score lies behind the best one's, the reader's logit that it
    answers, and how certain the words are that answer best. Fitted by ``python -m benchmarks.surveys --fit``.

    :param first: The best hit.
    """
    read = candidate.features
    if math.isnan(read.answers):
        return 0.0
    behind = candidate.hit.score - first.score
    return sigmoid(BIAS + BEHIND * behind + ANSWERS * read.answers + WORDS * max(read.words, LEAST_CERTAIN))


def _numbered(found: Sequence[AnswerCandidate]) -> tuple[Report, ...]:
    """Reports by date, one of each article; what is told as a copy of another is no report of its own."""
    reports: list[Report] = []
    told: set[str] = set()
    for one in found:
        if one.hit.article.id in told:
            continue
        passage = one.hit.passage
        start, end = grow(passage, (one.start, one.end))
        extract = Extract(passage, start, end, one.answer_start, one.answer_end, one.confidence, 0)
        also_in = places_of(extract, one.hit.copies)
        told |= {one.hit.article.id, *(place.article.id for place in also_in)}
        citation = Citation(0, one.hit.article, spans_of(passage, start, end), also_in)
        reports.append(Report(extract, citation, _told(extract, one.hit.article)))
    reports.sort(key=lambda report: (report.day or date.max, report.citation.article.local_date))
    return tuple(
        replace(report, extract=replace(report.extract, citation=at), citation=replace(report.citation, number=at))
        for at, report in enumerate(reports, 1)
    )


def _told(extract: Extract, info: ArticleInfo) -> ToldValue | None:
    said = value_told(extract, info)
    if said is None:
        return None
    return ToldValue(said.kind.value, said.normal, None if said.number is None else float(said.number))


def grouped(reports: Sequence[Report]) -> tuple[ValueGroup, ...]:
    """What reports tell, where most of them tell a value of one kind; the most told first."""
    kinds = Counter(report.value.kind for report in reports if report.value)
    if not kinds:
        return ()
    kind, count = kinds.most_common(1)[0]
    if count < COMPARED * len(reports):
        return ()
    groups: dict[str, list[Report]] = {}
    for report in reports:
        if report.value and report.value.kind == kind:
            groups.setdefault(report.value.normal, []).append(report)
    if kind == "name" and len(groups) > MAX_NAMES * count:
        return ()
    return tuple(sorted(map(_group, groups.values()), key=lambda group: (-len(group.reports), group.reports)))


def _group(reports: Sequence[Report]) -> ValueGroup:
    days = [report.day for report in reports if report.day]
    shown = Counter(report.extract.answer for report in reports).most_common(1)[0][0]
    value = reports[0].value
    assert value is not None
    numbers = tuple(report.citation.number for report in reports)
    return ValueGroup(value, shown, numbers, min(days, default=None), max(days, default=None))
