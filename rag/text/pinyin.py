"""Words in Latin letters as the pinyin of Chinese names: Zhuozhou, Xi'an, Zhang Wei, lǚ shùn."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator

_TONES = re.compile("[\u0300\u0301\u0304\u030c]|(?<=[a-zü])[1-5](?![0-9])")
MAX_LETTERS = 6
"""Of a syllable: zhuang."""
MAX_SYLLABLES = 8
"""Of a name. 新疆维吾尔自治区 has eight."""

Syllables = tuple[str, ...]


def plain(word: str) -> str:
    """A word without tones, in lower case, ü as v.

    >>> plain("Lǚshùn"), plain("zhuo1zhou1"), plain("Xi’an")
    ('lvshun', 'zhuozhou', "xi'an")
    """
    bare = _TONES.sub("", unicodedata.normalize("NFD", word.lower().replace("’", "'")))
    return unicodedata.normalize("NFC", bare).replace("ü", "v")


def readings(word: str, known: Collection[str]) -> tuple[Syllables, ...]:
    """All ways to read a word as pinyin; none where it is no pinyin.

    >>> known = {"xi", "an", "xian"}
    >>> readings("xian", known), readings("xi'an", known), readings("news", known)
    ((('xi', 'an'), ('xian',)), (('xi', 'an'),), ())

    :param known: The syllables that there are.
    """
    found: list[Syllables] = [()]
    for part in filter(None, word.split("'")):
        cuts = tuple(_cut(part, known, MAX_SYLLABLES))
        found = [before + after for before in found for after in cuts if len(before + after) <= MAX_SYLLABLES]
    return tuple(syllables for syllables in found if syllables)


def _cut(letters: str, known: Collection[str], most: int) -> Iterator[Syllables]:
    if not letters:
        yield ()
    elif most:
        for length in range(1, min(MAX_LETTERS, len(letters)) + 1):
            if letters[:length] in known:
                yield from ((letters[:length], *rest) for rest in _cut(letters[length:], known, most - 1))
