"""A stretch of text → the same stretch without cut words and numbers."""

from __future__ import annotations

import re

from rag.sentences import Offsets

_WHOLE = re.compile(
    r"[$¥€£]?\d+(?:[.,:]\d+)*%?|[A-Za-z\u00c0-\u024f\u0370-\u052f]+(?:[-'’.&]?[A-Za-z0-9\u00c0-\u024f\u0370-\u052f]+)*"
)
"""What is never cut: a number with its sign, a word in Latin, Greek or Cyrillic letters."""
_AROUND = " \t\n\u3000，。、；：！？,;:!?"


def whole_words(text: str, start: int, end: int) -> Offsets:
    """Take in the rest of a word or number that a stretch cuts, and leave out white space and marks around it.

    >>> text = "利润增长12.5%，we call it Codeforces."
    >>> [text[slice(*whole_words(text, *span))] for span in ((5, 7), (6, 10), (22, 29), (9, 21))]
    ['12.5%', '12.5%', 'Codeforces', 'we call it']
    """
    while start < end and text[start] in _AROUND:
        start += 1
    while start < end and text[end - 1] in _AROUND:
        end -= 1
    for word in _WHOLE.finditer(text):
        if word.start() < start < word.end():
            start = word.start()
        if word.start() < end < word.end():
            end = word.end()
    return start, end
