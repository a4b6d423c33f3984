"""Text → markup: all text of articles and questions is escaped here, and nowhere else."""

from __future__ import annotations

import re
from html import escape

from rag.page.words import Words
from rag.types import ArticleInfo

_TURNS_TEXT = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""Marks that turn the direction of what follows them: they would let a title rewrite the line it stands in."""


def inline(text: str) -> str:
    r"""Escaped text with its line breaks, on one line.

    >>> inline("<b>\\n$x$")
    '&lt;b&gt;<br>$x$'
    """
    return escaped(text).replace("\n", "<br>").replace("\t", " &emsp; ")


def escaped(text: str) -> str:
    """Text that can stand between tags or in a quoted attribute."""
    return escape(_TURNS_TEXT.sub("\N{REPLACEMENT CHARACTER}", text))


def facts_of(info: ArticleInfo, words: Words) -> list[str]:
    """Where an article comes from, on which day, and where it is filed; each once."""
    facts = (info.source, info.reporter, info.author, day_of(info, words), " / ".join(info.categories))
    return [fact for fact in dict.fromkeys(facts) if fact]


def day_of(info: ArticleInfo, words: Words) -> str:
    """The day of an article, in ISO form."""
    return info.date.date().isoformat() if info.date else words.no_date


def button(label: str, action: str, css_class: str = "rag-tool", **data: str) -> str:
    """A button that the page's script acts on.

    :param action: What it does, as the script names it.
    :param data: What goes with it, as ``data-`` attributes.
    """
    attributes = "".join(f' data-{name}="{escaped(value)}"' for name, value in data.items())
    return f'<button type="button" class="{css_class}" data-do="{action}"{attributes}>{escaped(label)}</button>'
