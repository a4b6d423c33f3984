"""White space as a reader sees it."""

from __future__ import annotations

import re

_INVISIBLE = re.compile(
    "[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]|(?<=[\0-\u036f\u2e80-\u9fff])[\u200c\u200d]"
)
"""Soft hyphens, marks of direction and of width zero. Joiners stay inside emoji and in scripts that write with them."""
_CONTROL = re.compile("[\0-\x08\x0e-\x1b\x7f-\x84\x86-\x9f]")
"""Controls that are no white space: none has a meaning in text, and a terminal obeys them."""
_CONTROL_IN_CODE = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f]")
_HALF = re.compile("[\ud800-\udfff]")
"""Half a character of UTF-16, which no file can hold."""
_SPACES = re.compile(r"\s+")
_WIDE = re.compile(
    r"[\u2014\u2018-\u201d\u2026\u2e80-\u9fff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\U00020000-\U0003ffff]"
)


def tidy(text: str) -> str:
    """One line of text: white space runs become one space, or none between wide characters across a line break.

    Control characters are left out, halves of characters become U+FFFD.
    """
    text = _HALF.sub("\ufffd", _CONTROL.sub("", _INVISIBLE.sub("", text)))
    return _SPACES.sub(lambda run: _joint(text, run), text).strip()


def _joint(text: str, run: re.Match[str]) -> str:
    across_lines = "\n" in run[0] and run.start() > 0 and run.end() < len(text)
    if across_lines and _WIDE.match(text[run.start() - 1]) and _WIDE.match(text[run.end()]):
        return ""
    return " "


def tidy_code(text: str) -> str:
    """Code, its line breaks and indents kept; control characters are left out, as by ``tidy``."""
    lines = [_CONTROL_IN_CODE.sub("", line).rstrip() for line in text.replace("\xa0", " ").splitlines()]
    return _HALF.sub("\ufffd", "\n".join(lines).strip("\n"))


def bare(text: str) -> str:
    """A text without white space, to compare by."""
    return "".join(text.split())


_BOTH = {
    simplified: f"[{simplified}{traditional}]"
    for simplified, traditional in zip(
        "记编辑责来标题摄图转载发时间报讯阅读权声闻译撰写实习见审监总统筹设计运营执网络资讯专题关键联系广订扫码点击",
        "記編輯責來標題攝圖轉載發時間報訊閱讀權聲聞譯撰寫實習見審監總統籌設計運營執網絡資訊專題關鍵聯繫廣訂掃碼點擊",
        strict=True,
    )
    if simplified != traditional
}


def either_script(pattern: str) -> str:
    """A pattern whose simplified characters match the traditional ones too. They must not stand in brackets."""
    return "".join(_BOTH.get(character, character) for character in pattern)
