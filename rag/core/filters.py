"""Filters as people write them: days, months and years; and filters that make no sense are refused."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import date, datetime

from rag.core import arguments
from rag.core.types import Filters
from rag.errors import BackwardRange, FilterError, NoDate

_DATE = re.compile(r"(?P<year>[0-9]{4})(?:-(?P<month>[0-9]{1,2})(?:-(?P<day>[0-9]{1,2}))?)?")


def parse_filters(
    since: str | None = None,
    until: str | None = None,
    categories: Iterable[str] | None = None,
    authors: Iterable[str] | None = None,
    sources: Iterable[str] | None = None,
) -> Filters:
    """Filters from dates as they are typed; what is empty filters nothing.

    >>> parse_filters("2021-12", "2021-12", ["科技"])  # doctest: +NORMALIZE_WHITESPACE
    Filters(since=datetime.date(2021, 12, 1), until=datetime.date(2021, 12, 31),
            categories=('科技',), authors=(), sources=())

    :param since: A day, or a month or year from its first day on.
    :param until: A day, or a month or year to its last day.
    :raises ArgumentError: A date is no text.
    :raises NoDate: A date is none.
    :raises FilterError: Names are no list of texts.
    """
    since, until = _written("since", since), _written("until", until)
    return Filters(
        since=_days(since)[0] if since else None,
        until=_days(until)[1] if until else None,
        categories=_listed("categories", categories),
        authors=_listed("authors", authors),
        sources=_listed("sources", sources),
    )


def _written(field: str, day: str | None) -> str:
    return "" if day is None else arguments.instance(field, day, str, "text").strip()


def _listed(field: str, names: Iterable[str] | None) -> tuple[str, ...]:
    if isinstance(names, Iterable) and not isinstance(names, str | bytes | Mapping):
        names = tuple(names)
    _check_names(field, () if names is None else names)
    return tuple(names or ())


def _days(text: str) -> tuple[date, date]:
    """First and last day of what is written as 2021-12-31, 2021-12 or 2021."""
    match = _DATE.fullmatch(text.strip())
    if match is None:
        raise NoDate(text)
    year, month, day = (int(number) if number else None for number in match.groups())
    try:
        first = date(year or 0, month or 1, day or 1)
        return first, date(first.year, month or 12, day or monthrange(first.year, month or 12)[1])
    except ValueError:
        raise NoDate(text) from None


def check_filters(filters: Filters) -> None:
    """Refuse what no article could be compared with.

    :raises FilterError: A value is of the wrong type.
    :raises BackwardRange: The dates end before they start.
    """
    if not isinstance(filters, Filters):
        raise FilterError(f"filters is no rag.Filters: {arguments.shown(filters)}")
    for field, day in (("since", filters.since), ("until", filters.until)):
        if day is not None and (not isinstance(day, date) or isinstance(day, datetime)):
            raise FilterError(f"{field} is {arguments.shown(day)}: give a datetime.date")
    for field in ("categories", "authors", "sources"):
        _check_names(field, getattr(filters, field))
    if filters.since and filters.until and filters.since > filters.until:
        raise BackwardRange(filters.since, filters.until)


def _check_names(field: str, names: object) -> None:
    if isinstance(names, str):
        raise FilterError(f"{field} is the text {arguments.shown(names)}: give a tuple of names")
    if not isinstance(names, Sequence | Set):
        raise FilterError(f"{field} is {arguments.shown(names)}: give a tuple of names")
    for name in names:
        if not isinstance(name, str):
            raise FilterError(f"{field} holds {arguments.shown(name)}: give names as text")
