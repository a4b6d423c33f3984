"""Which script a text is written in, and how much it says: a Chinese character says more than a letter."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Any

HAN, LATIN = "han", "latin"

_LETTERS = {
    HAN: re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"),
    "kana": re.compile(r"[\u3041-\u30ff]"),
    "hangul": re.compile(r"[\uac00-\ud7af]"),
    LATIN: re.compile(r"[A-Za-z\u00c0-\u024f\u1e00-\u1eff]"),
    "cyrillic": re.compile(r"[\u0400-\u052f]"),
    "greek": re.compile(r"[\u0370-\u03ff]"),
    "arabic": re.compile(r"[\u0600-\u06ff]"),
    "devanagari": re.compile(r"[\u0900-\u097f]"),
    "thai": re.compile(r"[\u0e00-\u0e7f]"),
}
_WEIGHTS = {HAN: 3, "kana": 3, "hangul": 2}
"""A Chinese character says as much as some three letters; Japanese is told by its kana, which stand beside Han."""
NARROW = 0.4
"""Size of a character of a Latin word beside a Chinese one: both then hold about as much, in meaning and in tokens."""
_WIDE = re.compile(r"[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]")


def script_of(text: str) -> str:
    """The script that most of a text is in; ``latin`` where it has no letters.

    >>> script_of("SenseTime是谁创办的？"), script_of("Who founded 商汤?"), script_of("2021")
    ('han', 'latin', 'latin')
    """
    counts = {name: len(letters.findall(text)) * _WEIGHTS.get(name, 1) for name, letters in _LETTERS.items()}
    best = max(counts, key=lambda name: counts[name])
    return best if counts[best] else LATIN


def size(text: str) -> float:
    """Length in Chinese characters, or what says as much in another script."""
    wide = len(_WIDE.findall(text))
    return wide + NARROW * (len(text) - wide)


@cache
def _converter() -> Any:
    import opencc

    return opencc.OpenCC("t2s")


def simplified(text: str) -> str:
    """A text with traditional Chinese characters made simplified, each where it stood; Japanese is left alone.

    >>> simplified("臺灣的開發"), simplified("開発のため")
    ('台湾的开发', '開発のため')
    """
    if not _LETTERS[HAN].search(text) or _LETTERS["kana"].search(text):
        return text
    converted: str = _converter().convert(text)
    return converted if len(converted) == len(text) else text


def fold(text: str) -> str:
    """One form for what readers take for the same: width, case, and traditional characters.

    >>> fold("ＡＩ 開發")
    'ai 开发'
    """
    return simplified(unicodedata.normalize("NFKC", text).lower())
