"""Answers and refusals → HTML, and answers → the text that is copied."""

from __future__ import annotations

from rag.core.answers import Answer, Citation, Extract, Place, spans_of
from rag.core.limits import MAX_COPIES_SHOWN
from rag.core.types import Filters, Hit
from rag.errors import BackwardRange, LinkError, NoDate, QuestionTooLong, RagError, TooBusy, UnknownName
from rag.interfaces.page.markup import day_of, escaped, facts_of, inline
from rag.interfaces.page.thumbs import Thumbed, thumbs_html
from rag.interfaces.page.words import Words


def answer_html(answer: Answer, turn: int, words: Words, thumbs: tuple[Thumbed, ...] | None = ()) -> str:
    """An answer, with a link ``#cite-TURN-NUMBER`` for each citation.

    Its copies are linked as ``#cite-TURN-NUMBER-COPY``, counted from 1.

    :param turn: Which question of the conversation it answers, from 0.
    :param thumbs: What the reader said of it; None for one who may say nothing.
    """
    return _asked_under(answer, words) + _said(answer, turn, words, thumbs)


def _said(answer: Answer, turn: int, words: Words, thumbs: tuple[Thumbed, ...] | None) -> str:
    if answer.filtered_out:
        return _nothing(words.filtered_out, words.filtered_hint)
    if not answer.answered:
        hint = words.filtered_hint if answer.filters else words.no_answer_hint
        nearest = "".join(_near_miss(hit, turn, at, words) for at, hit in enumerate(answer.near_misses, 1))
        folded = f'<details data-key="near-{turn}"><summary>{words.nearest}</summary>{nearest}</details>'
        return _nothing(words.no_answer, hint) + folded + thumbs_html(turn, 0, thumbs, words)
    pairs = zip(answer.extracts, answer.citations, strict=True)
    note = f'<p class="rag-note">{words.by_similarity}</p>' if answer.confidence is None else ""
    surest = max(extract.score for extract in answer.extracts)
    return note + "".join(
        _extract(
            extract,
            citation,
            turn,
            words,
            "rag-extract" if extract.score == surest else "rag-extract rag-further",
            thumbs_html(turn, citation.number, thumbs, words),
        )
        for extract, citation in pairs
    )


def _nothing(told: str, hint: str) -> str:
    return f'<div class="rag-none"><strong>{told}</strong><span>{hint}</span></div>'


def _asked_under(answer: Answer, words: Words) -> str:
    """What was searched for, the filters and the order, on a line; nothing where all is as it was typed."""
    line = words.filtered_by.format(" · ".join(filter_facts(answer.filters, words))) if answer.filters else ""
    query = words.searched_for.format(answer.query) if answer.rewritten else ""
    told = " · ".join(filter(None, (query, line, words.newest_first if answer.newest_first else "")))
    return f'<p class="rag-note rag-filters">{inline(told)}</p>' if told else ""


def filter_facts(filters: Filters, words: Words) -> list[str]:
    """The filters that are set, each as a phrase."""
    named = {"category": filters.categories, "author": filters.authors, "source": filters.sources}
    facts = [
        words.since.format(filters.since) if filters.since else "",
        words.until.format(filters.until) if filters.until else "",
        *(f"{words.kinds[kind]} {words.comma.join(names)}" for kind, names in named.items() if names),
    ]
    return [fact for fact in facts if fact]


def error_html(message: str) -> str:
    """An error as a sentence."""
    return f'<p class="rag-error" role="alert">{inline(message)}</p>'


def refusal_html(error: RagError, words: Words) -> str:
    """Why a question was not run, in the reader's language where there are words for it."""
    return error_html(refusal(error, words))


