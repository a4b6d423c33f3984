"""What a training step sees: questions with passages that answer them and passages that do not."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from rag.models.encoder import Tokens
from rag.text.writing_systems import HAN, script_of, simplified
from training.changed_questions import contradicted, in_english
from training.examples import Asked, Examples, Span

ANSWERED, UNANSWERED = 10, 4
"""Questions with and without an answer in a step."""
CONTRADICTED = 0.25
"""How many of the passages that do not answer are the right one, for a question changed."""
FAR, MINED = 0.2, 0.5
"""How many of the others are about something else altogether, and are found by search; what is left comes from the same
document, as far as there is any."""
IN_ENGLISH = 0.2
"""How many of the questions in Chinese are put into English words."""


@dataclass(frozen=True, slots=True)
class Case:
    """A question and a passage to train on.

    :param passage: After the model's lower layers.
    :param shift: Characters before the passage's own text.
    :param span: First and last token of the answer, counted from 1 among the passage's; (0, 0) for none.
    """

    question: str
    passage: Tokens
    shift: int
    span: Span


def cases(sources: list[Examples], step: int) -> list[tuple[Case, ...]]:
    """A step's cases, as many from each source: for each question with an answer also a passage that has it not."""
    chosen = []
    for examples in sources:
        for asked, chance in _drawn(examples.answered, ANSWERED // len(sources), step):
            chosen.append(_maybe_in_english(tuple(_answered(examples, asked, chance)), chance))
        for asked, chance in _drawn(examples.unanswered, UNANSWERED // len(sources), step):
            case = _case(examples, asked.text, _unanswered(examples, asked, chance))
            chosen.append(_maybe_in_english((case,), chance))
    return chosen


def _drawn(questions: list[Asked], count: int, step: int) -> list[tuple[Asked, random.Random]]:
    """The step's share of the questions, which are gone through in an order that is new each time."""
    per_round = len(questions) // count
    order = random.Random(f"round {step // per_round}").sample(questions, len(questions))
    at = step % per_round * count
    return [(asked, random.Random(f"{step} {asked.text}")) for asked in order[at : at + count]]


def _answered(examples: Examples, asked: Asked, chance: random.Random) -> Iterator[Case]:
    """The right passage, and a wrong one."""
    right = chance.choice(list(asked.answers))
    yield _case(examples, asked.text, right, chance.choice(asked.answers[right]))
    if chance.random() < CONTRADICTED:
        passage = simplified(examples.texts[right].whole)
        if changed := contradicted(simplified(asked.text), passage, chance):
            yield _case(examples, changed, right)
            return
    draw = chance.random()
    numbers = [] if draw < FAR else asked.mined if draw < FAR + MINED else sorted(asked.near)
    wrong = chance.choice(numbers) if numbers else _elsewhere(examples, asked, chance)
    yield _case(examples, asked.text, wrong)


def _unanswered(examples: Examples, asked: Asked, chance: random.Random) -> int:
    draw = chance.random()
    if draw < 0.1:
        return _elsewhere(examples, asked, chance)
    return chance.choice(asked.mined if draw < 0.3 and asked.mined else sorted(asked.near))


def _elsewhere(examples: Examples, asked: Asked, chance: random.Random) -> int:
    """Any passage of another document that has none of the answers."""
    answers = {examples.texts[number].own[slice(*span)] for number, spans in asked.answers.items() for span in spans}
    while True:
        number = chance.randrange(len(examples.texts))
        text = examples.texts[number]
        if text.document != asked.document and not any(answer in text.own for answer in answers):
            return number


def _maybe_in_english(group: tuple[Case, ...], chance: random.Random) -> tuple[Case, ...]:
    """One question's cases, now and then in English if it is in Chinese: the same words for both."""
    if script_of(group[0].question) != HAN or chance.random() >= IN_ENGLISH:
        return group
    seed = chance.random()
    return tuple(
        Case(in_english(simplified(case.question), random.Random(seed)), case.passage, case.shift, case.span)
        for case in group
    )


def _case(examples: Examples, question: str, number: int, answer: Span | None = None) -> Case:
    tokens, shift = examples.tokens[number], examples.texts[number].shift
    if answer is None:
        return Case(question, tokens, shift, (0, 0))
    inside = (tokens.ends > answer[0] + shift) & (tokens.starts < answer[1] + shift)
    places = inside.nonzero()[0]
    return Case(question, tokens, shift, (int(places[0]) + 1, int(places[-1]) + 1) if len(places) else (0, 0))
