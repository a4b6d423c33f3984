"""The conversation that a reader has before them → HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from rag.errors import RagError
from rag.page.answers import answer_html, answer_text, error_html, refusal_html
from rag.page.markup import button, escaped, inline
from rag.page.thumbs import Thumbed
from rag.page.words import Words
from rag.types import Answer


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
    """

    question: str
    answer: Answer | None = None
    refusal: RagError | None = None
    stopped: bool = False
    failed: bool = False
    link: str = ""
    thumbs: tuple[Thumbed, ...] = ()
    alone: bool = False

    @property
    def pending(self) -> bool:
        """Whether it is worked on."""
        return not (self.answer or self.refusal or self.stopped or self.failed)


Turns = tuple[Turn, ...]


def answers_of(turns: Turns) -> list[Answer]:
    """The answers so far: what a follow-up looks back on."""
    return [turn.answer for turn in turns if turn.answer]


def stopped(turns: Turns) -> Turns:
    """The turns, of which none is worked on any more."""
    return tuple(replace(turn, stopped=True) if turn.pending else turn for turn in turns)


def conversation_html(turns: Turns, words: Words, examples: Sequence[str] = ()) -> str:
    """All turns, oldest first; where there are none yet, a welcome.

    :param examples: Questions that are offered at first.
    """
    if not turns:
        return _welcome(words, examples)
    last = len(turns) - 1
    return "".join(_turn(turn, at, words, is_last=at == last) for at, turn in enumerate(turns))


def _welcome(words: Words, examples: Sequence[str]) -> str:
    offered = "".join(f"<li>{button(example, 'ask', 'rag-example', question=example)}</li>" for example in examples)
    listed = f'<h3>{words.examples}</h3><ul class="rag-examples">{offered}</ul>' if offered else ""
    return f'<section class="rag-welcome"><h2>{words.welcome}</h2><p>{words.about}</p>{listed}</section>'


def _turn(turn: Turn, at: int, words: Words, *, is_last: bool) -> str:
    edit = button(words.edit, "edit", turn=str(at), question=turn.question)
    asked = f'<div class="rag-asked"><h2>{inline(turn.question)}</h2>{edit}</div>' if turn.question else ""
    tools = [button(words.retry, "retry", turn=str(at))] if is_last and turn.question and not turn.pending else []
    if is_last and turn.answer and turn.answer.rewritten:
        tools.append(button(words.as_typed, "alone"))
    if turn.answer:
        tools.insert(0, button(words.copy, "copy", text=answer_text(turn.answer, words), done=words.copied))
        if turn.link:
            tools.insert(1, button(words.link, "link", link=turn.link, done=words.link_copied))
    foot = f'<div class="rag-tools">{"".join(tools)}</div>' if tools else ""
    state = "pending" if turn.pending else "done"
    return (
        f'<section class="rag-turn" data-turn="{at}" data-state="{state}" data-link="{escaped(turn.link)}">'
        f'{asked}<div class="rag-reply">{_reply(turn, at, words)}{foot}</div></section>'
    )


def _reply(turn: Turn, at: int, words: Words) -> str:
    if turn.answer:
        return answer_html(turn.answer, at, words, turn.thumbs)
    if turn.refusal:
        return refusal_html(turn.refusal, words)
    if turn.failed:
        return error_html(words.failed)
    if turn.stopped:
        return f'<p class="rag-note">{words.stopped}</p>'
    return f'<p class="rag-busy" role="status">{escaped(words.searching)}</p>'
