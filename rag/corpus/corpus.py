"""The articles of a folder or several, as they were read."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Protocol

from rag.core.articles import Article, Failure
from rag.corpus.seen_files import SeenFiles


class KnownArticles(Protocol):
    """What was read before."""

    def digests(self) -> dict[str, str]:
        """The digest of each article's file, by the article's id."""

    def as_read(self, article_id: str) -> tuple[Article, tuple[int, ...]] | None:
        """An article as it was read, and how many characters of each paragraph are its own."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """The articles of a folder, and what went wrong.

    :param digests: The digest of each article's file, by the article's id.
    :param read: Those that were read now, by id; the others are as they were known.
    :param kept: Ids of articles that are there since their files can't be looked at.
    :param failures: Files that could not be read, and folders.
    :param notices: What is to be known of files that were read.
    :param seen: The files of all articles.
    :param other: All ids of which something else, or nothing, may have been known of their files before.
    :param gone: Ids of articles that were known, and are no more.
    :param unsettled: Files that may still be in the writing, and were left alone.
    :param restored: Of those that are kept, those whose files are gone, and that were brought back.
    """

    digests: Mapping[str, str]
    read: Mapping[str, Article]
    kept: frozenset[str]
    failures: tuple[Failure, ...]
    notices: tuple[Failure, ...]
    seen: SeenFiles
    other: Set[str]
    gone: Set[str]
    unsettled: tuple[str, ...]
    known: KnownArticles | None
    restored: frozenset[str] = frozenset()

    def article(self, name: str) -> tuple[Article, tuple[int, ...] | None]:
        """An article of the corpus, by id; and of one that is as it was known, how many characters of each paragraph
        are its own.
        """  # noqa: D205
        if name in self.read or self.known is None:
            return self.read[name], None
        known = self.known.as_read(name)
        return known if known else (self.read[name], None)
