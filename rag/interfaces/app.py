"""The page as gradio has it: its parts, and which event goes where."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import replace
from functools import partial
from importlib.resources import files
from typing import Any

import gradio as gr

from rag.answering.retriever import Retriever
from rag.core.limits import MAX_ARTICLE_ID
from rag.errors import RagError, TooBusy
from rag.interfaces.events import field_in, number_in, question_in, serial_in
from rag.interfaces.http.endpoints import Refusal, add_endpoints, host_of, with_request
from rag.interfaces.http.fair_queue import FairQueue
from rag.interfaces.http.service import ENDPOINTS, Service
from rag.interfaces.http.visitors import is_this_machine, visitor_of
from rag.interfaces.indexing_status import State
from rag.interfaces.languages import words_for
from rag.interfaces.languages.words import Words
from rag.interfaces.page.answers import refusal
from rag.interfaces.page.collection import Browsing, browsing_of
from rag.interfaces.page.controller import Controller
from rag.interfaces.page.filter_form import chips_html, form_html
from rag.interfaces.page.markup import escaped
from rag.interfaces.page.narrowing import FilterFormState, form_state_of
from rag.interfaces.page.survey import REPORTS_SHOWN
from rag.interfaces.page.turns import (
    Surveyed,
    Turn,
    Turns,
    composer_html,
    conversation_html,
    header_html,
    newest,
    refused,
    stopped,
)

STYLE, SCRIPT = (
    (files("rag.interfaces.page") / name).read_text(encoding="utf-8") for name in ("style.css", "script.js")
)
LOOKS_AT_ONCE, LOOKS_EACH, LOOKS_WAITING = 2, 40, 200
"""Events of the page other than questions: done at once, of one visitor, and waiting. Each takes hundredths of a
second, so that an article opens at once however many questions wait."""
MAX_EVENTS = 400
"""Events that gradio may have in work at once: those of questions only wait there for their turn."""
SYSTEM_FONTS = ["system-ui", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "sans-serif"]
PRIVATE = {"api_visibility": "private", "show_progress": "hidden"}
TICK = 1.0
"""Seconds between two looks at how far indexing is."""
SAVE = """
(text) => {
    const isTable = text.startsWith('\ufeff');
    const [type, name] = isTable ? ['text/csv', 'article-rag.csv'] : ['text/markdown', 'article-rag.md'];
    const url = URL.createObjectURL(new Blob([text], {type}));
    Object.assign(document.createElement('a'), {href: url, download: name}).click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
}
"""


class Page:
    """The page's parts, and which event goes where. The script that runs in the browser triggers the events.

    What one event changes, no other does at the same time: each has a state of its own.

    Questions, of readers and programs, wait in one queue, and what is only looked at in another; in both, whoever asks
    for much waits behind those who ask for little.

    :ivar blocks: What gradio serves.
    :ivar looks: How it looks, as gradio takes it: theme and head.
    :ivar reindexing: What brings its index up to date.
    :param retriever: What answers.
    :param examples: Questions that are offered at first.
    :param has_login: Whether all readers have logged in: they may then have the folder indexed anew and say what they
        think of an answer, which else is for readers on this machine.
    """

    def __init__(self, retriever: Retriever, examples: Sequence[str] = (), *, has_login: bool = False) -> None:
        self._controller, self._examples, self._has_login = Controller(retriever), examples, has_login
        self.reindexing = self._controller.reindexing
        self._questions, self._looks = FairQueue(), FairQueue(LOOKS_AT_ONCE, LOOKS_EACH, LOOKS_WAITING)
        programs = Service(retriever, self._questions, self.reindexing.mend)
        with gr.Blocks(title="Article RAG", fill_width=True) as self.blocks:
            add_endpoints(programs, ENDPOINTS)  # first, so that they get their own names and the page's events others
            self._language, self._turns, self._narrowing = gr.State(""), gr.State(()), gr.State(FilterFormState())
            self._opened, self._browsing, self._changes = gr.State(("", 0)), gr.State(Browsing()), gr.State(0)
            self._header = _part("header")
            with gr.Row(elem_id="rag-main"):
                with gr.Column(elem_id="rag-talk"):
                    self._chat = _part("chat", js_on_load=SCRIPT)
                    self._chips, self._composer, self._form = _part("chips"), _part("composer-part"), _part("form-part")
                self._collection, self._source = _part("collection"), _part("source")
            self._file = gr.Textbox(visible="hidden")
            self._timer = gr.Timer(TICK, active=False)
            self._connect()
        theme = gr.themes.Default(font=SYSTEM_FONTS, font_mono=["ui-monospace", "monospace"])
        self.looks = {"theme": theme, "head": f"<style>{STYLE}</style>"}
        self.blocks.max_threads = MAX_EVENTS
        self.blocks.queue(api_open=False, default_concurrency_limit=None)

    def _connect(self) -> None:
        hub, language, talk = self._chat, self._language, [self._turns, self._chat]
        narrowed = [self._narrowing, self._chips, self._form]
        drawn = [self._header, self._chat, self._composer, self._source, self._collection]
        asked_with = [self._turns, self._narrowing, language]
        look, latest = self._look, {"trigger_mode": "always_last", **PRIVATE}
        at_once = {"queue": False, **PRIVATE}  # the reply is the outcome
        started = self.blocks.load(
            look(self._start), None, [language, self._turns, *narrowed, *drawn, self._timer], **at_once
        )
        linked = started.then(self._ask_link, asked_with, talk, **PRIVATE)
        # One that was stopped may linger.
        asked = hub.ask(self._ask, asked_with, talk, trigger_mode="multiple", **PRIVATE)
        retried = hub.retry(self._retry, asked_with, talk, **PRIVATE)
        surveyed = hub.survey(self._survey, [self._turns, language], talk, **PRIVATE)
        working = [linked, asked, retried, surveyed]
        hub.stop(look(self._stop), [self._turns, language], talk, cancels=working, **at_once)
        hub.clear(look(self._clear), [language], [*talk, self._opened, self._source], cancels=working, **at_once)
        one_by_one = {"trigger_mode": "multiple", "concurrency_limit": 1, **PRIVATE}
        hub.narrow(look(self._narrow), [self._changes, language], [self._changes, *narrowed], **one_by_one)
        opened = [self._opened, self._source]
        hub.open(look(self._open), [self._turns, language], opened, trigger_mode="multiple", **PRIVATE)
        hub.browse(look(self._browse), [language], [self._browsing, self._collection], **latest)
        hub.rate(look(self._rate), [self._turns, language], talk, **PRIVATE)
        exported = getattr(hub, "export")(look(self._export), [self._turns, language], [self._file], **PRIVATE)  # noqa: B009
        exported.then(None, [self._file], js=SAVE, api_visibility="private")
        filed = hub.file(look(self._survey_file), [self._turns, language], [self._file], **PRIVATE)
        filed.then(None, [self._file], js=SAVE, api_visibility="private")
        browsed = [self._browsing, language]
        hub.reindex(look(self._reindex), browsed, [self._collection, self._timer], **PRIVATE)
        self._timer.tick(
            look(self._tick), [*browsed, self._narrowing], [self._collection, self._form, self._timer], **PRIVATE
        )
        states = [self._turns, self._narrowing, self._opened, self._browsing]
        hub.speak(look(self._speak), states, [language, self._chips, self._form, *drawn], **at_once)

    def _look(self, handler: Callable[..., Any]) -> Callable[..., Any]:
        """A handler that is called when its visitor's turn comes to look at something."""

        async def look(request: gr.Request | None, *values: Any) -> Any:
            try:
                return await self._looks.run(visitor_of(host_of(request)), partial(handler, *values))
            except TooBusy:
                raise Refusal(_words_of(request).busy) from None

        return with_request(handler, look)

    def _is_trusted(self, request: gr.Request | None) -> bool:
        """Whether a reader may change what others find here."""
        return self._has_login or is_this_machine(host_of(request))

    def _conversation(self, turns: Turns, words: Words, request: gr.Request) -> str:
        if not turns:
            return self._controller.welcome(words, self._examples)
        return conversation_html(turns, words, may_rate=self._is_trusted(request))

    def _listed(self, browsing: Browsing, words: Words, request: gr.Request) -> str:
        return self._controller.collection(browsing, words, may_index=self._is_trusted(request))

    def _start(self, request: gr.Request) -> tuple[Any, ...]:
        """The page in the reader's language, narrowed as the link says that opened it."""
        words = _words_of(request)
        turns, narrowing = self._controller.linked(str(request.query_params))
        parts = self._drawn(turns, ("", 0), Browsing(), words, request)
        running = self._controller.reindexing.status.state is State.RUNNING
        return words.language, turns, narrowing, *self._narrowed(narrowing, words), *parts, gr.Timer(active=running)

    def _speak(
        self,
        turns: Turns,
        narrowing: FilterFormState,
        opened: tuple[str, int],
        browsing: Browsing,
        request: gr.Request,
        event: gr.EventData,
    ) -> Any:
        """All of it in the other language."""
        words = words_for(field_in(event, "language"))
        drawn = self._drawn(turns, opened, browsing, words, request)
        return words.language, *self._narrowed(narrowing, words), *drawn

    def _drawn(
        self, turns: Turns, opened: tuple[str, int], browsing: Browsing, words: Words, request: gr.Request
    ) -> tuple[str, ...]:
        what, start = opened
        return (
            header_html(words),
            self._conversation(turns, words, request),
            composer_html(words),
            self._controller.opened(what, turns, words, start=start),
            self._listed(browsing, words, request),
        )

    def _narrowed(self, narrowing: FilterFormState, words: Words, serial: str = "") -> tuple[str, str]:
        filtering = self._controller.retriever.index.filtering
        return chips_html(narrowing, words), form_html(narrowing, filtering, words, serial)

    async def _ask(
        self, turns: Turns, narrowing: FilterFormState, language: str, request: gr.Request, event: gr.EventData
    ) -> AsyncIterator[Any]:
        """Ask, in place of an earlier question where that was edited."""
        if turns and turns[-1].stopped and turns[-1].serial == serial_in(event) != "":  # before it could begin
            yield gr.skip(), gr.skip()
            return
        before = turns[: number_in(event, "turn", len(turns))]
        question = question_in(event)
        async for outcome in self._asked(question, before, narrowing, language, request, serial=serial_in(event)):
            yield outcome

    async def _ask_link(
        self, turns: Turns, narrowing: FilterFormState, language: str, request: gr.Request
    ) -> AsyncIterator[Any]:
        """Ask what a link asks."""
        if turns and turns[-1].pending:
            last = turns[-1]
            asked = self._asked(last.question, turns[:-1], narrowing, language, request, timed=last.timed)
            async for outcome in asked:
                yield outcome
        else:
            yield gr.skip(), gr.skip()

    async def _retry(
        self, turns: Turns, narrowing: FilterFormState, language: str, request: gr.Request, event: gr.EventData
    ) -> AsyncIterator[Any]:
        """Ask the last question again; as typed, where it is to stand alone."""
        if turns:
            alone = turns[-1].alone or bool(field_in(event, "alone"))
            timed = turns[-1].timed and not field_in(event, "anytime")
            since, until = field_in(event, "since"), field_in(event, "until")
            if since or until:  # which the form hands in as well, and that may come later
                narrowing = replace(narrowing, since=since, until=until)
            asked = self._asked(
                turns[-1].question,
                turns[:-1],
                narrowing,
                language,
                request,
                alone=alone,
                timed=timed,
                serial=serial_in(event),
            )
            async for outcome in asked:
                yield outcome

    async def _asked(
        self,
        question: str,
        before: Turns,
        narrowing: FilterFormState,
        language: str,
        request: gr.Request,
        *,
        alone: bool = False,
        timed: bool = True,
        serial: str = "",
    ) -> AsyncIterator[Any]:
        """The conversation with the question at once, and with what came of it when its turn has come."""
        steps = self._controller.ask(question, newest(before), narrowing, alone=alone, timed=timed, serial=serial)
        visitor, words = visitor_of(host_of(request)), words_for(language)

        def drawn(turns: Turns) -> tuple[Turns, str]:
            return turns, self._conversation(turns, words, request)

        try:
            turns = next(steps)
            yield await self._looks.run(visitor, partial(drawn, turns))
            yield await self._questions.run(visitor, lambda: drawn(next(steps)))
        except TooBusy as busy:
            yield drawn(refused(turns, busy))

    async def _survey(
        self, turns: Turns, language: str, request: gr.Request, event: gr.EventData
    ) -> AsyncIterator[tuple[Turns, str]]:
        """All reports of a question: looked for when its turn has come, as a question is."""
        visitor, words = visitor_of(host_of(request)), words_for(language)
        how = Surveyed(number_in(event, "shown", REPORTS_SHOWN), field_in(event, "order") == "best")
        steps = self._controller.survey(number_in(event, "turn", -1), turns, how, serial_in(event))
        try:
            turns = next(steps)
            yield turns, self._conversation(turns, words, request)
            found = await self._questions.run(visitor, partial(next, steps, turns))
            yield found, self._conversation(found, words, request)
        except RagError as error:
            gr.Warning(refusal(error, words))
            turns = stopped(turns)
            yield turns, self._conversation(turns, words, request)

    def _survey_file(self, turns: Turns, language: str, event: gr.EventData) -> str:
        at, form = number_in(event, "turn", -1), field_in(event, "form")
        return self._controller.survey_file(at, turns, form, words_for(language))

    def _stop(self, turns: Turns, language: str, request: gr.Request, event: gr.EventData) -> tuple[Turns, str]:
        question = question_in(event)
        asked = Turn(question, serial=serial_in(event)) if question else None
        turns = newest(stopped(turns, asked, number_in(event, "turn", len(turns))))
        return turns, self._conversation(turns, words_for(language), request)

    def _clear(self, language: str, request: gr.Request) -> tuple[Turns, str, tuple[str, int], str]:
        return (), self._conversation((), words_for(language), request), ("", 0), ""

    def _rate(self, turns: Turns, language: str, request: gr.Request, event: gr.EventData) -> tuple[Turns, str]:
        """Keep a thumb."""
        self._trust(request)
        try:
            turns = self._controller.rate(
                field_in(event, "place"), field_in(event, "thumb"), field_in(event, "word"), turns
            )
        except RagError as error:
            gr.Warning(escaped(str(error)))
        return turns, self._conversation(turns, words_for(language), request)

    def _export(self, turns: Turns, language: str) -> str:
        return self._controller.export(turns, words_for(language))

    def _narrow(self, changes: int, language: str, event: gr.EventData) -> tuple[Any, ...]:
        """What is narrowed by from now on. One that arrives after a later one is passed over."""
        change = number_in(event, "serial", 0)
        if 0 < change <= changes:
            return (gr.skip(),) * 4
        narrowing = form_state_of(getattr(event, "form", None))
        return change, narrowing, *self._narrowed(narrowing, words_for(language), serial_in(event))

    def _open(self, turns: Turns, language: str, event: gr.EventData) -> tuple[tuple[str, int], str]:
        what, start = field_in(event, "what"), number_in(event, "start", 0)
        drawn = self._controller.opened(what, turns, words_for(language), field_in(event, "serial"), start)
        return (what[:MAX_ARTICLE_ID], start), drawn

    def _browse(self, language: str, request: gr.Request, event: gr.EventData) -> tuple[Browsing, str]:
        browsing = browsing_of(field_in(event, "text"), field_in(event, "number"))
        return browsing, self._listed(browsing, words_for(language), request)

    def _reindex(self, browsing: Browsing, language: str, request: gr.Request, event: gr.EventData) -> tuple[str, Any]:
        self._trust(request)
        if not self._controller.reindex(replace=bool(field_in(event, "replace"))):
            raise Refusal(words_for(language).just_indexed)
        return self._listed(browsing, words_for(language), request), gr.Timer(active=True)

    def _trust(self, request: gr.Request) -> None:
        if not self._is_trusted(request):
            raise Refusal(_words_of(request).not_yours)

    def _tick(
        self, browsing: Browsing, language: str, narrowing: FilterFormState, request: gr.Request
    ) -> tuple[Any, ...]:
        """How far indexing is; at its end, all that is drawn of the index."""
        words = words_for(language)
        running = self._controller.reindexing.status.state is State.RUNNING
        form = gr.skip() if running else self._narrowed(narrowing, words)[1]
        return self._listed(browsing, words, request), form, gr.Timer(active=running)


def _part(name: str, **options: Any) -> gr.HTML:
    """A part of the page, drawn by ``rag.interfaces.page``."""
    return gr.HTML(
        "", elem_id=f"rag-{name}", **{"apply_default_css": False, "padding": False, "js_on_load": None, **options}
    )


def _words_of(request: gr.Request | None) -> Words:
    """The language that the reader chose, or that their browser asks for."""
    if request is None:
        return words_for("")
    return words_for(request.cookies.get("rag-language", ""), request.headers.get("accept-language", ""))
