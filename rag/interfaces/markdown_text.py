r"""Any text → Markdown that reads back as that very text: no markup, link, HTML, heading or mathematics comes of it.

What could be a mark becomes a character reference, ``&#42;``. A reference is never a mark, in any dialect, while a
backslash may be one itself: ``\(`` begins mathematics in some. Where a character can't be a mark (the point in 3.14, a
hyphen within a line) it stays as it is, so that the Markdown can be read as it stands too.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_UNHELD = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters and half ones, which no Markdown holds, and overrides of direction, which would turn round what
follows: shown as U+FFFD, so that it is seen that something was there."""
_MARKS = (
    re.compile(r"[\\`*_\[\]<>&$~|^{}#@\t\r]"),
    re.compile(r"([-+=%/:])\1+"),
    re.compile(r"^([^\S\n]*)(?:[0-9]{1,9}([.)])|([-+=:!%]))?", re.M),
    re.compile(r"(?<![^\S\n])([^\S\n]++)$", re.M),
    re.compile(r"\A(\n+)|(?<!\n)(\n++)\Z"),
    re.compile(r"(?<![0-9]):(?=\S)|:(?=[^\s0-9])|(?<![0-9])\.(?=\w)|\.(?=[^\W\d])"),
)
"""Marks anywhere; runs of them; at the beginning of a line; white space at the ends of lines and of the text, which is
dropped or a mark itself; and what makes addresses and names of emoji. Where there are groups, they are what counts."""
_RUN = _MARKS[1]

LINE_BREAK = "&#10;"
"""A line break within one line of Markdown: a white space when shown."""


def literal(text: str, line_break: str = LINE_BREAK) -> str:
    """A text as Markdown.

    >>> literal("# 3.14 is *not* <b>")
    '&#35; 3.14 is &#42;not&#42; &#60;b&#62;'

    :param line_break: Markdown for a line break between other characters.
    """
    return "".join(_characters(text, line_break))


def bold_within(text: str, start: int, end: int, line_break: str = LINE_BREAK) -> str:
    """A text as Markdown, the characters from ``start`` to ``end`` bold, white space at their ends left out.

    >>> bold_within("全长1956千米。", 2, 8)
    '全长**1956千米**。'
    """
    written = _characters(text, line_break)
    words = text[start:end]
    start, end = start + len(words) - len(words.lstrip()), end - len(words) + len(words.rstrip())
    if start >= end:
        return "".join(written)
    for inner, beside in ((start, start - 1), (end - 1, end)):
        if not text[inner].isalnum() and 0 <= beside < len(text) and written[beside] == text[beside]:
            written[beside] = _beside_marks(text[beside])
    return f"{''.join(written[:start])}**{''.join(written[start:end])}**{''.join(written[end:])}"


def _beside_marks(character: str) -> str:
    """Markdown for a character beside the stars of bold words that begin or end with something else than a letter.

    Between ``他说`` and ``“好”``, stars would be no marks. A reference begins and ends with punctuation.
    """
    is_apart = unicodedata.category(character) in ("Zs", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po")
    return character if is_apart else _reference(character)


def _characters(text: str, line_break: str) -> list[str]:
    """Markdown for each character of a text."""
    text = _UNHELD.sub("\ufffd", text)
    written = list(text)
    for at in _marked(text):
        written[at] = _reference(text[at])
    return [line_break if character == "\n" else character for character in written]


def _marked(text: str) -> Iterator[int]:
    """Offsets of the characters that could be marks."""
    for marks in _MARKS:
        for match in marks.finditer(text):
            groups = range(1, marks.groups + 1) if marks.groups and marks is not _RUN else (0,)
            for group in groups:
                yield from range(*match.span(group))


def _reference(character: str) -> str:
    return f"&#{ord(character)};"
