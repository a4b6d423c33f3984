"""A page as cleaning sees it: blocks of text, and the elements that hold them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from rag.core.types import Kind
from rag.text.writing_systems import size

_MARK = re.compile(r"[，。！？；,;!?]|\.(?:\s|$|[”\"')])")
_END = re.compile(r"[。！？!?…]|\.(?:\s|$|[”\"')])")
PROSE_MIN = 12
"""A shorter text with a comma in it may be a link's title or a menu."""
LINKED = 0.6
"""A block of which this share stands in links is a link, with a word or two beside it."""


@dataclass(slots=True)
class Block:
    """A stretch of text that a reader sees as one.

    :param linked: Share of its characters that stand in links.
    :param joint: What stood between it and the block before, where only an inline element that may be furniture parts
        the two; None where they are two in any case.
    :param reason: Why it is left out; empty where it is kept.
    :param piece: Blocks that were left out as one have the same number.
    :param cut: What was cut from its beginning and end, each with the reason.
    """

    text: str
    kind: Kind
    line: int
    level: int = 0
    linked: float = 0.0
    joint: str | None = None
    reason: str = ""
    piece: int = 0
    cut: list[tuple[str, str]] = field(default_factory=list)
    size: float = field(init=False)
    prose: float = field(init=False)

    def __post_init__(self) -> None:
        self.say(self.text)

    def say(self, text: str) -> None:
        """Take another text: its size is measured in Chinese characters, and so is prose, text written in sentences."""
        self.text = text
        self.size = size(text)
        marks = not self.is_link and self.kind is not Kind.CODE and _MARK.search(text) is not None
        self.prose = self.size if marks and (self.size >= PROSE_MIN or _END.search(text)) else 0.0

    @property
    def is_link(self) -> bool:
        """Whether it is a link, or links side by side."""
        return self.linked >= LINKED


@dataclass(slots=True)
class ElementRange:
    """An element and the blocks that it holds: ``blocks[begin:end]``.

    :param reason: What its name says it is instead of article text; empty where its name says nothing.
    """

    name: str
    begin: int
    end: int
    reason: str = ""
    hints: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """The blocks of a page, and its elements, the inner before the outer."""

    blocks: list[Block]
    boxes: list[ElementRange]
