"""What a text says in figures: years, dates, percentages and amounts, each in one form."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import datetime
from decimal import Decimal

from rag.lexical import fold
from rag.scripts import simplified

Figures = dict[str, set[str]]
"""For each kind of figure its values."""

UNITS = {
    "percent": r"%|个?百分点|percent(?:age points?)?|per cent",
    "money": r"[多余]?(?:元|美元|欧元|日元|港元|英镑|人民币|dollars?|yuan|euros?|pounds?)",
    "length": r"公里|千米|米|厘米|毫米|海里|km|kilomet(?:re|er)s?|met(?:re|er)s?|miles?",
    "weight": r"公斤|千克|吨|tons?|tonnes?|kilograms?|kg",
    "degrees": r"摄氏度|度(?!过)|°c|degrees?",
    "square": r"平方(?:公里|千米|米)|公顷|亩|square \w+|hectares?|acres?",
    "vehicles": r"辆|台|架|艘|列",
    "age": r"岁|years?[ -]old",
    "people": r"人次|[多余]?人(?!民)|名|people|visitors|students",
    "pieces": r"件|份|套|枚|册|张|株|棵|趟|pieces",
    "points": r"分(?![之钟秒比])|points?",
    "minutes": r"分钟|minutes?",
    "span": r"年(?![月度底初末级代])|years?",
}
"""Kinds of amounts, and what follows the number of each."""

_DIGITS = {character: value for value, character in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_TENS = {"十": 10, "百": 100, "千": 1000}
_SCALES = {"千": 10**3, "万": 10**4, "百万": 10**6, "千万": 10**7, "亿": 10**8, "万亿": 10**12}
_SCALES |= {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_SHORT_SCALES = {"k": 10**3, "m": 10**6, "b": 10**9, "bn": 10**9, "tn": 10**12}
_FACTORS = _SCALES | _SHORT_SCALES
_SCALE = rf"(?!千[米克])(?:{'|'.join(sorted(_SCALES, key=len, reverse=True))})|(?:{'|'.join(_SHORT_SCALES)})\b"
_KANA = re.compile(r"[\u3041-\u30ff]")
"""A text with any is not made simplified, be it Chinese with a Japanese name; its figures are read all the same."""
SPELLED = "".join(_DIGITS | _TENS)
"""The characters of spelled numbers."""

# Numbers are no longer than here, so that no run of digits, however long, is looked through more than once.
_PLAIN = r"(?:\d{1,3}(?:,\d{3}){1,5}|\d{1,15})(?:\.\d{1,9})?"
_NUMBER = rf"(?:{_PLAIN}|[{SPELLED}]{{1,12}})"
_AMOUNT = re.compile(
    rf"(?<![\d.a-z第几数])(?<!\d[万亿])(?:(?=\d)|(?<![{SPELLED}万亿]))(?!十分(?!钟)|千[米克])"  # "very", "each km"
    rf"(?:(?P<ahead>{_NUMBER})(?P<large>[万亿]))?(?P<number>{_NUMBER}) ?-?(?P<scale>{_SCALE})? ?"
    rf"(?:{'|'.join(f'(?P<{kind}>{unit})' for kind, unit in UNITS.items())})"
)
_PERCENT = re.compile(rf"百分之((?>{_NUMBER}))(?!点)")
_PRICE = re.compile(rf"[$¥€£] ?({_PLAIN})(?!\d) ?({_SCALE})?")

_UNIT = rf"[万亿]|{'|'.join(UNITS.values())}|(?:[cmk]?m|[mk]?g|[kmg]w|[mgt]b|ft|lb|ha|hp)\b"
_YEAR = re.compile(
    r"(?<![\d.-])(?<!\d,)(1\d{3}|20\d\d)(?= ?年(?!代))"
    rf"|(?<![\d.$¥€£-])(?<!\d,)\b(1[5-9]\d\d|20\d\d)\b(?!,\d|\.\d| ?-?(?:{_UNIT}))"
)
_DECADE = re.compile(r"(?<!\d)(1\d\d|20\d)0(?: ?年代|s\b)")
_YEARS = re.compile(r"((?:1\d|20)\d\d) ?年? ?(?:-|–|—|~|至|到|to|and) ?((?:1\d|20)\d\d)")
_LONGEST_RANGE = 100
_RELATIVE = {"今年": 0, "本年": 0, "去年": -1, "上年": -1, "前年": -2, "明年": 1}
_RELATIVE |= {"this year": 0, "last year": -1, "next year": 1}

_SCORE = re.compile(r"(?<!\d)(\d{1,3}) ?比 ?(\d{1,3})(?!\d)")
_QUARTER = re.compile(
    r"([一二三四1-4])季度|第([一二三四1-4])季|(?<![a-z])q([1-4])(?!\d)|(first|second|third|fourth)[ -]quarter"
    r"|([上下])半年"
)
_QUARTERS = {"一": "1", "二": "2", "三": "3", "四": "4", "first": "1", "second": "2", "third": "3", "fourth": "4"}
_MONTH_NAMES = "january february march april may june july august september october november december".split()
_NUMBER_OF_MONTH = {name[:3]: number for number, name in enumerate(_MONTH_NAMES, 1)}
_MONTH_NUMBER = r"(?<!\d)(1[0-2]|0?[1-9])"
_DAY_NUMBER = r"(3[01]|[12]\d|0?[1-9])"
_DAY = re.compile(rf"{_MONTH_NUMBER} ?月(?!内|薪|度)份?(?: ?{_DAY_NUMBER} ?[日号])?")
_MONTH_NAME = "|".join(("sept", *(rf"{name[:3]}(?:{name[3:]})?" for name in _MONTH_NAMES)))
_NAMED_DAY = re.compile(rf"\b({_MONTH_NAME})\.? {_DAY_NUMBER}(?:st|nd|rd|th)?\b")
_MONTHS = re.compile(rf"{_MONTH_NUMBER} ?月? ?[-–—~至到] ?(1[0-2]|0?[1-9]) ?月")


def figures_of(text: str, day: datetime | None = None) -> Figures:
    """All figures of a text.

    >>> figures_of("2021年三季度卖出3万辆，增长2.5%")["vehicles"], figures_of("去年", datetime(2022, 3, 1))["year"]
    ({'30000'}, {'2021'})

    :param day: The article's date: what "last year" is in it.
    """
    folded = fold(text)
    if _KANA.search(folded):
        folded = simplified(_KANA.sub("々", folded))
    figures: Figures = defaultdict(set)
    for match in _AMOUNT.finditer(folded):
        kind = next(name for name in UNITS if match[name])
        value = _value(match["number"], match["scale"])
        figures[kind].add(_written(value + (_value(match["ahead"], match["large"]) if match["ahead"] else 0)))
    figures["percent"] |= {_written(_value(number)) for number in _PERCENT.findall(folded)}
    figures["span"] = {years for years in figures["span"] if Decimal(years) < 1000}  # 2021年 is no span of years
    figures["money"] |= {_written(_value(number, scale)) for number, scale in _PRICE.findall(folded)}
    figures["score"] = {f"{ours}:{theirs}" for ours, theirs in _SCORE.findall(folded)}
    figures["year"] = _years(folded, day)
    named = (next(filter(None, match.groups())) for match in _QUARTER.finditer(folded))
    figures["quarter"] = {_QUARTERS.get(quarter, quarter) for quarter in named}
    figures["month"], figures["day"] = _months_and_days(folded)
    return figures


def _value(number: str, scale: str | None = None) -> Decimal:
    plain = str(_spelled(number)) if number[0] in SPELLED else number.replace(",", "")
    return Decimal(plain) * _FACTORS.get(scale or "", 1)


def _written(value: Decimal) -> str:
    """A value in the one form in which it is compared."""
    return f"{value.normalize():f}"


def _spelled(number: str) -> int:
    """A number below ten thousand in Chinese characters."""
    if not _TENS.keys() & set(number):
        return int("".join(str(_DIGITS[character]) for character in number))
    total, digit = 0, 0
    for character in number:
        if character in _TENS:
            total += (digit or 1) * _TENS[character]
            digit = 0
        else:
            digit = _DIGITS[character]
    return total + digit


def _years(folded: str, day: datetime | None) -> set[str]:
    """Years named, those of a decade or between two, and those that "last year" and the like mean."""
    years = {next(filter(None, match.groups())) for match in _YEAR.finditer(folded)}
    bases = {max(map(int, years))} if years else set()
    bases |= {day.year} if day else set()
    years |= {f"{decade}{year}" for decade in _DECADE.findall(folded) for year in range(10)}
    for first, last in _YEARS.findall(folded):
        if 0 <= int(last) - int(first) <= _LONGEST_RANGE:
            years |= {str(year) for year in range(int(first), int(last) + 1)}
    shifts = {shift for word, shift in _RELATIVE.items() if word in folded}
    return years | {str(base + shift) for base in bases for shift in shifts}


def _months_and_days(folded: str) -> tuple[set[str], set[str]]:
    days = [(int(month), day) for month, day in _DAY.findall(folded)]
    days += [(_NUMBER_OF_MONTH[month[:3]], day) for month, day in _NAMED_DAY.findall(folded)]
    months = {month for month, _ in days}
    for first, last in _MONTHS.findall(folded):
        months |= set(range(int(first), int(last) + 1))
    return {str(month) for month in months}, {f"{month}-{int(day)}" for month, day in days if day}
