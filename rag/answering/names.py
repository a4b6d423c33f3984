"""Names in a question that an article does not have: a question about one company is not answered by another."""

from __future__ import annotations

import re
from collections.abc import Set
from difflib import get_close_matches
from itertools import pairwise

from rag.text.dictionary import FULL_NAME, dictionary, is_spelled, names_in_chinese, readings_of
from rag.text.named_entities import named_entities
from rag.text.terms import pairs
from rag.text.writing_systems import HAN, LATIN, fold, script_of

_WORD = "[A-Z][A-Za-z]{2,}"
_CAPITALISED = re.compile(rf"(?<=[a-z,’'] ){_WORD}(?: (?:of (?:the )?)?{_WORD})*")
_ENGLISH = re.compile(r"\b(?:the|what|who|whose|when|where|which|how|why|did|does|do|is|are|were|has|have|can)\b")
"""A word that only a question in English has: in German every noun is capitalised, and elsewhere names are written
otherwise than in an English article."""
_WHOLE = re.compile(
    r"《([^《》]{1,20})》|“((?:(?![什谁哪几])[^“”]){1,12})”"
    r"|(?<![a-z0-9])((?!(?:post|pre|mid)-)[a-z]{1,6}-?\d{1,5}[a-z]{0,3})(?![a-z0-9])"
)
"""Titles of works, what stands in quotes, and codes such as X9: names in any script, which an article has whole."""
_SPELLED = re.compile(r"(?<=[a-z’'] )[A-Z][a-z]+(?:,? [A-Z][a-z]+)*")
"""A name with those beside it, of which an article may have one: Zigui, Hubei."""
_COUNTRY = frozenset(("China", "Chinese", "中国", "我国"))
"""What an article about the country need not have."""
_MAX_SPELLED = 4
"""Names of a question, and words of each, that are looked for by their sound."""
_BRACKETS = re.compile(r"[(（][^()（）]{0,100}[)）]")
_MIXED = r"(?<![A-Za-z0-9])(?=[a-z]*[A-Z])(?=[A-Z]*[a-z])[A-Za-z]{3,30}(?![A-Za-z0-9])"
_LATIN = re.compile(rf"{_MIXED}(?: {_MIXED})*")
"""Words with capitals and small letters in Chinese: a name. What is all capitals or all small is a term, GDP or app,
that an article may have in Chinese; in brackets stands another form of what is before it."""
_KNOWN = re.compile(r"(?<![a-z0-9])[a-z]{3,30}(?![a-z0-9])")
MAX_KNOWN = 2000
"""Latin words of an article that a name is compared with."""
_SPELLED_ALIKE = 0.75
"""Similarity (``difflib``) of two spellings of one name: ARPNET and ARPANET."""
_SORT, _MIN_WITH_SORT = 2, 4
"""Characters at the end of an organisation's name that tell its sort, and of the shortest name that has them: two
airlines share no more."""


def _names_of(question: str) -> list[list[str]]:
    """The names in a question, in the form in which texts are compared; of an organisation without its sort.

    What stands side by side is one name, of which an article may have a part: 青岛城阳.
    """
    latin = [[fold(name)] for name in _CAPITALISED.findall(question)] if _ENGLISH.search(fold(question)) else []
    in_chinese: list[list[str]] = []
    end = -1
    for name in named_entities(fold(question)) if script_of(question) == HAN else ():
        if len(name.text) > 1 and name.text not in _COUNTRY:
            has_sort = name.kind == "ORG" and len(name.text) >= _MIN_WITH_SORT
            in_chinese += [[]] if name.start != end else []
            in_chinese[-1].append(name.text[: -_SORT if has_sort else None])
            end = name.start + len(name.text)
    return latin + in_chinese


def has_unsupported_entity(question: str, article: str) -> bool:
    """Whether a question names something that the article does not have: no two adjacent characters of it, or no word.

    Of a title, a quote or a code the article must have the whole. Of names in another script than the article's those
    are judged that are a Chinese name in pinyin.

    >>> article = "青禾乳业召回三千盒酸奶"
    >>> [has_unsupported_entity(f"{name}召回了什么？", article) for name in ("蒙牛", "青禾乳业")]
    [True, False]
    """
    script, text = script_of(article), fold(article)
    whole = [next(filter(None, groups)).strip() for groups in _WHOLE.findall(fold(question))]
    if any(name not in text for name in whole if script_of(name) in (script, LATIN)):
        return True
    names = (parts for parts in _names_of(question) if script_of(parts[0]) == script)
    if any(not any(_stands(part, text) for part in parts) for parts in names):
        return True
    if script != HAN:
        return False
    in_chinese = script_of(question) == HAN
    return _has_unsupported_word(question, text) if in_chinese else _has_unheard_name(question, text)


def _has_unsupported_word(question: str, text: str) -> bool:
    """Whether a question in Chinese has a Latin name of which a text in Chinese has no word in any spelling."""
    names = [fold(name).split() for name in _LATIN.findall(_BRACKETS.sub(" ", question))]
    missing = [words for words in names if not any(word in text for word in words)]
    known = set(_KNOWN.findall(text)[:MAX_KNOWN]) if missing else set()
    return any(not any(get_close_matches(word, known, 1, _SPELLED_ALIKE) for word in words) for words in missing)


def _has_unheard_name(question: str, text: str) -> bool:
    """Whether a question in English has a name in pinyin that a text in Chinese has not, by sound or dictionary."""
    if not _ENGLISH.search(fold(question)):
        return False
    names = (name.replace(",", "").split()[:_MAX_SPELLED] for name in _SPELLED.findall(question)[:_MAX_SPELLED])
    spelled = [words for words in names if _is_spelled(words)]
    vocabulary = frozenset(pairs(text)) if spelled else frozenset()
    return any(not _is_heard(words, text, vocabulary) for words in spelled)


def _is_spelled(words: list[str]) -> bool:
    """Whether a name has a word that may be pinyin, or is a person's of two such: Ma Rui."""
    alone = any(is_spelled(word) and word not in _COUNTRY for word in words)
    return alone or (len(words) == FULL_NAME and is_spelled("".join(words)))


def _is_heard(words: list[str], text: str, vocabulary: Set[str]) -> bool:
    """Whether a text has a word of a name, or two that stand side by side: as they are, or in Chinese."""
    parts = [*([word] for word in words), *map(list, pairwise(words))]
    return any(
        fold(" ".join(part)) in text or any(_stands(name, text) for name in names_in_chinese(part, vocabulary))
        for part in parts
    )


def _stands(name: str, text: str) -> bool:
    if script_of(name) != HAN:
        return any(word in text for word in name.split() if len(word) > 2 and word != "the")
    if any(_is_told_as(english, text) for english in dictionary().english.get(name, ())):
        return True
    return any(name[at : at + 2] in text for at in range(len(name) - 1))


def _is_told_as(english: str, text: str) -> bool:
    """Whether a text has what English calls a name, or another Chinese name of that: 俄国 is Russia, and so is 俄罗斯.

    What is called by its sound is no other name of it: 苏州 and 宿州 are both Suzhou.
    """
    if english in (text if " " in english else _KNOWN.findall(text)):
        return True
    return not readings_of(english) and any(name in text for name in dictionary().names.get(english, ()))
