"""The page: ``python app.py`` opens a chat over the index, with the cited article beside it."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

# Both must stand before gradio is imported: without them it calls two hosts outside.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
# gradio makes a table of the last events, 10,000 of them unless told, after each.
os.environ.setdefault("GRADIO_ANALYTICS_MAX_EVENTS", "100")

import gradio as gr

from rag.cli import progress_bar
from rag.errors import IndexMissing, RagError
from rag.indexing import build_index
from rag.page.collection import Browsing, browsing_of
from rag.page.desk import Desk
from rag.page.filter_form import chips_html, form_html
from rag.page.frame import composer_html, header_html
from rag.page.language import words_for
from rag.page.markup import escaped
from rag.page.narrowing import Narrowing, narrowing_of
from rag.page.turns import Turns, conversation_html, stopped
from rag.page.words import Words
from rag.reindexing import State
from rag.retriever import DEFAULT_INDEX, MOST_CHARACTERS, Retriever
from rag.service import Service
from rag.serving import add_endpoints, add_options, launch_arguments, warning

HERE = Path(__file__).parent
SAMPLES = HERE / "samples"
STYLE, SCRIPT = ((HERE / "rag" / "page" / name).read_text(encoding="utf-8") for name in ("style.css", "script.js"))
PORT = 7860
AT_ONCE, WAITING = 4, 40
"""Events of the page worked on at once, and those that may wait; a further one is told that it is busy."""
SYSTEM_FONTS = ("system-ui", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "sans-serif")
EXAMPLES = (
    "哈雷彗星多少年回到太阳附近一次？",
    "青藏铁路全长多少公里？",
    "光速第一次是怎么测出来的？",
    "Who stayed in orbit while Armstrong and Aldrin were on the Moon?",
    "火星车是哪一年着陆的？",
)
MOST_TYPED = 10 * MOST_CHARACTERS
"""Characters of a question that are kept: enough to say that it is too long."""
MOST_TURNS, LONGEST_NUMBER = 100, 9
"""Turns of a conversation that are kept, and digits of a turn's number."""
PRIVATE = {"api_visibility": "private", "show_progress": "hidden"}
TICK = 1.0
"""Seconds between two looks at how far indexing is."""
SAVE = """
(text) => {
    const url = URL.createObjectURL(new Blob([text], {type: 'text/markdown'}));
    Object.assign(document.createElement('a'), {href: url, download: 'article-rag.md'}).click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
}
"""


