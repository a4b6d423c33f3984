"""What a few words say, in the one form in which answers of several articles are compared: 93人, 约1000栋, 8月10日."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from math import prod

from rag.text.quantities import figures_of
from rag.text.units import SCALES, SPELLED, TENS, spelled
from rag.text.writing_systems import fold

MAX_VALUE = 40
"""Characters of words that are a value: longer ones say something in a sentence."""


class ValueKind(StrEnum):
    """What is compared with what."""

    FIGURE = "figure"
    DAY = "day"
    SCORE = "score"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Value:
    """What some words say.

    :param normal: In the one form: a figure in the unit in which its kind is compared, with ``+`` for more than, ``-``
        for less than and ``~`` for about; days as month and day; a name without case and marks.
    :param number: Of a figure that is one number; None for others.
    """

    kind: ValueKind
    normal: str
    number: Decimal | None = None


_SCALE = "|".join(sorted(SCALES, key=len, reverse=True))
_DIGITS = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_COUNTED = (
    "人名位个項项栋座幢处所间户家例起次场枚件辆架艘台部条只头匹吨公千克斤米里天周月年岁元倍成分级度折篇张本份批组支口亩顷层套"
    "百万亿多余几"
)
"""What stands behind a number that is spelled; else it is a part of a name, as in 三星."""
_FIGURE = re.compile(
    rf"(?P<number>{_DIGITS}|[{SPELLED}]{{1,8}}(?=[{_COUNTED}]|\Z)) ?"
    rf"(?P<scale>{_SCALE}|thousand|million|billion)?(?P<behind>[多余几]|以上)?"
)
_VAGUE = re.compile(r"(?P<some>[数几])(?P<of>[十百千万亿]+)|(?P<over>上)(?P<base>[百千万亿]+)")
_MORE = re.compile(r"(?:超过?|逾|多于|高于|不(?:少|低)于|至少|over|more than|at least|above|exceed(?:s|ed)?) ?\Z")
_LESS = re.compile(r"(?:不到|不足|少于|低于|至多|最多|under|less than|fewer than|at most|up to) ?\Z")
_ABOUT = re.compile(r"(?:近|约|大约|接近|将近|大概|about|around|nearly|almost|roughly|some) ?\Z")
_BEHIND = {"多": "+", "余": "+", "以上": "+", "左右": "~", "上下": "~", "以下": "-", "以内": "-"}
_FAR_BEHIND = re.compile(r"\A.{0,3}?(以上|左右|上下|以下|以内|余|多)")
_ENGLISH_SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9}
_DAY_ALONE = re.compile(r"(?<![\d月.])(\d{1,2}) ?[日号](?!元|本)")
_MEASURED = ("money", "length", "weight", "square", "degrees", "duration", "percent", "age", "span")
_BARE = re.compile(r"\W+")
_SCORE = re.compile(r"(?<!\d)(\d{1,3}) ?[-:∶比] ?(\d{1,3})(?!\d)")


def value_of(text: str, day: datetime | None = None) -> Value | None:
    """What some words say; None where they are none of one value.

    >>> value_of("約1000棟").normal, value_of("2200多栋").normal, value_of("三十多项").normal, value_of("上千座").normal
    ('1000~', '2200+', '30+', '1000+')
    >>> value_of("3公里") == value_of("3000米"), value_of("89人") == value_of("八十九人"), value_of("1比6").normal
    (True, True, '1:6')
    >>> value_of("10日上午", datetime(2023, 8, 9)) == value_of("8月10日") == value_of("August 10")
    True

    :param day: The article's date: in whose month a day is that is told without one.
    """
    folded = fold(text).strip()
    if not folded or len(folded) > MAX_VALUE:
        return None
    figures = figures_of(folded, day)
    if days := _days(folded, figures["day"], day):
        return Value(ValueKind.DAY, "/".join(sorted(map(_padded, days))))
    if score := _SCORE.search(folded):
        return Value(ValueKind.SCORE, f"{score[1]}:{score[2]}")
    if found := _figure(folded, figures):
        return found
    bare = _BARE.sub("", folded)
    return Value(ValueKind.NAME, bare) if bare else None


def _days(folded: str, whole: set[str], day: datetime | None) -> set[str]:
    """Days as month and day; one without a month is of that which stands before it, or of the article's own."""
    month = min(whole).split("-")[0] if whole else str(day.month) if day else ""
    return whole | {f"{month}-{number}" for number in _DAY_ALONE.findall(folded) if month}


def _padded(day: str) -> str:
    month, number = day.split("-")
    return f"{int(month):02}-{int(number):02}"


def _figure(folded: str, figures: dict[str, set[str]]) -> Value | None:
    if vague := _VAGUE.search(folded):
        base = prod((TENS | SCALES)[character] for character in vague["of"] or vague["base"])
        return Value(ValueKind.FIGURE, f"{base}+" if vague["over"] else f"{base}…", Decimal(base))
    match = _FIGURE.search(folded)
    if match is None:
        return None
    written = match["number"]
    number = Decimal(spelled(written)) if written[0] in SPELLED else Decimal(written.replace(",", ""))
    scale = match["scale"] or ""
    number *= SCALES.get(scale) or _ENGLISH_SCALES.get(scale) or 1
    measured = [value for kind in _MEASURED for value in figures.get(kind, ())]
    unit = ""
    if len(measured) == 1:
        amount, _, unit = measured[0].partition(" ")
        number = Decimal(amount)
    sign = _sign(folded, match)
    return Value(ValueKind.FIGURE, f"{number.normalize():f}{sign}{unit and f' {unit}'}", number)


def _sign(folded: str, match: re.Match[str]) -> str:
    """Whether a figure is more, less or about what it says."""
    if behind := match["behind"]:
        return _BEHIND.get(behind, "+")
    before = folded[: match.start()]
    for pattern, sign in ((_MORE, "+"), (_LESS, "-"), (_ABOUT, "~")):
        if pattern.search(before):
            return sign
    far = _FAR_BEHIND.search(folded[match.end() :])
    return _BEHIND[far[1]] if far else ""
