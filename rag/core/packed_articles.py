"""An article as plain values, to be written as JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from rag.core.articles import Article, ArticleInfo, Kind, Paragraph, Reason, Removed, plain


def packed(article: Article) -> dict[str, Any]:
    """An article as plain values; ``unpacked`` makes it again."""
    return {
        "info": plain(article.info),
        "paragraphs": [(p.text, p.kind, p.line, p.level) for p in article.paragraphs],
        "removed": [(piece.text, piece.line, piece.reason) for piece in article.removed],
    }


def unpacked(values: dict[str, Any]) -> Article:
    """An article of what ``packed`` made."""
    paragraphs = tuple(Paragraph(text, Kind(kind), line, level) for text, kind, line, level in values["paragraphs"])
    removed = tuple(Removed(text, line, Reason(reason)) for text, line, reason in values["removed"])
    return Article(unpacked_info(values["info"]), paragraphs, removed)


def unpacked_info(values: dict[str, Any]) -> ArticleInfo:
    """What is known of an article, of what ``plain`` made."""
    info = dict(values)
    info["date"] = datetime.fromisoformat(info["date"]) if info["date"] else None
    del info["categories"]  # told beside the paths that they are of
    info["category_paths"] = tuple(map(tuple, info["category_paths"]))
    return ArticleInfo(**info)
