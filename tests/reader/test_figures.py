"""What a text says in figures: each row is all that is read in it, and so what is not read, too."""

from __future__ import annotations

from datetime import datetime

import pytest

from rag.text.quantities import figures_of

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
        ("二〇二一年", {"2021"}),
        ("二○二一年", {"2021"}),
        ("二零二一年", {"2021"}),
        ("一九九八年", {"1998"}),
        ("一九九八至二〇〇一年", years(1998, 2001)),
        ("一九八〇年代", years(1980, 1989)),
        ("2003-04年", {"2003", "2004"}),
        ("1999/00年赛季", {"1999", "2000"}),
        ("1998年至02年", years(1998, 2002)),
    ],
)
def test_years_decades_and_ranges(text: str, expected: set[str]) -> None:
    assert told(text) == {"year": expected}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("08年", {"2008"}),
        ("北京08年奥运会", {"2008"}),
        ("98年世界杯谁夺冠？", {"1998"}),
        ("决赛，98年谁夺冠？", {"1998"}),
        ("在98年", {"1998"}),
        ("自98年以来", {"1998"}),
        ("95年至98年", years(1995, 1998)),
        ("九八年", {"1998"}),
        ("零八年", {"2008"}),
        ("2002年，法国98年", {"2002", "1998"}),
        ("2002年，15年3月", {"2002", "2015"}),
        ("2002年，建校30年", {"2002"}),
    ],
)
def test_two_digits_are_a_year_where_they_count_no_years(text: str, expected: set[str]) -> None:
    assert figures_of(text)["year"] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *(("30年", "30"), ("历时98年", "98"), ("98年来", "98"), ("98年的历史", "98"), ("98年前", "98")),
        *(("在98年间", "98"), ("，90年风雨", "90"), ("，15年3月", "15"), ("法国98年", "98"), ("三十年", "30")),
    ],
)
def test_two_digits_that_may_count_years_are_no_year(text: str, expected: str) -> None:
    figures = figures_of(text)
    assert (figures["year"], figures["span"]) == (set(), {expected})


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
        ("5 March", {"3"}, {"3-5"}),
        ("5 March 2021", {"3"}, {"3-5"}),
        ("the 5th of March", {"3"}, {"3-5"}),
        ("5th Sept.", {"9"}, {"9-5"}),
        ("5 May 2021", {"5"}, {"5-5"}),
        ("the 5 may be late", set(), set()),
        ("Nov 20 Dec 25", {"11", "12"}, {"11-20", "12-25"}),
        ("between 1 and 3 March", {"3"}, {"3-1", "3-2", "3-3"}),
        ("March 1-3", {"3"}, {"3-1", "3-2", "3-3"}),
        ("3月1日至3日", {"3"}, {"3-1", "3-2", "3-3"}),
        ("3月1-3日", {"3"}, {"3-1", "3-2", "3-3"}),
        ("十一月三日", {"11"}, {"11-3"}),
        ("二〇二一年十月三十一日", {"10"}, {"10-31"}),
        ("五月二十号", {"5"}, {"5-20"}),
        ("3月十五日", {"3"}, {"3-15"}),
        ("十二月份", {"12"}, set()),
        ("三月底", {"3"}, set()),
        ("二月三日，三月再战", {"2", "3"}, {"2-3"}),
        ("五月花号", set(), set()),
        ("1917年十月革命", set(), set()),
    ],
)
def test_months_and_days(text: str, months: set[str], days: set[str]) -> None:
    figures = figures_of(text)
    assert (figures["month"], figures["day"]) == (months, days)


