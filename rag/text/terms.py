"""The terms of a text, Chinese-aware, and the one form in which ways of writing a word meet."""

from __future__ import annotations

import re

import rjieba

from rag.text.numerals import numerals
from rag.text.writing_systems import fold

TERMS_VERSION = 3
"""Raised whenever the same text would give other terms."""

_WORD = re.compile(r"\w+")
_HAN_RUN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]{2,}")


def terms(text: str) -> list[str]:
    """The terms of a text, repeats and all: words, pairs of neighbouring Chinese characters, numbers in one form.

    Words are sharper; pairs find a name that the word list cuts elsewhere in the question than in the passage.

    >>> terms("商汤科技 SenseCore")
    ['商汤', '科技', 'sensecore', '商汤', '汤科', '科技']
    """
    folded = fold(text)
    words = [word for word in rjieba.cut_for_search(folded) if _WORD.match(word)]
    pairs = [run[0][i : i + 2] for run in _HAN_RUN.finditer(folded) for i in range(len(run[0]) - 1)]
    return words + pairs + [numeral for numeral in numerals(folded) if numeral not in words]
