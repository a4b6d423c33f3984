"""Answers and refusals → HTML, and answers → the text that is copied."""

from __future__ import annotations

from collections.abc import Sequence

from rag.core.answers import Answer, AnswerState, Citation, Extract, Place, by_article, spans_of
from rag.core.asked_time import AskedTime
from rag.core.hits import Hit
from rag.core.limits import MAX_COPIES_SHOWN, PERHAPS_HOLD
from rag.errors import (
    BackwardRange,
    IndexMending,
    LinkError,
    NoDate,
    QuestionTooLong,
    RagError,
    ServerError,
    TooBusy,
    UnknownName,
)
from rag.interfaces.facts import asked_under, days_of, facts_of, time_told
from rag.interfaces.languages.words import Words
from rag.interfaces.page.markup import button, escaped, inline
from rag.interfaces.page.thumbs import Thumbed, thumbs_html


def answer_html(
    answer: Answer, turn: int, words: Words, thumbs: tuple[Thumbed, ...] | None = (), *, is_last: bool = True
) -> str:
    """An answer, with a link ``#cite-TURN-NUMBER`` for each citation.

    Its copies are linked as ``#cite-TURN-NUMBER-COPY``, counted from 1.

    :param turn: Which question of the conversation it answers, from 0.
    :param thumbs: What the reader said of it; None for one who may say nothing.
    :param is_last: Whether it is the last question, which alone can be asked again otherwise.
    """
    told = " · ".join(asked_under(answer, words))
    note = f'<p class="rag-note rag-filters">{inline(told)}</p>' if told else ""
    return note + _time_chip(answer.time, words, is_last=is_last) + _said(answer, turn, words, thumbs)


def _time_chip(asked: AskedTime | None, words: Words, *, is_last: bool) -> str:
    """The time that a question names, as what can be taken off; of a collection that ended before it, its last days."""
    if asked is None or not is_last:
        return ""
    if asked.last:
        days = asked.last
        told = words.time_last.format(days_of(days, words))
        since, until = (str(day or "") for day in (days.since, days.until))
        return f'<p class="rag-chips">{button(told, "days", "rag-pill", since=since, until=until)}</p>'
    if not asked.applied:
        return ""
    told = time_told(asked, words)
    label = escaped(words.any_time.format(told))
    return (
        f'<p class="rag-chips"><button type="button" class="rag-pill rag-time" data-do="anytime" aria-label="{label}">'
        f'{escaped(told)}<span aria-hidden="true">×</span></button></p>'
    )


def _said(answer: Answer, turn: int, words: Words, thumbs: tuple[Thumbed, ...] | None) -> str:
    if answer.filtered_out:
        return _nothing(words.filtered_out, words.filtered_hint)
    if not answer.answered:
        hint = words.filtered_hint if answer.filters else words.no_answer_hint
        nearest = "".join(
            card_html([(inline(hit.passage.text), near_citation(hit, at))], turn, words, "rag-near")
            for at, hit in enumerate(answer.near_misses, 1)
        )
        folded = f'<details data-key="near-{turn}"><summary>{words.nearest}</summary>{nearest}</details>'
        return _nothing(words.no_answer, hint) + folded + thumbs_html(turn, 0, thumbs, words)
    is_sure = answer.state is AnswerState.ANSWERED
    told = "" if is_sure else _perhaps(words)
    if answer.newer:
        link = f'<a class="rag-cite" href="#cite-{turn}-{answer.newer}">{answer.newer}</a>'
        told += f'<p class="rag-note rag-newer">{escaped(words.newer)}{link}</p>'
    surest = max(extract.confidence for extract in answer.extracts)
    for cited in by_article(answer.cited):
        has_surest = any(extract.confidence == surest for extract, _ in cited)
        css_class = "rag-extract" if is_sure and has_surest else "rag-extract rag-further"
        quotes = [(_quote(extract, surest, is_sure=is_sure), citation) for extract, citation in cited]
        rated = [thumbs_html(turn, citation.number, thumbs, words) for _, citation in cited]
        told += card_html(quotes, turn, words, css_class if is_sure else "rag-extract rag-maybe", rated)
    return told


def _quote(extract: Extract, surest: float, *, is_sure: bool) -> str:
    return marked_extract(extract, is_surest=extract.confidence == surest) if is_sure else inline(extract.text)


