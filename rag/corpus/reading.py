"""The files of a folder → articles. What can't be looked at stays as it was read before."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Protocol

from rag.core.articles import Article, Failure
from rag.corpus.folder import Listing, is_still_there
from rag.corpus.worker_pool import Outcome, WorkerPool
from rag.errors import FolderError

STAYS = "; it stays as it was indexed"
"""Said of what can't be looked at."""


class KnownArticles(Protocol):
    """What was read before."""

    def digests(self) -> dict[str, str]:
        """The digest of each article's file, by the article's id."""

    def as_read(self, article_id: str) -> tuple[Article, tuple[int, ...]] | None:
        """An article as it was read, and how many characters of each paragraph are its own."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """What was read, and what went wrong.

    :param articles: As read from their files.
    :param taken: Of those that are as they were, by id: how many characters of each paragraph are its own.
    :param kept: Ids of articles that are there since their files can't be looked at.
    :param failures: Files that could not be read, and folders.
    :param notices: What is to be known of files that were read.
    """

    articles: tuple[Article, ...]
    taken: dict[str, tuple[int, ...]]
    kept: frozenset[str]
    failures: tuple[Failure, ...]
    notices: tuple[Failure, ...]

    def digests(self) -> dict[str, str]:
        """The digest of each article's file, by the article's id."""
        return {article.info.id: article.info.digest for article in self.articles}


def read_corpus(
    listing: Listing, known: KnownArticles | None, noted: Callable[[int, int, int], None], *, anew: bool = False
) -> Corpus:
    """Read all articles; one whose bytes are known is taken as it was read.

    A file or folder that can't be opened, as on a disk that does not answer, says nothing of whether its articles are
    still wanted: they stay.

    :param noted: Called after each file: how many were looked at, of how many, and how many articles that gave.
    :param anew: Whether to read also what is known; then it is known only for what can't be looked at.
    :raises FolderError: None can be read; or the folder went away meanwhile.
    :raises WorkerError: No process can be started to read articles in.
    """
    digests = known.digests() if known else {}
    read = _Read(known, failures=list(listing.failures), unseen=set(listing.unopened))
    with WorkerPool(listing.root, listing.names, {} if anew else digests) as outcomes:
        for done, outcome in enumerate(outcomes, 1):
            read.add(outcome)
            noted(done, len(listing.names), len(read.articles))
    if not is_still_there(listing):
        raise FolderError(f"{listing.root} went away while it was read, and nothing was changed: try again")
    kept = frozenset(_below(read.unseen, digests))
    for name in sorted(kept):
        read.take(name)
    if not read.articles:
        raise FolderError(
            f"none of the {len(listing.names)} files in {listing.root} can be read; the first: {read.failures[0]}"
        )
    failures = tuple(_told(failure, kept) for failure in read.failures)
    return Corpus(tuple(read.articles), {} if anew else read.taken, kept, failures, tuple(read.notices))


@dataclass(slots=True)
class _Read:
    """What was read so far.

    :param unseen: Files and folders that can't be opened.
    """

    known: KnownArticles | None
    failures: list[Failure]
    unseen: set[str]
    articles: list[Article] = field(default_factory=list)
    taken: dict[str, tuple[int, ...]] = field(default_factory=dict)
    notices: list[Failure] = field(default_factory=list)

    def add(self, outcome: Outcome) -> None:
        """Add what came of a file."""
        if outcome.failure:
            self.failures.append(outcome.failure)
            self.unseen |= {outcome.name} if outcome.is_unopened else set()
        elif outcome.article:
            self.articles.append(outcome.article)
        else:
            self.take(outcome.name)
        self.notices += outcome.notices

    def take(self, name: str) -> None:
        """Take an article as it was read before."""
        if self.known and (stored := self.known.as_read(name)):
            self.articles.append(stored[0])
            self.taken[name] = stored[1]


def _below(unseen: set[str], known: dict[str, str]) -> Iterator[str]:
    """Ids of what is known of files that can't be opened, or that lie in folders that can't be."""
    for name in known:
        parts = name.split("/")
        if any("/".join(parts[:end]) in unseen for end in range(1, len(parts) + 1)):
            yield name


def _told(failure: Failure, kept: frozenset[str]) -> Failure:
    """A failure, with what it means for the index."""
    stays = any(name == failure.path or name.startswith(f"{failure.path}/") for name in kept)
    return replace(failure, reason=failure.reason + STAYS) if stays else failure
