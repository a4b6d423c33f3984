"""Texts that a regular expression matches, made from its own syntax tree."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from re import _constants, _parser  # type: ignore[attr-defined]  # the one place that tells a pattern's parts
from typing import Any

WHOLE = 6
"""Texts that match the whole pattern, each by other choices."""
LONG = 8
"""Times that a repeat must allow to be worth repeating."""
MORE = 3
"""Times that a text repeats what may be repeated, at most, beyond what must be."""
_CANDIDATES = "ax1- A.,\n甲来<&'\"/=\t|*é"
"""Characters of which the first that fits stands for a class that says what it is not."""
_CATEGORIES = {
    "CATEGORY_DIGIT": "1",
    "CATEGORY_NOT_DIGIT": "a",
    "CATEGORY_SPACE": " ",
    "CATEGORY_NOT_SPACE": "a",
    "CATEGORY_WORD": "a",
    "CATEGORY_NOT_WORD": "-",
}
_REPEATS = ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT")


@dataclass(frozen=True, slots=True)
class Samples:
    """What a pattern is made of.

    :param whole: Texts that match it, lookarounds aside.
    :param repeated: For each of its long repeats, what stands before it and what it repeats.
    :param characters: Its characters, one for each class, each once.
    """

    whole: tuple[str, ...]
    repeated: tuple[tuple[str, str], ...]
    characters: tuple[str, ...]


def samples_of(pattern: re.Pattern[Any], chance: random.Random) -> Samples:
    """Take a pattern apart."""
    source = pattern.pattern
    source = source.decode("latin-1") if isinstance(source, bytes) else source
    tree = _parser.parse(source, pattern.flags & ~re.UNICODE if isinstance(pattern.pattern, bytes) else pattern.flags)
    whole = tuple(_text(tree, chance) for _ in range(WHOLE))
    repeated = tuple(
        (before, body) for _ in range(2) for before, body in _repeats(tree, "", chance) if len(before) < 200
    )
    characters = dict.fromkeys(_characters(tree))
    return Samples(whole, repeated, tuple(characters))


def _text(nodes: Any, chance: random.Random) -> str:
    return "".join(_node_text(str(op), value, chance) for op, value in nodes)


def _node_text(op: str, value: Any, chance: random.Random) -> str:
    match op:
        case "LITERAL":
            return chr(value)
        case "ANY" | "NOT_LITERAL" | "IN":
            return _one(op, value, chance)
        case "BRANCH":
            return _text(chance.choice(value[1]), chance)
        case "SUBPATTERN":
            return _text(value[-1], chance)
        case "ATOMIC_GROUP":
            return _text(value, chance)
        case repeat if repeat in _REPEATS:
            least, most, body = value
            times = chance.randint(least, min(int(most), least + MORE))
            return "".join(_text(body, chance) for _ in range(min(times, 50)))
    return ""  # lookarounds, places, references


def _one(op: str, value: Any, chance: random.Random) -> str:
    """One character of a class."""
    if op == "ANY":
        return "x"
    if op == "NOT_LITERAL":
        return next(each for each in _CANDIDATES if ord(each) != value)
    if str(value[0][0]) == "NEGATE":
        return next((each for each in _CANDIDATES if not any(_is_in(each, item) for item in value[1:])), "x")
    return _of_item(chance.choice(value))


def _of_item(item: tuple[Any, Any]) -> str:
    op, value = item
    if op is _constants.LITERAL:
        return chr(value)
    return chr(value[0]) if op is _constants.RANGE else _CATEGORIES.get(str(value), "a")


def _is_in(character: str, item: tuple[Any, Any]) -> bool:
    op, value = item
    if op is _constants.LITERAL:
        return ord(character) == value
    if op is _constants.RANGE:
        return bool(value[0] <= ord(character) <= value[1])
    sign = str(value).removeprefix("CATEGORY_")
    tests: dict[str, Callable[[str], bool]] = {
        "DIGIT": str.isdigit,
        "SPACE": str.isspace,
        "WORD": lambda each: each.isalnum() or each == "_",
    }
    return tests[sign.removeprefix("NOT_")](character) is not sign.startswith("NOT_")


def _children(op: str, value: Any) -> Iterator[Any]:
    if op == "BRANCH":
        yield from value[1]
    elif op in ("SUBPATTERN", *_REPEATS):
        yield value[-1]
    elif op == "ATOMIC_GROUP":
        yield value
    elif op in ("ASSERT", "ASSERT_NOT"):
        yield value[1]


def _repeats(nodes: Any, before: str, chance: random.Random) -> Iterator[tuple[str, str]]:
    """Each long repeat: what stands before it, and what it repeats."""
    for op, value in nodes:
        kind = str(op)
        if kind in _REPEATS and int(value[1]) >= LONG:
            bodies = {_text(value[2], chance) for _ in range(3)}
            yield from ((before, body) for body in sorted(bodies))
        for child in _children(kind, value):
            yield from _repeats(child, before, chance)
        before += _node_text(kind, value, chance)


def _characters(nodes: Any) -> Iterator[str]:
    """One character for each class and literal; classes first, which match more."""
    later: list[str] = []
    for op, value in nodes:
        kind = str(op)
        if kind in ("IN", "ANY", "NOT_LITERAL"):
            yield _one(kind, value, random.Random(0))
            later += [_of_item(item) for item in value[:3] if str(item[0]) != "NEGATE"] if kind == "IN" else []
        elif kind == "LITERAL":
            later.append(chr(value))
        for child in _children(kind, value):
            later += _characters(child)
    yield from later
