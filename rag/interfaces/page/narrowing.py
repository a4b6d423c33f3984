"""What a reader narrows the search by: the values of a form or a link → filters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rag.core.filters import check_filters, parse_filters
from rag.core.limits import ANSWER_THRESHOLD, MAX_FILTER_NAME
from rag.core.types import Filters
from rag.interfaces.links import Link

MAX_NAMES = 50
"""Names in one filter that a form can hand in."""


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
    def filters(self) -> Filters:
        """Its filters.

        :raises FilterError: A date is none, or the dates end before they start.
        """
        filters = parse_filters(self.since, self.until, self.categories, self.authors, self.sources)
        check_filters(filters)
        return filters

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
                    newest_first=False, threshold=0.1)
    """
    fields: Mapping[str, Any] = form if isinstance(form, Mapping) else {}
    return FilterFormState(
        since=_text(fields.get("since")),
        until=_text(fields.get("until")),
        categories=_names(fields.get("category")),
        authors=_names(fields.get("author")),
        sources=_names(fields.get("source")),
        newest_first=fields.get("newest") is True,
        threshold=_share(fields.get("threshold")),
    )


def _text(value: Any) -> str:
    return value.strip()[:MAX_FILTER_NAME] if isinstance(value, str) else ""


def _names(value: Any) -> tuple[str, ...]:
    names = map(_text, value[:MAX_NAMES]) if isinstance(value, list) else ()
    return tuple(dict.fromkeys(filter(None, names)))


def _share(value: Any) -> float:
    try:
        share = float(value)
    except (TypeError, ValueError, OverflowError):
        return ANSWER_THRESHOLD
    return share if 0 <= share <= 1 else ANSWER_THRESHOLD


def form_state_of_link(link: Link) -> FilterFormState:
    """What a link sets."""
    filters = link.filters
    return FilterFormState(
        since=filters.since.isoformat() if filters.since else "",
        until=filters.until.isoformat() if filters.until else "",
        categories=filters.categories,
        authors=filters.authors,
        sources=filters.sources,
        newest_first=link.newest_first,
        threshold=link.threshold,
    )
