"""The time that a question names, as what it is asked under."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Days:
    """Days from one to another, both included; None where there is no first or no last."""

    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class AskedTime:
    """The time that a question names, and what became of it.

    :param text: As it stands in the question.
    :param days: Those that are meant; None where an order is: the newest first.
    :param applied: Whether articles were filtered, or what was found put in order, by it. Days are not where the asker
        gave some of their own, and where no article is so new.
    :param collection_ends: The day of the newest article, where the days come after it.
    :param last: Then, the days that the same words mean for one who asks on that day.
    """

    text: str
    days: Days | None = None
    applied: bool = True
    collection_ends: date | None = None
    last: Days | None = None

    @property
    def newest_first(self) -> bool:
        """Whether an order is meant."""
        return self.days is None
