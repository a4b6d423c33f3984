"""Periods of days as Chinese and English name them, counted from a day: 上周, 去年七月底, late July, last week."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum, auto

from rag.text.units import spelled

MAX_BACK = 1000
"""Days, weeks, months or years that are counted back at most."""


class Naming(Enum):
    """How a period is named, which tells how likely an article is to be wanted by its date."""

    TODAY = auto()
    NEAR = auto()
    """Yesterday, last week, this month, the past ten days."""
    YEAR = auto()
    """This year, last year, and a part of it."""
    PART = auto()
    """A part of a month, of no year that is named."""
    MONTH = auto()
    """A month, or a day of one, of no year that is named."""
    DATED = auto()
    """Whatever has its year."""


@dataclass(frozen=True, slots=True)
class Period:
    """Days that a text names.

    :param start: Offset of its first character; ``end`` is one past its last.
    :param first: The first day, ``last`` the last one.
    """

    start: int
    end: int
    first: date
    last: date
    naming: Naming


_NUMBER = r"(?:\d{1,4}|[一二两三四五六七八九十百]{1,4})"
_ENGLISH_NUMBERS = "one two three four five six seven eight nine ten eleven twelve".split()
_DAYS = {"今天": 0, "今日": 0, "昨天": 1, "昨日": 1, "昨晚": 1, "前天": 2, "大前天": 3}
_DAYS |= {"today": 0, "yesterday": 1, "the day before yesterday": 2}
_DAY = re.compile(r"大前天|今[天日]|昨[天日晚]|前天|the day before yesterday|\b(?:today|yesterday)\b")
_WEEK_DAYS = {name: at for at, name in enumerate("一二三四五六日")} | {"天": 6}
_WEEK_DAYS |= {name: at for at, name in enumerate("monday tuesday wednesday thursday friday saturday sunday".split())}
_ENGLISH_DAY = "|".join(name for name in _WEEK_DAYS if len(name) > 1)
_WEEK = re.compile(
    r"(?P<back>上上|上|本|这|今)(?:一?个?)(?:周|星期|礼拜)(?!年|期|边|围|转)(?P<day>[一二三四五六日天]|末)?"
    rf"|\b(?P<which>last|this|past) (?:week(?P<end>end)?\b(?! and)|(?P<named>{_ENGLISH_DAY})\b)"
    r"|\b(?P<before>the week before last)\b"
)
_BACK = {"上上": 2, "上": 1, "本": 0, "这": 0, "今": 0, "last": 1, "past": 1, "this": 0}
_PAST = re.compile(
    rf"(?:过去|最近|(?<![将附接靠临])近|这)的?(?P<number>{_NUMBER}|半)(?P<unit>天|日|个?(?:星期|礼拜)|周|个?月|年)(?!份|级|代|前)"
    r"|\b(?:(?:the|these) )?(?:past|last|previous) (?P<count>\d{1,4}|[a-z]+ )? ?"
    r"(?P<each>days?|weeks?|months?|years?)\b"
)
_UNITS = {"天": "day", "日": "day", "星期": "week", "礼拜": "week", "周": "week", "月": "month", "年": "year"}
_QUARTERS = {"一": 1, "二": 2, "三": 3, "四": 4, "1": 1, "2": 2, "3": 3, "4": 4}
_QUARTERS |= {"first": 1, "second": 2, "third": 3, "fourth": 4}
_PART_OF_YEAR = (
    r"(?P<half>[上下])半年|第?(?P<quarter>[一二三四1-4])季度?|年?(?P<edge>[初底末])(?![一二三四五六七八九十])"
)
_YEAR_WORDS = {"今年": 0, "本年": 0, "去年": 1, "上年": 1, "前年": 2, "this year": 0, "last year": 1}
_YEAR_WORDS |= {"the year before last": 2}
_ANY_YEAR = rf"(?P<year>(?:19|20)\d\d) ?年|(?P<word>{'|'.join(word for word in _YEAR_WORDS if len(word) < 4)})"
_YEAR = re.compile(rf"(?:{_ANY_YEAR})(?!度|[前后]|代|级|间的?第)(?:的?(?:{_PART_OF_YEAR}))?")
_HALF = re.compile(r"(?<!年)(?<!年的)(?P<half>[上下])半年|(?<!年)(?<!年的)第?(?P<quarter>[一二三四])季度")
_ENGLISH_YEAR = re.compile(
    r"(?:\b(?:the )?(?P<quarter>first|second|third|fourth) quarter of |\b(?P<edge>early|late) "
    r"|(?<=\bin )|(?<=\bduring )|(?<=\bof )|(?<=\bsince )|(?<=\bfrom )|(?<=\bbetween )|(?<=\bbefore )|(?<=\bafter )"
    r"|(?<=\buntil )|(?<=\bto )|(?<=\band ))(?P<year>(?:19|20)\d\d)\b(?![-%,.]\d)"
    r"|\b(?P<word>this year|last year|the year before last)\b(?!['’])"
)
_MONTH_NAMES = "january february march april may june july august september october november december".split()
_MONTHS = {name[:3]: at for at, name in enumerate(_MONTH_NAMES, 1)}
_MONTH_NAME = "|".join(rf"{name[:3]}(?:{name[3:]})?" if name != "may" else "may" for name in _MONTH_NAMES) + "|sept"
_MONTH = re.compile(
    rf"(?:(?:{_ANY_YEAR})的? ?)?(?<![\d.])"
    r"(?:(?P<back>上个?|本|这个|当)|(?P<month>1[0-2]|0?[1-9]|十[一二]?|[一二三四五六七八九]))"
    r" ?月(?!球|亮|薪|饼|经|台|光|嫂|供|入|均|活|租|票|度)份?"
    r"(?: ?(?P<day>3[01]|[12]\d|0?[1-9]|三十一?|二?十[一二三四五六七八九]?|[一二三四五六七八九]) ?[日号]"
    r"|的?(?P<part>初|底|末|[上中下]旬|中(?=[^国央]|$)))?"
)
_DAY_NUMBER = r"(?P<{}>3[01]|[12]\d|0?[1-9])(?:st|nd|rd|th)?"
_ENGLISH_MONTH = re.compile(
    r"(?:\b(?P<part>early|mid|late|the (?:beginning|start|middle|end) of)[ -]"
    rf"|\b{_DAY_NUMBER.format('before')} (?:of )?)?"
    rf"\b(?P<name>{_MONTH_NAME})\b\.?(?: {_DAY_NUMBER.format('day')}\b(?!\d))?(?:,? (?P<year>(?:19|20)\d\d)\b)?"
    r"|\b(?P<which>last|this) month\b"
)
_PARTS = {
    "初": (1, 10),
    "上旬": (1, 10),
    "中": (11, 20),
    "中旬": (11, 20),
    "下旬": (21, 31),
    "底": (21, 31),
    "末": (21, 31),
}
_PARTS |= {"early": (1, 10), "mid": (11, 20), "late": (21, 31), "the beginning of": (1, 10), "the start of": (1, 10)}
_PARTS |= {"the middle of": (11, 20), "the end of": (21, 31)}
_AS_A_MONTH = re.compile(
    r"\b(?:in|since|of|early|mid|late|last|this|until|from|to|by|after|before|and|during|on)[ -]\Z"
)
"""What stands before may and march where they are months."""


def periods(text: str, today: date) -> list[Period]:
    """The periods that a text names, in order; of those that overlap the longest.

    >>> [(str(one.first), str(one.last)) for one in periods("上周和去年七月底", date(2026, 12, 1))]
    [('2026-11-23', '2026-11-29'), ('2025-07-21', '2025-07-31')]
    >>> [(str(one.first), str(one.last)) for one in periods("late july, and the past 10 days", date(2023, 8, 16))]
    [('2023-07-21', '2023-07-31'), ('2023-08-07', '2023-08-16')]

    :param text: Folded, as ``rag.text.writing_systems.fold`` does.
    :param today: From which "last week" and the like are counted; a month of no year is the latest that has begun.
    """
    found: list[Period] = []
    for pattern, meant in _MEANT:
        for match in pattern.finditer(text):
            try:
                if told := meant(match, today):
                    first, last, naming = told
                    found.append(Period(match.start(), match.end(), first, last, naming))
            except (ValueError, OverflowError):  # the 31st of June
                continue
    found.sort(key=lambda one: (one.start - one.end, one.start))
    kept: list[Period] = []
    for one in found:
        if all(one.end <= other.start or one.start >= other.end for other in kept):
            kept.append(one)
    return sorted(kept, key=lambda one: one.start)


_Told = tuple[date, date, Naming]


def _day(match: re.Match[str], today: date) -> _Told:
    back = _DAYS[match[0]]
    day = today - timedelta(back)
    return day, day, Naming.NEAR if back else Naming.TODAY


def _week(match: re.Match[str], today: date) -> _Told:
    back = 2 if match["before"] else _BACK[match["back"] or match["which"]]
    monday = today - timedelta(today.weekday() + 7 * back)
    if match["named"]:  # last Friday is the latest one before today
        gone = (today.weekday() - _WEEK_DAYS[match["named"]]) % 7 or (7 if back else 0)
        return today - timedelta(gone), today - timedelta(gone), Naming.NEAR
    if match["day"] == "末" or match["end"]:
        return monday + timedelta(5), monday + timedelta(6), Naming.NEAR
    if match["day"]:
        day = monday + timedelta(_WEEK_DAYS[match["day"]])
        return day, day, Naming.NEAR
    return monday, monday + timedelta(6), Naming.NEAR


def _past(match: re.Match[str], today: date) -> _Told | None:
    if match["unit"]:
        number, unit = match["number"], _UNITS[match["unit"].removeprefix("个")]
        if number == "半":
            number, unit = {"month": ("15", "day"), "year": ("6", "month")}.get(unit, ("0", unit))
        count = _whole(number)
    else:
        word, unit = (match["count"] or "").strip(), match["each"].removesuffix("s")
        if not word and match["each"] == unit and not match[0].startswith(("the past", "past")):
            return None  # "last week" is one of the calendar
        if word and not word.isdigit() and word not in _ENGLISH_NUMBERS:
            return None
        count = int(word) if word.isdigit() else _ENGLISH_NUMBERS.index(word) + 1 if word else 1
    if not 0 < count <= MAX_BACK:
        return None
    naming = Naming.YEAR if unit == "year" else Naming.NEAR
    return _before(today, count, unit) + timedelta(1), today, naming


def _before(day: date, count: int, unit: str) -> date:
    if unit in ("day", "week"):
        return day - timedelta(count * (7 if unit == "week" else 1))
    months = day.year * 12 + day.month - 1 - count * (12 if unit == "year" else 1)
    year, month = divmod(months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def _year_of(match: re.Match[str], today: date) -> tuple[int | None, Naming]:
    if match["year"]:
        return int(match["year"]), Naming.DATED
    if match.groupdict().get("word"):
        return today.year - _YEAR_WORDS[match["word"]], Naming.YEAR
    return None, Naming.MONTH


def _year(match: re.Match[str], today: date) -> _Told:
    year, naming = _year_of(match, today)
    told = match.groupdict()
    first, last = 1, 12
    if told.get("half"):
        first, last = (1, 6) if told["half"] == "上" else (7, 12)
    elif told.get("quarter"):
        last = 3 * _QUARTERS[told["quarter"]]
        first = last - 2
    elif edge := told.get("edge"):
        first, last = (1, 3) if edge in ("初", "early") else (10, 12)
    return *_months(year or today.year, first, last), naming


def _half(match: re.Match[str], today: date) -> _Told:
    last = (6 if match["half"] == "上" else 12) if match["half"] else 3 * _QUARTERS[match["quarter"]]
    first = last - (5 if match["half"] else 2)
    year = today.year if first <= today.month else today.year - 1
    return *_months(year, first, last), Naming.YEAR


def _months(year: int, first: int, last: int) -> tuple[date, date]:
    return date(year, first, 1), date(year, last, monthrange(year, last)[1])


def _month(match: re.Match[str], today: date) -> _Told | None:
    year, naming = _year_of(match, today)
    told = match.groupdict()
    if back := told.get("back") or told.get("which"):
        if year is not None:
            return None
        start = _before(today.replace(day=1), 1 if back[0] in "上l" else 0, "month")
        return _in_month(start.year, start.month, told.get("part"), Naming.NEAR)
    month = _month_named(match, told)
    if month is None or (year is None and match.string[: match.start()].rstrip().endswith("年")):  # of an era
        return None
    if day := told.get("day") or told.get("before"):
        number = _whole(day)
        meant = date(year or _latest(month, number, today), month, number)
        return meant, meant, naming
    is_part = bool(told.get("part")) and naming is Naming.MONTH
    return _in_month(year or _latest(month, 1, today), month, told.get("part"), Naming.PART if is_part else naming)


def _month_named(match: re.Match[str], told: dict[str, str | None]) -> int | None:
    """The number of a month; None where its name may be another word."""
    if number := told.get("month"):
        return _whole(number)
    name = told["name"] or ""
    is_sure = name not in ("may", "march", "mar") or told["day"] or told["before"] or _is_a_month(match)
    return _MONTHS[name[:3]] if is_sure else None


def _in_month(year: int, month: int, part: str | None, naming: Naming) -> _Told:
    """A month, or a part of it."""
    first, last = _PARTS.get(part or "", (1, 31))
    return date(year, month, first), date(year, month, min(last, monthrange(year, month)[1])), naming


def _whole(number: str) -> int:
    return int(number) if number.isdigit() else spelled(number)


def _is_a_month(match: re.Match[str]) -> bool:
    return bool(match["part"] or match["year"] or _AS_A_MONTH.search(match.string[: match.start()]))


def _latest(month: int, day: int, today: date) -> int:
    """The latest year in which a day of a month has come."""
    return today.year if (month, day) <= (today.month, today.day) else today.year - 1


_MEANT: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], date], _Told | None]], ...] = (
    (_DAY, _day),
    (_WEEK, _week),
    (_PAST, _past),
    (_YEAR, _year),
    (_HALF, _half),
    (_ENGLISH_YEAR, _year),
    (_MONTH, _month),
    (_ENGLISH_MONTH, _month),
)