def refusal(error: RagError, words: Words) -> str:
    """The sentence of ``refusal_html``."""
    match error:
        case UnknownName():
            near = words.near.format(words.comma.join(error.nearest)) if error.nearest else ""
            return words.unknown.format(words.kinds[error.kind], error.name) + near
        case NoDate():
            return words.bad_date.format(error.text)
        case BackwardRange():
            return words.backward.format(error.until, error.since)
        case QuestionTooLong():
            return words.too_long.format(error.characters, error.most)
        case LinkError():
            return words.bad_link.format(error)
        case TooBusy():
            return words.busy
    return str(error)


def answer_text(answer: Answer, words: Words) -> str:
    """An answer as plain text, each extract with the place it stands in."""
    if not answer.answered:
        return words.filtered_out if answer.filtered_out else words.no_answer
    pairs = zip(answer.extracts, answer.citations, strict=True)
    return "\n\n".join(f"{extract.text} [{cited.number}]\n{_place_text(cited, words)}" for extract, cited in pairs)


def _place_text(cited: Citation, words: Words) -> str:
    info = cited.article
    place = words.file_place.format(info.id, cited.line)
    return f"[{cited.number}] " + " · ".join(filter(None, (info.title, *facts_of(info, words), place, info.url)))


def near_citation(hit: Hit, number: int) -> Citation:
    """A near miss as something to look up, so that it opens like a citation."""
    also_in = tuple(Place(copy.article, spans_of(copy.passage)) for copy in hit.copies)
    return Citation(number, hit.article, spans_of(hit.passage), also_in)


def _extract(extract: Extract, citation: Citation, turn: int, words: Words, css_class: str, thumbs: str) -> str:
    text, start = extract.passage.text, extract.start
    before, after = text[start : extract.answer_start], text[extract.answer_end : extract.end]
    quote = f"{inline(before)}<mark>{inline(extract.answer)}</mark>{inline(after)}"
    return _quoted(quote, citation, turn, words, css_class, thumbs)


def _near_miss(hit: Hit, turn: int, number: int, words: Words) -> str:
    return _quoted(inline(hit.passage.text), near_citation(hit, number), turn, words, "rag-near")


def _quoted(quote: str, citation: Citation, turn: int, words: Words, css_class: str, thumbs: str = "") -> str:
    info, href = citation.article, f"#cite-{turn}-{citation.number}"
    label = escaped(words.cite.format(citation.number, info.title))
    link = f'<a class="rag-cite" href="{href}" aria-label="{label}">{citation.number}</a>'
    paragraph = words.paragraph.format(citation.spans[0].paragraph)
    facts = " · ".join(escaped(fact) for fact in (*facts_of(info, words), paragraph, words.line.format(citation.line)))
    source = f'<a class="rag-from" href="{href}" tabindex="-1">{escaped(info.title)}</a> · {facts}'
    inner = f'<blockquote class="rag-quote">{quote}{link}</blockquote><p class="rag-facts">{source}</p>{thumbs}'
    return f'<div class="{css_class}">{inner}{_also_in(citation, turn, words)}</div>'


def _also_in(citation: Citation, turn: int, words: Words) -> str:
    """Links to the newest copies, and how many more there are."""
    if not citation.also_in:
        return ""
    return f'<p class="rag-facts rag-also">{also_in_html(citation, turn, words)}</p>'


def also_in_html(citation: Citation, turn: int, words: Words) -> str:
    """Where else an extract stands: links to the newest, and how many more there are."""
    links = []
    for number, place in enumerate(citation.also_in[:MAX_COPIES_SHOWN], 1):
        told = (place.article.source or place.article.author, day_of(place.article, words))
        facts = words.comma.join(escaped(fact) for fact in told if fact)
        title = escaped(place.article.title)
        links.append(f'<a href="#cite-{turn}-{citation.number}-{number}">{title}</a> ({facts})')
    if len(citation.also_in) > MAX_COPIES_SHOWN:
        links.append(words.more.format(len(citation.also_in) - MAX_COPIES_SHOWN))
    return f"{words.also_in}: {' · '.join(links)}"
