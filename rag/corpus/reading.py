"""The files of a folder → articles. What can't be looked at stays as it was read before."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import Protocol

from rag.core.articles import Article, Failure
from rag.corpus.folder import is_still_there
from rag.corpus.listing import Listing
from rag.corpus.seen_files import SeenFiles, looks_of, status_of
from rag.corpus.spool import Spool
from rag.corpus.worker_pool import Outcome, WorkerPool
from rag.errors import FolderError, StillWritten

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
    """The articles of a folder, and what went wrong.

    :param digests: The digest of each article's file, by the article's id, in the order of the articles.
    :param read: Those that were read now, by id; the others are as they were known.
    :param kept: Ids of articles that are there since their files can't be looked at.
    :param failures: Files that could not be read, and folders.
    :param notices: What is to be known of files that were read.
    :param seen: The files of all articles.
    :param unseen: Ids of those of which something else, or nothing, was known before.
    :param unsettled: Files that may still be in the writing, and were left alone.
    :param restored: Of those that are kept, those whose files are gone, and that were brought back.
    """

    digests: Mapping[str, str]
    read: Mapping[str, Article]
    kept: frozenset[str]
    failures: tuple[Failure, ...]
    notices: tuple[Failure, ...]
    seen: SeenFiles
    unseen: Set[str]
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


def read_corpus(
    listings: Sequence[Listing],
    known: KnownArticles | None,
    seen: SeenFiles,
    noted: Callable[[int, int, int], None],
    restored: Mapping[str, Article | None],
    *,
    anew: bool = False,
) -> Corpus:
    """Read the articles that are new; one whose file looks as it did, or holds the bytes that it held, is known.

    A file or folder that can't be opened, as on a disk that does not answer, says nothing of whether its articles are
    still wanted: they stay. So does one that was written while it was read, where such are told apart, and all that is
    known of collections that are not listed.

    :param seen: What files looked like when they were read: those that look so now are not read.
    :param noted: Called after each file, and once for all that look as they did: how many were looked at, of how many,
        and how many articles that gave.
    :param restored: Articles that stay though their files are gone, by id; None for one that is known.
    :param anew: Whether to read also what is known; then it is known only for what can't be looked at.
    :raises FolderError: None can be read; or a folder went away meanwhile.
    :raises WorkerError: No process can be started to read articles in.
    """
    digests = known.digests() if known else {}
    doubted = {name for name, _ in seen.digests.items() ^ digests.items()} if seen.digests != digests else set()
    read = _Read()
    read.leave(tuple(listing.prefix for listing in listings), digests, seen.looks, doubted)
    total = sum(len(listing.names) for listing in listings)
    for listing in listings:
        part = _Part(listing, listing.own(digests), read, restored)
        if not anew:
            part.add_same(seen.looks, doubted)
        if part.same:
            noted(read.done, total, read.count + len(part.found))
        rest = [name for name in listing.names if name not in part.same]
        to_compare = {} if anew else {listing.path(name): part.known[name] for name in rest if name in part.known}
        with WorkerPool(listing.root, [listing.path(name) for name in rest], to_compare) as outcomes:
            for outcome in outcomes:
                part.add(outcome.placed(listing.collection, listing.prefix))
                read.done += 1
                noted(read.done, total, read.count + len(part.found))
        if not is_still_there(listing):
            raise FolderError(f"{listing.root} went away while it was read, and nothing was changed: try again")
        part.finish()
    return read.corpus(known)


@dataclass(slots=True)
class _Read:
    """What was read so far.

    :ivar found: The digest of each article's file, by id; ``looks`` is what it looks like, if that says anything.
    :ivar unseen: Ids of which something else, or nothing, was known before.
    :ivar done: Files that were looked at.
    """

    found: dict[str, str] = field(default_factory=dict)
    looks: dict[str, str | None] = field(default_factory=dict)
    unseen: set[str] = field(default_factory=set)
    read: Spool = field(default_factory=Spool)
    kept: set[str] = field(default_factory=set)
    failures: list[Failure] = field(default_factory=list)
    notices: list[Failure] = field(default_factory=list)
    unsettled: list[str] = field(default_factory=list)
    restored: set[str] = field(default_factory=set)
    done: int = 0

    @property
    def count(self) -> int:
        """Articles of the folders that were read, and of those that are not."""
        return len(self.found)

    def leave(
        self, listed: tuple[str, ...], digests: Mapping[str, str], looks: Mapping[str, str | None], doubted: Set[str]
    ) -> None:
        """Add the articles of collections that are not listed, as they are known.

        :param listed: With what the ids of the others begin.
        """
        if "" in listed:  # it is the only one
            return
        self.found |= {name: digest for name, digest in digests.items() if not name.startswith(listed)}
        self.looks |= {name: None if name in doubted else looks.get(name) for name in self.found}
        self.unseen |= self.found.keys() & doubted

    def corpus(self, known: KnownArticles | None) -> Corpus:
        """All of it."""
        kept, failures, notices = frozenset(self.kept), tuple(self.failures), tuple(self.notices)
        unsettled, restored = tuple(self.unsettled), frozenset(self.restored)
        seen = SeenFiles(self.looks, self.found)
        return Corpus(self.found, self.read, kept, failures, notices, seen, self.unseen, unsettled, known, restored)


@dataclass(slots=True)
class _Part:
    """What was read of one folder.

    :param known: The digest of each known article's file, by id.
    :param read: What was read of all folders.
    :param restored: As for ``read_corpus``.
    :ivar unsettled: Files that may still be in the writing.
    :ivar unopened: Files that can't be opened.
    :ivar same: Ids of those that need not be read.
    :ivar found: The digest of each article's file, by id.
    """

    listing: Listing
    known: Mapping[str, str]
    read: _Read
    restored: Mapping[str, Article | None]
    unsettled: dict[str, None] = field(init=False)
    failures: list[Failure] = field(init=False)
    unopened: set[str] = field(default_factory=set)
    same: Set[str] = frozenset()
    found: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.failures = list(self.listing.failures)
        self.unsettled = dict.fromkeys(self.listing.unsettled)

    def add_same(self, looks: Mapping[str, str | None], doubted: Set[str]) -> None:
        """Add the files that need not be read: those that look as they did when the known articles were read from them.

        :param looks: What files looked like.
        :param doubted: Ids of which that may be of another state than is known.
        """
        # In bulk, for most are the same: a loop over them takes ten times as long.
        others = {name for name, _ in self.listing.looks.items() - looks.items()}.union(doubted, self.unsettled)
        self.same = (self.known.keys() & self.listing.looks.keys()) - others
        self.found = dict(self.known)
        for name in self.known.keys() - self.same:
            del self.found[name]
        self.read.done += len(self.same)

    def add(self, outcome: Outcome) -> None:
        """Add what came of a file."""
        if (outcome.failure or outcome.article) and self._was_written(outcome.name):
            self.unsettled[outcome.name] = None
            return
        if outcome.failure:
            self.failures.append(outcome.failure)
            self.unopened |= {outcome.name} if outcome.is_unopened else set()
        elif outcome.article:
            self.read.read.add(outcome.article)
            self.found[outcome.name] = outcome.article.info.digest
        else:
            self.found[outcome.name] = self.known[outcome.name]
        self.read.notices += outcome.notices

    def _restored(self, kept: frozenset[str]) -> frozenset[str]:
        """Add the articles that stay though their files are gone, or can't be read; those that do."""
        of_it = self.listing.own(self.restored)
        stay = sorted(name for name in of_it if name in kept or name not in self.found)
        for name in stay:
            if article := of_it[name]:
                self.read.read.add(article)
            self.found[name] = article.info.digest if article else self.known[name]
        return frozenset(stay)

    def _was_written(self, name: str) -> bool:
        """Whether a file looks otherwise than when it was listed, where that matters."""
        listing = self.listing
        status = status_of(listing.root / listing.path(name)) if listing.settled else None
        return listing.settled and (looks_of(status) if status else None) != listing.looks.get(name)

    def finish(self) -> None:
        """Add what stays.

        :raises FolderError: There is nothing.
        """
        listing = self.listing
        unopened = {*listing.unopened, *self.unopened}
        below = tuple(f"{name}/" for name in unopened)
        kept = frozenset(name for name in (*unopened, *self.unsettled) if name in self.known)
        kept |= frozenset(name for name in self.known if name.startswith(below)) if below else frozenset()
        self.found |= {name: self.known[name] for name in sorted(kept)}
        if not self.found and self.unsettled:
            raise StillWritten(f"the articles in {listing.root} are still being written: try again in a moment")
        if not self.found:
            told = f"none of the {len(listing.names)} files in {listing.root} can be read"
            raise FolderError(f"{told}; the first: {self.failures[0]}")
        restored = self._restored(kept)
        kept |= restored
        self.read.kept |= kept
        self.read.restored |= restored
        self._add_looks(listing.young | kept)
        self.read.found |= self.found
        self.read.failures += (_told(failure, kept) for failure in self.failures)
        self.read.unsettled += self.unsettled

    def _add_looks(self, unsure: Set[str]) -> None:
        """Add what the files look like.

        :param unsure: Ids of which that says nothing.
        """
        looks: dict[str, str | None] = dict(self.listing.looks)
        for name in looks.keys() - self.found.keys():
            del looks[name]
        unsure = unsure & self.found.keys()
        for name in (self.found.keys() - looks.keys()) | unsure:
            looks[name] = None
        self.read.looks |= looks
        self.read.unseen |= (self.found.keys() - self.same) | unsure


def _told(failure: Failure, kept: frozenset[str]) -> Failure:
    """A failure, with what it means for the index."""
    stays = any(name == failure.path or name.startswith(f"{failure.path}/") for name in kept)
    return replace(failure, reason=failure.reason + STAYS) if stays else failure
