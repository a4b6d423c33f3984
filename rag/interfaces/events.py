"""What an event of the page brings: it comes from outside, may be missing, and may be anything."""

from __future__ import annotations

from rag.core.limits import MAX_QUESTION

MAX_TYPED = 10 * MAX_QUESTION
"""Characters of a question that are kept: enough to say that it is too long."""
MAX_NUMBER = 9
"""Digits of the number of a turn or paragraph."""


def field_in(event: object, name: str) -> str:
    """A text that an event brings, or an empty one."""
    value = getattr(event, name, "")
    return value if isinstance(value, str) else ""


def question_in(event: object) -> str:
    """The question that an event brings, as long as it may be."""
    return field_in(event, "question")[:MAX_TYPED]


def serial_in(event: object) -> str:
    """The number of the click that an event comes of."""
    return field_in(event, "serial")[:MAX_NUMBER]


def number_in(event: object, name: str, otherwise: int) -> int:
    """A number that an event brings as text."""
    value = field_in(event, name)
    return int(value) if value.isascii() and value.isdecimal() and len(value) < MAX_NUMBER else otherwise
