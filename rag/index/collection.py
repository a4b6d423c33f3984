"""What an index holds: counts of its articles, and the list of them to look through and open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from rag.core import arguments
from rag.core.articles import Article, ArticleInfo, Failure
from rag.core.filters import Filters
from rag.core.options import check_filters
from rag.errors import ArgumentError, ListingError, UnknownArticle
from rag.index.facets import CategoryNode, FacetCount
from rag.index.open_index import OpenIndex

MAX_PERIODS = 72
"""Periods in the picture of articles over time: six years of months."""
ALWAYS_MONTHS = 24
"""Months that are shown as such however few articles there are; more of them only where there is an article a month."""
YEARS_A_PERIOD = (1, 2, 5, 10, 20, 50, 100, 200, 500)
"""Lengths of a period that is longer than a month: any two years of the calendar are then shown at once."""
MAX_A_PAGE = 100
"""Articles on a page of the list."""
MAX_SEARCHED = 200
"""Characters that the list is searched for."""


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
    :param folders: The folder of articles, by the name of its collection; empty where it is the only one.
    :param is_finished: Whether all of the folders is in it.
    :param failures: Files that could not be read, and why.
    :param categories: With counts, as a tree; most frequent first, as are authors, sources and collections.
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
    folders: Mapping[str, str]
    is_finished: bool
    failures: tuple[Failure, ...]
    categories: tuple[CategoryNode, ...]
    authors: tuple[FacetCount, ...]
    sources: tuple[FacetCount, ...]
    collections: tuple[FacetCount, ...]
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


def describe(index: OpenIndex) -> Collection:
    """What an index holds.

    :raises ArgumentError: It is no open index.
    """
    _check_index(index)
    manifest, filtering, days = index.manifest, index.filtering, index.days()
    return Collection(
        articles=manifest.articles,
        passages=manifest.passages,
        undated=manifest.articles - days.total(),
        unfiled=index.unfiled(),
        first=min(days, default=None),
        last=max(days, default=None),
        model=manifest.model,
        created=manifest.created,
        folders=manifest.folders,
        is_finished=manifest.is_finished,
        failures=manifest.failures,
        categories=filtering.categories.tree(),
        authors=tuple(filtering.authors.choices()),
        sources=tuple(filtering.sources.choices()),
        collections=tuple(filtering.collections.choices()),
        periods=tuple(_periods(days)),
    )


def over_time(days: Iterable[date]) -> list[Period]:
    """Days counted by month, where these are few or well filled, else by as few years as make ``MAX_PERIODS`` at most.

    >>> [(period.label, period.articles) for period in over_time([date(2019, 5, 1), date(2021, 8, 1)])]
    [('2019', 1), ('2020', 0), ('2021', 1)]

    :raises ArgumentError: There is something else than days.
    """
    if isinstance(days, Iterable) and not isinstance(days, str):
        days = tuple(days)
    arguments.several("days", days, date, "days, each a datetime.date")
    return _periods(Counter(days))


def _periods(days: Counter[date]) -> list[Period]:
    months: Counter[int] = Counter()
    for day, articles in days.items():
        months[day.year * 12 + day.month - 1] += articles
    if not months:
        return []
    first, last = min(months), max(months)
    if last - first < min(MAX_PERIODS, max(ALWAYS_MONTHS, months.total())):
        return [Period(month // 12, month % 12 + 1, 1, months[month]) for month in range(first, last + 1)]
    start, end = first // 12, last // 12
    step = next(years for years in YEARS_A_PERIOD if end // years - start // years < MAX_PERIODS)
    counts: Counter[int] = Counter()
    for month, articles in months.items():
        counts[month // 12 // step] += articles
    return [Period(at * step, None, step, counts[at]) for at in range(start // step, end // step + 1)]


def browse(
    index: OpenIndex, text: str = "", filters: Filters | None = None, number: int = 1, size: int = MAX_A_PAGE // 2
) -> ListPage:
    """A page of the articles in whose title or source all words of a text stand.

    :param text: Searched for in titles, sources, authors and reporters; an empty one finds all.
    :param filters: Which articles are listed.
    :param number: Of the page, from 1; one that is beyond the last is the last.
    :param size: Articles on a page, ``MAX_A_PAGE`` at most.
    :raises ListingError: One of these is of the wrong type, too long, or out of its range.
    :raises FilterError: A filter is of the wrong type, a name in it is unknown, or its dates end before they start.
    :raises ArgumentError: It is no open index.
    """
    _check_index(index)
    number, size = _check_listing(text, number, size)
    filters = Filters() if filters is None else filters
    check_filters(filters)
    found, shown = index.listed(text, filters, (number - 1) * size, size)
    pages = max(1, -(-found // size))
    return ListPage(tuple(shown), min(number, pages), pages, found, text.strip())


def _check_index(index: object) -> None:
    arguments.instance("index", index, OpenIndex, "an open index, as Retriever.index is")  # type: ignore[type-abstract]


def _check_listing(text: object, number: object, size: object) -> tuple[int, int]:
    try:
        arguments.text("text", text, MAX_SEARCHED)
        return arguments.whole("number", number, 1), arguments.whole("size", size, 1, MAX_A_PAGE)
    except ArgumentError as error:
        raise ListingError(f"the list of articles can't be shown: {error}") from None


def open_article(index: OpenIndex, article_id: str) -> Article:
    """An article by its id, from the index alone: no path is ever made of what is asked for.

    :raises UnknownArticle: The index holds none of that id.
    :raises ArgumentError: It is no open index.
    """
    _check_index(index)
    # SQLite takes no lone surrogate, which no id holds.
    is_text = isinstance(article_id, str) and article_id == article_id.encode("utf-8", "replace").decode()
    article = index.article(article_id) if is_text else None
    if article is None:
        raise UnknownArticle(article_id)
    return article
