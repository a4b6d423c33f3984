"""An article beside the chat → HTML: what is known of it, its numbered paragraphs, and what is marked in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from rag.core.answers import Check
from rag.core.articles import Article, ArticleInfo, Kind, Paragraph, Removed
from rag.interfaces.languages.words import Words
from rag.interfaces.page.marking import Mark, Marked, marked_html
from rag.interfaces.page.markup import button, escaped
from rag.interfaces.page.stretch import cut, stretch_of

WIDEST_HEADING, NARROWEST_HEADING = 3, 6
"""Levels of HTML for an article's headings: the title above them is at level 2."""
MAX_REMOVED, MAX_REMOVED_LENGTH = 200, 500
"""Pieces that cleaning left out that are listed, and characters of one. ``rag show`` lists them all."""


@dataclass(frozen=True, slots=True)
class ArticleView:
    """An article that is opened, and what of it is marked.

    :param marks: Stretches of its paragraphs; none where the article was opened to be read.
    :param line: Line of the file at which what is cited begins; None where nothing is.
    :param check: What became of its file.
    :param beside: Links to the other citations of the same answer, as HTML.
    :param also_in: Links to copies, as HTML.
    :param what: As it was asked for, by which more of a long one is asked for.
    :param start: The paragraph to begin with; 0 for what is cited, or the beginning.
    """

    article: Article
    check: Check
    marks: tuple[Marked, ...] = ()
    line: int | None = None
    beside: str = ""
    also_in: str = ""
    what: str = ""
    start: int = 0


def source_html(opened: ArticleView, words: Words, serial: str = "") -> str:
    """The article, with a close button above it.

    :param serial: Of the click that opened it, by which the script knows what came of it.
    """
    info = opened.article.info
    told = {Check.UNCHANGED: words.unchanged, Check.CHANGED: words.changed, Check.GONE: words.gone}[opened.check]
    check = f'<p class="rag-check rag-{opened.check.value}">{told}</p>'
    title = f'<h2 class="rag-title" id="rag-title" tabindex="-1">{escaped(info.title)}</h2>'
    head = title + _facts(info, opened.line, words) + check
    if opened.also_in:
        head += f'<p class="rag-facts rag-also">{opened.also_in}</p>'
    body = _paragraphs(opened, words)
    removed = _removed(opened.article.removed, words) if opened.article.removed else ""
    return _framed(f'<article class="rag-article">{head}{body}{removed}</article>', words, serial, opened.beside)


def closed_html(message: str, words: Words, serial: str = "") -> str:
    """Why an article can't be shown, in its place."""
    told = f'<h2 class="rag-title rag-error" id="rag-title" tabindex="-1">{escaped(message)}</h2>'
    return _framed(told, words, serial)


def _framed(inner: str, words: Words, serial: str, beside: str = "") -> str:
    links = f'<nav class="rag-beside" aria-label="{words.citations}">{beside}</nav>' if beside else ""
    close = button(words.close, "close", "rag-close")
    scrolled = f'<div class="rag-scroll" tabindex="0" data-opened="{escaped(serial)}">{inner}</div>'
    return f'<div class="rag-bar">{links}{close}</div>{scrolled}'


def beside_html(numbers: Iterable[int], turn: int, current: int, words: Words) -> str:
    """Links to all citations of an answer, of which one is open."""
    links = []
    for number in numbers:
        here = ' aria-current="true"' if number == current else ""
        label = words.cite.format(number, "").rstrip(":： ")
        links.append(
            f'<a class="rag-cite" href="#cite-{turn}-{number}" aria-label="{escaped(label)}"{here}>{number}</a>'
        )
    return "".join(links)


