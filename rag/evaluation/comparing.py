"""Texts as they are compared: without white space, or token by token."""

from __future__ import annotations

import re
from collections import Counter

_WIDE = "\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
_TOKEN = re.compile(rf"(?=\w)[{_WIDE}]|(?:(?![_{_WIDE}])\w)+")


def bare(text: str) -> str:
    """A text without white space and characters of width zero: sets differ in where they put them.

    >>> bare(" 1943 年 ")
    '1943年'
    """
    return "".join(text.replace("\u200b", "").split())


def tokens(text: str) -> list[str]:
    """The tokens of an answer: Chinese, Japanese and Korean characters one by one, other words whole, in lower case.

    Punctuation is none, as in the evaluation of CMRC 2018 (Cui et al., 2019).

    >>> tokens("《SenseCore》大装置，5亿元")
    ['sensecore', '大', '装', '置', '5', '亿', '元']
    """
    return _TOKEN.findall(text.casefold())


def overlap_f1(given: str, wanted: str) -> float:
    """F1 of the tokens of two texts, each token counted as often as it stands, as in SQuAD (Rajpurkar et al., 2016).

    >>> overlap_f1("全长1956千米", "1956千米"), overlap_f1("西宁", "拉萨")
    (0.75, 0.0)
    """
    ours, theirs = Counter(tokens(given)), Counter(tokens(wanted))
    shared = (ours & theirs).total()
    return 2 * shared / (ours.total() + theirs.total()) if shared else 0.0