class Page:
    """The page's parts, and which event goes where. The script that runs in the browser triggers the events.

    What one event changes, no other does at the same time: each has a state of its own.

    :param desk: What the events do.
    :param programs: What other programs may ask.
    :param examples: Questions that are offered at first.
    """

    def __init__(self, desk: Desk, programs: Service, examples: Sequence[str] = ()) -> None:
        self._desk, self._examples = desk, examples
        with gr.Blocks(title="Article RAG", fill_width=True) as self.blocks:
            add_endpoints(programs)  # first, so that they get their own names and the page's events others
            self._language, self._turns, self._narrowing = gr.State(""), gr.State(()), gr.State(Narrowing())
            self._opened, self._browsing = gr.State(""), gr.State(Browsing())
            self._header = _part("header")
            with gr.Row(elem_id="rag-main"):
                with gr.Column(elem_id="rag-talk"):
                    self._chat = _part("chat", js_on_load=SCRIPT)
                    self._chips, self._composer, self._form = _part("chips"), _part("composer-part"), _part("form-part")
                self._collection, self._source = _part("collection"), _part("source")
            self._file = gr.Textbox(visible="hidden")
            self._timer = gr.Timer(TICK, active=False)
            self._connect()
        self.blocks.queue(default_concurrency_limit=AT_ONCE, max_size=WAITING)

    def _connect(self) -> None:
        hub, language, talk = self._chat, self._language, [self._turns, self._chat]
        narrowed = [self._narrowing, self._chips, self._form]
        drawn = [self._header, self._chat, self._composer, self._source, self._collection]
        asked_with = [self._turns, self._narrowing, language]
        latest = {"trigger_mode": "always_last", **PRIVATE}
        at_once = {"queue": False, **PRIVATE}  # however many questions wait
        started = self.blocks.load(
            self._start, None, [language, self._turns, *narrowed, *drawn, self._timer], **at_once
        )
        linked = started.then(self._ask_link, asked_with, talk, **PRIVATE)
        asked = hub.ask(
            self._ask, asked_with, talk, trigger_mode="multiple", **PRIVATE
        )  # one that was stopped may linger
        retried = hub.retry(self._retry, asked_with, talk, **PRIVATE)
        working = [linked, asked, retried]
        hub.stop(self._stop, [self._turns, language], talk, cancels=working, **at_once)
        hub.clear(self._clear, [language], [*talk, self._opened, self._source], cancels=working, **at_once)
        hub.narrow(self._narrow, [language], narrowed, trigger_mode="multiple", concurrency_limit=1, **PRIVATE)
        hub.open(self._open, [self._turns, language], [self._opened, self._source], trigger_mode="multiple", **at_once)
        hub.browse(self._browse, [language], [self._browsing, self._collection], **latest)
        hub.rate(self._rate, [self._turns, language], talk, **PRIVATE)
        exported = getattr(hub, "export")(self._export, [self._turns, language], [self._file], **PRIVATE)  # noqa: B009
        exported.then(None, [self._file], js=SAVE, api_visibility="private")
        browsed = [self._browsing, language]
        hub.reindex(self._reindex, browsed, [self._collection, self._timer], **PRIVATE)
        self._timer.tick(
            self._tick, [*browsed, self._narrowing], [self._collection, self._form, self._timer], **PRIVATE
        )
        states = [self._turns, self._narrowing, self._opened, self._browsing]
        hub.speak(self._speak, states, [language, self._chips, self._form, *drawn], **at_once)

    def _start(self, request: gr.Request) -> tuple[Any, ...]:
        """The page in the reader's language, narrowed as the link says that opened it."""
        words = words_for(request.cookies.get("rag-language", ""), request.headers.get("accept-language", ""))
        turns, narrowing = self._desk.linked(str(request.query_params))
        parts = self._drawn(turns, "", Browsing(), words)
        running = self._desk.reindexing.status.state is State.RUNNING
        return words.language, turns, narrowing, *self._narrowed(narrowing, words), *parts, gr.Timer(active=running)

    def _speak(self, turns: Turns, narrowing: Narrowing, opened: str, browsing: Browsing, event: gr.EventData) -> Any:
        """All of it in the other language."""
        words = words_for(_told(event, "language"))
        return words.language, *self._narrowed(narrowing, words), *self._drawn(turns, opened, browsing, words)

    def _drawn(self, turns: Turns, opened: str, browsing: Browsing, words: Words) -> tuple[str, ...]:
        return (
            header_html(words),
            conversation_html(turns, words, self._examples),
            composer_html(words),
            self._desk.opened(opened, turns, words),
            self._desk.collection(browsing, words),
        )

    def _narrowed(self, narrowing: Narrowing, words: Words, serial: str = "") -> tuple[str, str]:
        filtering = self._desk.retriever.index.filtering
        return chips_html(narrowing, words), form_html(narrowing, filtering, words, serial)

    def _ask(self, turns: Turns, narrowing: Narrowing, language: str, event: gr.EventData) -> Iterator[Any]:
        """Ask, in place of an earlier question where that was edited."""
        turn = _told(event, "turn")
        before = turns[: int(turn)] if turn.isdecimal() and len(turn) < LONGEST_NUMBER else turns
        yield from self._asked(_told(event, "question")[:MOST_TYPED], before[-MOST_TURNS:], narrowing, language)

    def _ask_link(self, turns: Turns, narrowing: Narrowing, language: str) -> Iterator[Any]:
        """Ask what a link asks."""
        if turns and turns[-1].pending:
            yield from self._asked(turns[-1].question, turns[:-1], narrowing, language)
        else:
            yield gr.skip(), gr.skip()

    def _retry(self, turns: Turns, narrowing: Narrowing, language: str, event: gr.EventData) -> Iterator[Any]:
        """Ask the last question again; as typed, where it is to stand alone."""
        if turns:
            alone = turns[-1].alone or bool(_told(event, "alone"))
            yield from self._asked(turns[-1].question, turns[:-1], narrowing, language, alone=alone)

    def _asked(
        self, question: str, before: Turns, narrowing: Narrowing, language: str, *, alone: bool = False
    ) -> Iterator[Any]:
        for turns in self._desk.ask(question, before, narrowing, alone=alone):
            yield turns, conversation_html(turns, words_for(language))

    def _stop(self, turns: Turns, language: str) -> tuple[Turns, str]:
        turns = stopped(turns)
        return turns, conversation_html(turns, words_for(language), self._examples)

    def _clear(self, language: str) -> tuple[Turns, str, str, str]:
        return (), conversation_html((), words_for(language), self._examples), "", ""

    def _rate(self, turns: Turns, language: str, event: gr.EventData) -> tuple[Turns, str]:
        """Keep a thumb."""
        try:
            turns = self._desk.rate(_told(event, "place"), _told(event, "thumb"), _told(event, "word"), turns)
        except RagError as error:
            gr.Warning(escaped(str(error)))
        return turns, conversation_html(turns, words_for(language), self._examples)

    def _export(self, turns: Turns, language: str) -> str:
        return self._desk.export(turns, words_for(language))

    def _narrow(self, language: str, event: gr.EventData) -> tuple[Any, ...]:
        narrowing = narrowing_of(getattr(event, "form", None))
        return narrowing, *self._narrowed(narrowing, words_for(language), _told(event, "serial"))

    def _open(self, turns: Turns, language: str, event: gr.EventData) -> tuple[str, str]:
        opened = _told(event, "what")
        return opened, self._desk.opened(opened, turns, words_for(language), _told(event, "serial"))

    def _browse(self, language: str, event: gr.EventData) -> tuple[Browsing, str]:
        browsing = browsing_of(_told(event, "text"), _told(event, "number"))
        return browsing, self._desk.collection(browsing, words_for(language))

    def _reindex(self, browsing: Browsing, language: str) -> tuple[str, Any]:
        self._desk.reindex()
        return self._desk.collection(browsing, words_for(language)), gr.Timer(active=True)

    def _tick(self, browsing: Browsing, language: str, narrowing: Narrowing) -> tuple[Any, ...]:
        """How far indexing is; at its end, all that is drawn of the index."""
        words = words_for(language)
        running = self._desk.reindexing.status.state is State.RUNNING
        form = gr.skip() if running else self._narrowed(narrowing, words)[1]
        return self._desk.collection(browsing, words), form, gr.Timer(active=running)


