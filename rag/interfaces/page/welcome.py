"""What greets a reader who has asked nothing yet → HTML: what is in the collection, and where to begin."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import quote
from weakref import WeakKeyDictionary

from rag.core.articles import ArticleInfo
from rag.core.filters import Filters
from rag.index.open_index import OpenIndex
from rag.interfaces.languages.words import Words
from rag.interfaces.page.markup import button, escaped

NEWEST, OFFERED, CATEGORIES = 5, 3, 8
"""Newest articles that are listed, headlines that are offered to be asked, and categories to begin with."""
LOOKED_THROUGH = 60
"""Newest articles whose headlines are looked through."""
SHORT, LONG = 8, 60
"""Characters of a headline that can be asked: shorter ones name a subject, and longer ones are seldom one thing."""
_ASKS = re.compile(
    r"[?？]|吗|为什么|为何|如何|怎[么样]|多少|是谁|哪|\b(?:how|why|what|who|when|where)\b", re.IGNORECASE
)

_NEWEST: WeakKeyDictionary[OpenIndex, list[ArticleInfo]] = WeakKeyDictionary()
"""A generation stays what it is."""


def welcome_html(index: OpenIndex, words: Words, examples: Sequence[str] = ()) -> str:
    """A welcome, with questions that may be asked right away.

    :param examples: Questions that are offered; without any, headlines of the newest articles are.
    """
    newest = _newest(index)
    asked = examples or _headlines(newest)
    offered = "".join(f"<li>{button(example, 'ask', 'rag-example', question=example)}</li>" for example in asked)
    title = words.examples if examples else words.headlines
    listed = f'<h3>{title}</h3><ul class="rag-examples">{offered}</ul>' if offered else ""
    told = f'<p class="rag-about">{escaped(_told(index, words))}</p>'
    return (
        f'<section class="rag-welcome"><h2>{words.welcome}</h2><p>{words.about}</p>{told}{listed}'
        f"{_categories(index, words)}{_listed(newest, words)}</section>"
    )


def _newest(index: OpenIndex) -> list[ArticleInfo]:
    if index not in _NEWEST:
        _NEWEST[index] = index.listed("", Filters(), 0, LOOKED_THROUGH)[1]
    return _NEWEST[index]


def _told(index: OpenIndex, words: Words) -> str:
    """How many articles there are, and of which days."""
    days = index.days()
    told = words.holds.format(f"{index.manifest.articles:,}")
    if not days:
        return told
    first, last = min(days), max(days)
    return told + words.comma + (words.from_to.format(first, last) if first != last else str(first))


def _headlines(newest: Sequence[ArticleInfo]) -> list[str]:
    """Headlines of recent articles that can be asked: those that ask first, of different sources where they can be."""
    fitting = [info for info in newest if info.date and SHORT <= len(info.title) <= LONG]
    asking = [info for info in fitting if _ASKS.search(info.title)]
    chosen: dict[str, ArticleInfo] = {}
    for info in (*asking, *fitting):
        chosen.setdefault(info.origin, info)
    titles = [info.title for info in (*chosen.values(), *asking, *fitting)]
    return list(dict.fromkeys(titles))[:OFFERED]


def _categories(index: OpenIndex, words: Words) -> str:
    """The largest categories, each to narrow the search to."""
    tree = sorted(index.filtering.categories.tree(), key=lambda branch: -branch.articles)[:CATEGORIES]
    if len(tree) < 2:
        return ""
    chips = "".join(
        button(f"{branch.name} {branch.articles:,}", "narrow-to", "rag-pill", category=branch.path) for branch in tree
    )
    return f'<h3>{words.begin_with}</h3><div class="rag-chips">{chips}</div>'


def _listed(newest: Sequence[ArticleInfo], words: Words) -> str:
    dated = [info for info in newest if info.date][:NEWEST]
    rows = "".join(
        f'<li><a href="#article-{escaped(quote(info.id))}">{escaped(info.title)}</a> '
        f"<small>{escaped(words.comma.join(filter(None, (info.origin, info.day))))}</small></li>"
        for info in dated
    )
    return f'<h3>{words.newest_articles}</h3><ul class="rag-newest">{rows}</ul>' if rows else ""
