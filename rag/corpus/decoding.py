"""Bytes of an article file → text."""

from __future__ import annotations

import codecs
import re
from contextlib import suppress

from rag.errors import ArticleError

MAX_CONTROLS, CONTROLS_SHARE = 3, 0.001
"""Control characters that an article may hold, or their share of it; they are dropped. A picture holds 5 % and more."""
MAX_BROKEN = 0.1
"""Share of broken characters among those beyond ASCII in a text that is UTF-8 all the same."""
MAX_LATIN = 0.05
"""Share of bytes beyond ASCII in a text in Latin letters; Chinese in any encoding holds more."""
DECLARED_WITHIN = 4_096
"""Bytes from a file's first in which its encoding is declared; browsers look at 1,024."""
DECLARABLE = {
    **{name: name for name in "utf-8 gb18030 big5hkscs cp932 euc_jp iso2022_jp cp949 hz koi8-r koi8-u".split()},
    **{f"iso8859-{part}": f"iso8859-{part}" for part in (*range(2, 9), 10, *range(13, 17))},
    **{f"cp125{part}": f"cp125{part}" for part in range(9)},
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "big5hkscs",
    "cp950": "big5hkscs",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "cp874": "cp874",
}
"""Encodings that a page may say it is in, by Python's names for them, and what browsers read such a page as. Python
knows others that make text of escapes, halves of characters among it, and some that are no text at all."""
_DECLARED = re.compile(rb"<meta[^<>]{1,200}?charset\s*+=\s*+[\"']?\s*+([\w-]{2,20})", re.I)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")
_HALF = re.compile(r"[\ud800-\udfff]")
_FREQUENT = frozenset(
    "的一是不了在人有我他这中大来上国个到说们为子和你地出道也时年得就那要下以生会自着去之过家学对可里后"
    "這個國來說們為時會對後過麼還發現沒樣開關於與從動經種業場員報長問間頭實點當無電車體萬產區總應將"
)
"""Frequent characters of simplified and traditional news; a text decoded wrongly holds few of them."""


def decode(name: str, data: bytes) -> str:
    """Bytes → text: UTF-8 or UTF-16 by its mark, UTF-8, or of some other encodings the one that fits best.

    These are the one that the page declares, GB18030, Big5, UTF-8 with a few broken characters, and Windows-1252 for
    Latin text.

    :raises ArticleError: The bytes are no text, or in none of these encodings.
    """
    data = data.removeprefix(codecs.BOM_UTF8)
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = _try_decode(data, "UTF-16")
        if text is None:
            raise ArticleError(name, 1, "the file begins as UTF-16 and goes on otherwise: save it as UTF-8")
        return _checked(name, text)
    try:
        return _checked(name, data.decode("utf-8"))
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
    candidates = [text for encoding in _candidate_encodings(data) if (text := _try_decode(data, encoding)) is not None]
    candidates += _with_few_broken(data)
    if not candidates:
        raise ArticleError(
            name,
            line,
            "the bytes are not UTF-8, GB18030 or Big5 text: save the file as UTF-8, or rename it if it is no text",
        )
    return _checked(name, max(candidates, key=_plausibility))


def _candidate_encodings(data: bytes) -> list[str]:
    is_latin = sum(byte > 0x7F for byte in data) < MAX_LATIN * len(data)
    likely = ["cp1252", "gb18030", "big5hkscs"] if is_latin else ["gb18030", "big5hkscs"]
    if declared := _DECLARED.search(data[:DECLARED_WITHIN]):
        with suppress(LookupError):  # Python does not know the encoding, or it is none that a page may say
            likely.insert(0, DECLARABLE[codecs.lookup(declared[1].decode("ascii")).name])
    return likely


def _with_few_broken(data: bytes) -> list[str]:
    """The text as UTF-8 with a mark for each broken character, where those are few among the others beyond ASCII."""
    text = data.decode("utf-8", errors="replace")
    beyond = sum(character > "\x7f" for character in text)
    return [text] if text.count("\ufffd") <= MAX_BROKEN * beyond else []


def _try_decode(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except (UnicodeError, LookupError):
        return None


def _plausibility(text: str) -> float:
    """Share of frequent characters among those beyond ASCII."""
    wide = [character for character in text[:20_000] if character > "\x7f"]
    return sum(character in _FREQUENT for character in wide) / max(len(wide), 1)


def _checked(name: str, text: str) -> str:
    """The text without the few control characters that slip into articles; many of them tell that it is no text.

    No codec of ``DECLARABLE`` makes halves of characters; should one ever, they go no farther than this.
    """
    text = _HALF.sub("\ufffd", text)
    control = _CONTROL.search(text)
    if control is None:
        return text
    if len(_CONTROL.findall(text)) > max(MAX_CONTROLS, CONTROLS_SHARE * len(text)):
        line = text.count("\n", 0, control.start()) + 1
        raise ArticleError(name, line, f"the file is binary: it holds the control character {control[0]!r}")
    return _CONTROL.sub("", text)
