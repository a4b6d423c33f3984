"""The conversation that a reader has before them, and what stands around it → HTML."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import accumulate

from rag.core.answers import Answer
from rag.core.limits import MAX_QUESTION
from rag.core.survey import Survey
from rag.errors import RagError
from rag.interfaces.languages import LANGUAGES
from rag.interfaces.languages.words import Words
from rag.interfaces.page.answers import answer_html, answer_text, error_html, refusal_html
from rag.interfaces.page.markup import button, escaped, inline
from rag.interfaces.page.survey import REPORTS_SHOWN, survey_html
from rag.interfaces.page.thumbs import Thumbed


@dataclass(frozen=True, slots=True)
class Surveyed:
    """How the reports of a survey are shown.

    :param shown: So many of them.
    """

    shown: int = REPORTS_SHOWN
    best_first: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """A question and what came of it.

    :param question: As typed; empty where a link could not be read.
    :param answer: What the articles say; None while it is worked on, and where nothing came of it.
    :param refusal: Why it was not run.
    :param stopped: Whether the reader stopped it.
    :param failed: Whether it failed for a reason that is none of the reader's.
    :param link: The query string that reopens it; empty where none does.
    :param thumbs: What the reader said of its extracts.
    :param alone: Whether it is run as typed, whatever came before it.
    :param timed: Whether a time that it names counts.
    :param surveying: Whether all articles that speak to it are looked for.
    :param survey: Those, once they were looked for.
    :param surveyed: How they are shown; None while they are only offered.
    :param serial: Of the click that asked it, by which the script knows what came of it.
    """

    question: str
    answer: Answer | None = None
    refusal: RagError | None = None
    stopped: bool = False
    failed: bool = False
    link: str = ""
    thumbs: tuple[Thumbed, ...] = ()
    alone: bool = False
    timed: bool = True
    serial: str = ""
    surveying: bool = False
    survey: Survey | None = None
    surveyed: Surveyed | None = None

    @property
    def pending(self) -> bool:
        """Whether it is worked on."""
        return not (self.answer or self.refusal or self.stopped or self.failed)


Turns = tuple[Turn, ...]
MAX_TURNS, MAX_WEIGHT = 50, 200_000
"""Turns of a conversation that are kept, and characters in them. A turn with an answer has some 4,000, and takes about
20 KB as it is kept and drawn: a conversation takes a megabyte at most."""
WEIGHT_OF_PLACE = 500
"""Characters that stand for what is known of a cited article."""


def answers_of(turns: Turns) -> list[Answer]:
    """The answers so far: what a follow-up looks back on."""
    return [turn.answer for turn in turns if turn.answer]


def newest(turns: Turns) -> Turns:
    """The newest turns, as many as are kept."""
    weights = accumulate(_weight(turn) for turn in reversed(turns[-MAX_TURNS:]))
    fitting = sum(1 for weight in weights if weight <= MAX_WEIGHT)
    return turns[len(turns) - fitting :]


def _weight(turn: Turn) -> int:
    """About how many characters a turn has: the question is drawn twice."""
    weight, answer = 2 * (len(turn.question) + len(turn.link)), turn.answer
    if turn.survey:
        reports = turn.survey.reports
        weight += sum(2 * len(report.extract.passage.text) + WEIGHT_OF_PLACE for report in reports)
    if answer:
        passages = [*(extract.passage for extract in answer.extracts), *(hit.passage for hit in answer.near_misses)]
        places = len(passages) + sum(len(citation.also_in) for citation in answer.citations)
        weight += sum(2 * len(passage.text) for passage in passages) + WEIGHT_OF_PLACE * places
    return weight


def refused(turns: Turns, why: RagError) -> Turns:
    """The turns, of which the last was not worked on."""
    return (*turns[:-1], replace(turns[-1], refusal=why))


def awaited(turns: Turns, serial: str) -> Turns:
    """The turns, of which the last one bears the serial of a click: the script waits for it there."""
    return (*turns[:-1], replace(turns[-1], serial=serial)) if turns else turns


def stopped(turns: Turns, asked: Turn | None = None, at: int = 0) -> Turns:
    """The turns, of which none is worked on any more.

    :param asked: A question that was asked, but may not be among them yet: then it would be lost.
    :param at: Which turn it is to be.
    """
    if asked and (not turns or turns[-1].serial != asked.serial):
        turns = (*turns[:at], asked)
    return tuple(replace(turn, stopped=turn.stopped or turn.pending, surveying=False) for turn in turns)


def conversation_html(turns: Turns, words: Words, *, may_rate: bool = True) -> str:
    """All turns, oldest first; nothing where there are none.

    :param may_rate: Whether the reader may say what they think of an answer.
    """
    last = len(turns) - 1
    return "".join(_turn(turn, at, words, is_last=at == last, may_rate=may_rate) for at, turn in enumerate(turns))


def _turn(turn: Turn, at: int, words: Words, *, is_last: bool, may_rate: bool) -> str:
    edit = button(words.edit, "edit", turn=str(at), question=turn.question)
    asked = f'<div class="rag-asked"><h2>{inline(turn.question)}</h2>{edit}</div>' if turn.question else ""
    tools = [button(words.retry, "retry", turn=str(at))] if is_last and turn.question and not turn.pending else []
    if is_last and turn.answer and turn.answer.rewritten:
        tools.append(button(words.as_typed, "alone"))
    if turn.answer:
        tools.insert(0, _to_survey(turn, at, words))
        tools.insert(1, button(words.copy, "copy", text=answer_text(turn.answer, words), done=words.copied))
        if turn.link:
            tools.insert(2, button(words.link, "link", link=turn.link, done=words.link_copied))
    foot = f'<div class="rag-tools">{"".join(tools)}</div>' if tools else ""
    state = "pending" if turn.pending or turn.surveying else "done"
    reply = _reply(turn, at, words, is_last=is_last, may_rate=may_rate)
    return (
        f'<section class="rag-turn" data-turn="{at}" data-state="{state}" '
        f'data-serial="{escaped(turn.serial)}" data-link="{escaped(turn.link)}">'
        f'{asked}<div class="rag-reply">{reply}{foot}</div></section>'
    )


def _to_survey(turn: Turn, at: int, words: Words) -> str:
    """What leads to all reports, which stands out where many answer; nothing where they are shown."""
    if turn.surveyed or turn.answer is None or turn.answer.filtered_out:
        return ""
    if not turn.answer.many:
        return button(words.all_reports, "survey", turn=str(at))
    told = words.see_all.format(turn.answer.telling) if turn.answer.telling > 1 else words.all_reports
    return button(told, "survey", "rag-tool rag-see-all", turn=str(at))


def _reply(turn: Turn, at: int, words: Words, *, is_last: bool, may_rate: bool) -> str:
    if turn.answer and turn.survey and turn.surveyed:
        how = turn.surveyed
        listed = survey_html(turn.survey, at, words, how.shown, best_first=how.best_first)
        return answer_html(turn.answer, at, words, turn.thumbs if may_rate else None, is_last=is_last) + listed
    if turn.answer:
        busy = f'<p class="rag-busy" role="status">{escaped(words.searching)}</p>' if turn.surveying else ""
        return answer_html(turn.answer, at, words, turn.thumbs if may_rate else None, is_last=is_last) + busy
    if turn.refusal:
        return refusal_html(turn.refusal, words)
    if turn.failed:
        return error_html(words.failed)
    if turn.stopped:
        return f'<p class="rag-note">{words.stopped}</p>'
    return f'<p class="rag-busy" role="status">{escaped(words.searching)}</p>'


def header_html(words: Words) -> str:
    """The page's name, and what can be done at any time. The script hides what does not apply."""
    others = [other for other in LANGUAGES.values() if other is not words]
    tools = [
        button(words.collection, "collection", "rag-tool rag-to-collection"),
        button(words.chat, "chat", "rag-tool rag-to-chat"),
        button(words.export, "export", "rag-tool rag-export"),
        button(words.new_conversation, "clear"),
        *(button(other.name, "language", language=other.language) for other in others),
        button(words.to_dark, "theme", "rag-tool rag-to-dark"),
        button(words.to_light, "theme", "rag-tool rag-to-light"),
    ]
    return (
        f'<header class="rag-header" data-language="{words.language}"><h1 class="rag-name">Article RAG</h1>'
        f'<div class="rag-tools">{"".join(tools)}</div></header>'
    )


def composer_html(words: Words) -> str:
    """Where a question is typed, with what sends and stops it."""
    return (
        f'<form class="rag-composer" id="rag-composer"><p class="rag-note rag-editing" hidden>{words.editing} '
        f"{button(words.cancel, 'cancel')}</p>"
        f'<p class="rag-note rag-full" role="alert" hidden>{words.busy}</p>'
        f'<textarea rows="1" maxlength="{10 * MAX_QUESTION}" aria-label="{words.ask_label}" '
        f'placeholder="{words.ask}"></textarea>'
        f'<button type="submit" class="rag-send">{words.send}</button>'
        f"{button(words.stop, 'stop', 'rag-stop')}</form>"
    )
