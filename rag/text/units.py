"""Numbers, units and currencies as Chinese and English write them: tables, and the patterns made of them."""

from __future__ import annotations

DIGITS = {character: value for value, character in enumerate("零一二三四五六七八九")} | {"〇": 0, "○": 0, "两": 2}
TENS = {"十": 10, "百": 100, "千": 1000}
SPELLED = "".join(DIGITS | TENS)
"""The characters of spelled numbers."""
SCALES = {"千": 10**3, "万": 10**4, "百万": 10**6, "千万": 10**7, "亿": 10**8, "万亿": 10**12}
"""What stands behind a number in digits."""

UNITS: dict[str, dict[str, str]] = {
    "percent": {r"%|个?百分点|percent(?:age points?)?|per cent": "1"},
    "length": {  # metres
        r"公里|千米|km(?![a-z])|kilomet(?:re|er)s?": "1000",
        r"厘米|公分|cm(?![a-z])|centimet(?:re|er)s?": "0.01",
        r"毫米|mm(?![a-z])|millimet(?:re|er)s?": "0.001",
        r"米|公尺|met(?:re|er)s?": "1",
        r"英里|miles?(?![a-z])": "1609.344",
        r"英尺|(?:feet|foot|ft)(?![a-z])": "0.3048",
        r"海里": "1852",
    },
    "weight": {  # kilograms
        r"公斤|千克(?!朗)|kilograms?|kg(?![a-z])": "1",
        r"毫克|mg(?![a-z])|milligrams?": "0.000001",
        r"克(?![拉林里罗什利劳雷朗]|服(?!用))|grams?(?![a-z])": "0.001",
        r"斤": "0.5",
        r"吨|tonnes?|tons?(?![a-z])": "1000",
        r"磅|lbs?(?![a-z])": "0.45359237",
    },
    "degrees": {r"摄氏度|度(?!过)|°c|degrees?": "1"},
    "square": {  # square metres
        r"平方(?:公里|千米)|square k(?:m|ilomet(?:re|er)s?)": "1000000",
        r"平方?米|square met(?:re|er)s?": "1",
        r"平方英里|square miles?": "2589988.11",
        r"平方英尺|square (?:feet|foot)": "0.09290304",
        r"公顷|hectares?": "10000",
        r"英亩|acres?": "4046.856",
        r"亩": "666.667",
    },
    "vehicles": {r"辆|台(?![币湾])|架|艘|列": "1"},
    "age": {r"岁|years?[ -]old": "1"},
    "people": {r"人次|[多余]?人(?!民)|名|people|visitors|students": "1"},
    "pieces": {r"件|份|套|枚|册|张|株|棵|趟|pieces": "1"},
    "duration": {  # seconds
        r"个?(?:小时|钟头)|hours?(?![a-z])": "3600",
        rf"分钟|minutes?|分(?= ?[\d.{SPELLED}]{{1,5}} ?秒)": "60",
        r"秒|seconds(?![a-z])": "1",
    },
    "points": {r"分(?![之钟秒比])|points?": "1"},
    "span": {r"年(?![月度底初末级代])|years?": "1"},
}
"""For each kind of amount what follows its number, and how many of the unit in which the kind is compared that is."""

POUNDS = r"pounds?(?![a-z])"
PERHAPS_UNITS = {
    "length": {r"m(?![a-z\d/])": "1"},
    "weight": {r"g(?![a-z\d/])": "0.001", POUNDS: "0.45359237"},
    "duration": {r"h(?![a-z\d/])": "3600"},
}
"""What may be a unit: but 3m may be millions, 5G a network, 2H a half year, and pounds are money, too."""

CURRENCIES = {
    "cny": r"元?人民币|yuan|rmb|renminbi",
    "usd": r"元?美[元金]|(?:us|u\.s\.|american) dollars?",
    "eur": r"欧元|euros?",
    "jpy": r"日[元圆]|yen(?![a-z])",
    "hkd": r"元?港[元币]|(?:hk|hong kong) dollars?",
    "twd": r"元?新?台币",
    "gbp": r"英镑|pounds? sterling",
    "krone": r"(?:瑞典|丹麦|挪威|捷克)?克朗|kron(?:er?|a|or)(?![a-z])",
    "元": r"元",
    "$": r"dollars?",
}
"""What follows the number of an amount of money. Any of several currencies may be written as "元", "$" or "¥"."""
SIGNS = {"$": "$", "us$": "usd", "hk$": "hkd", "nt$": "twd", "¥": "¥", "cn¥": "cny", "jp¥": "jpy"}
SIGNS |= {"€": "eur", "£": "gbp"}
"""What stands before one; nothing is known of the currency of others, such as "c$"."""
WORDS_BEFORE = {"人民币": "cny", "美金": "usd", "港币": "hkd", "台币": "twd", "日币": "jpy"}
"""What "元" after the number is, where one of these stands before it."""

UNIT = "|".join((*CURRENCIES.values(), *(unit for rows in UNITS.values() for unit in rows), POUNDS))
"""Any of them."""


def spelled(number: str) -> int:
    """A number below ten thousand in Chinese characters.

    >>> spelled("一百零五"), spelled("二〇二一")
    (105, 2021)
    """
    if not TENS.keys() & set(number):
        return int("".join(str(DIGITS[character]) for character in number))
    total, digit = 0, 0
    for character in number:
        if character in TENS:
            total += (digit or 1) * TENS[character]
            digit = 0
        else:
            digit = DIGITS[character]
    return total + digit
