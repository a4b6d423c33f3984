"""The page: ``python app.py`` opens a chat over the index, with the cited article beside it."""

from __future__ import annotations

import argparse
import logging
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# Both must stand before gradio is imported: without them it calls two hosts outside.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
# gradio makes a table of the last events, 10,000 of them unless told, after each.
os.environ.setdefault("GRADIO_ANALYTICS_MAX_EVENTS", "100")

import gradio as gr

from rag import render
from rag.cli import progress_bar
from rag.errors import ArticleError, IndexMissing, RagError
from rag.extracts import ANSWERS_AT
from rag.filters import written_filters
from rag.indexing import build_index
from rag.retriever import DEFAULT_INDEX, Retriever
from rag.service import Service
from rag.serving import add_endpoints, add_options, launch_arguments, warning
from rag.types import Answer, Citation

HERE = Path(__file__).parent
SAMPLES = HERE / "samples"
PAGE_CSS = (HERE / "rag" / "page.css").read_text(encoding="utf-8")
PORT = 7860
AT_ONCE, WAITING = 4, 40
"""Questions of the page worked on at once, and those that may wait; a further one is told that it is busy."""
MOST_CHOICES = 300
"""Names that a filter offers, the most frequent; any other may be typed."""
SYSTEM_FONTS = ("system-ui", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "sans-serif")
EXAMPLES = (
    "哈雷彗星多少年回到太阳附近一次？",
    "青藏铁路全长多少公里？",
    "光速第一次是怎么测出来的？",
    "Who stayed in orbit while Armstrong and Aldrin were on the Moon?",
    "火星上有多少水？",
)
TEXTS = gr.I18n(
    en={
        "ask": "Ask the articles…",
        "examples": "Examples",
        "indexed": "What is indexed",
        "panel": "Click a citation to read it in its article.",
        "new": "New conversation",
        "filters": "Filters",
        "filtered": "Filters (in use)",
        "since": "From",
        "until": "Until",
        "date": "2021-12-31, 2021-12 or 2021",
        "categories": "Categories",
        "authors": "Authors",
        "sources": "Sources",
        "newest": "Newest first",
        "threshold": "How sure it must be to answer",
        "clear": "Clear filters",
    },
    zh={
        "ask": "向文章提问……",
        "examples": "示例问题",
        "indexed": "已收录的文章",
        "panel": "点击引用编号，在此阅读原文。",
        "new": "新对话",
        "filters": "筛选",
        "filtered": "筛选（使用中）",
        "since": "起始日期",
        "until": "截止日期",
        "date": "2021-12-31、2021-12 或 2021",
        "categories": "类别",
        "authors": "作者",
        "sources": "来源",
        "newest": "最新在前",
        "threshold": "多有把握才作答",
        "clear": "清除筛选",
    },
)
OPEN_CITATION = """
document.addEventListener('click', (event) => {
    const link = event.target.closest && event.target.closest('a[href*="#cite-"]');
    if (!link) return;
    event.preventDefault();
    trigger('click', {cite: link.getAttribute('href').split('#cite-')[1]});
});
"""
SHOW_CITED = """
() => setTimeout(() => {
    const mark = document.getElementById('rag-cited'), pane = document.getElementById('rag-panel');
    if (!mark) return;
    pane.scrollTop += mark.getBoundingClientRect().top - pane.getBoundingClientRect().top - pane.clientHeight / 3;
    if (pane.getBoundingClientRect().top > window.innerHeight / 2) pane.scrollIntoView({block: 'start'});
}, 100)
"""

Messages = list[dict[str, Any]]


class Page:
    """What the page's events do."""

    def __init__(self, retriever: Retriever) -> None:
        self._retriever = retriever

    def ask(
        self,
        question: str,
        messages: Messages,
        answers: list[Answer],
        newest: bool,
        threshold: float,
        *written: Any,
    ) -> Iterator[tuple[str, Messages, list[Answer]]]:
        """Show the question at once, then its answer.

        :param written: The filters as ``written_filters`` takes them.
        """
        if not question.strip():
            yield question, messages, answers
            return
        messages = [*messages, {"role": "user", "content": render.question_html(question)}]
        yield "", messages, answers
        try:
            filters = written_filters(*written)
            answer = self._retriever.ask(question, filters, history=answers, newest_first=newest, threshold=threshold)
            reply, answers = render.answer_html(answer, len(answers)), [*answers, answer]
        except RagError as error:
            reply = render.refusal_html(error, question)
        except Exception:
            logging.exception("a question failed")
            reply = render.error_html("something went wrong; the terminal that runs the page says what")
        yield "", [*messages, {"role": "assistant", "content": reply}], answers

    def open_citation(self, answers: list[Answer], event: gr.EventData) -> str:
        """The article of the citation that was clicked, or of a copy of it, marked."""
        place = re.fullmatch(r"([0-9]{1,4})-([0-9]{1,2})(?:-([0-9]{1,2}))?", str(getattr(event, "cite", "")))
        if place is None or int(place[1]) >= len(answers):
            return render.error_html("this citation belongs to a conversation that is closed")
        answer = answers[int(place[1])]
        citations = answer.citations or tuple(
            render.near_citation(hit, at) for at, hit in enumerate(answer.near_misses, 1)
        )
        cited = next((citation for citation in citations if citation.number == int(place[2])), None)
        if cited and place[3]:
            cited = render.copy_citation(cited, int(place[3]))
        try:
            return self._article(answer, cited, citations) if cited else render.error_html("there is no such citation")
        except RagError as error:
            return render.error_html(str(error))

    def _article(self, answer: Answer, cited: Citation, citations: tuple[Citation, ...]) -> str:
        index = self._retriever.index
        article = index.store.article(cited.article.id)
        if article is None or article.info.digest != cited.article.digest:
            return render.error_html("the article was indexed anew since this answer: ask again")
        check = cited.check(Path(index.manifest.folder))
        others = [citation for citation in citations if citation is not cited]
        return render.article_html(article, cited, others, check, render.words_for(answer.question))

    def choices(self) -> list[Any]:
        """What the filters by category, author and source offer now."""
        filtering = self._retriever.index.filtering
        return [
            gr.update(
                choices=[(f"{choice.name} ({choice.articles})", choice.name) for choice in facet.choices(MOST_CHOICES)]
            )
            for facet in (filtering.categories, filtering.authors, filtering.sources)
        ]

    @property
    def shows_samples(self) -> bool:
        """Whether the sample articles are indexed, which the example questions are about."""
        return Path(self._retriever.index.manifest.folder) == SAMPLES.resolve()

    def collection(self) -> str:
        """What is indexed now."""
        index = self._retriever.index
        failures = [str(ArticleError(f.path, f.line, f.reason)) for f in index.manifest.failures]
        return render.collection_html(index.store.infos(), len(index), index.manifest.model, failures)


