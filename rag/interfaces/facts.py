"""What is told beside extracts, wherever they are shown: where an article comes from, and what was asked for."""

from __future__ import annotations

from collections.abc import Callable

from rag.core.answers import Answer
from rag.core.articles import ArticleInfo
from rag.core.asked_time import AskedTime, Days
from rag.interfaces.languages.words import Words


def facts_of(info: ArticleInfo, words: Words) -> list[str]:
    """Where an article comes from, on which day, and where it is filed: what is known of it, each once."""
    filed = words.comma.join(info.filed_under)
    facts = (info.source, info.reporter, info.author, info.day or words.no_date, filed, info.collection)
    return [fact for fact in dict.fromkeys(facts) if fact]


def days_of(days: Days, words: Words) -> str:
    """Days, as they are told."""
    if days.since and days.until:
        return words.span.format(days.since, days.until) if days.since != days.until else str(days.since)
    return words.since.format(days.since) if days.since else words.until.format(days.until)


def time_told(asked: AskedTime, words: Words) -> str:
    """What a time that a question names means, and what became of it; empty where the asker gave other days."""
    if asked.days is None:
        return words.time_newest.format(asked.text)
    if asked.collection_ends:
        return words.time_beyond.format(asked.text, days_of(asked.days, words), asked.collection_ends)
    return words.time_meant.format(asked.text, days_of(asked.days, words)) if asked.applied else ""


def asked_under(answer: Answer, words: Words, written: Callable[[str], str] = str) -> list[str]:
    """What was searched for where it differs, the filters and the order, each as a phrase; empty where none is set.

    :param written: How a query or a name is written into its phrase.
    """
    filters, named = answer.filters, answer.filters.named.items()
    narrowed = (
        words.since.format(filters.since) if filters.since else "",
        words.until.format(filters.until) if filters.until else "",
        *(f"{words.kinds[kind]} {words.comma.join(map(written, names))}" for kind, names in named if names),
    )
    told = (
        words.searched_for.format(written(answer.query)) if answer.rewritten else "",
        words.filtered_by.format(" · ".join(filter(None, narrowed))) if filters else "",
        words.newest_first if answer.newest_first and not (answer.time and answer.time.newest_first) else "",
        *([written(time_told(answer.time, words))] if answer.time else []),
    )
    return [phrase for phrase in told if phrase]
