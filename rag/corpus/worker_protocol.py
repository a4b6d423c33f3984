"""What a worker and its starter know of each other: how long a file may take, and an article as plain values."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rag.core.articles import Article, ArticleInfo, Kind, Paragraph, Reason, Removed, plain

SECONDS, SECONDS_PER_MB, MAX_SECONDS = 10, 20, 120
"""Processor time that reading a file may take: so much, more for each of its megabytes, and this at most. Real articles
take milliseconds. The slowest markup known that is no trick, tables of Markdown, takes 16 s a megabyte on a slow
machine, and 20 MB of paragraphs 20 s; more hints at a loop."""
READY = b"ready\n"
"""The first that a process says: that it could be started."""


def seconds_for(size: int) -> float:
    """Processor time that reading a file of so many bytes may take."""
    return min(SECONDS + SECONDS_PER_MB * size / 1_000_000, MAX_SECONDS)


def packed(article: Article) -> dict[str, Any]:
    """An article as plain values; ``unpacked`` makes it again."""
    return {
        "info": plain(article.info),
        "paragraphs": [(p.text, p.kind, p.line, p.level) for p in article.paragraphs],
        "removed": [(piece.text, piece.line, piece.reason) for piece in article.removed],
    }


def unpacked(values: dict[str, Any]) -> Article:
    """An article of what ``packed`` made."""
    info = values["info"]
    info["date"] = datetime.fromisoformat(info["date"]) if info["date"] else None
    del info["categories"]  # told beside the paths that they are of
    info["category_paths"] = tuple(map(tuple, info["category_paths"]))
    paragraphs = tuple(Paragraph(text, Kind(kind), line, level) for text, kind, line, level in values["paragraphs"])
    removed = tuple(Removed(text, line, Reason(reason)) for text, line, reason in values["removed"])
    return Article(ArticleInfo(**info), paragraphs, removed)