def _facts(info: ArticleInfo, line: int | None, words: Words) -> str:
    place = words.file_place.format(info.id, line) if line else info.id
    told = (
        (words.source, escaped(info.source)),
        (words.reporter, escaped(info.reporter)),
        (words.author, escaped(info.author if info.author not in (info.reporter, info.source) else "")),
        (words.date, info.day or words.no_date),
        (words.categories, escaped(words.comma.join(info.filed_under))),
        (words.original_title, escaped(info.original_title if info.original_title != info.title else "")),
        (words.file, f'<span class="rag-place">{escaped(place)}</span>'),
        (words.link, _link(info.url, words)),
    )
    rows = "".join(f"<dt>{name}</dt><dd>{value}</dd>" for name, value in told if value)
    return f'<dl class="rag-known">{rows}</dl>'


def _link(url: str, words: Words) -> str:
    """A link to the original page, which alone leads elsewhere; only where it leads to the web."""
    if not url.startswith(("https://", "http://")):
        return ""
    return f'<a href="{escaped(url)}" target="_blank" rel="noopener noreferrer">{words.original_page}</a>'


def _paragraphs(opened: ArticleView, words: Words) -> str:
    """A stretch of the paragraphs, with links to those before and after it."""
    cited = min((marked.span.paragraph for marked in opened.marks if marked.mark >= Mark.CITED), default=0)
    stretch = stretch_of(opened.article.paragraphs, opened.start, cited)
    rows = []
    for number, paragraph in enumerate(opened.article.paragraphs[stretch.first - 1 : stretch.last], stretch.first):
        mine = [marked for marked in opened.marks if marked.span.paragraph == number]
        text, shown, before, after = cut(paragraph.text, mine)
        inner = marked_html(text, shown, name_first=number == cited)
        note = f'<p class="rag-note">{words.cut.format(f"{len(paragraph.text):,}")}</p>' if before or after else ""
        rows.append(_paragraph(number, paragraph, f"{'…' * before}{inner}{'…' * after}", note))
    earlier, later = _more(opened, stretch.earlier, words.earlier), _more(opened, stretch.later, words.later)
    return f'{earlier}<ol class="rag-paragraphs">{"".join(rows)}</ol>{later}'


def _more(opened: ArticleView, start: int, label: str) -> str:
    """A link to another stretch; nothing where there is none."""
    if not start:
        return ""
    kind, _, name = opened.what.partition(":")
    href = f"#{kind}-{quote(name, safe='')}"
    return f'<p class="rag-more"><a href="{escaped(href)}" data-start="{start}">{label}</a></p>'


def _paragraph(number: int, paragraph: Paragraph, inner: str, note: str) -> str:
    tags = {Kind.HEADING: f"h{_level(paragraph)}", Kind.CODE: "pre", Kind.QUOTE: "blockquote"}
    tag = tags.get(paragraph.kind, "p")
    kind = paragraph.kind.value.replace(" ", "-")
    deep = f" rag-deep-{min(paragraph.level, 4)}" if paragraph.kind is Kind.LIST_ITEM else ""
    return f'<li value="{number}" class="rag-{kind}{deep}">{note}<{tag}>{inner}</{tag}></li>'


def _level(heading: Paragraph) -> int:
    """The level at which a heading stands in the page; one that has none, as the widest."""
    return min(max(heading.level + 1, WIDEST_HEADING), NARROWEST_HEADING)


def _removed(pieces: Sequence[Removed], words: Words) -> str:
    rows = "".join(
        f"<li><span>{words.line.format(piece.line)} · {escaped(words.reasons.get(piece.reason, piece.reason))}</span> "
        f"{escaped(piece.text[:MAX_REMOVED_LENGTH])}{'…' * (len(piece.text) > MAX_REMOVED_LENGTH)}</li>"
        for piece in pieces[:MAX_REMOVED]
    )
    if len(pieces) > MAX_REMOVED:
        rows += f"<li>{words.more.format(len(pieces) - MAX_REMOVED)}</li>"
    summary = words.removed.format(len(pieces))
    return f'<details class="rag-removed" data-key="removed"><summary>{summary}</summary><ul>{rows}</ul></details>'
