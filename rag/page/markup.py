"""Text → markup: all text of articles and questions is escaped here, and nowhere else."""

from __future__ import annotations

from html import escape

from rag.page.words import Words
from rag.types import ArticleInfo


def inline(text: str) -> str:
    """Escaped text with its line breaks, on one line; ``$`` too, which Markdown readers may take for mathematics."""
    return escape(text).replace("$", "&#36;").replace("\n", "<br>").replace("\t", " &emsp; ")


def facts_of(info: ArticleInfo, words: Words) -> list[str]:
    """Where an article comes from, on which day, and where it is filed; each once."""
    day = info.date.date().isoformat() if info.date else words.no_date
    facts = (info.source, info.reporter, info.author, day, " / ".join(info.categories))
    return [fact for fact in dict.fromkeys(facts) if fact]
