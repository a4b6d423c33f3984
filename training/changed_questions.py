"""Questions changed so that a passage no longer answers them."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache

from rag.text.named_entities import named_entities
from rag.text.writing_systems import HAN, script_of
from training.changed_words import exchanges, negations, neighbours, opposites

_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_IN_CAPITALS, _IN_OTHER_CAPITALS = "capitals", "other capitals"
_MIN_LETTERS = 3
"""Of a word in capitals that is taken for a name."""
_LIKE, _LOOKED_AT = 0.5, 40
"""How often a name is replaced with the one most like it, and among how many that is looked for."""


@cache
def _kinds_of_names() -> dict[str, list[str]]:
    return defaultdict(list)


def note_names(questions: list[str]) -> None:
    """Keep the names in all questions, by kind, as what others are replaced with."""
    for question in questions:
        for name, kind in _names(question):
            _kinds_of_names()[kind].append(name)


def contradicted(question: str, passage: str, chance: random.Random) -> str | None:
    """The question changed so that its passage no longer answers it; None if there is nothing in it to change.

    Whoever asks for the profit of 2021 is not answered by that of 2022, nor is who asks for the loss. What is changed
    is a number, a name, a word for its opposite, a verb for its denial, a word for another of the passage, or two for
    each other: whichever of these sorts there are, each as often.
    """
    sorts = (
        _numbers(question, passage, chance),
        _other_names(question, passage, chance),
        *(change(question, passage) for change in (opposites, negations, neighbours, exchanges)),
    )
    found = [changed for sort in sorts if (changed := [*sort])]
    return chance.choice(chance.choice(found)) if found else None


def _numbers(question: str, passage: str, chance: random.Random) -> Iterator[str]:
    for found in _NUMBER.finditer(question):
        other = _other_number(found[0], chance)
        if found[0] in passage and other not in passage:
            yield question[: found.start()] + other + question[found.end() :]


def _other_names(question: str, passage: str, chance: random.Random) -> Iterator[str]:
    """A name in capitals may stand in the passage in another script: it is changed whether it is found or not."""
    for name, kind in _names(question):
        may_change = kind in (_IN_CAPITALS, _IN_OTHER_CAPITALS) or name in passage
        if may_change and (strange := _other_name(name, kind, chance)) and strange not in passage + question:
            yield question.replace(name, strange)


def _names(question: str) -> Iterator[tuple[str, str]]:
    """Names in a question, and of what kind each is; in other scripts than Chinese they are words in capitals."""
    for name in named_entities(question):
        if len(name.text) > 1 and script_of(name.text) == HAN:
            yield name.text, name.kind
    for capitals in _in_capitals(question):
        yield capitals, _IN_CAPITALS if capitals[0].isascii() else _IN_OTHER_CAPITALS


def _in_capitals(question: str) -> Iterator[str]:
    """Words in capitals, with those beside them; the first word of a question is in capitals whatever it is."""
    name: list[str] = []
    for word in [*question.split()[1:], ""]:
        bare = word.strip("\"'“”‘’«»„()?¿!.,;:")
        if len(bare) >= _MIN_LETTERS and bare[0].isupper() and bare.replace("-", "").isalpha():
            name.append(bare)
        elif name:
            yield " ".join(name)
            name = []


def _other_number(number: str, chance: random.Random) -> str:
    """A number that looks like it: a digit is another."""
    at = chance.choice([place for place, character in enumerate(number) if character.isdigit()])
    return number[:at] + chance.choice([digit for digit in "123456789" if digit != number[at]]) + number[at + 1 :]


def _other_name(name: str, kind: str, chance: random.Random) -> str | None:
    """A name of the same kind; now and then the one of several that has most of its words or characters."""
    others = [other for other in _kinds_of_names()[kind] if other != name]
    if not others or chance.random() >= _LIKE:
        return chance.choice(others) if others else None
    units = set(name.split()) if " " in name else set(name)
    looked_at = (chance.choice(others) for _ in range(_LOOKED_AT))
    return max(looked_at, key=lambda other: len(units & (set(other.split()) | set(other))))
