"""What a reader narrows the search by: the values of a form ↔ options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rag.core.limits import ANSWER_THRESHOLD, MAX_FILTER_NAMES, MAX_FILTER_TEXT
from rag.core.options import SearchOptions, parse_filters
from rag.errors import QuestionError


@dataclass(frozen=True, slots=True)
class FilterFormState:
    """What is set in the form, dates as they are typed."""

    since: str = ""
    until: str = ""
    categories: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    newest_first: bool = False
    threshold: float = ANSWER_THRESHOLD

    @property
    def options(self) -> SearchOptions:
        """What is asked under it.

        :raises FilterError: A date is none, the dates end before they start, or there are too many names.
        """
        filters = parse_filters(self.since, self.until, self.categories, self.authors, self.sources)
        return SearchOptions(filters, self.newest_first, self.threshold)

    @property
    def named(self) -> dict[str, tuple[str, ...]]:
        """The names that are filtered by, by kind."""
        return {"category": self.categories, "author": self.authors, "source": self.sources}

    @property
    def count(self) -> int:
        """How many things are set."""
        others = (self.since, self.until, self.newest_first, self.threshold != ANSWER_THRESHOLD)
        return sum(map(len, self.named.values())) + sum(map(bool, others))


def form_state_of(form: Any) -> FilterFormState:
    """What a form hands in; whatever in it makes no sense is left out.

    :param form: Values by field. It comes from outside and may be anything.

    >>> form_state_of({"since": "2021", "category": ["科学", 3], "threshold": "x"})  # doctest: +NORMALIZE_WHITESPACE
    FilterFormState(since='2021', until='', categories=('科学',), authors=(), sources=(),
                    newest_first=False, threshold=0.15)
    """
    fields: Mapping[str, Any] = form if isinstance(form, Mapping) else {}
    return FilterFormState(
        since=_text(fields.get("since")),
        until=_text(fields.get("until")),
        categories=_names(fields.get("category")),
        authors=_names(fields.get("author")),
        sources=_names(fields.get("source")),
        newest_first=fields.get("newest") is True,
        threshold=_threshold(fields.get("threshold")),
    )


def _text(value: Any) -> str:
    return value.strip()[:MAX_FILTER_TEXT] if isinstance(value, str) else ""


def _names(value: Any) -> tuple[str, ...]:
    names = map(_text, value[: MAX_FILTER_NAMES + 1]) if isinstance(value, list) else ()  # one too many is told
    return tuple(dict.fromkeys(filter(None, names)))


def _threshold(value: Any) -> float:
    try:
        return SearchOptions(threshold=float(value)).threshold
    except (TypeError, ValueError, OverflowError, QuestionError):
        return ANSWER_THRESHOLD


def form_state_of_options(options: SearchOptions) -> FilterFormState:
    """What a form shows of options, as those of a link."""
    filters, rest = options.filters, (options.newest_first, options.threshold)
    since, until = (day.isoformat() if day else "" for day in (filters.since, filters.until))
    return FilterFormState(since, until, filters.categories, filters.authors, filters.sources, *rest)
