"""A page as cleaning sees it: a walk, blocks of text, the elements that hold them, and pieces that are left out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from bs4.element import Tag

from rag.core.articles import Byline, Head, Kind, Reason, Removed
from rag.corpus.cleaning.text import tidy
from rag.text.writing_systems import size

_MARK = re.compile(r"[，。！？；,;!?]|\.(?:\s|$|[”\"')])")
_END = re.compile(r"[。！？!?…]|\.(?:\s|$|[”\"')])")
PROSE_MIN = 12
"""A shorter text with a comma in it may be a link's title or a menu."""
LINKED = 0.6
"""A block of which this share stands in links is a link, with a word or two beside it."""
SHOWN_OF_REMOVED = 120
"""Characters kept of each piece that was left out."""


@dataclass(frozen=True, slots=True)
class Event:
    """A step of the walk through a page: an element opens, text stands in an element, or an element closes.

    :param tag: The element that opens or closes, or in which the text stands.
    :param reason: Why the text is none of any article's; None where it may be.
    """

    line: int
    tag: Tag
    text: str | None = None
    closes: bool = False
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of text that a reader sees as one.

    :param linked: Share of its characters that stand in links.
    :param joint: What stood between it and the block before, where only an inline element that may be furniture parts
        the two; None where they are two in any case.
    :ivar size: In Chinese characters.
    :ivar prose: The same where it is text written in sentences, else 0.
    """

    text: str
    kind: Kind
    line: int
    level: int = 0
    linked: float = 0.0
    joint: str | None = None
    size: float = field(init=False)
    prose: float = field(init=False)

    def __post_init__(self) -> None:
        whole = size(self.text)
        marks = not self.is_link and self.kind is not Kind.CODE and _MARK.search(self.text)
        object.__setattr__(self, "size", whole)
        object.__setattr__(self, "prose", whole if marks and (whole >= PROSE_MIN or _END.search(self.text)) else 0.0)

    @property
    def is_link(self) -> bool:
        """Whether it is a link, or links side by side."""
        return self.linked >= LINKED


@dataclass(frozen=True, slots=True)
class ElementRange:
    """An element and the blocks that it holds: ``blocks[begin:end]``.

    :param reason: What its name says it is instead of article text; None where its name says nothing.
    """

    name: str
    begin: int
    end: int
    reason: Reason | None = None
    hints: str = ""

    def held(self, sums: Sequence[float]) -> float:
        """How much of what ``sums_of`` summed up, block by block, it holds."""
        return sums[self.end] - sums[self.begin]


@dataclass(frozen=True, slots=True)
class Page:
    """What was read of a page.

    :param blocks: Its text, in reading order.
    :param boxes: Its elements, the inner before the outer.
    :param removed: What is never text, such as comments; of some of it nothing is left to show.
    :param head: What its head says of it.
    :param title: The article's title, as far as it is known.
    :param whole: Whether it was saved whole, with all that stands around an article.
    """

    blocks: Sequence[Block]
    boxes: Sequence[ElementRange] = ()
    removed: Sequence[Removed] = ()
    head: Head = field(default_factory=Head)
    title: str = ""
    whole: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """What is left out as one: blocks, or a stretch of one.

    :param blocks: Their numbers.
    :param byline: What it says of where the article comes from.
    :param cut: The stretch of the one block's text; None where blocks are left out whole.
    """

    blocks: Sequence[int]
    reason: Reason
    byline: Byline = field(default_factory=Byline)
    cut: tuple[int, int] | None = None


def sums_of(values: Iterable[float]) -> list[float]:
    """The sum of all values before each, so that an element's is told without a look at each of its blocks."""
    return list(accumulate(values, initial=0.0))


def left_out(text: str, line: int, reason: Reason) -> Removed:
    """What users are told of a piece that is left out."""
    return Removed(tidy(text[: SHOWN_OF_REMOVED * 20])[:SHOWN_OF_REMOVED], line, reason)
