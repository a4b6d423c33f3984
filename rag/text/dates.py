"""What a text says of time: years, quarters, months and days, each in one form."""

from __future__ import annotations

import re
from datetime import datetime

from rag.text.units import DIGITS, SPELLED, UNIT, spelled

_TO = r" ?(?:-|–|—|~|至|到|to|and) ?"

_YEAR = re.compile(
    r"(?<![\d.-])(?<!\d,)(1\d{3}|20\d\d)(?= ?年(?!代))"
    rf"|(?<![\d.$¥€£-])(?<!\d,)\b(1[5-9]\d\d|20\d\d)\b(?!,\d|\.\d| ?-?(?:[万亿]|{UNIT}"
    r"|(?:[cmk]?m|[mk]?g|[kmg]w|[mgt]b|ft|lb|ha|hp)\b))"
)
_DECADE = re.compile(r"(?<!\d)(1\d\d|20\d)0(?: ?年代|s\b)")
_YEARS = re.compile(rf"((?:1\d|20)\d\d) ?年?{_TO}((?:1\d|20)\d\d)")
_MAX_RANGE = 100
_RELATIVE = {"今年": 0, "本年": 0, "去年": -1, "上年": -1, "前年": -2, "明年": 1}
_RELATIVE |= {"this year": 0, "last year": -1, "next year": 1}

_DIGIT = "".join(DIGITS)
_SPELLED_YEAR = re.compile(
    rf"(?<![{SPELLED}\d])(?:一[{_DIGIT}]|二[零〇○])[{_DIGIT}]{{2}}(?= ?(?:年|[-–—~至到]))"
    rf"|(?<![{SPELLED}\d])(?!八九)[零〇○八九][{_DIGIT}](?= ?年)"  # 八九年 may be eight or nine years
)
_END_OF_YEARS = re.compile(r"(?<!\d)(1\d|20)(\d\d) ?年?[-–—~/至到] ?(\d\d)(?= ?年(?![前后来间]))")
_SHORT_YEAR = re.compile(
    r"(?<![\d.第-])0\d(?= ?年)|(?<=[自从])[89]\d(?= ?年(?!代))|(?<=\d年[至到-])[89]\d(?= ?年(?!代))"
    r"|(?<![^\s,。、;:?!\"'“”‘’()《〈【「在于])[89][1-9](?= ?年(?![前后来间内以之里中的历多余时过代级老如]))"
)
"""Two digits that are a year and no span of years. 08 never counts years; 81 to 99 seldom do where a clause begins with
them, or after "in" or "since", and no word of duration follows; 10 to 79 mostly do, and are left a span."""
_PERHAPS_YEAR = re.compile(r"(?<![\d.])(?:[89]\d(?= ?年)|\d\d(?= ?年 ?(?:[初底末]|\d{1,2} ?月)))")

_NEWEST = 49
"""Years of two digits above this are of the 20th century."""

_QUARTER = re.compile(
    r"([一二三四1-4])季度|第([一二三四1-4])季|(?<![a-z])q([1-4])(?!\d)|(first|second|third|fourth)[ -]quarter"
    r"|([上下])半年"
)
_QUARTERS = {"一": "1", "二": "2", "三": "3", "四": "4", "first": "1", "second": "2", "third": "3", "fourth": "4"}

_MONTH_NAMES = "january february march april may june july august september october november december".split()
_NUMBER_OF_MONTH = {name[:3]: number for number, name in enumerate(_MONTH_NAMES, 1)}
_MONTH_NAME = "|".join(("sept", *(rf"{name[:3]}(?:{name[3:]})?" for name in _MONTH_NAMES)))
_MONTH_NUMBER = r"(?<!\d)(1[0-2]|0?[1-9])"
_DAY_NUMBER = r"(3[01]|[12]\d|0?[1-9])"
_TH = r"(?:st|nd|rd|th)?"
_DAY = re.compile(rf"{_MONTH_NUMBER} ?月(?!内|薪|度)份?(?: ?{_DAY_NUMBER} ?(?:[日号]?{_TO}{_DAY_NUMBER} ?)?[日号])?")
_NAMED_DAY = re.compile(rf"\b({_MONTH_NAME})\.? {_DAY_NUMBER}{_TH}(?:{_TO}{_DAY_NUMBER}{_TH})?\b")
_DAY_FIRST = re.compile(
    rf"\b(?:{_MONTH_NAME})\.? \d{{1,2}}\b"  # whose day is not the next month's
    rf"|(?<![\w.,$-])(?:{_DAY_NUMBER}{_TH}{_TO})?{_DAY_NUMBER}{_TH} (?:of |(?!may [a-z]))({_MONTH_NAME})\b"
)
_MONTHS = re.compile(rf"{_MONTH_NUMBER} ?月? ?[-–—~至到] ?(1[0-2]|0?[1-9]) ?月")
_ONE_TO_NINE = "[一二三四五六七八九]"
_SPELLED_MONTH, _SPELLED_DAY = f"(?:十[一二]?|{_ONE_TO_NINE})", f"(?:三十一?|二?十{_ONE_TO_NINE}?|{_ONE_TO_NINE})"
_PERHAPS_MONTH = re.compile(rf"(?<![{SPELLED}]){_SPELLED_MONTH}(?=月)")
_SPELLED_DATE = re.compile(
    rf"(?<![{SPELLED}]){_SPELLED_MONTH}(?=月(?:{_SPELLED_DAY}[日号]|份|[底末]|初(?![{SPELLED}])|[上中下]旬))"
    rf"|(?<=年){_SPELLED_MONTH}(?=月(?!革命))|(?<=月){_SPELLED_DAY}(?=[日号])"
)
"""A month in Chinese digits beside a day, a year or a part of it: alone it may be a name, such as 五月花."""