@pytest.mark.parametrize(
    "text",
    [
        *("2.5%", "2.5％", "２．５％", "2.50 %", "2.5个百分点", "2.5百分点", "百分之2.5", "百分之二点五"),
        *("2.5 percent", "2.5 per cent", "2.5 percentage points"),
    ],
)
def test_percentages_however_they_are_written(text: str) -> None:
    assert told(text) == {"percent": {"2.5"}}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3亿元", "300000000 元"),
        ("3亿美元", "300000000 usd"),
        ("3亿多元", "300000000 元"),
        ("3億元", "300000000 元"),
        ("「のぞみ」票房3億元", "300000000 元"),
        ("三亿元", "300000000 元"),
        ("1.5万亿元", "1500000000000 元"),
        ("300百万元", "300000000 元"),
        ("5000亿日元", "500000000000 jpy"),
        ("1亿2000万元", "120000000 元"),
        ("12,000元", "12000 元"),
        ("12，000元", "12000 元"),
        ("1.2万元", "12000 元"),
        ("一万二千元", "12000 元"),
        ("$1,200", "1200 $"),
        ("US$1,200.50", "1200.5 usd"),
        ("$1.2 billion", "1200000000 $"),
        ("£30m", "30000000 gbp"),
        ("€2bn", "2000000000 eur"),
        ("￥30万", "300000 ¥"),
        ("30 million dollars", "30000000 $"),
        ("30 million yuan", "30000000 cny"),
        ("3亿元人民币", "300000000 cny"),
        ("人民币3亿元", "300000000 cny"),
        ("3亿港元", "300000000 hkd"),
        ("HK$300 million", "300000000 hkd"),
        ("新台币3亿元", "300000000 twd"),
        ("3億台幣", "300000000 twd"),
        ("30 million Hong Kong dollars", "30000000 hkd"),
        ("C$30", "30"),
        ("500克朗", "500 krone"),
        ("5千克朗", "5000 krone"),
        ("30 million pounds", "30000000 gbp"),
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
        ("全长1956千米", "length", "1956000"),
        ("1956公里", "length", "1956000"),
        ("一千米", "length", "1000"),
        ("26.2 miles", "length", "42164.8128"),
        ("1500 kilometres", "length", "1500000"),
        ("5千克", "weight", "5"),
        ("3万吨", "weight", "30000000"),
        ("38℃", "degrees", "38"),
        ("38摄氏度", "degrees", "38"),
        ("38度", "degrees", "38"),
        ("960万平方千米", "square", "9600000000000"),
        ("960万平方公里", "square", "9600000000000"),
        ("10 square miles", "square", "25899881.1"),
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
        ("90分钟", "duration", "5400"),
        ("十分钟", "duration", "600"),
        ("90-minute", "duration", "5400"),
        ("1.5小时", "duration", "5400"),
        ("半小时", "duration", "1800"),
        ("9秒58", "duration", "9.58"),
        ("1米85", "length", "1.85"),
        ("1 米 85 的", "length", "1.85"),
        ("9 秒 58，", "duration", "9.58"),
        ("10克服用", "weight", "0.01"),
        ("31年", "span", "31"),
        ("三十一年", "span", "31"),
        ("12.5年", "span", "12.5"),
        ("31 years", "span", "31"),
    ],
)
def test_units(text: str, kind: str, expected: str) -> None:
    assert told(text) == {kind: {expected}}


