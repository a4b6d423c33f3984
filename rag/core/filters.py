"""What articles are filtered by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

NAMED = {"category": "categories", "author": "authors", "source": "sources", "collection": "collections"}
"""The field that holds the names of each kind."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Which articles may answer: those that pass all fields that are not empty.

    Days are the article's own, whatever its time zone. Names are compared whole, after NFKC, without regard to case
    and to white space at their ends; nothing else is taken for the same. Each must be known to the index.

    :param since: First day, included.
    :param until: Last day, included. An article without a date passes no date filter.
    :param categories: Any of these; a category covers what is filed below it. ``科技/AI`` is AI right below 科技, where
        others have the same name; a ``/`` may also be part of a name.
    :param authors: Any of these, as the front matter's author or the reporter that the text names. Where there are
        several with ``、`` between them, each passes, and so do all together.
    :param sources: Any of these, as the source (来源) or the front matter's author, which in a folder of feeds is the
        feed; an author whom the text names as its reporter is no source.
    :param collections: Any of these, where the index has several.
    """

    since: date | None = None
    until: date | None = None
    categories: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    collections: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.since or self.until or any(self.named.values()))

    @property
    def named(self) -> dict[str, tuple[str, ...]]:
        """The names that are filtered by, by kind."""
        return {kind: getattr(self, field) for kind, field in NAMED.items()}
