"""The account of cleaning: what is kept, and what is left out and why."""

from __future__ import annotations

from dataclasses import dataclass, field

from rag.cleaning.rules import judge
from rag.cleaning.text import tidy
from rag.types import Body, Kind, Paragraph, Removed

SHOWN_OF_REMOVED = 120
"""Characters kept of each piece that was left out."""


@dataclass(slots=True)
class Account:
    """Paragraphs and removals, as they are found."""

    first_line: int
    paragraphs: list[Paragraph] = field(default_factory=list)
    removed: list[Removed] = field(default_factory=list)
    title: str = ""
    source: str = ""

    def add(self, text: str, kind: Kind, line: int) -> None:
        """Keep one paragraph, or record why it is not kept. Lines count from the body's first."""
        if not text:
            return
        verdict = None if kind is Kind.CODE else judge(text)
        if verdict is None:
            self.paragraphs.append(Paragraph(text, kind, line + self.first_line - 1))
            return
        self.remove(text, line, verdict.reason)
        if kind is not Kind.CAPTION:  # a caption names the source of its picture
            self.source = self.source or verdict.source

    def remove(self, text: str, line: int, reason: str) -> None:
        """Record what is left out. Empty pieces are nobody's loss and go unrecorded."""
        shown = tidy(text)[:SHOWN_OF_REMOVED]
        if shown:
            self.removed.append(Removed(shown, line + self.first_line - 1, reason))

    def body(self) -> Body:
        """What was found."""
        return Body(tuple(self.paragraphs), tuple(self.removed), self.title, self.source)
