"""Answers and articles → HTML for the page. All text of articles and questions is escaped here, and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import islice

from rag.errors import BackwardRange, NoDate, RagError, UnknownName
from rag.extracts import spans_of
from rag.types import Answer, Article, ArticleInfo, Check, Citation, Extract, Hit, Kind, Paragraph, Place, Span

MOST_LISTED = 200
"""Articles, and files that could not be read, listed on the page: a browser chokes on tens of thousands."""

MOST_COPIES = 5
"""Copies of a passage that are named; of the others, the number."""

_HAN = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class Words:
    """What the page says in one language."""

    no_answer: str
    nearest: str
    filtered_out: str
    paragraph: str
    line: str
    no_date: str
    link: str
    also_in: str
    more: str
    checks: dict[Check, str]
    searched_for: str
    filtered_by: str
    since: str
    until: str
    kinds: dict[str, str]
    comma: str
    newest_first: str
    by_likeness: str
    unknown: str
    near: str
    bad_date: str
    backward: str


ENGLISH = Words(
    no_answer="The articles do not answer this.",
    nearest="Nearest passages, which are no answer",
    filtered_out="No article passes these filters.",
    paragraph="paragraph {}",
    line="line {}",
    no_date="no date",
    link="original page",
    also_in="also in",
    more="and {} more",
    checks={
        Check.UNCHANGED: "The file is as it was indexed.",
        Check.CHANGED: "The file has changed since it was indexed.",
        Check.GONE: "The file is gone since it was indexed.",
    },
    searched_for="Searched for: {}",
    filtered_by="Filtered by: {}",
    since="from {}",
    until="until {}",
    kinds={"category": "category", "author": "author", "source": "source"},
    comma=", ",
    newest_first="newest first",
    by_likeness="Chosen by likeness alone: no reader was trained for this model, and nothing tells whether the "
    "articles answer.",
    unknown="The index knows no {} “{}”.",
    near=" The nearest: {}.",
    bad_date="“{}” is no date: write it as 2021-12-31, 2021-12 or 2021.",
    backward="The dates end on {}, before they start on {}.",
)
CHINESE = Words(
    no_answer="这些文章没有回答这个问题。",
    nearest="最接近的段落（并非答案）",
    filtered_out="没有文章符合筛选条件。",
    paragraph="第 {} 段",
    line="第 {} 行",
    no_date="无日期",
    link="原文链接",
    also_in="另见",
    more="另有 {} 篇",
    checks={
        Check.UNCHANGED: "文件与建立索引时一致。",
        Check.CHANGED: "文件在建立索引之后有改动。",
        Check.GONE: "文件在建立索引之后已不存在。",
    },
    searched_for="检索：{}",
    filtered_by="筛选：{}",
    since="{} 起",
    until="{} 止",
    kinds={"category": "类别", "author": "作者", "source": "来源"},
    comma="、",
    newest_first="最新在前",
    by_likeness="仅按相似度选出：这个模型没有经过训练的阅读器，无法判断文章是否真正回答了问题。",
    unknown="索引中没有这个{}：“{}”。",
    near="相近的有：{}。",
    bad_date="“{}”不是日期，请写成 2021-12-31、2021-12 或 2021。",
    backward="结束日期 {} 早于开始日期 {}。",
)


def words_for(text: str) -> Words:
    """The language to speak: that of the question."""
    return CHINESE if _HAN.search(text) else ENGLISH


def answer_html(answer: Answer, turn: int) -> str:
    """An answer as one line of HTML, with a link ``#cite-TURN-NUMBER`` for each citation.

    Its copies are linked as ``#cite-TURN-NUMBER-COPY``, counted from 1.

    One line without blank ones, so that a Markdown reader leaves it alone.

    :param turn: Which answer of the conversation this is, from 0.
    """
    words = words_for(answer.question)
    return _asked_under(answer, words) + _said(answer, turn, words)


def _said(answer: Answer, turn: int, words: Words) -> str:
    if answer.filtered_out:
        return f'<div class="rag-none">{words.filtered_out}</div>'
    if not answer.answered:
        nearest = "".join(_near_miss(hit, turn, at, words) for at, hit in enumerate(answer.near_misses, 1))
        folded = f"<details><summary>{words.nearest}</summary>{nearest}</details>"
        return f'<div class="rag-none">{words.no_answer}</div>{folded}'
    pairs = zip(answer.extracts, answer.citations, strict=True)
    note = f'<div class="rag-facts">{words.by_likeness}</div>' if answer.confidence is None else ""
    return note + "".join(_extract(extract, citation, turn, words) for extract, citation in pairs)


def _asked_under(answer: Answer, words: Words) -> str:
    """The filters and the order that a question was asked under, on a line; nothing where there are none."""
    filters = answer.filters
    named = {"category": filters.categories, "author": filters.authors, "source": filters.sources}
    facts = [
        words.since.format(filters.since) if filters.since else "",
        words.until.format(filters.until) if filters.until else "",
        *(f"{words.kinds[kind]} {words.comma.join(names)}" for kind, names in named.items() if names),
    ]
    line = words.filtered_by.format(" · ".join(filter(None, facts))) if filters else ""
    query = words.searched_for.format(answer.query) if answer.query != answer.question.strip() else ""
    told = " · ".join(filter(None, (query, line, words.newest_first if answer.newest_first else "")))
    return f'<div class="rag-facts rag-filters">{_inline(told)}</div>' if told else ""


def question_html(question: str) -> str:
    """A question as it was typed."""
    return f'<div class="rag-asked">{_inline(question)}</div>'


def error_html(message: str) -> str:
    """An error as a sentence."""
    return f'<div class="rag-error">{_inline(message)}</div>'


def refusal_html(error: RagError, question: str) -> str:
    """Why a question was not run, in its own language where that is known."""
    words = words_for(question)
    match error:
        case UnknownName():
            near = words.near.format(words.comma.join(error.nearest)) if error.nearest else ""
            return error_html(words.unknown.format(words.kinds[error.kind], error.name) + near)
        case NoDate():
            return error_html(words.bad_date.format(error.text))
        case BackwardRange():
            return error_html(words.backward.format(error.until, error.since))
    return error_html(str(error))


def near_citation(hit: Hit, number: int) -> Citation:
    """A near miss as something to look up, so that it opens like a citation."""
    also_in = tuple(Place(copy.article, spans_of(copy.passage, 0, len(copy.passage.text))) for copy in hit.copies)
    return Citation(number, hit.article, spans_of(hit.passage, 0, len(hit.passage.text)), also_in)


def copy_citation(citation: Citation, number: int) -> Citation | None:
    """A citation's copy as something to look up; None where there is none of that number, from 1."""
    if not 1 <= number <= len(citation.also_in):
        return None
    place = citation.also_in[number - 1]
    return Citation(citation.number, place.article, place.spans)


