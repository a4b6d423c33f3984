"""The names, numbers and codes of a question, as an index has them in another script: by their sound, or a dictionary.

Nothing is added to the index. Of the characters that have a syllable's sound those count whose pairs stand in it, and a
Chinese name counts as pinyin where that stands in it.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass
from itertools import product

from rag.text.dictionary import MAX_NAME_WORDS, MIN_SPELLED, dictionary, names_by_sound, names_known, readings_of
from rag.text.pinyin import MAX_SYLLABLES
from rag.text.terms import HAN_RUN, Anchor, numerals, pairs, words
from rag.text.writing_systems import fold

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*[1-5]?")
_BREAK = re.compile(r"[^\w\s'’-]")
MOSTLY = 0.8
"""Share of a question's words that are pinyin where all of it is."""
MAX_WORDS = 4
"""Words that are one name, written apart: Bei Jing, Li Ke Qiang."""
NUMBER_WEIGHT = 0.5
"""How much a number, date or code counts beside a name (measurements: ranking)."""
ALONE_WEIGHT = 10.0
"""How much the names of a question count that asks for nothing else: its vector, too, is that of the names, and says
little across scripts (measurements: ranking)."""
MAX_SPELLED = 4
"""Characters of a name that is spelled by its sound."""
MIN_LOWER = 4
"""Letters of a name that need not begin in a capital; of one word by its sound, ``MIN_SPELLED``."""
MAX_SPOKEN = 40
"""Words of a question among which names are looked for: each may take 26 ms where all are syllables."""
MIN_WORD = 3
"""Letters of a word that is looked for as it stands: Voyah in a Chinese article."""


def anchors_of(question: str, vocabulary: Container[str]) -> list[Anchor]:
    """The names, numbers and codes of a question that an index has.

    Names begin in capitals, unless the question has none, or nearly all of it is pinyin. Where they overlap, the
    longest counts. Where the question is nothing but names, they count ``ALONE_WEIGHT`` times.

    :param vocabulary: The terms of the index.
    """
    numbers = dict.fromkeys(numerals(fold(question)))
    found = [Anchor(((term,),), NUMBER_WEIGHT) for term in numbers if term in vocabulary]
    return [*found, *_in_chinese(question, vocabulary), *_in_latin(question, vocabulary)]


@dataclass(frozen=True, slots=True)
class _Spelling:
    """How a question's words are written: whether nearly all are pinyin, and whether any is in capitals."""

    is_pinyin: bool
    has_capitals: bool


def _in_chinese(question: str, vocabulary: Container[str]) -> list[Anchor]:
    """The names that a question has in Latin letters and an index in Chinese characters."""
    looked_at = " ".join(question.split()[:MAX_SPOKEN])
    runs = [[word[0] for word in _WORD.finditer(part)] for part in _BREAK.split(looked_at)]
    spoken = [word for run in runs for word in run]
    is_pinyin = sum(bool(readings_of(word)) for word in spoken) >= MOSTLY * len(spoken)
    spelling = _Spelling(is_pinyin, any(word[0].isupper() for word in spoken))
    found = [name for run in runs for name in _names_of(run, vocabulary, spelling)]
    is_all = sum(length for length, _ in found) == len(spoken)
    return [Anchor(name.forms, ALONE_WEIGHT) if is_all else name for _, name in found]


def _names_of(run: list[str], vocabulary: Container[str], spelling: _Spelling) -> Iterator[tuple[int, Anchor]]:
    """The names in a run of words, from left to right, the longest that begins there: how many words, and the name."""
    at = 0
    while at < len(run):
        is_name = spelling.is_pinyin or run[at][0].isupper()
        begins = _beginning(run[at:], vocabulary, spelling, is_name=is_name)
        length, name = next(begins, (1, None)) if is_name or not spelling.has_capitals else (1, None)
        if name:
            yield length, name
        at += length


def _in_latin(question: str, vocabulary: Container[str]) -> Iterator[Anchor]:
    """The Chinese names of a question that an index has in Latin letters, the longest where they overlap."""
    for run in HAN_RUN.findall(fold(question)):
        at = 0
        while at < len(run):
            lengths = range(min(MAX_SYLLABLES, len(run) - at), 1, -1)
            spelled = ((length, tuple(_spelled(run[at : at + length], vocabulary))) for length in lengths)
            length, forms = next(((length, forms) for length, forms in spelled if forms), (1, ()))
            if forms:
                yield Anchor(forms)
            at += length


def _spelled(name: str, vocabulary: Container[str]) -> Iterator[tuple[str, ...]]:
    """How a Chinese name is written in Latin letters: as English calls it, Zhuozhou, Zhang Xiaoming."""
    forms = [tuple(words(english)) for english in dictionary().english.get(name, ())]
    if len(name) <= MAX_SPELLED:
        for sounds in product(*(dictionary().sounds.get(character, ()) for character in name)):
            forms += [("".join(sounds),), (sounds[0], "".join(sounds[1:]))]
    yield from (form for form in dict.fromkeys(forms) if form and all(term in vocabulary for term in form))


def _beginning(
    run: list[str], vocabulary: Container[str], spelling: _Spelling, *, is_name: bool
) -> Iterator[tuple[int, Anchor]]:
    """Names with which a run of words begins, the longest first: how many words, and the name."""
    for length in range(min(MAX_NAME_WORDS, len(run)), 0, -1):
        forms = dict.fromkeys(_forms(run[:length], vocabulary, spelling, is_name=is_name))
        in_index = tuple(form for form in forms if form and all(term in vocabulary for term in form))
        if in_index:
            yield length, Anchor(in_index)


def _forms(
    name: list[str], vocabulary: Container[str], spelling: _Spelling, *, is_name: bool
) -> Iterator[tuple[str, ...]]:
    """As what an index may have a name: in Chinese by the dictionary or by its sound, or one word as it stands."""
    in_chinese = names_known(name) if is_name or len(" ".join(name)) >= MIN_LOWER else []
    in_capitals = len(name) <= MAX_WORDS and all(word[0].isupper() for word in name)
    if spelling.is_pinyin or in_capitals or _may_sound(name):
        in_chinese += names_by_sound(name, vocabulary)
    yield from (tuple(pairs(one)) for one in in_chinese)
    if len(name) == 1 and len(name[0]) >= MIN_WORD:
        yield (fold(name[0]),)


def _may_sound(words: list[str]) -> bool:
    """Whether words without capitals may be pinyin: one that is no short word of another language."""
    return len(words) == 1 and len(words[0]) >= MIN_SPELLED
