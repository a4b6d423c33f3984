"""The account of cleaning: what is kept, and what is left out and why, in the order of the file."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby

from rag.cleaning.blocks import Block
from rag.cleaning.lines import editor_at_end
from rag.cleaning.text import tidy
from rag.types import Body, Paragraph, Removed

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
        told = (block for block in blocks if block.text)
        for (reason, _), group in groupby(told, key=lambda block: (block.reason, block.piece)):
            run = list(group)
            if reason:
                self.leave_out(" ".join(block.text for block in run), run[0].line, reason)
            else:
                for block in run:
                    self._keep(block)

    def body(self) -> Body:
        """What was kept and what was left out, in the order of the file."""
        return Body(tuple(self.paragraphs), tuple(sorted(self.removed, key=lambda piece: piece.line)))

    def _keep(self, block: Block) -> None:
        end = editor_at_end(block.text)
        line = block.line + self.first_line - 1
        self.paragraphs.append(Paragraph(block.text[:end], block.kind, line, block.level))
        if end < len(block.text):
            self.removed.append(Removed(block.text[end:].strip(), line, "editor line"))