def article_html(article: Article, citation: Citation, others: Sequence[Citation], check: Check, words: Words) -> str:
    """An article beside the chat: what is known of it, and its numbered paragraphs with the extract marked.

    :param citation: Marked, and given the id ``rag-cited``.
    :param others: Other citations of the same answer; those in this article are marked lighter.
    """
    info = article.info
    facts = " · ".join(escape(fact) for fact in _facts(info, words))
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


def collection_html(infos: Sequence[ArticleInfo], passages: int, model: str, failures: Iterable[str]) -> str:
    """What is indexed: counts, model, the newest articles, and the files that could not be read."""
    rows = "".join(
        f"<tr><td>{info.date.date() if info.date else ''}</td><td>{escape(info.title)}</td>"
        f"<td>{escape(info.author)}</td><td>{escape(' / '.join(info.categories))}</td></tr>"
        for info in infos[:MOST_LISTED]
    )
    if len(infos) > MOST_LISTED:
        rows += f"<tr><td></td><td>… {len(infos) - MOST_LISTED}</td></tr>"
    failed = "".join(f"<li>{escape(failure)}</li>" for failure in islice(failures, MOST_LISTED))
    return (
        f'<p class="rag-facts">{len(infos)} articles · {passages} passages · {escape(model)}</p>'
        f'<table class="rag-collection"><tbody>{rows}</tbody></table>' + (f"<ul>{failed}</ul>" if failed else "")
    )


