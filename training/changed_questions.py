"""Questions changed so that a passage no longer answers them."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from functools import cache

import rjieba

_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_NAMES = ("nr", "ns", "nt", "nz")


@cache
def _kinds_of_names() -> dict[str, list[str]]:
    return defaultdict(list)


def note_names(questions: list[str]) -> None:
    """Keep the names in all questions, by kind, as what others are replaced with."""
    for question in questions:
        for word, tag in rjieba.tag(question):
            if tag[:2] in _NAMES and len(word) > 1:
                _kinds_of_names()[tag[:2]].append(word)


def contradicted(question: str, passage: str, chance: random.Random) -> str | None:
    """The question with a number or a name that its passage has made another, which it has not; None if there is none.

    Whoever asks for the profit of 2021 is not answered by that of 2022.
    """
    changes: list[tuple[str, str]] = []
    for found in _NUMBER.findall(question):
        other = _other_number(found, chance)
        if found in passage and other not in passage:
            changes.append((found, other))
    for word, tag in rjieba.tag(question):
        others = _kinds_of_names()[tag[:2]] if tag[:2] in _NAMES and len(word) > 1 and word in passage else []
        if others and (other := chance.choice(others)) not in passage and other not in question:
            changes.append((word, other))
    if not changes:
        return None
    return question.replace(*chance.choice(changes))


def _other_number(number: str, chance: random.Random) -> str:
    """A number that looks like it: a digit is another."""
    at = chance.choice([place for place, character in enumerate(number) if character.isdigit()])
    return number[:at] + chance.choice([digit for digit in "123456789" if digit != number[at]]) + number[at + 1 :]
