"""What an index is asked, wherever it is kept."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Protocol

from rag.core.articles import Article, ArticleInfo
from rag.core.filters import Filters
from rag.core.passages import Passage
from rag.index.candidates import Candidates
from rag.index.facets import NameCounts
from rag.index.manifest import Manifest
from rag.index.vectors import Ids, Scores


class Names(Protocol):
    """The names that articles can be filtered by, with how many bear each."""

    @property
    def categories(self) -> NameCounts[Any]:
        """With those above them."""

    @property
    def authors(self) -> NameCounts[Any]:
        """And reporters."""

    @property
    def sources(self) -> NameCounts[Any]:
        """And feeds."""

    @property
    def collections(self) -> NameCounts[Any]:
        """Of the index."""


class OpenIndex(ABC):
    """One state of an index, open for questions. From any thread.

    :ivar manifest: Of what it was made.
    :ivar name: What messages call it, which visitors of the page may read.
    :ivar remedy: What to do where it was made with a model that can't be used any more.
    """

    manifest: Manifest
    name: str
    remedy: str

    @property
    @abstractmethod
    def filtering(self) -> Names:
        """What can be filtered by."""

    @abstractmethod
    def __len__(self) -> int:
        """Passages in use."""

    @abstractmethod
    def candidates(self, question: str, vector: Scores, filters: Filters, count: int) -> Candidates:
        """What may answer a question: by meaning, by its words, and the copies of what is found."""

    @abstractmethod
    def passages(self, ids: Sequence[int]) -> list[tuple[Passage, ArticleInfo]]:
        """Passages, each with its article."""

    @abstractmethod
    def article(self, article_id: str) -> Article | None:
        """An article; None where there is none of that id."""

    @abstractmethod
    def articles(self, ids: Sequence[str]) -> list[Article | None]:
        """The same of several."""

    @abstractmethod
    def passages_of(self, article_id: str) -> list[Passage]:
        """The passages of an article, in reading order."""

    @abstractmethod
    def groups_of(self, ids: Sequence[int]) -> Ids:
        """By which passages that say the same are known, of each."""

    @abstractmethod
    def frequency(self, word: str) -> int:
        """How many passages have a word or, of Chinese, all its pairs of characters."""

    @abstractmethod
    def digests(self) -> Mapping[str, str]:
        """The file digest of each article, by id."""

    @abstractmethod
    def check(self, filters: Filters) -> None:
        """Make sure that names that are filtered by are known.

        :raises UnknownName: One is not.
        """

    @abstractmethod
    def days(self) -> Counter[date]:
        """How many articles are dated on each day."""

    @abstractmethod
    def unfiled(self) -> int:
        """Articles without a category."""

    @abstractmethod
    def listed(self, text: str, filters: Filters, begin: int, count: int) -> tuple[int, list[ArticleInfo]]:
        """The articles in whose titles and names all words of a text stand, newest first: how many, and some of them.

        :param begin: The place of the first that is wanted; of the last ones, where there are fewer.
        """

    @abstractmethod
    def load_lists(self) -> None:
        """Read now what can be filtered by and looked through, so that no reader waits for it."""

    @abstractmethod
    def close(self) -> None:
        """Let go of what it holds."""
