"""The page: ``python app.py`` opens a chat over the index, with the cited article beside it."""

from __future__ import annotations

import argparse
import os
import socket
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

# Both must stand before gradio is imported: without them it calls two hosts outside.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")

import gradio as gr

from rag.cli import progress_bar
from rag.errors import IndexMissing, PortError, RagError
from rag.indexing import build_index
from rag.page.collection import Browsing, browsing_of
from rag.page.desk import Desk
from rag.page.frame import composer_html, header_html
from rag.page.language import words_for
from rag.page.narrowing import Narrowing, chips_html, form_html, narrowing_of
from rag.page.turns import Turns, conversation_html, stopped
from rag.retriever import DEFAULT_INDEX, Retriever

HERE = Path(__file__).parent
SAMPLES = HERE / "samples"
STYLE, SCRIPT = ((HERE / "rag" / "page" / name).read_text(encoding="utf-8") for name in ("style.css", "script.js"))
LOCALHOST, PORT = "127.0.0.1", 7860
AT_ONCE = 4
"""Questions worked on at once; more wait in the queue."""
SYSTEM_FONTS = ("system-ui", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "sans-serif")
EXAMPLES = (
    "哈雷彗星多少年回到太阳附近一次？",
    "青藏铁路全长多少公里？",
    "光速第一次是怎么测出来的？",
    "Who stayed in orbit while Armstrong and Aldrin were on the Moon?",
    "火星上有多少水？",
)
PRIVATE = {"api_visibility": "private", "show_progress": "hidden"}


class Page:
    """The page's parts, and which event goes where. The script that runs in the browser triggers all events.

    :param desk: What the events do.
    :param examples: Questions that are offered at first.
    """

    def __init__(self, desk: Desk, examples: Sequence[str] = ()) -> None:
        self._desk, self._examples = desk, examples
        with gr.Blocks(title="Article RAG", fill_width=True) as self.blocks:
            self._language, self._turns, self._narrowing = gr.State(""), gr.State(()), gr.State(Narrowing())
            self._opened, self._browsing = gr.State(""), gr.State(Browsing())
            self._header = _part("header")
            with gr.Row(elem_id="rag-main"):
                with gr.Column(elem_id="rag-talk"):
                    self._chat = _part("chat", js_on_load=SCRIPT)
                    self._chips = _part("chips")
                    self._composer = _part("composer-part")
                    self._form = _part("form-part")
                self._collection = _part("collection")
                self._source = _part("source")
            self._connect()
        self.blocks.queue(default_concurrency_limit=AT_ONCE)

    def _connect(self) -> None:
        hub, language = self._chat, self._language
        talk = [self._turns, self._chat]
        narrowed = [self._narrowing, self._chips, self._form]
        all_parts = [self._header, self._chat, self._chips, self._form, self._composer, self._source, self._collection]
        self.blocks.load(self._start, None, [language, *all_parts], **PRIVATE)
        asked = hub.submit(self._ask, [self._turns, self._narrowing, language], talk, **PRIVATE)
        retried = hub.retry(self._retry, [self._turns, self._narrowing, language], talk, **PRIVATE)
        hub.stop(self._stop, [self._turns, language], talk, cancels=[asked, retried], **PRIVATE)
        cleared = [*talk, self._opened, self._source]
        hub.clear(self._clear, [language], cleared, cancels=[asked, retried], **PRIVATE)
        hub.input(self._narrow, [language], narrowed, trigger_mode="always_last", **PRIVATE)
        shown = [self._opened, self._source]
        hub.select(self._open, [self._turns, language], shown, trigger_mode="always_last", **PRIVATE)
        browsed = [self._browsing, self._collection]
        hub.key_up(self._browse, [language], browsed, trigger_mode="always_last", **PRIVATE)
        state = [self._turns, self._narrowing, self._opened, self._browsing]
        hub.apply(self._speak, state, [language, *all_parts], **PRIVATE)

    def _start(self, request: gr.Request) -> tuple[str, ...]:
        """The page in the reader's language."""
        words = words_for(request.cookies.get("rag-language", ""), request.headers.get("accept-language", ""))
        return self._drawn(words.language, (), Narrowing(), "", Browsing())

    def _speak(self, turns: Turns, narrowing: Narrowing, opened: str, browsing: Browsing, event: gr.EventData) -> Any:
        """All of it in the other language."""
        return self._drawn(words_for(_told(event, "language")).language, turns, narrowing, opened, browsing)

    def _drawn(
        self, language: str, turns: Turns, narrowing: Narrowing, opened: str, browsing: Browsing
    ) -> tuple[str, ...]:
        words = words_for(language)
        return (
            language,
            header_html(words),
            conversation_html(turns, words, self._examples),
            *self._narrowed(narrowing, language),
            composer_html(words),
            self._desk.opened(opened, turns, words),
            self._desk.collection(browsing, words),
        )

    def _ask(self, turns: Turns, narrowing: Narrowing, language: str, event: gr.EventData) -> Iterator[Any]:
        """Ask, in place of an earlier question where that was edited."""
        turn = _told(event, "turn")
        before = turns[: int(turn)] if turn.isdecimal() else turns
        yield from self._asked(_told(event, "question"), before, narrowing, language)

    def _retry(self, turns: Turns, narrowing: Narrowing, language: str) -> Iterator[Any]:
        yield from self._asked(turns[-1].question, turns[:-1], narrowing, language)

    def _asked(self, question: str, before: Turns, narrowing: Narrowing, language: str) -> Iterator[Any]:
        for turns in self._desk.ask(question, before, narrowing):
            yield turns, conversation_html(turns, words_for(language))

    def _stop(self, turns: Turns, language: str) -> tuple[Turns, str]:
        turns = stopped(turns)
        return turns, conversation_html(turns, words_for(language), self._examples)

    def _clear(self, language: str) -> tuple[Turns, str, str, str]:
        return (), conversation_html((), words_for(language), self._examples), "", ""

    def _narrow(self, language: str, event: gr.EventData) -> tuple[Any, ...]:
        narrowing = narrowing_of(getattr(event, "form", None))
        return narrowing, *self._narrowed(narrowing, language)

    def _narrowed(self, narrowing: Narrowing, language: str) -> tuple[str, str]:
        words = words_for(language)
        return chips_html(narrowing, words), form_html(narrowing, self._desk.retriever.index.filtering, words)

    def _open(self, turns: Turns, language: str, event: gr.EventData) -> tuple[str, str]:
        """The article of a citation, ``TURN-NUMBER``, or one that is browsed."""
        cited, article = _told(event, "cite"), _told(event, "article")
        opened = f"cite:{cited}" if cited else f"article:{article}"
        return opened, self._desk.opened(opened, turns, words_for(language))

    def _browse(self, language: str, event: gr.EventData) -> tuple[Browsing, str]:
        browsing = browsing_of(_told(event, "sought"), _told(event, "leaf"))
        return browsing, self._desk.collection(browsing, words_for(language))