def in_digits(folded: str) -> str:
    """A text with its dates rewritten: years of four Arabic digits, months and days too; in English the month first.

    >>> in_digits("二〇二一年十一月三日"), in_digits("98年，历时30年"), in_digits("the 5th of march 2021")
    ('2021年11月3日', '1998年，历时30年', 'the march 5 2021')
    """
    text = _SPELLED_YEAR.sub(lambda year: _whole_year(f"{spelled(year[0]):02}"), folded)
    text = _END_OF_YEARS.sub(  # 2003-04, but 1999-00
        lambda years: f"{years[1]}{years[2]}年至{int(years[1]) + (years[3] < years[2])}{years[3]}", text
    )
    text = _SHORT_YEAR.sub(lambda year: _whole_year(year[0]), text)
    text = _SPELLED_DATE.sub(lambda number: str(spelled(number[0])), text)
    return _DAY_FIRST.sub(_month_first, text)


def years_of(text: str, day: datetime | None) -> set[str]:
    """Years named, those of a decade or between two, and those that "last year" and the like mean.

    :param text: Its dates in digits.
    """
    years = {next(filter(None, match.groups())) for match in _YEAR.finditer(text)}
    bases = {max(map(int, years))} if years else set()
    bases |= {day.year} if day else set()
    years |= {f"{decade}{year}" for decade in _DECADE.findall(text) for year in range(10)}
    for first, last in _YEARS.findall(text):
        years |= set(map(str, _range(int(first), int(last))))
    if years:  # what may be a year can't make a text speak of years, but be one more of those that it speaks of
        years |= set(map(_whole_year, _PERHAPS_YEAR.findall(text)))
    shifts = {shift for word, shift in _RELATIVE.items() if word in text}
    return years | {str(base + shift) for base in bases for shift in shifts}


def quarters_of(text: str) -> set[str]:
    """Quarters by their number, half years as 上 and 下."""
    named = (next(filter(None, match.groups())) for match in _QUARTER.finditer(text))
    return {_QUARTERS.get(quarter, quarter) for quarter in named}


def months_and_days_of(text: str) -> tuple[set[str], set[str]]:
    """Months by their number, and days as month and day with a hyphen; all of those between two.

    :param text: Its dates in digits.
    """
    days = [(int(month), first, last) for month, first, last in _DAY.findall(text)]
    days += [(_NUMBER_OF_MONTH[month[:3]], first, last) for month, first, last in _NAMED_DAY.findall(text)]
    months = {month for month, _, _ in days}
    for first, last in _MONTHS.findall(text):
        months |= set(range(int(first), int(last) + 1))
    if months:
        months |= set(map(spelled, _PERHAPS_MONTH.findall(text)))
    told = {f"{month}-{day}" for month, first, last in days if first for day in _range(int(first), int(last or first))}
    return {str(month) for month in months}, told


def _month_first(date: re.Match[str]) -> str:
    if not date[3]:
        return date[0]
    return f"{date[3]} {date[1]}-{date[2]}" if date[1] else f"{date[3]} {date[2]}"


def _whole_year(year: str) -> str:
    """A year of two digits with its century."""
    if len(year) > 2:
        return year
    return f"19{year}" if int(year) > _NEWEST else f"20{year}"


def _range(first: int, last: int) -> list[int]:
    """Both, and what is between them unless that is too much to be meant."""
    return list(range(first, last + 1)) if 0 <= last - first <= _MAX_RANGE else [first, last]
