"""A cited article → HTML, its extract marked."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from rag.page.markup import facts_of, inline
from rag.page.words import Words
from rag.types import Article, Check, Citation, Kind, Paragraph, Span


def article_html(article: Article, citation: Citation, others: Sequence[Citation], check: Check, words: Words) -> str:
    """An article beside the chat: what is known of it, and its numbered paragraphs with the extract marked.

    :param citation: Marked, and given the id ``rag-cited``.
    :param others: Other citations of the same answer; those in this article are marked lighter.
    """
    info = article.info
    facts = " · ".join(escape(fact) for fact in facts_of(info, words))
    link = (
        f' · <a href="{escape(info.url)}" target="_blank" rel="noopener noreferrer">{words.link}</a>'
        if info.url
        else ""
    )
    place = f"{escape(info.id)} · {words.line.format(citation.line)}"
    head = (
        f'<h2 class="rag-title">{escape(info.title)}</h2><p class="rag-facts">{facts}{link}</p>'
        f'<p class="rag-place">{place}<br><span class="rag-check rag-{check.value}">{words.checks[check]}</span></p>'
    )
    main = {span.paragraph: span for span in citation.spans}
    light = {span.paragraph: span for other in others if other.article.id == info.id for span in other.spans}
    body = "".join(
        _paragraph(number, paragraph, main.get(number), light.get(number), first=number == citation.spans[0].paragraph)
        for number, paragraph in enumerate(article.paragraphs, 1)
    )
    return f'<article class="rag-article">{head}<ol class="rag-paragraphs">{body}</ol></article>'


def _paragraph(number: int, paragraph: Paragraph, main: Span | None, light: Span | None, *, first: bool) -> str:
    text = paragraph.text
    span = main or light
    if span is None:
        inner = inline(text)
    else:
        name = ' id="rag-cited"' if main and first else ""
        css_class = "rag-main" if main else "rag-light"
        marked = f'<mark class="{css_class}"{name}>{inline(text[span.start : span.end])}</mark>'
        inner = f"{inline(text[: span.start])}{marked}{inline(text[span.end :])}"
    tag = {Kind.HEADING: "h3", Kind.CODE: "pre", Kind.QUOTE: "blockquote"}.get(paragraph.kind, "p")
    return f'<li value="{number}"><{tag}>{inner}</{tag}></li>'
