"""What is indexed → HTML: its overview, indexing it anew, and the list of all articles to search and open."""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

from rag.index.collection import MAX_SEARCHED, browse, describe
from rag.index.holdings import Collection
from rag.index.index import Index
from rag.interfaces.page import overview
from rag.interfaces.page.chinese import CHINESE
from rag.interfaces.page.indexing_status import State, Status
from rag.interfaces.page.markup import button
from rag.interfaces.page.overview_words import CHINESE as OVERVIEW_IN_CHINESE
from rag.interfaces.page.overview_words import ENGLISH as OVERVIEW_IN_ENGLISH
from rag.interfaces.page.overview_words import OverviewWords
from rag.interfaces.page.words import Words


@dataclass(frozen=True, slots=True)
class Browsing:
    """Where a reader is in the list of articles.

    :param text: What it is searched for.
    :param number: Of the page of the list, from 1.
    """

    text: str = ""
    number: int = 1


def browsing_of(text: str, number: str) -> Browsing:
    """Where a reader wants to go. It comes from outside: what makes no sense is left out."""
    at = int(number) if number.isascii() and number.isdecimal() and len(number) < 9 else 1
    return Browsing(text.strip()[:MAX_SEARCHED], max(at, 1))


def collection_html(index: Index, browsing: Browsing, status: Status, words: Words, *, may_index: bool = True) -> str:
    """What is indexed now.

    :param may_index: Whether the reader may have the folder indexed anew.
    """
    told = _overview_words(words)
    shown = browse(index, browsing.text, number=browsing.number)
    # What is typed meanwhile stays: the field is never given a value.
    field = (
        f'<input type="search" class="rag-find" data-find '
        f'placeholder="{words.find}" aria-label="{words.find}" maxlength="{MAX_SEARCHED}">'
    )
    anew = reindexing_html(status, words, may_index=may_index)
    return (
        f"<h2>{words.collection}</h2>{overview.overview_html(_described(index), told)}{anew}"
        f"<h3>{told.articles}</h3>{field}{overview.list_html(shown, told)}"
    )


_DESCRIBED: WeakKeyDictionary[Index, Collection] = WeakKeyDictionary()
"""A generation stays what it is: with many articles, each look at it would take a tenth of a second."""


def _described(index: Index) -> Collection:
    if index not in _DESCRIBED:
        _DESCRIBED[index] = describe(index)
    return _DESCRIBED[index]


def reindexing_html(status: Status, words: Words, *, may_index: bool = True) -> str:
    """How far indexing anew is, and the button that begins it."""
    progress = overview.reindexing_html(status, _overview_words(words))
    is_offered = may_index and status.state is not State.RUNNING
    begin = button(words.reindex, "reindex", "rag-tool rag-reindex") if is_offered else ""
    return f'<div class="rag-anew" data-state="{status.state.value}">{progress}{begin}</div>'


def _overview_words(words: Words) -> OverviewWords:
    return OVERVIEW_IN_CHINESE if words is CHINESE else OVERVIEW_IN_ENGLISH
