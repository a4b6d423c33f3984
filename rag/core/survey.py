"""All articles that speak to a question, one extract each: what agrees, and what differs, beside each other."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any

from rag.core.answers import Citation, Extract
from rag.core.articles import plain
from rag.core.asked_time import AskedTime
from rag.core.filters import Filters


@dataclass(frozen=True, slots=True)
class ToldValue:
    """What an extract's marked words say, where that can be compared.

    :param kind: ``figure``, ``day``, ``score`` or ``name``.
    :param normal: In the one form in which values are compared.
    :param number: Of a figure; None for others.
    """

    kind: str
    normal: str
    number: float | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What one article says to a question.

    :param value: What its marked words say; None where they are a sentence.
    """

    extract: Extract
    citation: Citation
    value: ToldValue | None = None

    @property
    def day(self) -> date | None:
        """The day of its article, or of the oldest copy of it: when it was first told, as far as is known."""
        articles = (self.citation.article, *(place.article for place in self.citation.also_in))
        return min((info.date.date() for info in articles if info.date), default=None)


@dataclass(frozen=True, slots=True)
class ValueGroup:
    """Articles that tell the same value.

    :param shown: As most of them write it.
    :param reports: Numbers of their citations, by date.
    :param since: The first of their days, and ``until`` the last; None where none is dated.
    """

    value: ToldValue
    shown: str
    reports: tuple[int, ...]
    since: date | None
    until: date | None


@dataclass(frozen=True, slots=True)
class Survey:
    """All articles that speak to a question.

    :param question: As asked.
    :param query: As it was run.
    :param reports: By date, oldest first, those without a date last; one of each article, numbered from 1 in that
        order. What is a copy of another stands in that one's citation.
    :param groups: Those of figures, days or names that are told, the most told first; empty where the answers are
        sentences. Nothing is decided between them.
    :param filters: Those that it was asked under.
    :param time: The time that the question names.
    :param seconds: How long it took.
    """

    question: str
    query: str
    reports: tuple[Report, ...]
    groups: tuple[ValueGroup, ...]
    filters: Filters
    time: AskedTime | None
    seconds: float

    @property
    def best_first(self) -> tuple[Report, ...]:
        """The surest first."""
        return tuple(sorted(self.reports, key=lambda report: -report.extract.confidence))

    @property
    def articles(self) -> int:
        """Articles that speak to the question, copies aside."""
        return len(self.reports)

    @property
    def copies(self) -> int:
        """Other articles in which the same stands."""
        own = {report.citation.article.id for report in self.reports}
        others = {place.article.id for report in self.reports for place in report.citation.also_in}
        return len(others - own)

    @property
    def span(self) -> tuple[date, date] | None:
        """The first and the last day; None where no article has a date."""
        days = [report.day for report in self.reports if report.day]
        return (min(days), max(days)) if days else None

    @property
    def days(self) -> Counter[date]:
        """How many are dated on each day."""
        return Counter(report.day for report in self.reports if report.day)

    def to_json(self) -> dict[str, Any]:
        """As plain values for ``json.dumps``, with each extract's text spelled out."""
        values = plain(self) | {"articles": self.articles, "copies": self.copies}
        values["span"] = [day.isoformat() for day in self.span] if self.span else None
        for mine, report in zip(values["reports"], self.reports, strict=True):
            mine["extract"]["text"], mine["extract"]["answer"] = report.extract.text, report.extract.answer
        return values
