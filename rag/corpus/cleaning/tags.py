"""Tags as feeds write them → tags that any version of Python's parser reads alike, in time linear in their length.

Of what this hands on, each ``<`` begins a comment that ends, or a tag without another ``<`` or ``>`` in it, whose
quotes are closed; what only looks like a tag is escaped. The parser's own care for the rest differs from version to
version: some look to the end of the file from each tag that is never closed.
"""

from __future__ import annotations

import re
from collections import Counter

from bs4.builder import HTMLTreeBuilder

DEPTH_MAX = 512
"""Elements that may stand in each other; what lies deeper is laid beside its parent, as browsers do. Each string costs
the tree's builder a climb to the root. The deepest real page seen has 29."""
CODE_POINT_DIGITS = 7
"""Digits of the longest number that can name a character, 1114111; a longer one need not be counted out."""

_ELEMENTS = frozenset(
    "a abbr acronym address applet area article aside audio b base basefont bdi bdo bgsound big blink blockquote "
    "body br button canvas caption center cite code col colgroup data datalist dd del details dfn dialog dir div "
    "dl dt em embed fieldset figcaption figure font footer form frame frameset h1 h2 h3 h4 h5 h6 head header "
    "hgroup hr html i iframe img input ins isindex kbd keygen label legend li link main map mark marquee menu "
    "menuitem meta meter nav nobr noembed noframes noscript object ol optgroup option output p param picture "
    "plaintext pre progress q rb rbc rp rt rtc ruby s samp script search section select slot small source span "
    "strike strong style sub summary sup svg table tbody td template textarea tfoot th thead time title tr track "
    "tt u ul var video wbr xmp math".split()
)
_VOID = frozenset(HTMLTreeBuilder.DEFAULT_EMPTY_ELEMENT_TAGS or ())
_SWALLOWS = frozenset("script style textarea title xmp iframe noscript svg template select".split())
"""Elements whose content is no article text: one that is never closed would swallow all that follows."""
_RAW = {name: re.compile(rf"</{name}(?=[\s/>])", re.I | re.A) for name in ("script", "style")}
"""Elements whose content holds no tags, and where it ends."""

_LEXEME = re.compile(
    r"<(?:!--|(?P<close>/?)(?P<name>[a-zA-Z][\w:.-]*+)(?P<rest>[^<>]*+)(?P<end>>?)|/(?P<odd>[^<>]*+>)|(?=[!?/]))"
)
_END_TAG = re.compile(r"</([a-zA-Z][\w:.-]*+)(?=[\s/>])")
_OPERATOR = re.compile(r"\s++[&|=+*%)\d-]")
_CLOSED_QUOTES = re.compile(r"(?:[^\"'=]++|=\s*+(?:\"[^\"]*+\"|'[^']*+')?+)*+")
_REST_OF_TAG = re.compile(
    r"[^\t\n\r\f />\0]*+(?:[\s/]*+(?:(?<=['\"\s/])[^\s/>][^\s/=>]*+"
    r"(?>\s*+=+\s*(?:'[^']*+'|\"[^\"]*+\"|(?!['\"])[^>\s]*+)\s*+)?+(?:\s|/(?!>))*+)*+)?+\s*+/?+>"
)
"""The rest of a start tag by the grammar of Python's parser; a quote is one where a value begins."""
_ODD_IN_TAG = re.compile(r"(?P<value>=\s*+(?:\"[^\"]*+\"|'[^']*+'))|[<>\"']")
_ESCAPES = str.maketrans({"<": "&lt;", ">": "&gt;"})
_QUOTES = {'"': "&quot;", "'": "&#39;"}
_NUMERIC = re.compile(r"&#(?:[xX](?P<hex>[0-9a-fA-F]++)|(?P<decimal>[0-9]++))?+;?+")


def escape_strays(text: str) -> str:
    """Escape what only looks like a tag, so that it stays as text: ``vector<int>``, ``a <b && c``, ``<script>`` alone.

    A name that HTML does not know is a tag where it has attributes, ends itself, or is closed somewhere. An element
    whose content is no markup, and that is never closed, would swallow all that follows. A tag that never ends is
    none. Numbers that name no character stand for U+FFFD. Line breaks stay where they are.

    >>> escape_strays("a <b && c, <i>d</i> &#x4E2D;")
    'a &lt;b && c, <i>d</i> &#20013;'
    """
    if "&#" in text:
        text = _NUMERIC.sub(_sound_reference, text)
    return _Mender(text).mended() if "<" in text else text


def _sound_reference(found: re.Match[str]) -> str:
    """A numeric reference with its end; the parser takes all that follows one without a number for text."""
    digits, base = (found["hex"], 16) if found["hex"] else (found["decimal"], 10)
    if digits is None:
        return f"&amp;{found[0][1:]}"
    digits = digits.lstrip("0")
    code = int(digits or "0", base) if len(digits) <= CODE_POINT_DIGITS else -1
    return f"&#{code};" if 0 < code < 0xD800 or 0xDFFF < code <= 0x10FFFF else "\ufffd"


