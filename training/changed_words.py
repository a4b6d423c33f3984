"""Questions that ask for the opposite, for what did not happen, or about another thing of the same passage.

Each function gives stretches of a question, and for each what takes its place.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import rjieba

from rag.text.writing_systems import HAN, script_of

_PAIRS = Path(__file__).with_name("opposites.txt")
"""Two words a line that say the opposite of each other."""


def _both_ways(pairs: Path) -> dict[str, list[str]]:
    """Each word's opposites."""
    found: dict[str, list[str]] = defaultdict(list)
    for pair in pairs.read_text(encoding="utf-8").splitlines():
        one, other = pair.split()
        found[one].append(other)
        found[other].append(one)
    return found


_OPPOSITES_OF = _both_ways(_PAIRS)
_OPPOSITE = re.compile(
    "|".join(rf"\b{word}\b" if word.isascii() else word for word in sorted(_OPPOSITES_OF, key=len, reverse=True)),
    re.IGNORECASE,
)
_NEGATED = {word: f"不{word}" for word in "是 会 能 可以 需要 属于".split()}
_NEGATIONS = ("没有", "未", "不", "从未", "无法")
_NOT_NEGATED = frozenset("没有 请问 知道 可能 应该 为什么 不是 不会 不能 要求 进行".split())
_AUXILIARY = re.compile(r"\b(did|does|do|was|were|is|are|has|had|can|could|will|would|should)\b(?! not|n't)", re.I)
_WHO_DID = re.compile(r"^((?:Who|What|Which \w+|How many \w+) )(?=\w+(?:ed|es|ts|ds|ns)\b)", re.I)
_IRREGULAR = {"can": "can't", "will": "won't"}
_SAME_BOTH_WAYS = frozenset("是 指 叫 为 有 像".split())
"""Verbs that say nothing of who did something to whom."""
_KANA = re.compile("[\u3040-\u30ff]")
_HAN_WORD = 2
"""Characters of a word that is replaced with another."""
_THINGS = ("n", "nz", "nr", "ns", "nt", "vn", "eng", "j", "l")
_REPLACED_TAGS = ("n", "v", "vn", "a", "nz")


def _tagged(question: str) -> list[tuple[str, str]]:
    """Words of a Chinese question with what they are; of one in another language none."""
    return [] if _KANA.search(question) else rjieba.tag(question)


def opposites(question: str, passage: str) -> Iterator[tuple[str, str]]:
    """A word of the question, and one that says the opposite, which the passage does not have."""
    for found in _OPPOSITE.finditer(question):
        for other in _OPPOSITES_OF[found[0].lower()]:
            if other not in passage.lower() and other not in question.lower():
                yield found[0], other.capitalize() if found[0][0].isupper() else other


def negations(question: str, passage: str) -> Iterator[tuple[str, str]]:
    """A verb of the question, and the same denied."""
    for word, tag in _tagged(question):
        is_denied = any(negation + word in passage + question for negation in ("没有", *"不未没"))
        if tag != "v" or word in _NOT_NEGATED or is_denied:
            continue
        if word in _NEGATED:
            yield word, _NEGATED[word]
        elif len(word) >= _HAN_WORD and script_of(word) == HAN:
            yield from ((word, negation + word) for negation in _NEGATIONS)
    if found := _AUXILIARY.search(question, 1):
        yield found[0], _IRREGULAR.get(found[0].lower(), f"{found[0]}n't")
    elif found := _WHO_DID.search(question):
        yield found[1], f"{found[1]}never "


def neighbours(question: str, passage: str) -> Iterator[tuple[str, str]]:
    """A word that the question has from the passage, and another of its kind that the passage has."""
    asked = [row for row in _tagged(question) if row[1] in _REPLACED_TAGS and len(row[0]) >= _HAN_WORD]
    asked = [(word, tag) for word, tag in asked if word in passage]
    if not asked:
        return
    others = {row for row in rjieba.tag(passage) if row[1] in _REPLACED_TAGS and len(row[0]) >= _HAN_WORD}
    for word, tag in asked:
        for other, kind in sorted(others):
            if kind == tag and other not in question and not set(other) & set(word):
                yield word, other


def exchanges(question: str, passage: str) -> Iterator[tuple[str, str]]:
    """Two things on both sides of a verb, and the same in each other's place: who bit whom."""
    runs = [(is_thing, [word for word, _ in run]) for is_thing, run in groupby(_tagged(question), _is_thing)]
    verbs = {word for word, tag in _tagged(question) if tag == "v" and word not in _SAME_BOTH_WAYS}
    for before, between, after in zip(runs, runs[1:], runs[2:], strict=False):
        one, other = "".join(before[1]), "".join(after[1])
        if before[0] and one in passage and other in passage and verbs & {*between[1]}:
            middle = "".join(between[1])
            yield f"{one}{middle}{other}", f"{other}{middle}{one}"


def _is_thing(row: tuple[str, str]) -> bool:
    word, tag = row
    return tag in _THINGS and len(word) >= _HAN_WORD