@pytest.mark.parametrize(
    ("kind", "texts"),
    [
        ("length", ("2公里", "2千米", "2000米", "2 km", "2,000 metres", "两公里")),
        ("length", ("5厘米", "50毫米", "0.05米", "5 cm")),
        ("weight", ("3吨", "3000公斤", "6000斤", "3 tonnes")),
        ("weight", ("500克", "0.5千克", "1斤")),
        ("square", ("1平方公里", "100公顷", "1000000平方米", "1 square kilometre")),
        ("duration", ("2小时", "两个小时", "120分钟", "7200秒", "2 hours")),
    ],
)
def test_units_of_one_kind_have_one_form(kind: str, texts: tuple[str, ...]) -> None:
    assert [told(text) for text in texts] == [told(texts[0])] * len(texts)
    assert told(texts[0]).keys() == {kind}


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("1小时30分", "duration", {"3600", "1800", "5400"}),
        ("1 小时 30 分", "duration", {"3600", "1800", "5400"}),
        ("1 分 30 秒", "duration", {"60", "30", "90"}),
        ("两个半小时", "duration", {"7200", "1800", "9000"}),
        ("一个半小时", "duration", {"3600", "1800", "5400"}),
        ("一小时半", "duration", {"3600", "1800", "5400"}),
        ("1 小时半", "duration", {"3600", "1800", "5400"}),
        ("一个半钟头", "duration", {"3600", "1800", "5400"}),
        ("1 hour and a half", "duration", {"3600", "1800", "5400"}),
        ("2小时半价", "duration", {"7200"}),
        ("1 hour and 30 minutes", "duration", {"3600", "1800", "5400"}),
        ("3分56秒93", "duration", {"180", "56.93", "236.93"}),
        ("5公里300米", "length", {"5000", "300", "5300"}),
        ("100米、200米", "length", {"100", "200"}),
        ("2至3公里", "length", {"2000", "3000"}),
        ("20-30万元", "money", {"200000 元", "300000 元"}),
        ("2至3亿元", "money", {"200000000 元", "300000000 元"}),
        ("5000至1万元", "money", {"5000 元", "10000 元"}),
        ("900,000 to 1.2 million people", "people", {"900000", "1200000"}),
        ("$2-3 million", "money", {"2000000 $", "3000000 $"}),
        ("$2-$3m", "money", {"2000000 $", "3000000 $"}),
        ("$900,000 to $1.2 million", "money", {"900000 $", "1200000 $"}),
        ("2 to 3 million pounds", "money", {"2000000 gbp", "3000000 gbp"}),
        ("9秒58夺冠", "duration", {"9", "9.58"}),
        ("10 米 20 米", "length", {"10", "20", "10.2"}),
    ],
)
def test_ends_of_a_range_and_the_sum_of_a_large_and_a_small_unit(text: str, kind: str, expected: set[str]) -> None:
    assert told(text) == {kind: expected}


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("塔高200m，天线30米", "length", {"200", "30"}),
        ("500g一块，箱子3公斤", "weight", {"0.5", "3"}),
        ("2h，休息10分钟", "duration", {"7200", "600"}),
        ("200 pounds and 5 tons", "weight", {"90.718474", "5000"}),
        ("200 pounds or €300", "money", {"200 gbp", "300 eur"}),
        ("5公里300m", "length", {"5000", "300", "5300"}),
    ],
)
def test_what_may_be_an_amount_of_a_kind_is_one_where_the_text_speaks_of_that_kind(
    text: str, kind: str, expected: set[str]
) -> None:
    assert told(text) == {kind: expected}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$3m，30米", {"length": {"30"}, "money": {"3000000 $"}}),
        ("$2-3m，30米", {"length": {"30"}, "money": {"2000000 $", "3000000 $"}}),
        ("5 march, 30米", {"length": {"30"}, "month": {"3"}, "day": {"3-5"}}),
        ("30m2, 30米", {"length": {"30"}}),
    ],
)
def test_m_of_a_price_a_month_or_an_area_is_no_metre(text: str, expected: dict[str, set[str]]) -> None:
    assert told(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        *("", "😀", "百分比", "十分重要", "5分之一", "FAQ1"),
        *("第10届", "第10名", "第十一名", "第二十名", "5年级", "几百人", "数十名", "数百万元"),
        *("20世纪90年代", "3个月", "3月薪", "13月", "market 5", "decided 10", "mayor 5"),
        *("百分之三点十", "第3万5000名", "2021.5", "1,915,000", "1" * 30 + "元", "一" * 30 + "元"),
        *("8点30分", "9时5分", "三分之一公里", "一点五公里", "2008克罗地亚", "5 milestones", "3亿台湾"),
        *("8 点 30 分", "10克服困难", "3M公司", "5G网络", "the 2H report", "200 pounds"),
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
        "money": {"120000000 元"},
        "percent": {"2.5"},
    }
