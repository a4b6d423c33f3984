"""The time that a question names: of which articles it asks by their dates, and where it asks for the newest.

Most times in questions are no such thing: "Who won in 2007?" asks for what happened then, whenever that was written.
So a period is taken for one of publication where it is counted from the day of asking, where it has no year, or where
the question asks for reports.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import date

from rag.core.asked_time import AskedTime, Days
from rag.core.filters import Filters
from rag.core.options import SearchOptions
from rag.index.open_index import OpenIndex
from rag.text.periods import Naming, Period, periods
from rag.text.writing_systems import simplified

RECENT_YEARS = 3
"""A year since which something is asked is one of publication where it is no longer ago."""

_KIND = "(?:报[道导]|新闻|消息|文章|动态|头条|资讯|大事|进展)"
_REPORTS = re.compile(
    rf"(?<!发表)(?<!发表了)(?<!写了)(?:有关|关于|相关|的|什么|哪些|多少篇?|几篇).{{0,24}}?{_KIND}"
    rf"(?:吗|呢|么|都?有(?:哪些|什么)|是什么|情况|[？?。！!\s])*\Z"
    rf"|有(?:过?什么|哪些|多少|几篇).{{0,16}}{_KIND}|{_KIND}(?:都?有哪些|都?有什么|有多少)|报[道导]了(?:什么|哪些)"
    r"|\A(?:(?:what|which|any|all|how many|show me|list|find|were there|are there|is there)\W+(?:\w+\W+){0,3}?)?"
    r"(?:news|reports|articles|coverage|headlines|stories)\b"
    r"|\bwhat (?:was|has been|have been|were|is being|do we know has been) (?:reported|written|published)\b"
)
"""What asks for reports."""
_EVENTS = re.compile(r"发生了?(?:什么|哪些|啥)|有什么事|\bwhat(?:'s| has| else)? happened\b")
"""What asks for events."""
_FIGURE = re.compile(r"多[少大高长久远]|几[^乎]|\bhow (?:much|many|old|long|far|high)\b|\bwhat (?:was|were|is) the\b")
_COMPARED = re.compile(r"(?:[比较同与和跟及到至在]|than|with|to|from)\s?的?\Z")
"""What stands before a period that something is compared with, or that is only spoken of."""
_OF = re.compile(r"的(?!时候|报|新闻|消息|文章|动态|进展)|同期|期间的第|同月")
"""What makes the period behind which it stands one of a thing asked: last year's profit."""
_SINCE_BEFORE = re.compile(r"(?:自从?|从|since|after|from)(?: the)? ?\Z")
_SINCE_BEHIND = re.compile(
    r" ?(?:以来|至今|起(?![来诉火义])|开始(?=[，, ])|之?后(?!来)|以后|过后| to now| until (?:now|today)| onwards?)"
)
_EVER_SINCE = re.compile("以来|至今|since")
_AFTER = re.compile(r" ?(?:之?后|以后|过后)")
_UNTIL_BEFORE = re.compile(r"(?:截至|截止到?|直到|到|before|until|till|by|up to)(?: the)? ?\Z")
_UNTIL_BEHIND = re.compile(r" ?(?:之?前(?!后|[一二三四五六七八九十\d])|以前|为止)")
_BETWEEN = re.compile(r" ?(?:到|至|[-–—~～]|and|to|until|through) ?(?:the )?")
_NEWEST = re.compile(
    r"最新(?=的?(?:消息|进展|情况|报道|新闻|数据|数字|动态|通报|死亡|伤亡|状况|说法|回应|统计)|[\W]*\Z)"
    r"|(?<![距离隔])最近(?!一次|历史|[的\W距离]|\Z)|最近的?(?=(?:报道|新闻|消息|进展|动态|情况))"
    r"|近[日期来](?=.{0,8}(?:怎么?样|如何|情况)|有|怎|情|发|进|动|消|报|[，,]|.{0,12}(?:报道|新闻|消息|进展|动态))|近几[天日周]|最近几[天日周]"
    r"|目前(?!.{0,2}(?:已知|唯一|世界|全球|全国|我国|中国)|为止|.{0,12}最[大小早晚高低长短多少])(?=.{0,24}(?:多少|几[人名个]|情况|进展|怎|如何|状况|伤亡|死亡|阶段))"
    r"|(?:现在|如今)(?=(?:情况|进展|怎|如何|死亡|伤亡|有多少|是什么情况))"
    r"|\b(?:latest|newest|most recent)"
    r"(?= (?:news|reports?|figures?|numbers?|updates?|death|toll|on|about|story|stories))"
    r"|\b(?:recently|lately)\b(?=.*\?|\Z)|\b(?:currently|right now|so far|at the moment)\b(?=.*\Z)"
)
"""What asks for the newest."""
_QUOTED = re.compile(r"《[^《》]*》|“[^“”]*”|「[^「」]*」|\"[^\"]*\"")
"""Names, in which no time is asked."""
_WORDS_OF_DAYS = (Naming.TODAY, Naming.NEAR, Naming.YEAR)
"""What no English text begins with a capital, but where it is a name."""
_ANY_YEAR = re.compile(r"(?<!\d)(?:1\d|20)\d\d(?!\d)")


