"""HTML → the steps of a walk through its tree in reading order, each with its line; no recursion, however deep.

Formulas become text on the way: MathML, and the TeX that MathJax and KaTeX keep beside what they draw.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from bs4 import BeautifulSoup
from bs4.element import Comment, NavigableString, PreformattedString, Tag

from rag.core.articles import Reason
from rag.corpus.cleaning.page import Event
from rag.corpus.cleaning.page_chrome import never_text

_MARKUP_TAG = re.compile(r"<[^>]*>?")
_JOINTS = {"mfrac": "/", "msup": "^", "msub": "_", "munder": "_", "mover": "^"}
DEPTH = 40
"""Deeper formulas than any that is written are told by their letters alone."""


def parse(text: str) -> BeautifulSoup:
    """The tree of a page or of a piece of one. ``html.parser`` alone tells where in a line an element begins."""
    return BeautifulSoup(f"{text}\n", "html.parser")  # a line break tells text from a file's name


def walk(root: Tag, source: str, first_line: int) -> Iterator[Event]:
    """Walk a tree; comments and elements that are never text come as text with the reason.

    :param source: What was parsed.
    :param first_line: The line of the file on which ``source`` begins.
    """
    lines = _LineOf(source, first_line)
    open_tags: list[tuple[Tag, Iterator[object]]] = [(root, iter(root.contents))]
    line, quotes = first_line, 0
    while open_tags:
        parent, children = open_tags[-1]
        child = next(children, None)
        if child is None:
            open_tags.pop()
            quotes -= parent.name == "blockquote"
            yield Event(line, parent, closes=True)
        elif isinstance(child, Tag):
            line = lines.after_start_tag(child) or line
            if (formula := _formula(child)) is not None:
                yield Event(line, parent, text=formula)
            elif reason := never_text(child, quoted=quotes > 0):
                said = "" if child.name == "rp" else _all_text(child)  # <rp>: brackets of a reading
                yield Event(line, child, said, reason=reason)
            else:
                yield Event(line, child)
                quotes += child.name == "blockquote"
                open_tags.append((child, iter(child.contents)))
                continue
            line = lines.after(child, line)
        elif isinstance(child, NavigableString):
            if type(child) is Comment:
                yield Event(line, parent, _MARKUP_TAG.sub("", child), reason=Reason.COMMENT)
            elif not isinstance(child, PreformattedString):
                yield Event(line, parent, text=str(child))
            line += child.count("\n")


def _all_text(tag: Tag) -> str:
    """All that an element holds, readings of characters and scripts too, which ``get_text`` passes over."""
    strings = (piece for piece in tag.descendants if isinstance(piece, NavigableString))
    return "".join(text for text in strings if not isinstance(text, PreformattedString))


def _formula(tag: Tag) -> str | None:
    """What a formula says, on one line; None for any other element.

    A ``<math>`` says its TeX where it carries it, or else its letters, with marks for its shape.

    >>> _formula(parse("<math><msup><mi>x</mi><mn>2</mn></msup></math>").math)
    'x^2'
    """
    if tag.name == "script" and str(tag.get("type", "")).startswith("math/"):
        return " ".join(tag.get_text().replace("&lt;", "<").split())  # a stray tag's mark, in text that is no markup
    if tag.name != "math":
        return None
    tex = tag.find("annotation", encoding="application/x-tex")
    return " ".join((tex.get_text() if isinstance(tex, Tag) else _linear(tag, DEPTH)).split())


def _linear(tag: Tag, depth: int) -> str:
    if not depth:
        return tag.get_text()
    parts = []
    for child in tag.contents:
        if isinstance(child, Tag):
            if not child.name.startswith("annotation"):
                parts.append(_linear(child, depth - 1))
        elif isinstance(child, NavigableString) and not isinstance(child, PreformattedString) and child.strip():
            parts.append(child.strip())
    if tag.name in _JOINTS and len(parts) == 2:
        return _JOINTS[tag.name].join(f"({part})" if len(part) > 1 and tag.name == "mfrac" else part for part in parts)
    return f"√({''.join(parts)})" if tag.name == "msqrt" else "".join(parts)


class _LineOf:
    """Lines of start tags in the file, of which the source is a piece."""

    def __init__(self, source: str, first_line: int) -> None:
        self._source = source
        self._lines_before = first_line - 1
        self._starts = [0, *(match.end() for match in re.finditer("\n", source))]

    def after(self, tag: Tag, line: int) -> int:
        """The line on which an element ends whose start tag ends on ``line``."""
        for piece in tag.descendants:
            line = (self.after_start_tag(piece) or line) if isinstance(piece, Tag) else line + str(piece).count("\n")
        return line

    def after_start_tag(self, tag: Tag) -> int | None:
        """The line on which a start tag ends; None for a tag that the parser made up."""
        if tag.sourceline is None or tag.sourcepos is None:
            return None
        begin = self._starts[min(tag.sourceline, len(self._starts)) - 1] + tag.sourcepos
        end = self._source.find(">", begin)
        return self._lines_before + (bisect_right(self._starts, end) if end >= 0 else tag.sourceline)
