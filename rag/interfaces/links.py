"""A question and all that it is asked under ↔ a query string, ``?q=…&since=2021-01-01``, that can be passed on.

A link that was mangled on its way must not give another answer under the same question. So whatever decides what may
answer is refused where it can't be read; what was added to the link (``utm_source=…``) is ignored, and so is
``newest=…`` that says nothing, since the order changes no find.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, urlencode

from rag.core import arguments
from rag.core.filters import NAMED
from rag.core.limits import ANSWER_THRESHOLD, MAX_LINK, MAX_LINK_FIELDS, MAX_QUESTION
from rag.core.options import SearchOptions, parse_filters
from rag.errors import LinkError, QuestionError, QuestionTooLong

_ONCE = ("q", "since", "until", "newest", "threshold", "anytime")


@dataclass(frozen=True, slots=True)
class Link:
    """What a link reopens.

    :param question: As typed; empty where the link only sets options.
    :param options: What it is asked under; of these a link holds all but ``k`` and ``today``.
    """

    question: str = ""
    options: SearchOptions = SearchOptions()


class _Field(NamedTuple):
    key: str
    value: str


def write_link(link: Link) -> str:
    """The query string of a link, with only what is set; empty where nothing is. ``read_link`` gives the same back.

    >>> write_link(Link("光速?", SearchOptions(newest_first=True, threshold=0.5)))
    '?q=%E5%85%89%E9%80%9F%3F&newest=1&threshold=0.5'

    :raises QuestionTooLong: The question has too many characters.
    :raises LinkError: It is too long with the white space around it, or something is no text.
    :raises ArgumentError: It is no link, or a part of it is of the wrong type.
    """
    arguments.instance("link", link, Link, "a rag.interfaces.links.Link")
    arguments.instance("options", link.options, SearchOptions, "a rag.SearchOptions")
    _check_question(arguments.instance("question", link.question, str, "text"))
    fields = list(_fields(link))
    for field in fields:
        _check_text(field)
    text = "?" + urlencode(fields, quote_via=quote, safe="/") if fields else ""
    _check_length(text)
    return text


def _fields(link: Link) -> Iterator[_Field]:
    options, filters = link.options, link.options.filters
    if link.question:
        yield _Field("q", link.question)
    if filters.since:
        yield _Field("since", filters.since.isoformat())
    if filters.until:
        yield _Field("until", filters.until.isoformat())
    for kind, names in filters.named.items():
        yield from (_Field(kind, name) for name in names)
    if options.newest_first:
        yield _Field("newest", "1")
    if options.threshold != ANSWER_THRESHOLD:
        yield _Field("threshold", repr(options.threshold))
    if not options.timed:
        yield _Field("anytime", "1")


def read_link(text: str) -> Link:
    """What a query string asks, with or without its ``?``.

    Days may be written as a year or month too, ``&`` as ``&amp;``, as mail programs and pages make of it. A key without
    a value is not set.

    >>> read_link("?q=光速&since=2021&until=2021-06&utm_source=mail").options.filters  # doctest: +NORMALIZE_WHITESPACE
    Filters(since=datetime.date(2021, 1, 1), until=datetime.date(2021, 6, 30), categories=(), authors=(), sources=(),
            collections=())

    :raises LinkError: It is too long, or a value of a known key can't be read.
    :raises QuestionTooLong: Its question has too many characters.
    :raises FilterError: A date is none, the dates end before they start, or there are too many names.
    :raises ArgumentError: It is no text.
    """
    arguments.instance("text", text, str, "text")
    _check_length(text)
    try:
        pairs = parse_qsl(text.removeprefix("?"), errors="surrogateescape", max_num_fields=MAX_LINK_FIELDS)
    except ValueError:
        raise LinkError(f"the link has over {MAX_LINK_FIELDS} values: it can't be one of this page") from None
    fields = [_Field(key.removeprefix("amp;"), value) for key, value in pairs]
    known = [field for field in fields if field.key in _ONCE or field.key in NAMED]
    for field in known:
        _check_text(field)
    once = {key: _only(key, known) for key in _ONCE}
    names = {field: [value for key, value in known if key == name] for name, field in NAMED.items()}
    filters = parse_filters(once["since"], once["until"], **names)
    _check_question(once["q"])
    try:
        options = SearchOptions(filters, once["newest"] == "1", float(once["threshold"] or ANSWER_THRESHOLD))
        options = replace(options, timed=once["anytime"] != "1")
    except (ValueError, QuestionError):
        told = arguments.shown(once["threshold"])
        raise LinkError(f"the link's threshold= is {told}: name one from 0 to 1") from None
    return Link(once["q"], options)


def _only(key: str, fields: list[_Field]) -> str:
    """The value of a key that may stand once; empty where it does not stand at all."""
    values = {field.value for field in fields if field.key == key}
    if len(values) > 1:
        raise LinkError(f"the link says {key}= more than once, and not the same: leave one")
    return values.pop() if values else ""


def _check_question(question: str) -> None:
    if len(asked := question.strip()) > MAX_QUESTION:
        raise QuestionTooLong(len(asked), MAX_QUESTION)


def _check_text(field: _Field) -> None:
    # Servers put U+FFFD for what is no text, so that it stands where a link was cut off.
    if any("\ud800" <= character <= "\udfff" or character == "\ufffd" for character in field.value):
        raise LinkError(f"the link is cut off or mangled: its {field.key}= is no whole text")


def _check_length(text: str) -> None:
    if len(text) > MAX_LINK:
        raise LinkError(f"the link has {len(text)} characters: {MAX_LINK} at most")
