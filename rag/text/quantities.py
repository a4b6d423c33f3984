"""What a text says in figures: years, dates, percentages and amounts, each in one form; and whether two texts disagree.

Who asks for 2.5 % is not answered by 0.5 %. No model is to be trusted with that, so it is looked up.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from rag.text.dates import in_digits, months_and_days_of, quarters_of, years_of
from rag.text.units import (
    CURRENCIES,
    DIGITS,
    PERHAPS_UNITS,
    POUNDS,
    SCALES,
    SIGNS,
    SPELLED,
    UNITS,
    WORDS_BEFORE,
    spelled,
)
from rag.text.writing_systems import fold, simplified

Figures = dict[str, set[str]]
"""For each kind of figure its values: measures in metres, kilograms, square metres or seconds, money with its currency
behind it where something is known of that."""

_SCALES = SCALES | {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_SHORT_SCALES = {"k": 10**3, "m": 10**6, "b": 10**9, "bn": 10**9, "tn": 10**12}
_FACTORS = _SCALES | _SHORT_SCALES
_SCALE = rf"(?!千(?:米|克(?!朗)))(?:{'|'.join(sorted(_SCALES, key=len, reverse=True))})|(?:{'|'.join(_SHORT_SCALES)})\b"
_KANA = re.compile(r"[\u3041-\u30ff]")
"""A text with any is not made simplified, be it Chinese with a Japanese name; its figures are read all the same."""

_MEASURED = frozenset(kind for kind, rows in UNITS.items() if len(rows) > 1)
"""Kinds that have several units: what is measured, not counted."""
_ROWS = [("money", currency, Decimal(1), rf"[多余]?(?:{pattern})") for currency, pattern in CURRENCIES.items()]
_ROWS += [(kind, "", Decimal(factor), pattern) for kind, rows in UNITS.items() for pattern, factor in rows.items()]
_SURE_ROWS = len(_ROWS)
_ROWS += [(kind, "", Decimal(factor), unit) for kind, rows in PERHAPS_UNITS.items() for unit, factor in rows.items()]

# Numbers are no longer than here, so that no run of digits, however long, is looked through more than once.
_PLAIN = r"(?:\d{1,3}(?:,\d{3}){1,5}|\d{1,15})(?:\.\d{1,9})?"
_NUMBER = rf"(?:{_PLAIN}|[{SPELLED}]{{1,12}})"
_AMOUNT = re.compile(
    rf"(?<![\d.a-z第几数])(?<!\d[万亿])(?<!分之)(?:(?=\d)|(?<![{SPELLED}万亿点]))"
    r"(?!十分(?!钟)|千[米克])"  # "very", "each km"
    rf"(?:(?P<ahead>{_NUMBER})(?P<large>[万亿]))?(?P<number>{_NUMBER}) ?-?(?P<scale>{_SCALE})? ?"
    rf"(?:{'|'.join(f'(?P<row{row}>{pattern})' for row, (*_, pattern) in enumerate(_ROWS))})"
)
_TO = " ?(?:[-–—~至到或]|to|or) ?"
_RANGE = re.compile(rf"(?<![\d.,])({_NUMBER}) ?({_SCALE})?(?:{_TO}| ?、 ?)\Z")
_MAX_START = 24
"""Characters in which the start of a range of amounts is looked for."""
_PERCENT = re.compile(rf"百分之 ?((?>{_NUMBER}))(?:点([{''.join(DIGITS)}]{{1,6}}))?(?!点)")
_PRICE = re.compile(
    rf"((?:(?<![a-z])[a-z]{{1,2}})?[$¥€£]) ?({_PLAIN})(?!\d) ?({_SCALE})?"
    rf"(?:{_TO}(?:[a-z]{{0,2}}[$¥€£] ?)?({_PLAIN})(?!\d) ?({_SCALE})?)?"
)
_SIGN_BEFORE = re.compile(rf"[$¥€£] ?(?:{_PLAIN}{_TO})?\Z")
"""What makes the m of $3m and of $2-3m a scale."""
_WORD_BEFORE = re.compile(rf"({'|'.join(WORDS_BEFORE)}) ?\Z")
_SCORE = re.compile(r"(?<!\d)(\d{1,3}) ?比 ?(\d{1,3})(?!\d)")

_HALF_HOUR = re.compile(
    r"(?P<more>个)?半个?(?:小时|钟头)|half an hour"
    r"|(?P<hours>小时|钟头)半(?![价程决场年])|(?P<english>hours?) and a half"  # 2小时半价 is a price
)
_TAIL = re.compile(r"(?<![\d.])(\d{1,2}) ?([米秒]) ?(\d{1,2})(?!\d|\.\d)(?=( ?[^\W的])?)")
"""1米85 and 9秒58, which are 1.85 m and 9.58 s; with what follows, which tells that it may be 10米20次."""

SMALL = 10
"""Whole counts below this contradict nothing: "two people" may be any two of five."""
EXACT = ("percent", "age", "points")
ROUNDED, ROUNDED_SMALL = Decimal("0.02"), Decimal("0.1")
"""How far off, of itself, any other amount in a question may be, and one that is small in some unit: "two hours"."""
PERHAPS_YEARS = range(80, 100)
"""Spans that contradict nothing: 98年 may be a year after all."""
MAY_BE = {"元": {"cny", "hkd", "twd", "¥"}, "$": {"usd", "hkd", "twd"}, "¥": {"cny", "jpy"}}
"""Currencies that are written with one sign or word."""

_ROUGHLY = rf"(?:百分之)?[\d{SPELLED}][\d.,{SPELLED}万亿]*+"
_ROUGH = re.compile(
    r"(?:超过?|逾|近|约|多于|少于|高于|低于|不到|不足|至少|至多|over|above|below|under|than|about|around|nearly|almost"
    rf"|roughly|approximately|at least|at most|up to)\s?[$¥€£]?{_ROUGHLY}"
    rf"|(?<![\d.,{SPELLED}万亿]){_ROUGHLY} ?(?:[多余]|[^\d\s]{{1,4}}? ?(?:以上|以下|以内|左右|上下))"
    rf"|(?:比[^比,。?增]{{1,12}}?[多少高低长短快慢早晚重轻大小]|相差)\s?{_ROUGHLY}(?!\s?%)"
)
"""An amount that the question itself gives as rough, as a bound, or as the difference of two."""


def figures_of(text: str, day: datetime | None = None) -> Figures:
    """All figures of a text.

    >>> figures_of("2021年三季度卖出3万辆，增长2.5%")["vehicles"], figures_of("去年", datetime(2022, 3, 1))["year"]
    ({'30000'}, {'2021'})
    >>> figures_of("2公里")["length"] == figures_of("2000米")["length"], figures_of("3亿美元")["money"]
    (True, {'300000000 usd'})

    :param day: The article's date: what "last year" is in it.
    """
    folded = fold(text)
    if _KANA.search(folded):
        folded = simplified(_KANA.sub("々", folded))
    folded = in_digits(folded)
    figures: Figures = defaultdict(set)
    perhaps: Figures = defaultdict(set)
    for kind, value, sure in _amounts(_TAIL.sub(_with_tail, _HALF_HOUR.sub(_in_minutes, folded))):
        (figures if sure else perhaps)[kind].add(value)
    figures["percent"] |= {_canonical(_value(number) + _fraction(after)) for number, after in _PERCENT.findall(folded)}
    figures["span"] = {years for years in figures["span"] if Decimal(years) < 1000}  # 2021年 is no span of years
    for sign, number, scale, end, its_scale in _PRICE.findall(folded):
        prices = [_start_of_range(number, scale, end, its_scale), _value(end, its_scale)] if end else []
        figures["money"] |= {_canonical(price, SIGNS.get(sign, "")) for price in prices or [_value(number, scale)]}
    for kind, values in perhaps.items():
        if figures[kind]:  # what may be a weight can't make a text speak of weights, but be one more of them
            figures[kind] |= values
    figures["score"] = {f"{ours}:{theirs}" for ours, theirs in _SCORE.findall(folded)}
    figures["year"] = years_of(folded, day)
    figures["quarter"] = quarters_of(folded)
    figures["month"], figures["day"] = months_and_days_of(folded)
    return figures


def _amounts(text: str) -> Iterator[tuple[str, str, bool]]:
    """Amounts with their kinds, and whether they are sure to be of these.

    Of a range both ends; of neighbours such as 1小时30分 the sum, too.
    """
    kind_before, larger, total, end = "", Decimal(0), Decimal(0), 0
    for match in _AMOUNT.finditer(text):
        row = int((match.lastgroup or "").removeprefix("row"))
        kind, currency, unit, pattern = _ROWS[row]
        sure = row < _SURE_ROWS
        before = text[max(match.start() - _MAX_START, 0) : match.start()].rstrip(" ")
        if not sure and _SIGN_BEFORE.search(before):
            continue
        joined = kind_before in _MEASURED and text[end : match.start()] in ("", " ", " and ")
        if kind == "points" and before.endswith(("时", "点")):  # minutes, of an hour or of the clock
            if not joined:
                continue
            kind, unit = "duration", Decimal(60)
        if currency == "元" and (word := _WORD_BEFORE.search(before)):
            currency = WORDS_BEFORE[word[1]]
        amount = _value(match["number"], match["scale"]) + _value(match["ahead"] or "0", match["large"])
        value = unit * amount
        for number in (amount, *_starts(before, match)):
            yield kind, _canonical(unit * number, currency), sure
            if pattern == POUNDS:  # millions of them are money
                yield "money", _canonical(number, "gbp"), bool(match["scale"])
        if joined and kind == kind_before and unit < larger:
            value += total
            yield kind, _canonical(value), sure
        kind_before, larger, total, end = kind, unit, value, match.end()


def _in_minutes(half: re.Match[str]) -> str:
    """Half an hour, alone or after hours: 两个半小时, 两小时半."""
    hours = half["hours"] or half["english"] or ("小时" if half["more"] else "")
    return f"{hours} 30分钟"


def _with_tail(amount: re.Match[str]) -> str:
    """1米85 as 1.85米; as both where it may be either."""
    return f"{amount[1]}.{amount[3]}{amount[2]}{amount[0] if amount[4] else ''}"


def _starts(before: str, amount: re.Match[str]) -> Iterator[Decimal]:
    """The start of a range whose end is an amount, if it is one."""
    if start := _RANGE.search(before):
        yield _start_of_range(start[1], start[2], amount["number"], amount["scale"])


def _start_of_range(start: str, scale: str | None, end: str, scale_of_end: str | None) -> Decimal:
    """The start of a range, which has the end's scale where it is below it as written: 2至3亿, but not 5000至1万."""
    return _value(start, scale or (scale_of_end if _value(start) < _value(end) else None))


def _value(number: str, scale: str | None = None) -> Decimal:
    plain = str(spelled(number)) if number[0] in SPELLED else number.replace(",", "")
    return Decimal(plain) * _FACTORS.get(scale or "", 1)


def _fraction(digits: str) -> Decimal:
    """What stands after 点: 二点五 is 2.5."""
    return Decimal("0." + "".join(str(DIGITS[digit]) for digit in digits)) if digits else Decimal(0)


def _canonical(value: Decimal, currency: str = "") -> str:
    """A value in the one form in which it is compared."""
    return f"{value.normalize():f} {currency}".rstrip()


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
    if (small and kind not in _MEASURED) or (kind == "span" and asked in PERHAPS_YEARS):
        return True
    near = asked * (ROUNDED_SMALL if small else ROUNDED)
    others = (other.partition(" ") for other in told)
    return any(abs(asked - Decimal(amount)) <= near and _may_be(currency, its) for amount, _, its in others)


def _may_be(one: str, other: str) -> bool:
    """Whether two currencies may be the same; that of an amount without any may be each."""
    return not one or not other or one == other or other in MAY_BE.get(one, ()) or one in MAY_BE.get(other, ())
