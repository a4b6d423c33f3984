"""Questions that ask for the opposite, for what did not happen, or about another thing of the same passage.

Each function gives a question in all the ways in which it can be changed.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
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
_NEGATED = frozenset("是 会 能 可以 需要 属于".split())
"""Verbs that are denied with 不 alone."""
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


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of a text, by jieba.

    :param start: Offset of its first character.
    """

    text: str
    tag: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


def _words(text: str) -> list[_Word]:
    """Words of a Chinese text; of one in another language none."""
    found, start = [], 0
    for word, tag in [] if _KANA.search(text) else rjieba.tag(text):
        found.append(_Word(word, tag, start))
        start += len(word)
    return found


def _with(question: str, start: int, end: int, other: str) -> str:
    """A question with something else in the place of a stretch."""
    return question[:start] + other + question[end:]


def opposites(question: str, passage: str) -> Iterator[str]:
    """With a word that says the opposite of one, and that the passage does not have."""
    for found in _OPPOSITE.finditer(question):
        for other in _OPPOSITES_OF[found[0].lower()]:
            if other not in passage.lower() and other not in question.lower():
                yield _with(question, *found.span(), other.capitalize() if found[0][0].isupper() else other)


def negations(question: str, passage: str) -> Iterator[str]:
    """With a verb denied."""
    for word in _words(question):
        is_denied = any(negation + word.text in passage + question for negation in ("没有", *"不未没"))
        if word.tag != "v" or word.text in _NOT_NEGATED or is_denied:
            continue
        if word.text in _NEGATED:
            yield _with(question, word.start, word.start, "不")
        elif len(word.text) >= _HAN_WORD and script_of(word.text) == HAN:
            yield from (_with(question, word.start, word.start, negation) for negation in _NEGATIONS)
    if found := _AUXILIARY.search(question, 1):
        yield _with(question, *found.span(), _IRREGULAR.get(found[0].lower(), f"{found[0]}n't"))
    elif found := _WHO_DID.search(question):
        yield _with(question, found.end(), found.end(), "never ")


def neighbours(question: str, passage: str) -> Iterator[str]:
    """With another word of the passage in the place of one that it has too."""
    asked = [word for word in _replaceable(question) if word.text in passage]
    others = sorted({(word.text, word.tag) for word in _replaceable(passage)}) if asked else []
    for word in asked:
        for other, tag in others:
            if tag == word.tag and other not in question and not set(other) & set(word.text):
                yield _with(question, word.start, word.end, other)


def _replaceable(text: str) -> list[_Word]:
    return [word for word in _words(text) if word.tag in _REPLACED_TAGS and len(word.text) >= _HAN_WORD]


def exchanges(question: str, passage: str) -> Iterator[str]:
    """With two things on both sides of a verb in each other's place: who bit whom."""
    runs = [(is_thing, [*run]) for is_thing, run in groupby(_words(question), _is_thing)]
    for (is_thing, before), (_, between), (_, after) in zip(runs, runs[1:], runs[2:], strict=False):
        one, middle, other = ("".join(word.text for word in run) for run in (before, between, after))
        has_verb = any(word.tag == "v" and word.text not in _SAME_BOTH_WAYS for word in between)
        if is_thing and has_verb and one in passage and other in passage:
            yield _with(question, before[0].start, after[-1].end, f"{other}{middle}{one}")


def _is_thing(word: _Word) -> bool:
    return word.tag in _THINGS and len(word.text) >= _HAN_WORD
