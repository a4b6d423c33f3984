"""A question and all that it is asked under ↔ a query string, ``?q=…&since=2021-01-01``, that can be passed on.

A link that was mangled on its way must not give another answer under the same question. So whatever decides what may
answer is refused where it can't be read; what was added to the link (``utm_source=…``) is ignored, and so is
``newest=…`` that says nothing, since the order changes no find.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, urlencode

from rag.core import arguments
from rag.core.filters import check_filters, parse_filters
from rag.core.limits import ANSWER_THRESHOLD, MAX_FILTER_NAME, MAX_QUESTION
from rag.core.types import Filters
from rag.errors import LinkError

MAX_LENGTH = 30_000
"""Characters of a query string: a question of ``MAX_QUESTION`` takes 9 for each Chinese one. Servers read 64 KB."""
MAX_FIELDS = 200
"""Keys with their values, known ones or not."""
MAX_NAMES = 100
"""Categories, authors and sources, all together."""

_NAMES = {"category": "categories", "author": "authors", "source": "sources"}
_UNFILTERED = Filters()
_ONCE = ("q", "since", "until", "newest", "threshold")


@dataclass(frozen=True, slots=True)
class Link:
    """What a link reopens.

    :param question: As typed; empty where the link only sets filters.
    :param threshold: How sure it must be that the articles answer, 0 to 1.
    """

    question: str = ""
    filters: Filters = _UNFILTERED
    newest_first: bool = False
    threshold: float = ANSWER_THRESHOLD


class _Field(NamedTuple):
    key: str
    value: str


def write_link(link: Link) -> str:
    """The query string of a link, with only what is set; empty where nothing is. ``read_link`` gives the same back.

    >>> write_link(Link("光速?", Filters(categories=("科技/AI",)), newest_first=True))
    '?q=%E5%85%89%E9%80%9F%3F&category=%E7%A7%91%E6%8A%80/AI&newest=1'

    :raises LinkError: Something is too long for a link, or no text.
    :raises FilterError: The filters make no sense.
    :raises ArgumentError: It is no link, or a part of it is of the wrong type.
    """
    arguments.instance("link", link, Link, "a rag.interfaces.links.Link")
    check_filters(link.filters)
    _check(link)
    fields = list(_fields(link))
    for field in fields:
        _check_text(field)
    text = "?" + urlencode(fields, quote_via=quote, safe="/") if fields else ""
    _check_length(text)
    return text


def _fields(link: Link) -> Iterator[_Field]:
    filters = link.filters
    if link.question:
        yield _Field("q", link.question)
    if filters.since:
        yield _Field("since", filters.since.isoformat())
    if filters.until:
        yield _Field("until", filters.until.isoformat())
    for key, field in _NAMES.items():
        yield from (_Field(key, name) for name in getattr(filters, field))
    if link.newest_first:
        yield _Field("newest", "1")
    if link.threshold != ANSWER_THRESHOLD:
        yield _Field("threshold", repr(link.threshold))


def read_link(text: str) -> Link:
    """What a query string asks, with or without its ``?``.

    Days may be written as a year or month too, ``&`` as ``&amp;``, as mail programs and pages make of it. A key without
    a value is not set.

    >>> read_link("?q=光速&since=2021&until=2021-06&utm_source=mail").filters
    Filters(since=datetime.date(2021, 1, 1), until=datetime.date(2021, 6, 30), categories=(), authors=(), sources=())

    :raises LinkError: It is too long, or a value of a known key can't be read.
    :raises NoDate: A date is none.
    :raises BackwardRange: The dates end before they start.
    :raises ArgumentError: It is no text.
    """
    arguments.instance("text", text, str, "text")
    _check_length(text)
    try:
        pairs = parse_qsl(text.removeprefix("?"), errors="surrogateescape", max_num_fields=MAX_FIELDS)
    except ValueError:
        raise LinkError(f"the link has over {MAX_FIELDS} values: it can't be one of this page") from None
    fields = [_Field(key.removeprefix("amp;"), value) for key, value in pairs]
    known = [field for field in fields if field.key in _ONCE or field.key in _NAMES]
    for field in known:
        _check_text(field)
    once = {key: _only(key, known) for key in _ONCE}
    names = {field: [value for key, value in known if key == name] for name, field in _NAMES.items()}
    filters = parse_filters(once["since"], once["until"], **names)
    check_filters(filters)
    link = Link(once["q"], filters, once["newest"] == "1", _threshold(once["threshold"]))
    _check(link)
    return link


def _only(key: str, fields: list[_Field]) -> str:
    """The value of a key that may stand once; empty where it does not stand at all."""
    values = {field.value for field in fields if field.key == key}
    if len(values) > 1:
        raise LinkError(f"the link says {key}= more than once, and not the same: leave one")
    return values.pop() if values else ""


def _threshold(text: str) -> float:
    try:
        return float(text) if text else ANSWER_THRESHOLD
    except ValueError:
        raise LinkError(f"the link's threshold= is no number: {text[:20]!r}") from None


def _check(link: Link) -> None:
    """Refuse, both ways, what is out of bounds."""
    if not isinstance(link.question, str):
        raise arguments.refused("question", link.question, "text")
    arguments.switch("newest_first", link.newest_first)
    arguments.number("threshold", link.threshold)
    if len(question := link.question.strip()) > MAX_QUESTION:
        raise LinkError(f"the link's question has {len(question)} characters: {MAX_QUESTION} at most")
    if not 0 <= link.threshold <= 1:
        raise LinkError(f"the link's threshold= is {link.threshold}: name one from 0 to 1")
    names = [name for field in _NAMES.values() for name in getattr(link.filters, field)]
    if len(names) > MAX_NAMES:
        raise LinkError(f"the link filters by {len(names)} names: {MAX_NAMES} at most")
    if not all(0 < len(name) <= MAX_FILTER_NAME for name in names):
        raise LinkError(f"the link filters by a name that is empty or has over {MAX_FILTER_NAME} characters")


def _check_text(field: _Field) -> None:
    # Servers put U+FFFD for what is no text, so that it stands where a link was cut off.
    if any("\ud800" <= character <= "\udfff" or character == "\ufffd" for character in field.value):
        raise LinkError(f"the link is cut off or mangled: its {field.key}= is no whole text")


def _check_length(text: str) -> None:
    if len(text) > MAX_LENGTH:
        raise LinkError(f"the link has {len(text)} characters: {MAX_LENGTH} at most")
