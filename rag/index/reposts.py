"""Articles that hold most of another's passages, told from the passages that are copies."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from rag.core.types import ArticleInfo
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


class Reposts:
    """What the copies of passages tell of whole articles.

    :param store: Of an open index.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._rows = store.copies_by_age()

    def counts(self) -> CopyCounts:
        """Count passages, groups, and articles that repost another."""
        oldest: dict[int, str] = {}
        shared: Counter[tuple[str, str]] = Counter()
        for _, group, article in self._rows:
            if oldest.setdefault(group, article) != article:
                shared[article, oldest[group]] += 1
        sizes = self._store.sizes()
        reposts = {article for (article, _), count in shared.items() if 2 * count > sizes[article]}
        return CopyCounts(len(self._rows), len(oldest), len(reposts))

    def sharing(self, article: ArticleInfo) -> list[tuple[ArticleInfo, int]]:
        """The articles that hold more than half of an article's passages, with how many; most first.

        Empty as well where the article is not indexed as it is.
        """
        mine = {group for _, group, name in self._rows if name == article.id}
        others = {(name, group) for _, group, name in self._rows if group in mine and name != article.id}
        size = self._store.sizes().get(article.id, 0)
        counts = Counter(name for name, _ in others)
        most = {name: count for name, count in counts.items() if 2 * count > size}
        infos = [info for info in self._store.infos() if info.id in most]
        return sorted(((info, most[info.id]) for info in infos), key=lambda pair: -pair[1])
