"""Articles and answers to show, and an outline of what is shown."""

from __future__ import annotations

from datetime import UTC, datetime
from html.parser import HTMLParser

from rag.core.answers import Answer, Citation, Extract, Place
from rag.core.articles import ArticleInfo
from rag.core.hits import Hit
from rag.core.passages import Part, Passage, Span
from rag.core.progress import Seconds

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)> ${x} {{x}} javascript:alert(1)"
VOID = {"br", "input", "img", "link", "meta"}
OURS = {
    *"a article aside bdi blockquote br button datalist dd details div dl dt fieldset".split(),
    *"footer form h1 h2 h3 h4 h5 h6 header input label legend li".split(),
    *"mark nav ol option output p path pre section small span strong summary".split(),
    *"svg title desc rect line text g caption".split(),
    *"table tbody td textarea th thead time tr ul".split(),
}


class Outline(HTMLParser):
    """What a browser makes of HTML: its text, its tags and their attributes; tags that are left open fail."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        return "".join(self.texts)


def is_harmless(html: str) -> bool:
    """Whether nothing in it runs, loads or leads anywhere but where the page means it to."""
    outline = Outline(html)
    runs = any(
        name.startswith("on") or name in ("style", "src", "srcdoc", "formaction") for name, _ in outline.attributes
    )
    leads = [value for name, value in outline.attributes if name == "href"]
    return not runs and set(outline.tags) <= OURS and all(link.startswith(("#", "http")) for link in leads)


def info(title: str = "灯塔", url: str = "https://example.org/a?b=1&c=2") -> ArticleInfo:
    day = datetime(2021, 5, 4, tzinfo=UTC)
    return ArticleInfo("a/b.md", title, "海报", "", day, (("地理", "海岸"),), url, "0" * 64)


def answer_to(question: str, text: str, title: str = "灯塔", copies: int = 0) -> Answer:
    passage = Passage(0, "a/b.md", text, (Part(2, 17, 0, len(text), 0),))
    extract = Extract(passage, 0, len(text), 0, 3, 1.0, 1)
    spans = (Span(2, 17, 0, len(text)),)
    citation = Citation(1, info(title), spans, tuple(Place(info(f"转载{n}"), spans) for n in range(copies)))
    return Answer(question, question, (extract,), (citation,), True, 0.9, (), False, Seconds())


def no_answer(question: str, *hits: Hit) -> Answer:
    return Answer(question, question, (), (), False, 0.1, hits, not hits, Seconds())