class _Mender:
    """Goes through a text once, from one ``<`` to the next, and keeps in mind which elements are open."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._last_end = text.rfind(">")
        self._last_comment_end = text.rfind("-->")
        self._last_closed = {
            tag[1].lower(): tag.start() for tag in _END_TAG.finditer(text) if tag.start() < self._last_end
        }
        self._trusts_quotes = True
        self._open: list[str] = []
        self._number_open: Counter[str] = Counter()

    def mended(self) -> str:
        """The text with nothing in it that looks like a tag and is none."""
        pieces: list[str] = []
        at = 0
        while found := _LEXEME.search(self._text, at):
            pieces.append(self._text[at : found.start()])
            piece, at = self._piece(found)
            pieces.append(piece)
        return "".join([*pieces, self._text[at:]])

    def _piece(self, found: re.Match[str]) -> tuple[str, int]:
        """What a ``<`` begins, mended, and where in the text it ends."""
        piece, end = "", 0
        if found["name"]:
            end = self._end_of(found) if self._is_tag(found) else 0
            piece = self._tag(found, end) if end else ""
        elif found["odd"]:  # an end tag without a name, which says nothing
            piece, end = found[0], found.end()
        elif found[0] == "<!--" and found.end() <= self._last_comment_end:
            end = self._text.index("-->", found.end()) + 3
            piece = self._text[found.start() : end]
        if piece and found["name"] and not found["close"]:
            content_end = self._end_of_raw(found["name"].lower(), end)
            return piece + self._text[end:content_end], content_end
        return (piece, end) if piece else ("&lt;", found.start() + 1)

    def _is_tag(self, found: re.Match[str]) -> bool:
        name, rest = found["name"].lower(), found["rest"]
        is_closed = self._last_closed.get(name, -1) >= found.start()
        if name in _SWALLOWS and not (found["close"] or is_closed or rest.endswith("/")):
            return False
        known = name in _ELEMENTS and not _OPERATOR.match(rest)
        return known or name in self._last_closed or rest.endswith("/") or '="' in rest or "='" in rest

    def _end_of(self, found: re.Match[str]) -> int:
        """Where a tag ends; 0 where it never does.

        Once the quotes of a tag have held all the rest of the text, they are no quotes, and no later tag is believed
        to hold a ``<`` or a ``>``.
        """
        if found.start() > self._last_end:
            return 0
        if found["close"]:
            return found.end() if found["end"] else self._text.index(">", found.end()) + 1
        if found["end"] and _CLOSED_QUOTES.fullmatch(found["rest"]):
            return found.end()
        if not self._trusts_quotes:
            return 0
        rest = _REST_OF_TAG.match(self._text, found.end("name"))
        self._trusts_quotes = rest is not None
        return rest.end() if rest else 0

    def _tag(self, found: re.Match[str], end: int) -> str:
        name, rest = found["name"], self._text[found.end("name") : end - 1]
        if found["close"]:
            self._close(name.lower())
            return f"</{name}{rest if rest.isspace() else chr(10) * rest.count(chr(10))}>"
        if end != found.end() or not _CLOSED_QUOTES.fullmatch(rest):
            rest = _ODD_IN_TAG.sub(_escaped, rest)
        if _ends_itself(rest):
            return f"<{name}{rest}>"
        if name.lower() in _VOID:
            return f"<{name}{rest} />"  # the parser looks through all elements without content at each end tag
        room = self._room()
        self._open.append(name.lower())
        self._number_open[name.lower()] += 1
        return f"{room}<{name}{rest}>"

    def _room(self) -> str:
        """The end tag of the innermost element where it is as deep as elements may be."""
        if len(self._open) < DEPTH_MAX:
            return ""
        innermost = self._open.pop()
        self._number_open[innermost] -= 1
        return f"</{innermost}>"

    def _close(self, name: str) -> None:
        """An end tag closes the innermost element of its name, with all that is open in it."""
        while self._number_open[name]:
            innermost = self._open.pop()
            self._number_open[innermost] -= 1
            if innermost == name:
                break

    def _end_of_raw(self, name: str, begin: int) -> int:
        """Where the content ends of an element that holds no tags; ``begin`` for any other."""
        close = _RAW[name].search(self._text, begin) if name in _RAW and self._open[-1:] == [name] else None
        return close.start() if close else begin


def _escaped(found: re.Match[str]) -> str:
    """What in a tag is neither a name nor a value: a quote that belongs to no value; and a value, escaped."""
    return _QUOTES.get(found[0]) or found[0].translate(_ESCAPES)


def _ends_itself(rest: str) -> bool:
    """Whether a start tag ends its element; the slash of ``<a href=/>`` belongs to the address."""
    if not rest.endswith("/"):
        return False
    _, equals, value = rest[:-1].rpartition("=")
    return not equals or value[-1:] in ("'", '"') or len(value.split()) > 1 or value[-1:].isspace()
