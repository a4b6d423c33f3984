"""What other programs may ask: the functions behind the HTTP endpoints and the MCP tools, with plain values in and out.

Whatever comes in was sent by anyone: types, sizes and numbers are checked here, since gradio checks none. The
docstrings of ``ask``, ``search`` and ``article`` are what programs are told, and so in the form that gradio reads.
"""

from __future__ import annotations

from copy import copy
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import Any

from rag.answering.retriever import Retriever
from rag.core import arguments
from rag.core.answers import Place
from rag.core.filters import parse_filters
from rag.core.limits import ANSWER_THRESHOLD, MAX_FILTER_NAME, MAX_QUESTION
from rag.core.types import Article, Filters, plain
from rag.errors import ArgumentError
from rag.index.collection import open_article
from rag.interfaces.http.fair_queue import FairQueue

ENDPOINTS = ("ask", "search", "article")
MAX_PASSAGES = 50
MAX_NAMES = 50
"""Names in one filter."""
MAX_ID = 4096
MAX_PARAGRAPHS = 10_000_000
"""Half the bytes that an article file may have."""
MAX_TEXT = 100_000
"""Characters of an article's text in one reply."""


class Service:
    """Answers programs from one index.

    :param retriever: What they ask.
    :param turns: Whose turn it is; the page's readers may wait in the same queue.
    """

    def __init__(self, retriever: Retriever, turns: FairQueue | None = None) -> None:
        self._retriever = retriever
        self._turns = turns or FairQueue()
        self._visitor = ""

    def asked_by(self, visitor: str) -> Service:
        """The same for one visitor, who waits behind what they have asked for already.

        :param visitor: As ``rag.interfaces.http.visitors.visitor_of`` tells them apart.
        """
        same = copy(self)
        same._visitor = visitor
        return same

    def ask(
        self,
        question: str,
        since: str = "",
        until: str = "",
        categories: list[str] | None = None,
        authors: list[str] | None = None,
        sources: list[str] | None = None,
        newest_first: bool = False,
        threshold: float = ANSWER_THRESHOLD,
    ) -> dict[str, Any]:
        """Answer a question in the words of the saved articles, or say that they do not answer it.

        Nothing is generated: each extract is word for word from the article, paragraph and line that the citation of
        the same number names, and its "answer" is the words in it that answer. Where "answered" is false, the
        near misses are passages that lie close and are no answer.

        Args:
            question: The question, in any language, 1,000 characters at most; nothing asked before is known.
            since: Only articles of this day or later: 2021-12-31, 2021-12 or 2021.
            until: Only articles of this day or earlier, a month or year to its end.
            categories: Only articles in any of these categories or below them: 科技, or 科技/AI.
            authors: Only articles by any of these authors or reporters.
            sources: Only articles of any of these papers, sites or feeds.
            newest_first: Show the same extracts by date, newest first.
            threshold: How sure it must be that the articles answer, from 0, answer always, to 1.
        """
        filters = _filters(since, until, categories, authors, sources)
        newest = arguments.switch("newest_first", newest_first)
        sure = arguments.number("threshold", threshold)
        text = arguments.text("question", question, MAX_QUESTION)
        ask = partial(self._retriever.ask, text, filters, newest_first=newest, threshold=sure)
        return self._turns.call(self._visitor, ask).to_json()

    def search(
        self,
        query: str,
        k: int = 5,
        since: str = "",
        until: str = "",
        categories: list[str] | None = None,
        authors: list[str] | None = None,
        sources: list[str] | None = None,
        newest_first: bool = False,
    ) -> list[dict[str, Any]]:
        """List the passages of the saved articles that are nearest to a query, best first, each with its article.

        Args:
            query: A question or words, in any language, 1,000 characters at most.
            k: How many passages at most, from 1 to 50.
            since: Only articles of this day or later: 2021-12-31, 2021-12 or 2021.
            until: Only articles of this day or earlier, a month or year to its end.
            categories: Only articles in any of these categories or below them: 科技, or 科技/AI.
            authors: Only articles by any of these authors or reporters.
            sources: Only articles of any of these papers, sites or feeds.
            newest_first: Order the same passages by date, newest first.
        """
        filters = _filters(since, until, categories, authors, sources)
        newest = arguments.switch("newest_first", newest_first)
        count = arguments.whole("k", k, 1, MAX_PASSAGES)
        text = arguments.text("query", query, MAX_QUESTION)
        search = partial(self._retriever.search, text, count, filters, newest_first=newest)
        return [plain(hit) for hit in self._turns.call(self._visitor, search)]

    def article(self, article_id: str, paragraph: int = 1) -> dict[str, Any]:
        """Show a saved article: what is known of it, and its cleaned paragraphs with their lines in the file.

        A long article comes in parts: "next" is the paragraph to go on from, or null at the end. "file" tells whether
        the file is unchanged, changed or gone since it was indexed.

        Args:
            article_id: The article's id, as citations and passages give it.
            paragraph: The paragraph to begin with, from 1.
        """
        name = arguments.text("article_id", article_id, MAX_ID)
        first = arguments.whole("paragraph", paragraph, 1, MAX_PARAGRAPHS)
        return self._turns.call(self._visitor, partial(self._article, name, first))

    def _article(self, name: str, first: int) -> dict[str, Any]:
        index = self._retriever.index
        found = open_article(index, name)
        if first > len(found.paragraphs):
            raise ArgumentError(f"paragraph is {first}: the article has {len(found.paragraphs)}")
        check = Place(found.info, ()).check(Path(index.manifest.folder))
        return {"article": plain(found.info), "file": check.value, **_part(found, first)}


def _part(article: Article, first: int) -> dict[str, Any]:
    """Paragraphs from one on, as many as fit into a reply; a single one that does not fit is cut."""
    rest = article.paragraphs[first - 1 :]
    sizes = accumulate(len(paragraph.text) for paragraph in rest)
    fitting = max(sum(size <= MAX_TEXT for size in sizes), 1)
    paragraphs = [
        {
            "paragraph": number,
            **plain(paragraph),
            "text": paragraph.text[:MAX_TEXT],
            "cut": len(paragraph.text) > MAX_TEXT,
        }
        for number, paragraph in enumerate(rest[:fitting], first)
    ]
    return {"paragraphs": paragraphs, "next": first + fitting if fitting < len(rest) else None}


def _filters(since: object, until: object, categories: object, authors: object, sources: object) -> Filters:
    return parse_filters(
        _day("since", since),
        _day("until", until),
        arguments.names("categories", categories, MAX_NAMES, MAX_FILTER_NAME),
        arguments.names("authors", authors, MAX_NAMES, MAX_FILTER_NAME),
        arguments.names("sources", sources, MAX_NAMES, MAX_FILTER_NAME),
    )


def _day(name: str, value: object) -> str:
    return "" if value is None else arguments.text(name, value, MAX_FILTER_NAME)
