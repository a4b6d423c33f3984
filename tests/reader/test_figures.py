"""What a text says in figures: each row is all that is read in it, and so what is not read, too."""

from __future__ import annotations

from datetime import datetime

import pytest

from rag.reader.figures import figures_of

IN_2022 = datetime(2022, 3, 1)


def told(text: str, day: datetime | None = None) -> dict[str, set[str]]:
    """The kinds of figures of which a text has any."""
    return {kind: values for kind, values in figures_of(text, day).items() if values}


def years(first: int, last: int) -> set[str]:
    return {str(year) for year in range(first, last + 1)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2021年", {"2021"}),
        ("２０２１ 年", {"2021"}),
        ("以来，1987年", {"1987"}),
        ("(1998)", {"1998"}),
        ("2021-03-05", {"2021"}),
        ("2021/3/5", {"2021"}),
        ("in 1915, and then", {"1915"}),
        ("1915 and", {"1915"}),
        ("In 1915 he left", {"1915"}),
        ("2019-2021年", years(2019, 2021)),
        ("2019年至2021年", years(2019, 2021)),
        ("2019年到2021年", years(2019, 2021)),
        ("between 1915 and 1918", years(1915, 1918)),
        ("from 1998 to 2000", years(1998, 2000)),
        ("1990年代", years(1990, 1999)),
        ("the 2010s", years(2010, 2019)),
    ],
)
def test_years_decades_and_ranges(text: str, expected: set[str]) -> None:
    assert told(text) == {"year": expected}


@pytest.mark.parametrize(
    ("text", "day", "expected"),
    [
        ("今年", IN_2022, {"2022"}),
        ("去年", IN_2022, {"2021"}),
        ("上年同期", IN_2022, {"2021"}),
        ("前年", IN_2022, {"2020"}),
        ("明年", IN_2022, {"2023"}),
        ("去年和今年", IN_2022, {"2021", "2022"}),
        ("last year", IN_2022, {"2021"}),
        ("Next year", IN_2022, {"2023"}),
        ("2019年，比上年", None, {"2019", "2018"}),
        ("2019年，比上年", IN_2022, {"2019", "2018", "2021"}),
        ("去年", None, None),
    ],
)
def test_last_year_is_told_from_the_date_or_from_the_year_in_the_text(
    text: str, day: datetime | None, expected: set[str] | None
) -> None:
    assert told(text, day) == ({"year": expected} if expected else {})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("三季度", "3"),
        ("第三季度", "3"),
        ("4季度", "4"),
        ("上半年", "上"),
        ("下半年", "下"),
        ("Q3", "3"),
        ("公司Q3营收", "3"),
        ("the second quarter", "2"),
        ("first-quarter profit", "1"),
    ],
)
def test_quarters(text: str, expected: str) -> None:
    assert told(text) == {"quarter": {expected}}


@pytest.mark.parametrize(
    ("text", "months", "days"),
    [
        ("3月", {"3"}, set()),
        ("12月份", {"12"}, set()),
        ("1-3月", {"1", "2", "3"}, set()),
        ("9月至11月", {"9", "10", "11"}, set()),
        ("3月5日", {"3"}, {"3-5"}),
        ("03月05日", {"3"}, {"3-5"}),
        ("3月15号", {"3"}, {"3-15"}),
        ("10 月 31 日", {"10"}, {"10-31"}),
        ("March 5", {"3"}, {"3-5"}),
        ("Mar. 5th", {"3"}, {"3-5"}),
        ("Sept 30", {"9"}, {"9-30"}),
        ("september 3rd", {"9"}, {"9-3"}),
        ("May 21st", {"5"}, {"5-21"}),
    ],
)
def test_months_and_days(text: str, months: set[str], days: set[str]) -> None:
    figures = figures_of(text)
    assert (figures["month"], figures["day"]) == (months, days)


