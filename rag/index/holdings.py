"""What an index holds, as values: counts of its articles, and a page of their list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from rag.core.types import ArticleInfo, Failure
from rag.index.facets import CategoryNode, FacetCount


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of time and the articles that are dated in it.

    :param year: The first.
    :param month: 1 to 12; None for a period of whole years.
    :param years: How many, where it is whole years.
    """

    year: int
    month: int | None
    years: int
    articles: int

    @property
    def label(self) -> str:
        """As a reader writes it: 2021-03, 2021 or 2020–2029."""
        if self.month:
            return f"{self.year}-{self.month:02}"
        return str(self.year) if self.years == 1 else f"{self.year}–{self.year + self.years - 1}"


@dataclass(frozen=True, slots=True)
class Collection:
    """What an index holds.

    :param first: The oldest day of an article; None where none has a date. ``last`` is the newest.
    :param unfiled: Articles without a category.
    :param created: When it was indexed, in UTC, ISO form.
    :param folder: The folder of articles.
    :param failures: Files that could not be read, and why.
    :param categories: With counts, as a tree; most frequent first, as are authors and sources.
    :param periods: Side by side, oldest first, those without articles too.
    """

    articles: int
    passages: int
    undated: int
    unfiled: int
    first: date | None
    last: date | None
    model: str
    created: str
    folder: str
    failures: tuple[Failure, ...]
    categories: tuple[CategoryNode, ...]
    authors: tuple[FacetCount, ...]
    sources: tuple[FacetCount, ...]
    periods: tuple[Period, ...]


@dataclass(frozen=True, slots=True)
class ListPage:
    """A page of the list of articles.

    :param articles: Newest first, those without a date last.
    :param number: Of the page, from 1.
    :param pages: How many there are; at least 1.
    :param found: Articles on all of them.
    :param text: What was searched for.
    """

    articles: tuple[ArticleInfo, ...]
    number: int
    pages: int
    found: int
    text: str
