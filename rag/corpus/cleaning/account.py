"""The account of cleaning: what is kept, and what is left out and why, in the order of the file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby

from rag.core.types import Body, Byline, Head, Paragraph, Removed
from rag.corpus.cleaning.page import Block
from rag.corpus.cleaning.text import tidy

SHOWN_OF_REMOVED = 120
"""Characters kept of each piece that was left out."""


@dataclass(slots=True)
class Account:
    """Paragraphs and removals. Lines that are handed in count from the body's first."""

    first_line: int
    paragraphs: list[Paragraph] = field(default_factory=list)
    removed: list[Removed] = field(default_factory=list)

    def leave_out(self, text: str, line: int, reason: str) -> None:
        """Record what is left out. Empty pieces are nobody's loss and go unrecorded."""
        shown = tidy(text[: SHOWN_OF_REMOVED * 20])[:SHOWN_OF_REMOVED]
        if shown:
            self.removed.append(Removed(shown, line + self.first_line - 1, reason))

    def take(self, blocks: Iterable[Block]) -> None:
        """Take blocks that were sifted; what was left out as one is one piece."""
        blocks = list(blocks)
        for block in blocks:
            for text, reason in block.cut:
                self.leave_out(text, block.line, reason)
        told = (block for block in blocks if block.text)
        for (reason, _), group in groupby(told, key=lambda block: (block.reason, block.piece)):
            run = list(group)
            if reason:
                self.leave_out(" ".join(block.text for block in run), run[0].line, reason)
            else:
                for block in run:
                    self._keep(block)

    def body(self, byline: Byline, head: Head) -> Body:
        """What was kept and what was left out, in the order of the file."""
        removed = sorted(self.removed, key=lambda piece: piece.line)
        return Body(tuple(self.paragraphs), tuple(removed), byline, head)

    def _keep(self, block: Block) -> None:
        self.paragraphs.append(Paragraph(block.text, block.kind, block.line + self.first_line - 1, block.level))
