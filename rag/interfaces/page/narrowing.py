"""What a reader narrows the search by: the values of a form ↔ options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rag.core.filters import NAMED
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
    collections: tuple[str, ...] = ()
    newest_first: bool = False
    threshold: float = ANSWER_THRESHOLD

    @property
    def options(self) -> SearchOptions:
        """What is asked under it.

        :raises FilterError: A date is none, the dates end before they start, or there are too many names.
        """
        names = {field: getattr(self, field) for field in NAMED.values()}
        filters = parse_filters(self.since, self.until, **names)
        return SearchOptions(filters, self.newest_first, self.threshold)

    @property
    def named(self) -> dict[str, tuple[str, ...]]:
        """The names that are filtered by, by kind."""
        return {kind: getattr(self, field) for kind, field in NAMED.items()}

    @property
    def count(self) -> int:
        """How many things are set."""
        others = (self.since, self.until, self.newest_first, self.threshold != ANSWER_THRESHOLD)
        return sum(map(len, self.named.values())) + sum(map(bool, others))


def form_state_of(form: Any) -> FilterFormState:
    """What a form hands in; whatever in it makes no sense is left out.

    :param form: Values by field. It comes from outside and may be anything.

    >>> form_state_of({"since": "2021", "category": ["科学", 3], "threshold": "x"})  # doctest: +NORMALIZE_WHITESPACE
    FilterFormState(since='2021', until='', categories=('科学',), authors=(), sources=(), collections=(),
                    newest_first=False, threshold=0.15)
    """
    fields: Mapping[str, Any] = form if isinstance(form, Mapping) else {}
    return FilterFormState(
        since=_text(fields.get("since")),
        until=_text(fields.get("until")),
        **{field: _names(fields.get(kind)) for kind, field in NAMED.items()},
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
    since, until = (day.isoformat() if day else "" for day in (options.filters.since, options.filters.until))
    names = {field: getattr(options.filters, field) for field in NAMED.values()}
    return FilterFormState(since, until, newest_first=options.newest_first, threshold=options.threshold, **names)
