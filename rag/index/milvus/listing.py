"""The articles of an index that a server keeps, as a list to be looked through, newest first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from rag.core.articles import ArticleInfo
from rag.errors import ServerError
from rag.index.catalogue import words_of
from rag.index.milvus.collections import Kind
from rag.index.milvus.rows import BUCKETS, info_of
from rag.index.milvus.server import MOST_ROWS, Server

STRETCH = 4_000
"""Articles of the days that are looked at together, where no day has more."""


def listed(
    server: Server, holds: str, days: Counter[int], text: str, begin: int, count: int
) -> tuple[int, list[ArticleInfo]]:
    """The articles in whose titles and names all words of a text stand: how many there are, and some of them.

    A server puts nothing in order, so that it is asked for some days after the other, as many as it takes.

    :param holds: Which rows may be listed.
    :param days: How many articles there are of each day, as an ordinal.
    :param begin: The place of the first that is wanted; of the last ones, where there are fewer.
    :raises ServerError: A text is looked for, and the server is too old for that.
    """
    words = words_of(text)
    if words and not server.finds_inside:
        raise ServerError("the list can't be searched: Milvus before 2.4 does not look inside of texts")
    holds = " and ".join([holds, *(f'found_by like "%{_literal(word)}%"' for word in words)])
    found = server.count(Kind.ARTICLES, holds)
    begin = min(begin, (found - 1) // count * count) if found else 0
    left, wanted = begin, min(count, found - begin)
    infos: list[ArticleInfo] = []
    waiting = [(f"day >= {first} and day <= {last}", 0, BUCKETS) for first, last in _stretches(days)][::-1]
    while waiting and len(infos) < wanted:
        of_days, low, high = waiting.pop()
        here = f"{of_days} and bucket >= {low} and bucket < {high} and {holds}"
        there = server.count(Kind.ARTICLES, here)
        if there <= left:
            left -= there
        elif there >= MOST_ROWS:  # of one day: then they are not in the order of their ids
            middle = (low + high) // 2
            waiting += [(of_days, middle, high), (of_days, low, middle)]
        else:
            rows = [info_of(row) for row in server.query(Kind.ARTICLES, here, ("info",))]
            rows.sort(key=lambda info: info.id)
            rows.sort(key=lambda info: info.local_date, reverse=True)
            infos += rows[left : left + wanted - len(infos)]
            left = 0
    return found, infos


def _stretches(days: Counter[int]) -> Iterator[tuple[int, int]]:
    """Neighbouring days that have some thousand articles together, newest first; those without a date last."""
    last = articles = first = 0
    for day in sorted((day for day, count in days.items() if count > 0), reverse=True):
        if articles and (articles + days[day] > STRETCH or day == 0):
            yield first, last
            articles = 0
        if not articles:
            last = day
        first = day
        articles += days[day]
    if articles:
        yield first, last


def _literal(word: str) -> str:
    """A word as an expression has it, with nothing that means something else."""
    for sign in ("\\", "%", "_"):
        word = word.replace(sign, f"\\{sign}")
    return word.replace("\\", "\\\\").replace('"', '\\"')  # it stands in a text of the expression