def _part(name: str, **options: Any) -> gr.HTML:
    """A part of the page, drawn by ``rag.page``."""
    return gr.HTML(
        "", elem_id=f"rag-{name}", **{"apply_default_css": False, "padding": False, "js_on_load": None, **options}
    )


def _told(event: gr.EventData, name: str) -> str:
    """A text that an event brings; it comes from outside and may be missing."""
    value = getattr(event, name, "")
    return value if isinstance(value, str) else ""


def open_retriever(index: Path) -> Retriever:
    """Open the index; where the default one is missing, build it of the sample articles first."""
    try:
        return Retriever.open(index)
    except IndexMissing:
        if index.resolve() != (HERE / DEFAULT_INDEX).resolve() or not SAMPLES.is_dir():
            raise
    print("There is no index yet: building one of the sample articles. Use your own with: rag index FOLDER", flush=True)
    with progress_bar() as progress:
        build_index(SAMPLES, index, progress=progress)
    return Retriever.open(index)


def main() -> None:
    """Serve the page on this machine."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--index", type=Path, default=HERE / DEFAULT_INDEX, help="the index folder")
    add_options(parser, PORT)
    options = parser.parse_args()
    try:
        address = launch_arguments(options)
        retriever = open_retriever(options.index)
    except RagError as error:
        sys.exit(f"error: {error}")
    theme = gr.themes.Default(font=list(SYSTEM_FONTS), font_mono=["ui-monospace", "monospace"])
    has_screen = bool(os.environ.get("DISPLAY")) or sys.platform in ("darwin", "win32")
    shows_samples = Path(retriever.index.manifest.folder) == SAMPLES.resolve()
    blocks = Page(Desk(retriever), Service(retriever), EXAMPLES if shows_samples else ()).blocks
    blocks.launch(
        inbrowser=has_screen, quiet=True, prevent_thread_lock=True, theme=theme, head=f"<style>{STYLE}</style>",
        footer_links=[], **address,
    )  # fmt: skip
    print(f"Article RAG: http://{address['server_name']}:{options.port} (Ctrl+C ends it)", flush=True)
    if told := warning(options):
        print(told, file=sys.stderr, flush=True)
    blocks.block_thread()


if __name__ == "__main__":
    main()
