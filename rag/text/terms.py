"""The terms of a text, Chinese-aware, and the one form in which ways of writing a word, number, date or code meet."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

import rjieba

from rag.text.units import SCALES
from rag.text.writing_systems import fold

_WORD = re.compile(r"\w+")
HAN_RUN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]{2,}")
_NUMBER = re.compile(r"(?<![\d.a-z])(\d{1,3}(?:,\d{3})+|\d{1,15})(\.\d{1,6})?\s?(万亿|千万|百万|亿|万|千)?")
_DATE = re.compile(
    r"(?<!\d)((?:1\d|20)\d\d)\s?[年./-]\s?(0?[1-9]|1[0-2])(?!\d)(?:\s?[月./-]\s?(0?[1-9]|[12]\d|3[01])(?!\d))?"
)
_CODE = re.compile(r"(?<![a-z0-9])([a-z]{1,6})[-‐–]?(\d{1,5}[a-z]{0,3})(?![a-z0-9]|[.,]\d)")


@dataclass(frozen=True, slots=True)
class Anchor:
    """What stands in a question and may stand in a text in another script: a name, number or code.

    :param forms: In each form that texts have of it, the terms that stand for it together.
    :param weight: How much it counts, beside a name.
    """

    forms: tuple[tuple[str, ...], ...]
    weight: float = 1.0


def terms(text: str) -> list[str]:
    """The terms of a text, repeats and all: words, pairs of neighbouring Chinese characters, numbers in one form.

    Words are sharper; pairs find a name that the word list cuts elsewhere in the question than in the passage.

    >>> terms("商汤科技 SenseCore")
    ['商汤', '科技', 'sensecore', '商汤', '汤科', '科技']
    """
    folded = fold(text)
    found = words(folded)
    return found + pairs(folded) + [numeral for numeral in numerals(folded) if numeral not in found]


def words(folded: str) -> list[str]:
    """The words of a text; long Chinese ones also in parts."""
    return [word for word in rjieba.cut_for_search(folded) if _WORD.match(word)]


def pairs(folded: str) -> list[str]:
    """All pairs of neighbouring Chinese characters."""
    return [run[0][i : i + 2] for run in HAN_RUN.finditer(folded) for i in range(len(run[0]) - 1)]


def numerals(folded: str) -> list[str]:
    """What a text says in numbers, dates and codes, in one form each; only those that words alone do not match.

    >>> numerals("3.2万人") == numerals("32,000人") == numerals("32000 people") == ["32000"]
    True
    >>> numerals("2021年12月"), numerals("2021-12-07")
    (['2021-12'], ['2021-12', '2021-12-7'])
    >>> numerals("ak-47"), numerals("ak47")
    (['ak47'], ['ak47'])
    >>> numerals("about 32,000 people in 2021")
    ['32000', '2021']

    :param folded: A text in lower case and of normal width.
    """
    found = []
    for match in _DATE.finditer(folded):
        year, month, day = match[1], int(match[2]), match[3]
        found.append(f"{year}-{month}")
        if day:
            found.append(f"{year}-{month}-{int(day)}")
    found += [match[1] + match[2] for match in _CODE.finditer(folded)]
    rest = _CODE.sub(" ", _DATE.sub(" ", folded))
    found += [_number(*match.groups()) for match in _NUMBER.finditer(rest)]
    return found


def _number(whole: str, fraction: str | None, unit: str | None) -> str:
    value = Decimal(whole.replace(",", "") + (fraction or "")) * SCALES.get(unit or "", 1)
    return f"{value.normalize():f}"