def _extract(extract: Extract, citation: Citation, turn: int, words: Words) -> str:
    text, start = extract.passage.text, extract.start
    before, after = text[start : extract.answer_start], text[extract.answer_end : extract.end]
    quote = f"{_inline(before)}<mark>{_inline(extract.answer)}</mark>{_inline(after)}"
    return _quoted(quote, citation, turn, words, "rag-extract")


def _near_miss(hit: Hit, turn: int, number: int, words: Words) -> str:
    return _quoted(_inline(hit.passage.text), near_citation(hit, number), turn, words, "rag-near")


def _quoted(quote: str, citation: Citation, turn: int, words: Words, css_class: str) -> str:
    info = citation.article
    link = f'<a class="rag-cite" href="#cite-{turn}-{citation.number}">[{citation.number}]</a>'
    paragraph = words.paragraph.format(citation.spans[0].paragraph)
    facts = " · ".join(escape(fact) for fact in (*_facts(info, words), paragraph, words.line.format(citation.line)))
    source = f'<a href="#cite-{turn}-{citation.number}">{escape(info.title)}</a> · {facts}'
    inner = f'<div class="rag-quote">{quote} {link}</div><div class="rag-facts">{source}</div>'
    inner += _also_in(citation, turn, words)
    return f'<div class="{css_class}">{inner}</div>'


def _also_in(citation: Citation, turn: int, words: Words) -> str:
    """Links to the newest copies, and how many more there are."""
    if not citation.also_in:
        return ""
    links = []
    for number, place in enumerate(citation.also_in[:MOST_COPIES], 1):
        day = place.article.date.date().isoformat() if place.article.date else words.no_date
        facts = ", ".join(escape(fact) for fact in (place.article.source or place.article.author, day) if fact)
        title = escape(place.article.title)
        links.append(f'<a href="#cite-{turn}-{citation.number}-{number}">{title}</a> ({facts})')
    if len(citation.also_in) > MOST_COPIES:
        links.append(words.more.format(len(citation.also_in) - MOST_COPIES))
    return f'<div class="rag-facts rag-also">{words.also_in}: {" · ".join(links)}</div>'


def _facts(info: ArticleInfo, words: Words) -> list[str]:
    day = info.date.date().isoformat() if info.date else words.no_date
    facts = (info.source, info.reporter, info.author, day, " / ".join(info.categories))
    return [fact for fact in dict.fromkeys(facts) if fact]


def _paragraph(number: int, paragraph: Paragraph, main: Span | None, light: Span | None, *, first: bool) -> str:
    text = paragraph.text
    span = main or light
    if span is None:
        inner = _inline(text)
    else:
        name = ' id="rag-cited"' if main and first else ""
        css_class = "rag-main" if main else "rag-light"
        marked = f'<mark class="{css_class}"{name}>{_inline(text[span.start : span.end])}</mark>'
        inner = f"{_inline(text[: span.start])}{marked}{_inline(text[span.end :])}"
    tag = {Kind.HEADING: "h3", Kind.CODE: "pre", Kind.QUOTE: "blockquote"}.get(paragraph.kind, "p")
    return f'<li value="{number}"><{tag}>{inner}</{tag}></li>'


def _inline(text: str) -> str:
    """Escaped text with its line breaks, on one line; ``$`` too, which Markdown readers may take for mathematics."""
    return escape(text).replace("$", "&#36;").replace("\n", "<br>").replace("\t", " &emsp; ")
