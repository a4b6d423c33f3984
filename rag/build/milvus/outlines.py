"""What an article says line by line, as a text of its row."""

from __future__ import annotations

import numpy as np

from rag.core.articles import Article
from rag.corpus.outline import ENDING, LINE, Outline
from rag.index.milvus.collections import MAX_TEXT
from rag.index.milvus.packing import packed, unpacked


def outline_text(article: Article) -> str:
    """What an article says line by line, as a text of its row; empty where that does not fit."""
    outline = Outline.of([article])
    columns = [np.ascontiguousarray(outline.lines[name]) for name in ("text", "length", "kind", "is_near")]
    columns += [np.ascontiguousarray(outline.endings[name]) for name in ENDING.names or ()]
    text = f"{len(outline.lines)}:{packed(*columns, outline.files)}"
    return text if len(text) <= MAX_TEXT else ""


def outline_in(told: str) -> Outline | None:
    """The outline of what ``outline_text`` made; None where that did not fit."""
    count, _, text = told.partition(":")
    if not text:
        return None
    lines, endings = np.zeros(int(count), LINE), np.zeros(1, ENDING)
    names = ("text", "length", "kind", "is_near")
    forms = [(LINE[name], len(lines)) for name in names] + [(ENDING[name], 1) for name in ENDING.names or ()]
    *columns, files = unpacked(text, *forms, (np.dtype(np.uint64), 1))
    for name, column in zip(names, columns, strict=False):
        lines[name] = column
    for name, column in zip(ENDING.names or (), columns[len(names) :], strict=True):
        endings[name] = column
    return Outline(lines, endings, files)
