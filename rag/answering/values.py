"""What extracts say, as values: whether a newer article says otherwise, and which articles agree."""

from __future__ import annotations

from collections.abc import Sequence

from rag.core.answers import Citation, Extract
from rag.core.articles import ArticleInfo
from rag.text.values import Value, ValueKind, value_of


def value_told(extract: Extract, info: ArticleInfo) -> Value | None:
    """What an extract's marked words say; with what stands right before and behind them, which may be "over"."""
    text = extract.passage.text
    start, end = extract.answer_start, extract.answer_end
    told = value_of(text[start:end], info.date)
    if told is None or told.kind is not ValueKind.FIGURE or told.normal[-1] in "+-~…":
        return told
    wider = value_of(text[max(start - 3, extract.start) : min(end + 2, extract.end)], info.date)
    return wider if wider and wider.number == told.number else told


def newer_otherwise(extracts: Sequence[Extract], citations: Sequence[Citation]) -> int | None:
    """The number of the newest citation that tells another figure or day than the surest, and is newer; None for none.

    :param citations: One for each extract, in the same order.
    """
    if len(extracts) < 2:
        return None
    pairs = list(zip(extracts, citations, strict=True))
    best, its = max(pairs, key=lambda pair: pair[0].confidence)
    said = value_told(best, its.article)
    if said is None or said.kind is ValueKind.NAME or not its.article.day:
        return None
    others = [
        (citation.article.local_date, citation.number)
        for extract, citation in pairs
        if citation.article.local_date > its.article.local_date
        and (value := value_told(extract, citation.article)) is not None
        and value.kind is said.kind
        and value.normal != said.normal
    ]
    return max(others)[1] if others else None