def asked_time(question: str, today: date, oldest: date | None = None) -> AskedTime | None:
    """The time that a question names; None where it names none by which articles are to be chosen.

    >>> found = asked_time("上周有哪些关于暴雨的报道？", date(2026, 12, 1))
    >>> found.text, str(found.days.since), str(found.days.until)
    ('上周', '2026-11-23', '2026-11-29')
    >>> asked_time("2021年的利润是多少？", date(2026, 12, 1)), asked_time("Who won in 2007?", date(2026, 12, 1))
    (None, None)

    :param today: The day of asking.
    :param oldest: The day of the oldest article: what was before it is no time of an article.
    """
    text = _folded(question)
    named = periods(text, today)
    has_year = _ANY_YEAR.search(text) is not None
    for at, period in enumerate(named):
        is_name = period.start > 0 and question[period.start].isupper() and period.naming in _WORDS_OF_DAYS
        if is_name or (has_year and period.naming is not Naming.DATED):  # it is counted from that year
            continue
        following = named[at + 1] if at + 1 < len(named) else None
        meant = _period(text, period, following, today)
        if meant and not (meant.until and oldest and meant.until < oldest):
            return AskedTime(question[meant.start : meant.end], Days(meant.since, meant.until))
    newest = None if has_year else _NEWEST.search(text)
    return AskedTime(question[newest.start() : newest.end()]) if newest else None


@dataclass(frozen=True, slots=True)
class _Meant:
    """A period in a question: where it begins and ends there, and its days."""

    start: int
    end: int
    since: date | None
    until: date | None


def timed(question: str, options: SearchOptions, index: OpenIndex) -> AskedTime | None:
    """The time that a question names, and whether it is what articles are filtered or put in order by.

    :param options: What it is asked under.
    """
    today = options.today or date.today()
    asked = asked_time(question, today) if options.timed else None
    if asked is None or asked.days is None or not (days := index.days()):
        return asked if asked and asked.newest_first else None
    asked, newest = asked_time(question, today, min(days)), max(days)
    if asked is None or asked.days is None:
        return asked
    if options.filters.since or options.filters.until:
        return replace(asked, applied=False)
    if asked.days.since and asked.days.since > newest:
        then = asked_time(question, newest, min(days))
        return replace(asked, applied=False, collection_ends=newest, last=then.days if then else None)
    return asked


def narrowed(filters: Filters, asked: AskedTime | None) -> Filters:
    """Filters, and the time that a question names where it is applied."""
    if asked is None or asked.days is None or not asked.applied:
        return filters
    return replace(filters, since=asked.days.since, until=asked.days.until)


def _folded(question: str) -> str:
    """As ``fold`` has it, but each character where it stood, and blanks for what stands in quotes."""
    narrow = (unicodedata.normalize("NFKC", character).lower() for character in question)
    folded = simplified("".join(one if len(one) == 1 else at for one, at in zip(narrow, question, strict=True)))
    return _QUOTED.sub(lambda name: " " * len(name[0]), folded)


def _period(text: str, period: Period, following: Period | None, today: date) -> _Meant | None:
    """What a period means in a question; None where it is no time of reports."""
    before, behind = text[: period.start], text[period.end :]
    since, since_behind = _SINCE_BEFORE.search(before), _SINCE_BEHIND.match(behind)
    start, end = since.start() if since else period.start, period.end + (since_behind.end() if since_behind else 0)
    is_range = following is not None and _joined(text, period, following)
    is_open = not is_range and bool(since_behind or (since and not since[0].startswith(("从", "from"))))
    if not _is_of_reports(text, period, today, since=text[start:end] if is_open else ""):
        return None
    if is_range and following:
        return _Meant(start, following.end, period.first, following.last)
    if is_open:
        is_after = bool(_AFTER.match(behind)) or bool(since and since[0].startswith("after"))
        return _Meant(start, end, _next_day(period.last) if is_after else period.first, None)
    return _ended(text, period)


def _ended(text: str, period: Period) -> _Meant:
    """A period, or all before its end where it is named as an end."""
    until, until_behind = _UNTIL_BEFORE.search(text[: period.start]), _UNTIL_BEHIND.match(text, period.end)
    if not (until or until_behind):
        return _Meant(period.start, period.end, period.first, period.last)
    start, end = until.start() if until else period.start, until_behind.end() if until_behind else period.end
    is_before = (until_behind and "为止" not in until_behind[0]) or (until and until[0].startswith("before"))
    return _Meant(start, end, None, _day_before(period.first) if is_before else period.last)


def _joined(text: str, period: Period, following: Period) -> bool:
    return bool(_BETWEEN.fullmatch(text[period.end : following.start])) and period.first <= following.last


def _next_day(day: date) -> date:
    return date.fromordinal(day.toordinal() + 1)


def _day_before(day: date) -> date:
    return date.fromordinal(day.toordinal() - 1)


def _is_of_reports(text: str, period: Period, today: date, since: str) -> bool:
    """Whether a period is one in which what is asked for was written.

    :param since: The words that make it a beginning, since which all is asked for; empty where it is none.
    """
    if _REPORTS.search(text):
        return True
    is_compared = not since and bool(_COMPARED.search(text[: period.start]))
    is_thing = bool(_OF.match(text, period.end))
    match period.naming:
        case Naming.NEAR:
            return not (is_compared or (is_thing and _FIGURE.search(text)))
        case Naming.PART:
            return not (is_compared or is_thing)
        case Naming.YEAR:
            return bool(since) or not (is_compared or is_thing or _FIGURE.search(text))
        case Naming.MONTH:
            return bool(since or _EVENTS.search(text))
        case Naming.DATED:
            return bool(_EVER_SINCE.search(since)) and period.first.year >= today.year - RECENT_YEARS
        case Naming.TODAY:
            return False
