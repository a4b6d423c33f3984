"""What a training step sees: questions, each with passages of which one answers or none."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from rag.text.writing_systems import simplified
from training.changed_questions import contradicted
from training.corpus import NEWS, OWN, PAIRS, Corpus
from training.examples import Asked, Span

ANSWERED = {NEWS: 5, PAIRS: 2, OWN: 1}
UNANSWERED = {NEWS: 3, PAIRS: 3, OWN: 1}
"""Questions of each source in a step."""
WRONG = 2
"""Passages that do not answer, beside the one that does; and of a question without an answer."""
CONTRADICTED = 0.8
"""How often the right passage is also read for its question changed, which it does not answer."""
FAR = 0.05
"""How many of the wrong passages are about something else altogether."""


@dataclass(frozen=True, slots=True)
class Case:
    """A question with the passages read for it.

    :param passages: Their numbers.
    :param right: Place of the one that answers among them; None where none does.
    :param spans: Its answers: offsets in its own text.
    """

    question: str
    passages: tuple[int, ...]
    right: int | None = None
    spans: tuple[Span, ...] = ()


def cases(corpus: Corpus, step: int) -> Iterator[Case]:
    """A step's cases."""
    for source, questions in corpus.questions.items():
        answered = [asked for asked in questions if asked.answers]
        unanswered = [asked for asked in questions if not asked.answers and asked.near]
        for asked, chance in _drawn(answered, ANSWERED[source], step):
            found = [_answered(corpus, asked, chance)]
            if chance.random() < CONTRADICTED and (changed := _contradicted(corpus, found[0], chance)):
                found.append(changed)
            yield from found
        for asked, chance in _drawn(unanswered, UNANSWERED[source], step):
            yield Case(asked.text, tuple(_wrong(corpus, asked, chance)))


def _drawn(questions: list[Asked], count: int, step: int) -> list[tuple[Asked, random.Random]]:
    """The step's share of the questions, which are gone through in an order that is new each time."""
    per_round = len(questions) // count
    order = random.Random(f"round {step // per_round}").sample(range(len(questions)), len(questions))
    at = step % per_round * count
    return [(questions[number], random.Random(f"{step} {number}")) for number in order[at : at + count]]


def _answered(corpus: Corpus, asked: Asked, chance: random.Random) -> Case:
    right = chance.choice(list(asked.answers))
    passages = [*_wrong(corpus, asked, chance), right]
    chance.shuffle(passages)
    return Case(asked.text, tuple(passages), passages.index(right), tuple(asked.answers[right]))


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


def _contradicted(corpus: Corpus, case: Case, chance: random.Random) -> Case | None:
    """The question with another figure or name, for which the passage that answered no longer does."""
    assert case.right is not None
    right = case.passages[case.right]
    changed = contradicted(simplified(case.question), simplified(corpus.texts[right].whole), chance)
    return Case(changed, (right,)) if changed else None
