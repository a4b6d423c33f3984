"""What is told of a survey wherever it is shown: how many articles, of which days, and which say the same."""

from __future__ import annotations

from rag.core.survey import Survey, ValueGroup
from rag.interfaces.languages.words import Words


def counted(survey: Survey, words: Words) -> str:
    """14 articles, 3 copies folded, from 2023-07-20 to 2023-08-16."""
    parts = [articles_told(survey.articles, words)]
    if survey.copies:
        parts.append(words.folded.format(survey.copies))
    if survey.span:
        first, last = survey.span
        parts.append(words.from_to.format(first, last) if first != last else str(first))
    return words.comma.join(parts)


def articles_told(count: int, words: Words) -> str:
    """How many articles."""
    return words.one_article if count == 1 else words.surveyed.format(count)


def group_told(group: ValueGroup, words: Words) -> str:
    """Which articles tell a value: 93人：3 篇文章、2023-08-12 至 2023-08-13."""
    told = articles_told(len(group.reports), words)
    if group.since and group.until:
        days = words.from_to.format(group.since, group.until) if group.since != group.until else str(group.since)
        told += words.comma + days
    return words.told_by.format(group.shown, told)
