"""Articles that hold most of another's passages, told from the passages that are copies."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from rag.core.articles import ArticleInfo
from rag.index.store import Store


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


def count_copies(store: Store) -> CopyCounts:
    """Count passages that are copies, their groups, and articles that repost another."""
    rows = store.copies_by_age()
    oldest: dict[int, str] = {}
    shared: Counter[tuple[str, str]] = Counter()
    for _, group, article in rows:
        if oldest.setdefault(group, article) != article:
            shared[article, oldest[group]] += 1
    sizes = store.sizes()
    reposts = {article for (article, _), count in shared.items() if 2 * count > sizes[article]}
    return CopyCounts(len(rows), len(oldest), len(reposts))


def articles_sharing(store: Store, article: ArticleInfo) -> list[tuple[ArticleInfo, int]]:
    """The articles that hold more than half of an article's passages, with how many; most first.

    Empty as well where the article is not indexed as it is.
    """
    rows = store.copies_by_age()
    mine = {group for _, group, name in rows if name == article.id}
    others = {(name, group) for _, group, name in rows if group in mine and name != article.id}
    size = store.sizes().get(article.id, 0)
    most = {name: count for name, count in Counter(name for name, _ in others).items() if 2 * count > size}
    infos = [info for info in store.infos() if info.id in most]
    return sorted(((info, most[info.id]) for info in infos), key=lambda pair: -pair[1])
