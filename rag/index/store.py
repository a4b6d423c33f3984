"""The articles and passages of all segments, under numbers that are one row: what is removed is not among them."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from rag.core.articles import Article, ArticleInfo, Reason
from rag.core.passages import Passage
from rag.index.segment_store import SegmentStore

Ids = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class StoredPart:
    """What one segment has of it.

    :param article_of: The number of the article that each passage is of.
    :param articles: How many there are, those that are removed too.
    :param left_out: Pieces that cleaning left out of these, by reason.
    :param removed: The numbers of those that are no longer in use.
    """

    store: SegmentStore
    article_of: NDArray[np.int32]
    articles: int
    left_out: Mapping[Reason, int]
    removed: frozenset[int]


class Store:
    """The articles in use and their passages, from any thread.

    A passage's id is its place among those of all segments, one segment after the other.

    :param parts: Of each segment.
    """

    def __init__(self, parts: Sequence[StoredPart]) -> None:
        self._parts = parts
        sizes = [len(part.article_of) for part in parts]
        self._begins = [sum(sizes[:at]) for at in range(len(sizes))]

    def place_of(self, article_id: str) -> tuple[int, int] | None:
        """Where an article is: the place of its segment, and its number there; None where there is none of that id."""
        for place, part in enumerate(self._parts):
            number = part.store.number_of(article_id)
            if number is not None and number not in part.removed:
                return place, number
        return None

    def digests(self) -> dict[str, str]:
        """The file digest of each article, by id; put together once, and not to be changed."""
        return self._digests

    @cached_property
    def _digests(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for part in self._parts:
            own = part.store.digest_of.copy()
            for number in part.removed:
                del own[part.store.digests[number][0]]
            found |= own
        return found

    @cached_property
    def _infos(self) -> tuple[list[ArticleInfo], Ids]:
        """The articles in the order of their ids; and the place in it of each passage's article, -1 where removed."""
        found = [
            (info, place, number)
            for place, part in enumerate(self._parts)
            for number, info in enumerate(part.store.infos)
            if number not in part.removed
        ]
        found.sort(key=lambda one: one[0].id)
        places = [np.full(part.articles, -1, np.int64) for part in self._parts]
        for at, (_, place, number) in enumerate(found):
            places[place][number] = at
        of_each = [place[part.article_of] for place, part in zip(places, self._parts, strict=True)]
        return [info for info, *_ in found], np.concatenate([np.empty(0, np.int64), *of_each])

    def infos(self) -> list[ArticleInfo]:
        """All articles, in the order of their ids."""
        return self._infos[0]

    def article_of_each_passage(self) -> Ids:
        """The place, among ``infos``, of the article that a passage is of, by the passage's id; -1 where removed."""
        return self._infos[1]

    def sizes(self) -> dict[str, int]:
        """How many passages each article has, by id."""
        infos, article_of = self._infos
        counts = np.bincount(article_of[article_of >= 0], minlength=len(infos))
        return {info.id: int(count) for info, count in zip(infos, counts, strict=True)}

    def article(self, article_id: str) -> Article | None:
        """An article with its paragraphs and what was left out; None where there is none of that id."""
        found = self.as_read(article_id)
        return found[0].without_boilerplate(found[1]) if found else None

    def as_read(self, article_id: str) -> tuple[Article, tuple[int, ...]] | None:
        """An article as read from its file, and how many characters of each paragraph are its own."""
        place = self.place_of(article_id)
        return self._parts[place[0]].store.as_read(place[1]) if place else None

    def left_out(self) -> dict[Reason, int]:
        """Pieces that cleaning left out, by reason, most first."""
        counts: Counter[Reason] = Counter()
        for part in self._parts:
            counts.update(part.left_out)
            for number in part.removed:
                counts.subtract(part.store.left_out(number))
        return {reason: count for reason, count in counts.most_common() if count > 0}

    def passages_of(self, article_id: str) -> list[Passage]:
        """The passages of an article, in reading order."""
        found = self.place_of(article_id)
        if found is None:
            return []
        place, number = found
        begin, store = self._begins[place], self._parts[place].store
        return [_numbered_from(begin, passage) for passage in store.passages_of(article_id, number)]

    def passage(self, passage_id: int) -> tuple[Passage, ArticleInfo]:
        """A passage and its article."""
        place = bisect_right(self._begins, passage_id) - 1
        begin = self._begins[place]
        passage, info = self._parts[place].store.passage(passage_id - begin)
        return _numbered_from(begin, passage), info


def _numbered_from(begin: int, passage: Passage) -> Passage:
    return replace(passage, id=begin + passage.id)
