"""What other programs may ask: the functions behind the HTTP endpoints and the MCP tools, with plain values in and out.

Whatever comes in was sent by anyone: types, sizes and numbers are checked here, since gradio checks none. The
docstrings of ``ask``, ``search`` and ``article`` are what programs are told, and so in the form that gradio reads.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from functools import partial
from itertools import accumulate
from typing import Any, TypeVar

from rag.answering.retriever import Retriever
from rag.core import arguments
from rag.core.answers import PastTurn, Place
from rag.core.articles import Article, plain
from rag.core.limits import ANSWER_THRESHOLD, MAX_ARTICLE_ID, MAX_PASSAGES, MAX_QUESTION, MAX_TURNS
from rag.core.options import SearchOptions, parse_filters
from rag.errors import ArgumentError, IndexDamaged, IndexMending
from rag.index.collection import open_article
from rag.interfaces.http.fair_queue import FairQueue

ENDPOINTS = ("ask", "search", "article", "survey")
MAX_PARAGRAPHS = 10_000_000
"""Half the bytes that an article file may have."""
MAX_TEXT = 100_000
"""Characters of an article's text in one reply."""

Result = TypeVar("Result")


class Service:
    """Answers programs from one index.

    :param retriever: What they ask.
    :param turns: Whose turn it is; the page's readers may wait in the same queue.
    :param mend: Called when the index turns out to be damaged; whether it is being mended.
    """

    def __init__(
        self, retriever: Retriever, turns: FairQueue | None = None, mend: Callable[[], bool] = lambda: False
    ) -> None:
        self._retriever, self._mend = retriever, mend
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
        history: list[dict[str, Any]] | None = None,
        collections: list[str] | None = None,
        timed: bool = True,
    ) -> dict[str, Any]:
        """Answer a question in the words of the saved articles, or say that they do not answer it.

        Nothing is generated: each extract is word for word from the article, paragraph and line that the citation of
        the same number names, and its "answer" is the words in it that answer. "state" is "answered", "perhaps" where
        the extracts may be about something else, or "not here", where the near misses lie close and are no answer.

        Args:
            question: The question, in any language, 1,000 characters at most.
            since: Only articles of this day or later: 2021-12-31, 2021-12 or 2021.
            until: Only articles of this day or earlier, a month or year to its end.
            categories: Only articles in any of these categories or below them: 科技, or 科技/AI.
            authors: Only articles by any of these authors or reporters.
            sources: Only articles of any of these papers, sites or feeds.
            newest_first: Show the same extracts by date, newest first.
            threshold: How sure it must be that the articles answer, from 0, answer always, to 1.
            history: For a follow-up, the "turn" of each reply before it, oldest first, 50 at most.
            collections: Only articles in any of these collections of the index.
            timed: Let a time that the question names, such as last week, choose articles by their dates.
        """
        filters = parse_filters(since, until, categories, authors, sources, collections)
        options = SearchOptions(filters, newest_first, threshold, timed=timed)
        text, past = arguments.text("question", question, MAX_QUESTION), _past(history)
        answer = self._in_turn(lambda: self._retriever.find(text, options, past).answer())
        return answer.to_json()

    def survey(
        self,
        question: str,
        since: str = "",
        until: str = "",
        categories: list[str] | None = None,
        authors: list[str] | None = None,
        sources: list[str] | None = None,
        history: list[dict[str, Any]] | None = None,
        collections: list[str] | None = None,
        timed: bool = True,
    ) -> dict[str, Any]:
        """List every saved article that speaks to a question, one extract each, word for word, by date.

        Near-copies are folded into the one they are copies of. Where the words that answer are figures, days or names,
        "groups" tells which articles agree and which differ; nothing is decided between them.

        Args:
            question: The question, in any language, 1,000 characters at most.
            since: Only articles of this day or later: 2021-12-31, 2021-12 or 2021.
            until: Only articles of this day or earlier, a month or year to its end.
            categories: Only articles in any of these categories or below them: 科技, or 科技/AI.
            authors: Only articles by any of these authors or reporters.
            sources: Only articles of any of these papers, sites or feeds.
            history: For a follow-up, the "turn" of each reply of ask before it, oldest first, 50 at most.
            collections: Only articles in any of these collections of the index.
            timed: Let a time that the question names, such as last week, choose articles by their dates.
        """
        filters = parse_filters(since, until, categories, authors, sources, collections)
        options = SearchOptions(filters, timed=timed)
        text, past = arguments.text("question", question, MAX_QUESTION), _past(history)
        return self._in_turn(partial(self._retriever.survey_of, text, options, past)).to_json()

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
        history: list[dict[str, Any]] | None = None,
        collections: list[str] | None = None,
        timed: bool = True,
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
            history: For a follow-up, the "turn" of each reply of ask before it, oldest first, 50 at most.
            collections: Only articles in any of these collections of the index.
            timed: Let a time that the question names, such as last week, choose articles by their dates.
        """
        filters = parse_filters(since, until, categories, authors, sources, collections)
        options = SearchOptions(filters, newest_first, k=arguments.whole("k", k, 1, MAX_PASSAGES), timed=timed)
        text, past = arguments.text("query", query, MAX_QUESTION), _past(history)
        found = self._in_turn(partial(self._retriever.find, text, options, past))
        return [plain(hit) for hit in found.hits]

    def article(self, article_id: str, paragraph: int = 1) -> dict[str, Any]:
        """Show a saved article: what is known of it, and its cleaned paragraphs with their lines in the file.

        A long article comes in parts: "next" is the paragraph to go on from, or null at the end. "file" tells whether
        the file is unchanged, changed or gone since it was indexed.

        Args:
            article_id: The article's id, as citations and passages give it.
            paragraph: The paragraph to begin with, from 1.
        """
        name = arguments.text("article_id", article_id, MAX_ARTICLE_ID)
        first = arguments.whole("paragraph", paragraph, 1, MAX_PARAGRAPHS)
        return self._in_turn(partial(self._article, name, first))

    def _in_turn(self, work: Callable[[], Result]) -> Result:
        try:
            return self._turns.call(self._visitor, work)
        except IndexDamaged as error:
            if self._mend():
                raise IndexMending from error
            raise

    def _article(self, name: str, first: int) -> dict[str, Any]:
        index = self._retriever.index
        found = open_article(index, name)
        if first > len(found.paragraphs):
            raise ArgumentError(f"paragraph is {first}: the article has {len(found.paragraphs)}")
        check = Place(found.info, ()).check(index.manifest.folders)
        return {"article": plain(found.info), "file": check.value, **_part(found, first)}


def _part(article: Article, first: int) -> dict[str, Any]:
    """Paragraphs from one on, as many as fit into a reply; a single one that does not fit is cut."""
    rest = article.paragraphs[first - 1 :]
    sizes = accumulate(len(paragraph.text) for paragraph in rest)
    fitting = max(sum(size <= MAX_TEXT for size in sizes), 1)
    paragraphs = [
        {"paragraph": number, **plain(found), "text": found.text[:MAX_TEXT], "cut": len(found.text) > MAX_TEXT}
        for number, found in enumerate(rest[:fitting], first)
    ]
    return {"paragraphs": paragraphs, "next": first + fitting if fitting < len(rest) else None}


def _past(history: list[dict[str, Any]] | None) -> list[PastTurn]:
    """What a program tells of the questions before."""
    told = arguments.several("history", [] if history is None else history, dict, 'turns, the "turn" of each reply')
    if len(told) > MAX_TURNS:
        raise ArgumentError(f"history has {len(told)} turns: give the last {MAX_TURNS}")
    return [PastTurn.from_json(turn) for turn in told]
