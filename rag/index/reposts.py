"""Articles that hold most of another's passages, told from the passages that are copies."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from rag.core.articles import ArticleInfo
from rag.index.index import Index


@dataclass(frozen=True, slots=True)
class CopyCounts:
    """How much of an index says what another part of it says.

    :param passages: Passages that have copies.
    :param groups: Groups of passages that say the same.
    :param reposts: Articles of which more than half of the passages are copies of one older article's.
    """

    passages: int
    groups: int
    reposts: int


def count_copies(index: Index) -> CopyCounts:
    """Count passages that are copies, their groups, and articles that repost another."""
    rows = _by_age(index)
    oldest: dict[int, str] = {}
    shared: Counter[tuple[str, str]] = Counter()
    for group, info in rows:
        if oldest.setdefault(group, info.id) != info.id:
            shared[info.id, oldest[group]] += 1
    sizes = index.store.sizes()
    reposts = {article for (article, _), count in shared.items() if 2 * count > sizes[article]}
    return CopyCounts(len(rows), len(oldest), len(reposts))


def articles_sharing(index: Index, article: ArticleInfo) -> list[tuple[ArticleInfo, int]]:
    """The articles that hold more than half of an article's passages, with how many; most first, the newest of equals.

    Empty as well where the article is not indexed as it is.
    """
    rows = _by_age(index)
    mine = {group for group, info in rows if info.id == article.id}
    others = {(info.id, group): info for group, info in rows if group in mine and info.id != article.id}
    size = index.store.sizes().get(article.id, 0)
    infos = {info.id: info for info in others.values()}
    counts = Counter(name for name, _ in others)
    most = [(infos[name], count) for name, count in counts.items() if 2 * count > size]
    by_age = sorted(most, key=lambda pair: (pair[0].local_date, pair[0].id), reverse=True)
    return sorted(by_age, key=lambda pair: -pair[1])


def _by_age(index: Index) -> list[tuple[int, ArticleInfo]]:
    """Of each passage that has copies, its group and its article; of the oldest articles first."""
    infos, article_of = index.store.infos(), index.store.article_of_each_passage()
    copies = np.flatnonzero(np.bincount(index.groups)[index.groups] > 1).tolist()
    rows = [(int(index.groups[passage]), infos[article_of[passage]]) for passage in copies]
    return sorted(rows, key=lambda row: (row[1].date is None, row[1].local_date, row[1].id))