def _part(name: str, **options: Any) -> gr.HTML:
    """A part of the page, drawn by ``rag.page``."""
    return gr.HTML("", elem_id=f"rag-{name}", **{"apply_default_css": False, "js_on_load": None, **options})


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
    parser.add_argument("--port", type=int, default=PORT, help=f"the port to serve on, {PORT} unless named")
    options = parser.parse_args()
    try:
        _check_port(options.port)
        retriever = open_retriever(options.index)
    except RagError as error:
        sys.exit(f"error: {error}")
    theme = gr.themes.Default(font=list(SYSTEM_FONTS), font_mono=["ui-monospace", "monospace"])
    has_screen = bool(os.environ.get("DISPLAY")) or sys.platform in ("darwin", "win32")
    shows_samples = Path(retriever.index.manifest.folder) == SAMPLES.resolve()
    blocks = Page(Desk(retriever), EXAMPLES if shows_samples else ()).blocks
    blocks.launch(
        server_name=LOCALHOST, server_port=options.port, inbrowser=has_screen, quiet=True, prevent_thread_lock=True,
        theme=theme, head=f"<style>{STYLE}</style>", footer_links=[],
    )  # fmt: skip
    print(f"Article RAG: http://{LOCALHOST}:{options.port} (Ctrl+C ends it)", flush=True)
    blocks.block_thread()


def _check_port(port: int) -> None:
    """Tell at once, before a model is loaded, that a port can't be had."""
    try:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((LOCALHOST, port))
    except (OSError, OverflowError) as error:
        raise PortError(f"can't serve on port {port} ({error}): choose another with --port") from error


if __name__ == "__main__":
    main()
