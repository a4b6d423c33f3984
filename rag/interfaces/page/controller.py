"""What the page's events do, without the page: a reader asks, opens what is cited, and looks around."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace

from rag.answering.retriever import Retriever
from rag.core.answers import Answer, AnswerState, Citation, Extract, Place, Thumb, spans_of
from rag.core.articles import Article, ArticleInfo
from rag.core.limits import MAX_COMMENT
from rag.core.options import SearchOptions
from rag.core.passages import Span
from rag.core.survey import Survey
from rag.errors import IndexBusy, IndexDamaged, IndexMending, LinkError, RagError, UnknownArticle
from rag.index.collection import open_article
from rag.interfaces.export import conversation_markdown
from rag.interfaces.feedback import feedback_on, keep_feedback
from rag.interfaces.indexing_status import State
from rag.interfaces.languages.words import Words
from rag.interfaces.links import Link, read_link, write_link
from rag.interfaces.page.answers import also_in_html, near_citation, refusal, refusal_html
from rag.interfaces.page.article_pane import ArticleView, beside_html, closed_html, source_html
from rag.interfaces.page.collection import Browsing, collection_html
from rag.interfaces.page.marking import Mark, Marked
from rag.interfaces.page.narrowing import FilterFormState, form_state_of_options
from rag.interfaces.page.thumbs import Thumbed
from rag.interfaces.page.turns import Surveyed, Turn, Turns, answers_of, awaited
from rag.interfaces.page.welcome import welcome_html
from rag.interfaces.reindexing import Reindexing
from rag.interfaces.survey_files import FILE_FORMS

_CITED = re.compile(r"([0-9]{1,4})-([0-9]{1,3})(?:-([0-9]{1,2}))?")
REINDEX_SECONDS = 30.0
"""Least time between two beginnings of indexing: it takes the processor for a second or more, even with nothing new."""
_LOG = logging.getLogger(__name__)


class _Closed(Exception):
    """What was to be opened can't be; the message says why in the reader's language."""


class Controller:
    """Handlers of the page's events, independent of gradio.

    :param retriever: What answers.
    """

    def __init__(self, retriever: Retriever) -> None:
        self.retriever = retriever
        self.reindexing = Reindexing(retriever)
        self._indexed = -REINDEX_SECONDS

    def ask(
        self,
        question: str,
        turns: Turns,
        narrowing: FilterFormState,
        *,
        alone: bool = False,
        timed: bool = True,
        serial: str = "",
    ) -> Iterator[Turns]:
        """The turns with the question at once, and then with what came of it.

        :param turns: Those before it.
        :param alone: Whether it is run as typed, whatever came before it.
        :param timed: Whether a time that it names counts.
        :param serial: Of the click.
        """
        turn = Turn(question, alone=alone, timed=timed, serial=serial)
        yield (*turns, turn)
        try:
            options = replace(narrowing.options, timed=timed)
            answer = self.retriever.find(question, options, () if alone else answers_of(turns)).answer()
            turn = replace(turn, answer=answer, link=_link_to(answer, options))
        except RagError as error:
            turn = replace(turn, refusal=self._looked_after(error))
        except Exception:
            _LOG.exception("a question failed")
            turn = replace(turn, failed=True)
        yield (*turns, turn)

    def survey(self, at: int, turns: Turns, how: Surveyed, serial: str = "") -> Iterator[Turns]:
        """The turns with one that is worked on, and then with all articles that speak to its question.

        :param at: Which one; it comes from outside and may be none.
        :param serial: Of the click, which the last turn bears then: the script waits for it there.
        :raises RagError: They can't be looked for.
        """
        turns = awaited(turns, serial)
        if not 0 <= at < len(turns) or turns[at].answer is None:
            yield turns
            return
        turn = turns[at]
        yield (*turns[:at], replace(turn, surveying=True), *turns[at + 1 :])
        found = turn.survey or self._survey(turn, turns[:at])
        yield (*turns[:at], replace(turn, survey=found, surveyed=how), *turns[at + 1 :])

    def _survey(self, turn: Turn, before: Turns) -> Survey:
        """All articles that speak to a question, under what that was asked under."""
        assert turn.answer is not None
        options = SearchOptions(turn.answer.filters, timed=turn.timed)
        return self.retriever.survey_of(turn.question, options, () if turn.alone else answers_of(before))

    def survey_file(self, at: int, turns: Turns, form: str, words: Words) -> str:
        """A survey that is shown, as a file; empty where there is none, or no such form."""
        found = turns[at].survey if 0 <= at < len(turns) else None
        return FILE_FORMS[form](found, words.language) if found and form in FILE_FORMS else ""

    def welcome(self, words: Words, examples: Sequence[str]) -> str:
        """What greets a reader who has asked nothing yet.

        :param examples: Questions that are offered.
        """
        try:
            return welcome_html(self.retriever.index, words, examples)
        except RagError as error:
            return refusal_html(self._looked_after(error), words)

    def _looked_after(self, error: RagError) -> RagError:
        """An error to be told; an index that is damaged is mended where that may help."""
        if isinstance(error, IndexDamaged):
            _LOG.error("%r", str(error))
            return IndexMending() if self.reindexing.mend() else error
        return error

    def linked(self, query: str) -> tuple[Turns, FilterFormState]:
        """The question of a link, still to be asked, and what it narrows by; where it can't be read, why.

        :param query: What stands behind the ``?`` of the page's address; it comes from outside and may be anything.
        """
        try:
            link = read_link(query)
        except RagError as error:
            return (Turn("", refusal=error),), FilterFormState()
        turn = Turn(link.question, timed=link.options.timed)
        return (turn,) if link.question.strip() else (), form_state_of_options(link.options)

    def rate(self, place: str, thumb: str, word: str, turns: Turns) -> Turns:
        """The turns with what a reader says of an extract, once that is kept.

        :param place: ``TURN-NUMBER``, of which the number is 0 for an answer that there is none. Like the others it
            comes from outside: what makes no sense is passed over.
        """
        match = _CITED.fullmatch(place)
        turn = turns[int(match[1])] if match and int(match[1]) < len(turns) else None
        if match is None or turn is None or turn.answer is None or thumb not in list(Thumb):
            return turns
        number, at = int(match[2]), int(match[1])
        history = answers_of(turns[:at])
        said = feedback_on(turn.answer, Thumb(thumb), number or None, word[:MAX_COMMENT], history)
        keep_feedback(self.retriever.place, said)
        others = tuple(thumbed for thumbed in turn.thumbs if thumbed.citation != number)
        turn = replace(turn, thumbs=(*others, Thumbed(number, Thumb(thumb), bool(word.strip()))))
        return (*turns[:at], turn, *turns[at + 1 :])

    def export(self, turns: Turns, words: Words) -> str:
        """The conversation as Markdown."""
        return conversation_markdown(answers_of(turns), words.language)

    def opened(self, what: str, turns: Turns, words: Words, serial: str = "", start: int = 0) -> str:
        """What is opened beside the conversation; nothing where nothing is.

        :param what: ``article:ID``; or ``cite:TURN-NUMBER`` or ``report:TURN-NUMBER``, with ``-COPY`` for a copy of it.
            It comes from outside and may be anything.
        :param serial: Of the click, by which the script knows what came of it.
        :param start: The paragraph of a long article to begin with; 0 for what is cited, or the beginning.
        """
        kind, _, name = what.partition(":")
        try:
            match kind:
                case "cite":
                    opened = self._cited(name, turns, words)
                case "report":
                    opened = self._reported(name, turns, words)
                case "article":
                    opened = self._article(name, words)
                case _:
                    return ""
        except _Closed as closed:
            return closed_html(str(closed), words, serial)
        except RagError as error:
            return closed_html(refusal(self._looked_after(error), words), words, serial)
        return source_html(replace(opened, what=what, start=start), words, serial)

    def _cited(self, place: str, turns: Turns, words: Words) -> ArticleView:
        """The article of a citation, or of a copy of it, marked."""
        at, number, copy = _place_in(place)
        answer = turns[at].answer if 0 <= at < len(turns) else None
        if answer is None:
            raise _Closed(words.closed_conversation)
        citations = answer.citations or tuple(map(near_citation, answer.near_misses, range(1, 99)))
        cited = next((citation for citation in citations if citation.number == number), None)
        if cited is None:
            raise _Closed(words.no_citation)
        beside = beside_html([citation.number for citation in citations], at, number, words)
        others = [citation for citation in citations if citation is not cited]
        extract = next((one for one in answer.extracts if one.citation == number), None)
        is_told = extract is not None and answer.state is AnswerState.ANSWERED
        also_in = also_in_html(cited, at, words) if cited.also_in and not copy else ""
        view = self._marked(cited, extract if is_told else None, copy, others, words)
        return replace(view, beside=beside, also_in=also_in)

    def _reported(self, place: str, turns: Turns, words: Words) -> ArticleView:
        """The article of a report, or of a copy of it, marked."""
        at, number, copy = _place_in(place)
        survey = turns[at].survey if 0 <= at < len(turns) else None
        if survey is None:
            raise _Closed(words.closed_conversation)
        if not 0 < number <= len(survey.reports):
            raise _Closed(words.no_citation)
        report = survey.reports[number - 1]
        cited = report.citation
        also_in = also_in_html(cited, at, words, "report") if cited.also_in and not copy else ""
        return replace(self._marked(cited, report.extract, copy, (), words), also_in=also_in)

    def _marked(
        self, cited: Citation, extract: Extract | None, copy: int, others: Sequence[Citation], words: Words
    ) -> ArticleView:
        """What is cited, or a copy of it, with what stands in it marked.

        :param extract: Of which the answering words are marked too, in a copy as well.
        :param copy: Which one, from 1; 0 for what is cited itself.
        :param others: Other citations, which may stand in the article as well.
        """
        if copy > len(cited.also_in):
            raise _Closed(words.no_citation)
        if copy:
            elsewhere = cited.also_in[copy - 1]
            opened = self._as_cited(elsewhere.article, words)
            answering = _same_words(opened.article, elsewhere.spans, extract.answer) if extract else ()
            marks = _marks(elsewhere.article, elsewhere.spans, answering, ())
            return replace(opened, marks=marks, line=elsewhere.line)
        answering = spans_of(extract.passage, extract.answer_start, extract.answer_end) if extract else ()
        marks = _marks(cited.article, cited.spans, answering, others)
        return replace(self._as_cited(cited.article, words), marks=marks, line=cited.line)

    def _as_cited(self, info: ArticleInfo, words: Words) -> ArticleView:
        """An article as long as it is what was cited."""
        opened = self._article(info.id, words)
        if opened.article.info.digest != info.digest:
            raise _Closed(words.indexed_anew)
        return opened

    def _article(self, name: str, words: Words) -> ArticleView:
        """An article of the index: nothing else can be opened."""
        index = self.retriever.index
        try:
            article = open_article(index, name)
        except UnknownArticle:
            raise _Closed(words.no_article) from None
        return ArticleView(article, Place(article.info, ()).check(index.manifest.folders))

    def collection(self, browsing: Browsing, words: Words, *, may_index: bool = True) -> str:
        """What is indexed now; with a button to index it anew for whoever may."""
        status = self.reindexing.status
        return collection_html(self.retriever.index, browsing, status, words, may_index=may_index)

    def reindex(self, *, replace: bool = False) -> bool:
        """Begin to index the folder anew, unless that goes on already; False where it was begun a moment ago.

        :param replace: Whether it may remove many articles: only where that was asked.
        """
        now, status = time.monotonic(), self.reindexing.status
        replace = replace and status.refused is not None
        if status.state is not State.RUNNING and now - self._indexed < REINDEX_SECONDS and not replace:
            return False
        with suppress(IndexBusy):
            self.reindexing.start(replace=replace)
            self._indexed = now
        return True


def _link_to(answer: Answer, options: SearchOptions) -> str:
    """The query string that asks this again, on any day, also where it was a follow-up: what was run stands alone.

    Empty where it holds U+FFFD, as links do that were cut off.
    """
    asked = answer.time
    if asked and asked.days and asked.applied:
        options = replace(options, filters=replace(options.filters, since=asked.days.since, until=asked.days.until))
    with suppress(LinkError):
        return write_link(Link(answer.query, options))
    return ""


def _place_in(place: str) -> tuple[int, int, int]:
    """The turn, the number and the copy that a link names; -1 for the turn where it makes no sense."""
    match = _CITED.fullmatch(place)
    return (int(match[1]), int(match[2]), int(match[3] or 0)) if match else (-1, 0, 0)


def _same_words(article: Article, spans: Sequence[Span], answer: str) -> tuple[Span, ...]:
    """Where the words that answer stand in a copy; nowhere, where they are written otherwise there."""
    for span in spans:
        at = article.paragraphs[span.paragraph - 1].text.find(answer, span.start, span.end)
        if at >= 0:
            return (replace(span, start=at, end=at + len(answer)),)
    return ()


def _marks(
    info: ArticleInfo,
    cited: tuple[Span, ...],
    answering: tuple[Span, ...],
    others: Sequence[Citation],
) -> tuple[Marked, ...]:
    """What is marked in an article: the cited extract, its answering words, and other extracts that stand there too."""
    light = [span for other in others if other.article.id == info.id for span in other.spans]
    return (
        *(Marked(span, Mark.OTHER) for span in light),
        *(Marked(span, Mark.CITED) for span in cited),
        *(Marked(span, Mark.ANSWER) for span in answering),
    )
