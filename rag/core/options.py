"""What a question is asked under, and filters as people write them; what makes no sense is refused here."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime

from rag.core import arguments
from rag.core.filters import NAMED, Filters
from rag.core.limits import ANSWER_THRESHOLD, MAX_FILTER_NAMES, MAX_FILTER_TEXT
from rag.errors import BackwardRange, FilterError, NoDate, QuestionError

_DATE = re.compile(r"(?P<year>[0-9]{4})(?:-(?P<month>[0-9]{1,2})(?:-(?P<day>[0-9]{1,2}))?)?")


@dataclass(frozen=True, slots=True)
class SearchOptions:
    """What a question is asked under, wherever it comes from; checked when it is made.

    :param filters: Which articles may answer: the best are taken among theirs.
    :param newest_first: Whether what was found, the same passages or extracts, is shown by its articles' dates, newest
        first, undated last.
    :param threshold: How sure it must be that the articles answer, 0 to 1, to say that they do; 0 answers always.
    :param timed: Whether a time that the question names, such as last week, filters articles by their dates, or puts
        what was found in order.
    :param today: The day from which "last week" is counted; None for this day.
    :param k: Passages that are listed at most, from 1; fewer where fewer pass the filters, so that any large number
        means all. An answer does not depend on it.
    :raises FilterError: ``check_filters`` refuses the filters.
    :raises QuestionError: The threshold is not from 0 to 1, or ``k`` is below 1.
    :raises ArgumentError: Something else is of the wrong type.
    """

    filters: Filters = Filters()
    newest_first: bool = False
    threshold: float = ANSWER_THRESHOLD
    k: int = 5
    timed: bool = True
    today: date | None = None

    def __post_init__(self) -> None:
        check_filters(self.filters)
        arguments.switch("newest_first", self.newest_first)
        arguments.switch("timed", self.timed)
        _check_day("today", self.today)
        object.__setattr__(self, "threshold", arguments.number("threshold", self.threshold))
        object.__setattr__(self, "k", arguments.whole("k", self.k))
        if not 0 <= self.threshold <= 1:
            raise QuestionError(f"the threshold is {self.threshold}: name one from 0, answer always, to 1")
        if self.k < 1:
            raise QuestionError(f"k is {arguments.shown(self.k)}: ask for at least one passage")


def parse_filters(
    since: str | None = None,
    until: str | None = None,
    categories: Iterable[str] | None = None,
    authors: Iterable[str] | None = None,
    sources: Iterable[str] | None = None,
    collections: Iterable[str] | None = None,
) -> Filters:
    """Filters from dates as they are typed; what is empty filters nothing.

    >>> parse_filters("2021-12", "2021-12", ["科技"])  # doctest: +NORMALIZE_WHITESPACE
    Filters(since=datetime.date(2021, 12, 1), until=datetime.date(2021, 12, 31),
            categories=('科技',), authors=(), sources=(), collections=())

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
        collections=_listed("collections", collections),
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
    """Refuse what no article could be compared with, and more than can be passed on.

    :raises FilterError: A value is of the wrong type, a name is none, or there are too many or too long ones.
    :raises BackwardRange: The dates end before they start.
    """
    if not isinstance(filters, Filters):
        raise FilterError(f"filters is no rag.Filters: {arguments.shown(filters)}")
    _check_day("since", filters.since)
    _check_day("until", filters.until)
    for field in NAMED.values():
        _check_names(field, getattr(filters, field))
    names = [name for named in filters.named.values() for name in named]
    length = sum(map(len, names))
    if len(names) > MAX_FILTER_NAMES or length > MAX_FILTER_TEXT:
        bounds = f"{MAX_FILTER_NAMES} at most, with {MAX_FILTER_TEXT} characters in all"
        raise FilterError(f"the filters hold {len(names)} names with {length} characters: give {bounds}")
    if filters.since and filters.until and filters.since > filters.until:
        raise BackwardRange(filters.since, filters.until)


def _check_day(field: str, day: object) -> None:
    if day is not None and (not isinstance(day, date) or isinstance(day, datetime)):
        raise FilterError(f"{field} is {arguments.shown(day)}: give a datetime.date")


def _check_names(field: str, names: object) -> None:
    if isinstance(names, str):
        raise FilterError(f"{field} is the text {arguments.shown(names)}: give a list of names")
    if not isinstance(names, Sequence | Set):
        raise FilterError(f"{field} is {arguments.shown(names)}: give a list of names")
    for name in names:
        if not isinstance(name, str):
            raise FilterError(f"{field} holds {arguments.shown(name)}: give names as text")
        if not name or arguments.is_no_text(name):
            raise FilterError(f"{field} holds {arguments.shown(name)}, which is no name")