class FilterRow:
    """The parts of the page that filter, folded away under the question."""

    def __init__(self) -> None:
        with gr.Accordion(TEXTS("filters"), open=False, elem_id="rag-filter-row") as self.fold:
            with gr.Row():
                self.dates = [_date_box("since"), _date_box("until")]
            with gr.Row():
                self.names = [_names_box(kind) for kind in ("categories", "authors", "sources")]
            with gr.Row():
                self.newest = gr.Checkbox(label=TEXTS("newest"), container=False)
                self.threshold = gr.Slider(
                    0, 1, ANSWERS_AT, step=0.05, label=TEXTS("threshold"), buttons=["reset"], elem_id="rag-threshold"
                )
                clear = gr.Button(TEXTS("clear"), size="sm", variant="secondary")
        self.parts = [self.newest, self.threshold, *self.dates, *self.names]
        private = {"api_visibility": "private", "show_progress": "hidden"}
        clear.click(lambda: (False, ANSWERS_AT, "", "", [], [], []), None, self.parts, **private)
        gr.on([part.change for part in self.parts], _fold_label, self.parts, [self.fold], **private)


def _date_box(name: str) -> gr.Textbox:
    return gr.Textbox(label=TEXTS(name), placeholder=TEXTS("date"), max_lines=1, min_width=140, elem_id=f"rag-{name}")


def _names_box(name: str) -> gr.Dropdown:
    return gr.Dropdown(
        [], value=[], label=TEXTS(name), multiselect=True, allow_custom_value=True, min_width=140, elem_id=f"rag-{name}"
    )


def _fold_label(newest: bool, threshold: float, *written: Any) -> Any:
    """Say on the fold itself whether something in it is set."""
    is_set = newest or threshold != ANSWERS_AT or any(written)
    return gr.update(label=TEXTS("filtered" if is_set else "filters"))


def layout(page: Page, programs: Service) -> gr.Blocks:
    """The page's parts, and which event goes where."""
    with gr.Blocks(title="Article RAG", fill_width=True) as blocks:
        add_endpoints(programs)  # first, so that they get their own names and the page's events others
        answers = gr.State([])
        gr.HTML('<h1 class="rag-name">Article RAG</h1>')
        with gr.Row(equal_height=False):
            with gr.Column(scale=5, min_width=320):
                chat = gr.Chatbot(
                    show_label=False, height="62vh", latex_delimiters=[], buttons=["copy"], feedback_options=None,
                    elem_id="rag-chat", group_consecutive_messages=False,
                )  # fmt: skip
                question = gr.Textbox(
                    show_label=False, placeholder=TEXTS("ask"), submit_btn=True, autofocus=True,
                    elem_id="rag-question",
                )  # fmt: skip
                filters = FilterRow()
                if page.shows_samples:
                    gr.Examples([[example] for example in EXAMPLES], question, label=TEXTS("examples"))
                new = gr.Button(TEXTS("new"), size="sm", variant="secondary")
            with gr.Column(scale=4, min_width=320):
                hint = gr.Markdown(TEXTS("panel"), elem_id="rag-hint")
                panel = gr.HTML("", elem_id="rag-panel", js_on_load=OPEN_CITATION, apply_default_css=False)
        with gr.Accordion(TEXTS("indexed"), open=False):
            collection = gr.HTML(page.collection(), apply_default_css=False)
        private = {"api_visibility": "private"}
        asked = [question, chat, answers, *filters.parts]
        question.submit(page.ask, asked, [question, chat, answers], **private)
        opened = panel.click(page.open_citation, [answers], [panel], show_progress="hidden", **private)
        opened.then(lambda: gr.update(visible=False), None, [hint], **private).then(None, js=SHOW_CITED)
        new.click(lambda: ([], [], ""), None, [chat, answers, panel], **private)
        blocks.load(page.collection, None, [collection], **private)
        blocks.load(page.choices, None, filters.names, show_progress="hidden", **private)
    return blocks.queue(default_concurrency_limit=AT_ONCE, max_size=WAITING)


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
    blocks = layout(Page(retriever), Service(retriever))
    blocks.launch(
        inbrowser=has_screen, quiet=True, prevent_thread_lock=True, theme=theme, css=PAGE_CSS, i18n=TEXTS,
        footer_links=[], **address,
    )  # fmt: skip
    print(f"Article RAG: http://{address['server_name']}:{options.port} (Ctrl+C ends it)", flush=True)
    if told := warning(options):
        print(told, file=sys.stderr, flush=True)
    blocks.block_thread()


if __name__ == "__main__":
    main()