def _perhaps(words: Words) -> str:
    share = words.perhaps_share.format(PERHAPS_HOLD)
    return f'<div class="rag-perhaps" role="note"><strong>{words.perhaps}</strong> <span>{share}</span></div>'


def _nothing(told: str, hint: str) -> str:
    return f'<div class="rag-none"><strong>{told}</strong><span>{hint}</span></div>'


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
        case IndexMending():
            return words.damaged
        case ServerError():  # which server it is, is no reader's business
            return words.server_away
    return str(error)


def answer_text(answer: Answer, words: Words) -> str:
    """An answer as plain text, each extract with the place it stands in."""
    if not answer.answered:
        return words.filtered_out if answer.filtered_out else words.no_answer
    maybe = [words.perhaps] if answer.state is AnswerState.PERHAPS else []
    pieces = (f"{extract.text} [{cited.number}]\n{_place_text(cited, words)}" for extract, cited in answer.cited)
    return "\n\n".join([*maybe, *pieces])


def _place_text(cited: Citation, words: Words) -> str:
    info = cited.article
    place = words.file_place.format(info.id, cited.line)
    return f"[{cited.number}] " + " · ".join(filter(None, (info.title, *facts_of(info, words), place, info.url)))


def near_citation(hit: Hit, number: int) -> Citation:
    """A near miss as something to look up, so that it opens like a citation."""
    also_in = tuple(Place(copy.article, spans_of(copy.passage)) for copy in hit.copies)
    return Citation(number, hit.article, spans_of(hit.passage), also_in)


def marked_extract(extract: Extract, *, is_surest: bool = True) -> str:
    """An extract as HTML, the words that answer marked."""
    text, start = extract.passage.text, extract.start
    before, after = text[start : extract.answer_start], text[extract.answer_end : extract.end]
    mark = "<mark>" if is_surest else '<mark class="rag-less">'
    return f"{inline(before)}{mark}{inline(extract.answer)}</mark>{inline(after)}"


def card_html(
    quotes: Sequence[tuple[str, Citation]],
    turn: int,
    words: Words,
    css_class: str,
    thumbs: Sequence[str] = (),
    kind: str = "cite",
) -> str:
    """What is quoted of one article, as HTML, and below it once where that comes from.

    :param kind: Links are ``#KIND-TURN-NUMBER``.
    """
    info, href = quotes[0][1].article, f"#{kind}-{turn}-{quotes[0][1].number}"
    inner, places = "", []
    for at, (quote, citation) in enumerate(quotes):
        label = escaped(words.cite.format(citation.number, info.title))
        to = f"#{kind}-{turn}-{citation.number}"
        link = f'<a class="rag-cite" href="{to}" aria-label="{label}">{citation.number}</a>'
        rated = thumbs[at] if len(quotes) > 1 and thumbs else ""
        inner += f'<blockquote class="rag-quote">{quote}{link}{rated}</blockquote>'
        places.append(f"{words.paragraph.format(citation.spans[0].paragraph)} · {words.line.format(citation.line)}")
    facts = " · ".join(map(escaped, (*facts_of(info, words), words.comma.join(dict.fromkeys(places)))))
    source = f'<a class="rag-from" href="{href}" tabindex="-1">{escaped(info.title)}</a> · {facts}'
    inner += f'<p class="rag-facts">{source}</p>{thumbs[0] if len(quotes) == 1 and thumbs else ""}'
    for _, citation in quotes:
        if citation.also_in:
            inner += f'<p class="rag-facts rag-also">{also_in_html(citation, turn, words, kind)}</p>'
    return f'<div class="{css_class}">{inner}</div>'


def also_in_html(citation: Citation, turn: int, words: Words, kind: str = "cite") -> str:
    """Where else an extract stands: links ``#KIND-TURN-NUMBER-COPY`` to the newest, and how many more there are."""
    links = []
    for number, place in enumerate(citation.also_in[:MAX_COPIES_SHOWN], 1):
        info = place.article
        facts = words.comma.join(filter(None, (info.origin, info.day or words.no_date)))
        href = f"#{kind}-{turn}-{citation.number}-{number}"
        links.append(f'<a href="{href}">{escaped(info.title)}</a> ({escaped(facts)})')
    if len(citation.also_in) > MAX_COPIES_SHOWN:
        links.append(words.more.format(len(citation.also_in) - MAX_COPIES_SHOWN))
    return f"{words.also_in}: {' · '.join(links)}"
