"""Questions that a passage contradicts: they ask for one year, percentage or amount, and it speaks of others.

Who asks for 2.5 % is not answered by 0.5 %. No model is to be trusted with that, so it is looked up.
"""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal

from rag.lexical import fold
from rag.reader.figures import Figures, figures_of
from rag.reader.units import MEASURED, SPELLED, UNITS

SMALL = 10
"""Whole counts below this contradict nothing: "two people" may be any two of five."""
EXACT = ("percent", "age", "points")
ROUNDED, ROUNDED_SMALL = Decimal("0.02"), Decimal("0.1")
"""How far off, of itself, any other amount in a question may be, and one that is small in some unit: "two hours"."""
PERHAPS_YEARS = range(80, 100)
"""Spans that contradict nothing: 98年 may be a year after all."""
MAY_BE = {"元": {"cny", "hkd", "twd", "¥"}, "$": {"usd", "hkd", "twd"}, "¥": {"cny", "jpy"}}
"""Currencies that are written with one sign or word."""

_NUMBER = rf"(?:百分之)?[\d{SPELLED}][\d.,{SPELLED}万亿]*+"
_ROUGH = re.compile(
    r"(?:超过?|逾|近|约|多于|少于|高于|低于|不到|不足|至少|至多|over|above|below|under|than|about|around|nearly|almost"
    rf"|roughly|approximately|at least|at most|up to)\s?[$¥€£]?{_NUMBER}"
    rf"|(?<![\d.,{SPELLED}万亿]){_NUMBER} ?(?:[多余]|[^\d\s]{{1,4}}? ?(?:以上|以下|以内|左右|上下))"
    rf"|(?:比[^比,。?增]{{1,12}}?[多少高低长短快慢早晚重轻大小]|相差)\s?{_NUMBER}(?!\s?%)"
)
"""An amount that the question itself gives as rough, as a bound, or as the difference of two."""


def contradicts(question: str, passage: str, article: str, day: datetime | None) -> bool:
    """Whether a passage speaks of another year, date, percentage or amount than the one that is asked for.

    Each kind for itself: the question names one, the passage names some, none of them is the question's, and nor does
    the rest of the article name it. Of 4,600 questions of public sets two are said to be contradicted by a passage
    that answers them.

    >>> contradicts("谁增长了2.5%？", "甲公司增长了0.5%，乙公司下跌1.5%。", "", None)
    True
    >>> contradicts("2021年利润是多少？", "2022年利润为3亿元，上年为2亿元。", "", None)
    False

    :param article: All of the article's text, its title too.
    :param day: The article's date: what "last year" is in it, and a year that it speaks of in any case.
    """
    named, exact = figures_of(question), figures_of(_ROUGH.sub(" ", fold(question)))
    asked = {kind: values & named[kind] for kind, values in exact.items()}  # less what met where one was cut out
    if not any(asked.values()):
        return False
    told = figures_of(passage, day)
    denied = [kind for kind, values in asked.items() if values and told[kind] and not _agree(kind, values, told)]
    if not denied:
        return False
    anywhere = figures_of(article, day)
    anywhere["year"] |= {str(day.year)} if day else set()  # news is of its own year without saying so
    return any(not _agree(kind, asked[kind], anywhere) for kind in denied)


def _agree(kind: str, values: set[str], told: Figures) -> bool:
    return any(_agrees(kind, value, told[kind]) for value in values)


def _agrees(kind: str, value: str, told: set[str]) -> bool:
    """Whether a figure is among those told; a large amount may be rounded."""
    if value in told:
        return True
    if kind in EXACT or kind not in (*UNITS, "money"):
        return False
    amount, _, currency = value.partition(" ")
    asked = Decimal(amount)
    units = map(Decimal, UNITS.get(kind, {"": "1"}).values())
    small = any(asked < SMALL * unit and asked % unit == 0 for unit in units)
    if (small and kind not in MEASURED) or (kind == "span" and asked in PERHAPS_YEARS):
        return True
    near = asked * (ROUNDED_SMALL if small else ROUNDED)
    others = (other.partition(" ") for other in told)
    return any(abs(asked - Decimal(amount)) <= near and _may_be(currency, its) for amount, _, its in others)


def _may_be(one: str, other: str) -> bool:
    """Whether two currencies may be the same; that of an amount without any may be each."""
    return not one or not other or one == other or other in MAY_BE.get(one, ()) or one in MAY_BE.get(other, ())
