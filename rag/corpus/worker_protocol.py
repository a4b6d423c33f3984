"""What a worker and its starter know of each other: how long a file may take, and an article as plain values."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rag.core.types import Article, ArticleInfo, Kind, Paragraph, Removed

SECONDS, SECONDS_PER_MB, MAX_SECONDS = 10, 20, 120
"""Processor time that reading a file may take: so much, more for each of its megabytes, and this at most. Real articles
take milliseconds. The slowest markup known that is no trick, tables of Markdown, takes 16 s a megabyte on a slow
machine, and 20 MB of paragraphs 20 s; more hints at a loop."""
READY = b"ready\n"
"""The first that a process says: that it could be started."""


def seconds_for(size: int) -> float:
    """Processor time that reading a file of so many bytes may take."""
    return min(SECONDS + SECONDS_PER_MB * size / 1_000_000, MAX_SECONDS)


def packed(article: Article) -> list[Any]:
    """An article as plain values; ``unpacked`` makes it again."""
    info = article.info
    date = info.date.isoformat() if info.date else None
    known = (info.id, info.title, info.author, info.source, date, info.categories, info.url, info.digest)
    paragraphs = [(p.text, p.kind.value, p.line, p.level) for p in article.paragraphs]
    removed = [(piece.text, piece.line, piece.reason) for piece in article.removed]
    return [(*known, info.reporter, info.original_title, info.category_paths), paragraphs, removed]


def unpacked(values: list[Any]) -> Article:
    """An article of what ``packed`` made."""
    known, rows, removed = values
    name, title, author, source, date, categories, url, digest, reporter, original_title, paths = known
    when = datetime.fromisoformat(date) if date else None
    filed = tuple(map(tuple, paths))
    info = ArticleInfo(
        name, title, author, source, when, tuple(categories), url, digest, reporter, original_title, filed
    )
    paragraphs = tuple(Paragraph(text, Kind(kind), line, level) for text, kind, line, level in rows)
    return Article(info, paragraphs, tuple(Removed(*piece) for piece in removed))
