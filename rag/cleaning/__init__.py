"""An article's body → paragraphs, and an account of what was left out and why.

Elements that are never article text are passed over whole; paragraphs that are the feed's own words rather than the
article's are taken out by what they say. Both are recorded.
"""

from __future__ import annotations

import re

from rag.cleaning.markup import clean_markup
from rag.cleaning.plain import clean_plain
from rag.cleaning.text import tidy
from rag.types import Body

__all__ = ["CLEANING_VERSION", "clean", "tidy"]

CLEANING_VERSION = 2
"""Raised whenever the same file would give other paragraphs: an index of another version is rebuilt."""


_MARKUP = re.compile(
    r"<(?:p|div|br|span|h[1-6]|[uo]l|table|article|section|body|html|pre|blockquote|img|a|font|b|strong|iframe|script|"
    r"style|figure|video|li|td|tr|dl|math)\b[^<]*>",
    re.I,
)


def clean(text: str, first_line: int = 1, title: str = "") -> Body:
    """Turn an article's body into paragraphs.

    :param text: The body: HTML, or plain text where it has no element that makes a paragraph.
    :param first_line: The line of the file on which ``text`` begins, from 1.
    :param title: The article's title, where it is known from elsewhere: a body that says it again does so for nothing.

    >>> clean("<p>　　甲。</p><p>责任编辑：乙</p>").paragraphs
    (Paragraph(text='甲。', kind=<Kind.TEXT: 'text'>, line=1),)
    """
    return clean_markup(text, first_line, title) if _MARKUP.search(text) else clean_plain(text, first_line, title)
