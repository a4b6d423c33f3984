"""What a training step sees: questions, each with passages of which one answers or none."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from rag.text.writing_systems import simplified
from training.changed_questions import contradicted
from training.corpus import NEWS, OWN, PAIRS, Corpus
from training.examples import Asked, Span, Text
from training.shortened_passages import with_answer, without_answer

ANSWERED = {NEWS: 5, PAIRS: 2, OWN: 1}
UNANSWERED = {NEWS: 3, PAIRS: 3, OWN: 1}
"""Questions of each source in a step."""
WRONG = 2
"""Passages that do not answer, beside the one that does; and of a question without an answer."""
CONTRADICTED, ROBBED = 0.5, 0.4
"""How often the right passage is also read for its question changed, and without its answer: neither answers."""
SHORTENED = 0.4
"""How often the right passage lacks some of the sentences that do not answer."""
FAR = 0.05
"""How many of the wrong passages are about something else altogether."""


@dataclass(frozen=True, slots=True)
class Case:
    """A question with the passages read for it.

    :param passages: Their numbers, and those of which sentences were left out.
    :param right: Place of the one that answers among them; None where none does.
    :param spans: Its answers: offsets in its own text.
    """

    question: str
    passages: tuple[int | Text, ...]
    right: int | None = None
    spans: tuple[Span, ...] = ()


def cases(corpus: Corpus, step: int) -> Iterator[Case]:
    """A step's cases."""
    for source, questions in corpus.questions.items():
        answered = [asked for asked in questions if asked.answers]
        unanswered = [asked for asked in questions if not asked.answers and asked.near]
        for asked, chance in _drawn(answered, ANSWERED[source], step):
            right = chance.choice(list(asked.answers))
            yield _answered(corpus, asked, right, chance)
            if chance.random() < CONTRADICTED:
                yield from _contradicted(corpus, asked, right, chance)
            if chance.random() < ROBBED and (left := without_answer(corpus.texts[right], asked.answers[right], chance)):
                yield Case(asked.text, (left,))
        for asked, chance in _drawn(unanswered, UNANSWERED[source], step):
            yield Case(asked.text, tuple(_wrong(corpus, asked, chance)))


def _drawn(questions: list[Asked], count: int, step: int) -> list[tuple[Asked, random.Random]]:
    """The step's share of the questions, which are gone through in an order that is new each time."""
    per_round = len(questions) // count
    order = random.Random(f"round {step // per_round}").sample(range(len(questions)), len(questions))
    at = step % per_round * count
    return [(questions[number], random.Random(f"{step} {number}")) for number in order[at : at + count]]


def _answered(corpus: Corpus, asked: Asked, number: int, chance: random.Random) -> Case:
    right: int | Text = number
    spans = asked.answers[number]
    if chance.random() < SHORTENED:
        right, spans = with_answer(corpus.texts[number], spans, chance)
    passages = [*_wrong(corpus, asked, chance), right]
    chance.shuffle(passages)
    return Case(asked.text, tuple(passages), passages.index(right), tuple(spans))


def _wrong(corpus: Corpus, asked: Asked, chance: random.Random) -> list[int]:
    """One of the same article, as far as there is any, and others that lie near."""
    found: list[int] = []
    for kinds in ((asked.near, asked.mined), (asked.mined, asked.near))[:WRONG]:
        pool = [number for number in next(filter(None, kinds), []) if number not in found]
        if not pool or chance.random() < FAR:
            found.append(chance.randrange(len(corpus.texts)))
        else:
            found.append(pool[int(len(pool) * chance.random() ** 2)])  # the nearest ones more often
    return [number for number in found if number not in asked.answers]


def _contradicted(corpus: Corpus, asked: Asked, right: int, chance: random.Random) -> Iterator[Case]:
    """The question with another figure, name or word, for which the passage that answered no longer does."""
    changed = contradicted(simplified(asked.text), simplified(corpus.texts[right].whole), chance)
    if changed:
        yield Case(changed, (right,))
