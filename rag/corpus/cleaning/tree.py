"""HTML → the steps of a walk through its tree in reading order, each with its line; no recursion, however deep."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bs4 import BeautifulSoup
from bs4.element import Comment, NavigableString, PreformattedString, Tag

from rag.corpus.cleaning.formulas import formula_text, is_tex
from rag.corpus.cleaning.furniture import never_text


@dataclass(frozen=True, slots=True)
class Event:
    """A step of the walk: an element opens, text stands in an element, or an element closes.

    :param line: From 1, in the text that was parsed.
    :param tag: The element that opens or closes, or in which the text stands.
    """

    line: int
    tag: Tag
    text: str | None = None
    closes: bool = False


def parse(text: str) -> BeautifulSoup:
    """The tree of a page or of a piece of one. ``html.parser`` alone tells where in a line an element begins."""
    return BeautifulSoup(f"{text}\n", "html.parser")  # a line break tells text from a file's name


def walk(root: Tag, source: str, leave_out: Callable[[str, int, str], None]) -> Iterator[Event]:
    """Walk a tree; comments and elements that are never text are handed to ``leave_out`` as text, line and reason."""
    lines = _LineOf(source)
    open_tags: list[tuple[Tag, Iterator[object]]] = [(root, iter(root.contents))]
    line, quotes = 1, 0
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
                leave_out("" if child.name == "rp" else _all_text(child), line, reason)  # <rp>: brackets of a reading
            else:
                yield Event(line, child)
                quotes += child.name == "blockquote"
                open_tags.append((child, iter(child.contents)))
                continue
            line = lines.after(child, line)
        elif isinstance(child, NavigableString):
            if type(child) is Comment:
                leave_out(_MARKUP_TAG.sub("", child), line, "comment")
            elif not isinstance(child, PreformattedString):
                yield Event(line, parent, text=str(child))
            line += child.count("\n")


def _all_text(tag: Tag) -> str:
    """All that an element holds, readings of characters and scripts too, which ``get_text`` passes over."""
    strings = (piece for piece in tag.descendants if isinstance(piece, NavigableString))
    return "".join(text for text in strings if not isinstance(text, PreformattedString))


_MARKUP_TAG = re.compile(r"<[^>]*>?")


def _formula(tag: Tag) -> str | None:
    """What a formula says; None for any other element."""
    if is_tex(tag):
        return " ".join(tag.get_text().replace("&lt;", "<").split())  # a stray tag's mark, in text that is no markup
    return formula_text(tag) if tag.name == "math" else None


class _LineOf:
    """Lines of start tags in the source."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._starts = [0, *(match.end() for match in re.finditer("\n", source))]

    def after(self, tag: Tag, line: int) -> int:
        """The line on which an element ends whose start tag ends on ``line``."""
        for piece in tag.descendants:
            line = (self.after_start_tag(piece) or line) if isinstance(piece, Tag) else line + str(piece).count("\n")
        return line

    def after_start_tag(self, tag: Tag) -> int | None:
        """The line, from 1, on which a start tag ends; None for a tag that the parser made up."""
        if tag.sourceline is None or tag.sourcepos is None:
            return None
        begin = self._starts[min(tag.sourceline, len(self._starts)) - 1] + tag.sourcepos
        end = self._source.find(">", begin)
        return bisect_right(self._starts, end) if end >= 0 else tag.sourceline
