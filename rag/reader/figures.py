"""What a text says in figures: years, dates, percentages and amounts, each in one form."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import datetime
from decimal import Decimal

from rag.lexical import fold

Figures = dict[str, set[str]]
"""For each kind of figure its values."""

UNITS = {
    "percent": r"%|个?百分点|percent(?:age points?)?|per cent",
    "money": r"[多余]?(?:元|美元|欧元|日元|港元|英镑|人民币|dollars?|yuan|euros?|pounds?)",
    "length": r"公里|千米|米|厘米|毫米|海里|km|kilomet(?:re|er)s?|met(?:re|er)s?|miles?",
    "weight": r"公斤|千克|吨|tons?|tonnes?|kg",
    "degrees": r"摄氏度|度(?!过)|℃|degrees?",
    "square": r"平方公里|平方米|公顷|亩|square \w+|hectares?|acres?",
    "vehicles": r"辆|台|架|艘|列",
    "age": r"岁|years? old",
    "people": r"人次|[多余]?人(?!民)|名|people|visitors|students",
    "pieces": r"件|份|套|枚|册|张|pieces",
    "points": r"分(?![之钟秒比])|points?",
    "minutes": r"分钟|minutes?",
    "span": r"年(?![月度底初末级代])|years?",
}
"""Kinds of amounts, and what follows the number of each."""

_DIGITS = {character: value for value, character in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_TENS = {"十": 10, "百": 100, "千": 1000}
_SCALES = {"千": 10**3, "万": 10**4, "百万": 10**6, "千万": 10**7, "亿": 10**8, "万亿": 10**12}
_SCALES |= {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_AMOUNT = re.compile(
    r"(?<![\d.a-z第几数])(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|[零一二三四五六七八九十百千两〇]+)\s?-?"
    rf"(?P<scale>{'|'.join(sorted(_SCALES, key=len, reverse=True))})?\s?"
    rf"(?:{'|'.join(f'(?P<{kind}>{unit})' for kind, unit in UNITS.items())})"
)
_PRICE = re.compile(r"[$¥€£]\s?(\d[\d,]*(?:\.\d+)?)\s?(thousand|million|billion|trillion)?")

_YEAR = re.compile(
    r"(?<![\d.-])(?<!\d,)(1\d{3}|20\d\d)(?=\s?年(?!代))"
    r"|(?<![\d.$¥€£-])(?<!\d,)\b(1[5-9]\d\d|20\d\d)\b(?!,\d|\.\d|\s?(?:%|[a-z]{1,2}\b|[万亿米元]))"
)
_DECADE = re.compile(r"(?<!\d)(1\d\d|20\d)0(?:\s?年代|s\b)")
_YEARS = re.compile(r"((?:1\d|20)\d\d)\s?年?\s?(?:-|–|—|~|至|到|to|and)\s?((?:1\d|20)\d\d)")
_LONGEST_RANGE = 100
_RELATIVE = {"今年": 0, "本年": 0, "去年": -1, "上年": -1, "前年": -2, "明年": 1}
_RELATIVE |= {"this year": 0, "last year": -1, "next year": 1}

_QUARTER = re.compile(
    r"([一二三四1-4])季度|第([一二三四1-4])季|\bq([1-4])\b|(first|second|third|fourth) quarter|([上下])半年"
)
_QUARTERS = {"一": "1", "二": "2", "三": "3", "四": "4", "first": "1", "second": "2", "third": "3", "fourth": "4"}
_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH_NUMBER = r"(?<!\d)(1[0-2]|0?[1-9])"
_DAY_NUMBER = r"(3[01]|[12]\d|0?[1-9])"
_DAY = re.compile(rf"{_MONTH_NUMBER}\s?月(?!内|薪|度)份?(?:\s?{_DAY_NUMBER}\s?[日号])?")
_NAMED_DAY = re.compile(rf"\b({'|'.join(_MONTH_NAMES)})[a-z]{{0,6}}\.?\s{_DAY_NUMBER}(?:st|nd|rd|th)?\b")
_MONTHS = re.compile(rf"{_MONTH_NUMBER}\s?月?\s?[-–—~至到]\s?(1[0-2]|0?[1-9])\s?月")


def figures_of(text: str, day: datetime | None = None) -> Figures:
    """All figures of a text.

    >>> figures_of("2021年三季度卖出3万辆，增长2.5%")["vehicles"], figures_of("去年", datetime(2022, 3, 1))["year"]
    ({'30000'}, {'2021'})

    :param day: The article's date: what "last year" is in it.
    """
    folded = fold(text)
    figures: Figures = defaultdict(set)
    for match in _AMOUNT.finditer(folded):
        kind = next(name for name in UNITS if match[name])
        figures[kind].add(_value(match["number"], match["scale"]))
    figures["span"] = {years for years in figures["span"] if len(years) < 4}  # 2021年 is no span of years
    figures["money"] |= {_value(number, scale) for number, scale in _PRICE.findall(folded)}
    figures["year"] = _years(folded, day)
    named = (next(filter(None, match.groups())) for match in _QUARTER.finditer(folded))
    figures["quarter"] = {_QUARTERS.get(quarter, quarter) for quarter in named}
    figures["month"], figures["day"] = _months_and_days(folded)
    return figures


def _value(number: str, scale: str | None) -> str:
    plain = str(_spelled(number)) if number[0] in _DIGITS or number[0] in _TENS else number.replace(",", "")
    return f"{(Decimal(plain) * _SCALES.get(scale or '', 1)).normalize():f}"


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
    days += [(_MONTH_NAMES.index(month) + 1, day) for month, day in _NAMED_DAY.findall(folded)]
    months = {month for month, _ in days}
    for first, last in _MONTHS.findall(folded):
        months |= set(range(int(first), int(last) + 1))
    return {str(month) for month in months}, {f"{month}-{int(day)}" for month, day in days if day}