@pytest.mark.parametrize(
    "text",
    [
        *("2.5%", "2.5％", "２．５％", "2.50 %", "2.5个百分点", "2.5百分点", "百分之2.5"),
        *("2.5 percent", "2.5 per cent", "2.5 percentage points"),
    ],
)
def test_percentages_however_they_are_written(text: str) -> None:
    assert told(text) == {"percent": {"2.5"}}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3亿元", "300000000"),
        ("3亿美元", "300000000"),
        ("3亿多元", "300000000"),
        ("3億元", "300000000"),
        ("「のぞみ」票房3億元", "300000000"),
        ("三亿元", "300000000"),
        ("1.5万亿元", "1500000000000"),
        ("300百万元", "300000000"),
        ("5000亿日元", "500000000000"),
        ("1亿2000万元", "120000000"),
        ("12,000元", "12000"),
        ("12，000元", "12000"),
        ("1.2万元", "12000"),
        ("一万二千元", "12000"),
        ("$1,200", "1200"),
        ("US$1,200.50", "1200.5"),
        ("$1.2 billion", "1200000000"),
        ("£30m", "30000000"),
        ("€2bn", "2000000000"),
        ("￥30万", "300000"),
        ("30 million dollars", "30000000"),
        ("30 million yuan", "30000000"),
    ],
)
def test_money_however_it_is_written(text: str, expected: str) -> None:
    assert told(text) == {"money": {expected}}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("两人", "2"),
        ("十人", "10"),
        ("十二人", "12"),
        ("三十一人", "31"),
        ("一百零五人", "105"),
        ("三百二十人", "320"),
        ("两千人", "2000"),
        ("一千零五十人", "1050"),
        ("九千九百九十九人", "9999"),
        ("三万五千人", "35000"),
        ("三百万人", "3000000"),
        ("百万人", "1000000"),
        ("三〇二人", "302"),
    ],
)
def test_spelled_numbers(text: str, expected: str) -> None:
    assert told(text) == {"people": {expected}}


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("全长1956千米", "length", "1956"),
        ("1956公里", "length", "1956"),
        ("一千米", "length", "1000"),
        ("26.2 miles", "length", "26.2"),
        ("1500 kilometres", "length", "1500"),
        ("5千克", "weight", "5"),
        ("3万吨", "weight", "30000"),
        ("38℃", "degrees", "38"),
        ("38摄氏度", "degrees", "38"),
        ("38度", "degrees", "38"),
        ("960万平方千米", "square", "9600000"),
        ("960万平方公里", "square", "9600000"),
        ("10 square miles", "square", "10"),
        ("3万辆", "vehicles", "30000"),
        ("31岁", "age", "31"),
        ("31 years old", "age", "31"),
        ("a 31-year-old", "age", "31"),
        ("3.2万人次", "people", "32000"),
        ("32,000 people", "people", "32000"),
        ("1900 visitors", "people", "1900"),
        ("40件", "pieces", "40"),
        ("54分", "points", "54"),
        ("23 points", "points", "23"),
        ("90分钟", "minutes", "90"),
        ("十分钟", "minutes", "10"),
        ("90-minute", "minutes", "90"),
        ("31年", "span", "31"),
        ("三十一年", "span", "31"),
        ("12.5年", "span", "12.5"),
        ("31 years", "span", "31"),
    ],
)
def test_units(text: str, kind: str, expected: str) -> None:
    assert told(text) == {kind: {expected}}


@pytest.mark.parametrize(
    "text",
    [
        *("", "😀", "百分比", "十分重要", "5分之一", "FAQ1"),
        *("第10届", "第10名", "第十一名", "第二十名", "5年级", "几百人", "数十名", "数百万元"),
        *("20世纪90年代", "3个月", "3月薪", "13月", "market 5", "decided 10", "mayor 5"),
        *("百分之三点五", "第3万5000名", "2021.5", "1,915,000", "1" * 30 + "元", "一" * 30 + "元"),
    ],
)
def test_what_is_no_figure(text: str) -> None:
    assert told(text) == {}


def test_a_text_may_have_figures_of_many_kinds() -> None:
    assert told("2021年三季度，31岁的他卖出3万辆，赚了1.2亿元，比去年增长2.5%。") == {
        "year": {"2021", "2020"},
        "quarter": {"3"},
        "age": {"31"},
        "vehicles": {"30000"},
        "money": {"120000000"},
        "percent": {"2.5"},
    }
