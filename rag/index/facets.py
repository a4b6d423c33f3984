"""Names that articles can be filtered by, with the articles that bear them."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache
from typing import Generic, Protocol, TypeVar

from rag.core.articles import NAME_JOINT, ArticleInfo
from rag.errors import UnknownName

LEVEL_JOINT = "/"
"""Between a category and one below it, in a filter: 科技/AI."""
NEAREST = 3
"""Names that are offered in place of an unknown one."""
LIKENESS = 0.5
"""Likeness (``difflib``) from which a name is offered: two names of two characters share one."""
MAX_NAMES_COMPARED = 5000
"""Names, the most frequent, that an unknown one is compared with: 0.1 s."""

Names = tuple[str, ...]


@lru_cache(maxsize=2**14)  # of names there are few, and each stands in many articles
def name_key(name: str) -> str:
    """What two spellings of one name have in common: NFKC, case folded, without white space at the ends.

    >>> name_key(" ＣｎＢｅｔａ ")
    'cnbeta'
    """
    return folded(name)


def folded(text: str) -> str:
    """As ``name_key``, of any text."""
    return unicodedata.normalize("NFKC", text).casefold().strip()


@dataclass(frozen=True, slots=True)
class FacetCount:
    """A name that can be filtered by, as its first article spells it.

    :param name: With those above it, from the widest on.
    :param articles: How many bear it.
    :param level: 1 for a name that stands below no other.
    """

    name: str
    articles: int
    level: int


@dataclass(frozen=True, slots=True)
class CategoryNode:
    """A name with those that stand below it.

    :param name: As its first article spells it.
    :param path: With those above it, as a filter takes it.
    :param articles: How many bear it or one below it.
    :param below: Most frequent first.
    """

    name: str
    path: str
    articles: int
    below: tuple[CategoryNode, ...]


def named_by(info: ArticleInfo) -> dict[str, tuple[Names, ...]]:
    """The names that find an article, by the field of a filter; each with those above it."""
    return {
        "categories": info.category_paths,
        "authors": tuple((author,) for author in authors_of(info)),
        "sources": tuple((source,) for source in sources_of(info)),
        "collections": ((info.collection,),),
    }


def authors_of(info: ArticleInfo) -> tuple[str, ...]:
    """Names of authors that find an article: the front matter's author, and the reporter that its text names.

    Of several names each does, and so do all as they stand together.
    """
    return tuple(name for field in (info.author, info.reporter) for name in (field, *field.split(NAME_JOINT)))


def sources_of(info: ArticleInfo) -> tuple[str, ...]:
    """Names of sources that find an article: its source (来源), and the front matter's author, which is the feed.

    One whom the text names as its reporter is a person and no feed.
    """
    reporters = {name_key(name) for name in (info.reporter, *info.reporter.split(NAME_JOINT))}
    return (info.source,) if name_key(info.author) in reporters else (info.source, info.author)


class CountedName(Protocol):
    """A name with those above it, as its first article spells it."""

    @property
    def names(self) -> Names:
        """From the widest to the narrowest."""

    @property
    def count(self) -> int:
        """How many articles bear it or one below it."""


Named = TypeVar("Named", bound=CountedName)


class NameCounts(Generic[Named]):
    """The names in one field of all articles, and how many bear each. A name may stand below others, as categories do.

    :param kind: What such a name is called: ``category``, ``author`` or ``source``.
    """

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._values: dict[Names, Named] = {}
        self._ending: dict[str, list[Names]] = {}
        self._longest = 0

    def _enter(self, names: Names, new: Callable[[Names], Named]) -> Iterator[Named]:
        """The values of a name and of those above it; new ones where none is spelled alike."""
        keys = tuple(map(name_key, names))
        self._longest = max(self._longest, len(LEVEL_JOINT.join(keys)))
        for level in range(1, len(names) + 1):
            path = keys[:level]
            if path not in self._values:
                self._values[path] = new(names[:level])
                self._ending.setdefault(path[-1], []).append(path)
            yield self._values[path]

    def choices(self, most: int | None = None) -> list[FacetCount]:
        """The names, most frequent first.

        :param most: How many at most; None for all.
        """
        return [FacetCount(_joined(value), value.count, len(value.names)) for value in self._most_frequent(most)]

    def _most_frequent(self, most: int | None) -> list[Named]:
        return sorted(self._values.values(), key=lambda value: (-value.count, value.names))[:most]

    def tree(self) -> tuple[CategoryNode, ...]:
        """The names that stand below no other, each with those below it; most frequent first."""
        below: defaultdict[Names, list[CategoryNode]] = defaultdict(list)
        for path, value in sorted(self._values.items(), key=lambda item: -len(item[0])):
            branches = tuple(sorted(below.pop(path, ()), key=_most_first))
            below[path[:-1]].append(CategoryNode(value.names[-1], _joined(value), value.count, branches))
        return tuple(sorted(below[()], key=_most_first))

    def paths(self, name: str) -> list[Names]:
        """Where a name stands, as keys.

        :raises UnknownName: It stands nowhere.
        """
        key = name_key(name)
        found = list(self._paths(key)) if len(key) <= self._longest else []
        if not found:
            raise UnknownName(self._kind, name, self._nearest(name))
        return found

    def _paths(self, name: str) -> Iterator[Names]:
        """Where a name stands. It may hold ``LEVEL_JOINT`` itself, so that each cut of it is tried."""
        end = name
        while True:
            yield from (path for path in self._ending.get(end, ()) if _ends_with(path, name))
            _, joint, end = end.partition(LEVEL_JOINT)
            if not joint:
                return

    def _nearest(self, name: str) -> Names:
        """The names that are most like one; of those that stand in several places, one."""
        values = self._most_frequent(MAX_NAMES_COMPARED)
        spellings = {name_key(_joined(value)): _joined(value) for value in values}
        spellings |= {name_key(value.names[-1]): value.names[-1] for value in values}
        key = name_key(name)[: self._longest]
        return tuple(spellings[near] for near in get_close_matches(key, spellings, NEAREST, LIKENESS))


@dataclass(frozen=True, slots=True)
class _Value:
    """A name with those above it, and the numbers of the articles that bear it, in order."""

    names: Names
    articles: list[int] = field(default_factory=list)

    @property
    def count(self) -> int:
        return len(self.articles)


class Facet(NameCounts[_Value]):
    """The same, with the articles that bear each name.

    :param kind: What such a name is called.
    """

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self._as_spelled: dict[Names, tuple[_Value, ...]] = {}

    def add(self, names: Names, article: int) -> None:
        """Note that an article bears a name and those above it.

        :param names: From the widest to the narrowest; an empty one is none.
        :param article: Its number; articles come in order.
        """
        values = self._as_spelled.get(names)
        if values is None:
            values = self._as_spelled[names] = tuple(self._enter(tuple(filter(name_key, names)), _Value))
        for value in values:
            if not value.articles or value.articles[-1] != article:
                value.articles.append(article)

    def articles_with(self, name: str) -> Iterator[list[int]]:
        """The numbers of the articles that bear a name or one below it: lists that may overlap.

        :raises UnknownName: There is none.
        """
        return (self._values[path].articles for path in self.paths(name))


def _joined(value: CountedName) -> str:
    return LEVEL_JOINT.join(value.names)


def _most_first(branch: CategoryNode) -> tuple[int, str]:
    return -branch.articles, branch.name


def _ends_with(path: Names, name: str) -> bool:
    """Whether the last names of a path, joined, are the name."""
    for last in reversed(path):
        if name == last:
            return True
        if not name.endswith(LEVEL_JOINT + last):
            return False
        name = name.removesuffix(LEVEL_JOINT + last)
    return False
