"""Questions, answers and refusals → HTML."""

from __future__ import annotations

from html import escape

from rag.errors import BackwardRange, NoDate, RagError, UnknownName
from rag.extracts import spans_of
from rag.page.markup import facts_of, inline
from rag.page.words import Words, words_for
from rag.types import Answer, Citation, Extract, Hit, Place

MOST_COPIES = 5
"""Copies of a passage that are named; of the others, the number."""


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
    return f'<div class="rag-facts rag-filters">{inline(told)}</div>' if told else ""


def question_html(question: str) -> str:
    """A question as it was typed."""
    return f'<div class="rag-asked">{inline(question)}</div>'


def error_html(message: str) -> str:
    """An error as a sentence."""
    return f'<div class="rag-error">{inline(message)}</div>'


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


def _extract(extract: Extract, citation: Citation, turn: int, words: Words) -> str:
    text, start = extract.passage.text, extract.start
    before, after = text[start : extract.answer_start], text[extract.answer_end : extract.end]
    quote = f"{inline(before)}<mark>{inline(extract.answer)}</mark>{inline(after)}"
    return _quoted(quote, citation, turn, words, "rag-extract")


def _near_miss(hit: Hit, turn: int, number: int, words: Words) -> str:
    return _quoted(inline(hit.passage.text), near_citation(hit, number), turn, words, "rag-near")


def _quoted(quote: str, citation: Citation, turn: int, words: Words, css_class: str) -> str:
    info = citation.article
    link = f'<a class="rag-cite" href="#cite-{turn}-{citation.number}">[{citation.number}]</a>'
    paragraph = words.paragraph.format(citation.spans[0].paragraph)
    facts = " · ".join(escape(fact) for fact in (*facts_of(info, words), paragraph, words.line.format(citation.line)))
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
