"""What is read of one folder after the other: which files are read, and what stays as it is known."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, field, replace

from rag.core.articles import Article, Failure
from rag.corpus.listing import Listing
from rag.corpus.seen_files import SeenFiles, looks_of, status_of
from rag.corpus.spool import Spool
from rag.corpus.worker_pool import Outcome
from rag.errors import FolderError, StillWritten

STAYS = "; it stays as it was indexed"
"""Said of what can't be looked at."""


@dataclass(slots=True)
class Read:
    """What was read so far.

    :ivar found: The digest of each article's file, by id; ``looks`` is what it looks like, if that says anything.
    :ivar other: Ids of which something else, or nothing, may have been known before.
    :ivar gone: Those that were known, and are no more.
    :ivar unsure: As ``SeenFiles`` has them, and so ``failed`` and ``listed``.
    :ivar done: Files that were looked at.
    """

    found: dict[str, str] = field(default_factory=dict)
    looks: dict[str, str | None] = field(default_factory=dict)
    other: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    unsure: set[str] = field(default_factory=set)
    failed: dict[str, tuple[str, Failure]] = field(default_factory=dict)
    listed: dict[str, object] = field(default_factory=dict)
    read: Spool = field(default_factory=Spool)
    kept: set[str] = field(default_factory=set)
    failures: list[Failure] = field(default_factory=list)
    notices: list[Failure] = field(default_factory=list)
    unsettled: list[str] = field(default_factory=list)
    restored: set[str] = field(default_factory=set)
    done: int = 0

    @property
    def seen(self) -> SeenFiles:
        """What the files looked like."""
        return SeenFiles(self.looks, self.found, self.unsure, self.failed, self.listed)

    def leave(self, listed: tuple[str, ...], digests: Mapping[str, str], seen: SeenFiles, doubted: Set[str]) -> None:
        """Add the articles of collections that are not listed, as they are known.

        :param listed: With what the ids of the others begin.
        :param doubted: Ids of which it is not known what the file looks like that is known.
        """
        self.other |= doubted
        if "" in listed:  # it is the only one
            return
        self.found |= {name: digest for name, digest in digests.items() if not name.startswith(listed)}
        self.looks |= {name: None if name in doubted else seen.looks.get(name) for name in self.found}


@dataclass(slots=True)
class Part:
    """What was read of one folder.

    :param known: The digest of each known article's file, by id.
    :param read: What was read of all folders.
    :param restored: As for ``read_corpus``.
    :ivar unsettled: Files that may still be in the writing.
    :ivar unopened: Files that can't be opened.
    :ivar other: Ids of the files that may not be as they were known, or are gone; and of some of other folders.
    :ivar doubtful: Those of them that are listed.
    :ivar found: The digest of each article's file, by id.
    """

    listing: Listing
    known: Mapping[str, str]
    read: Read
    restored: Mapping[str, Article | None]
    unsettled: dict[str, None] = field(init=False)
    failures: list[Failure] = field(init=False)
    unopened: set[str] = field(default_factory=set)
    other: set[str] = field(default_factory=set)
    doubtful: list[str] = field(default_factory=list)
    found: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.failures = list(self.listing.failures)
        self.unsettled = dict.fromkeys(self.listing.unsettled)

    def begin(self, seen: SeenFiles, doubted: Set[str], *, anew: bool) -> list[str]:
        """Add what need not be read; returns the names of the files that are.

        :param doubted: Ids of which it is not known what the file looks like that is known.
        """
        listing = self.listing
        if anew:
            self.other, self.doubtful = {*listing.names, *self.known, *self.unsettled}, [*listing.names]
            return self.doubtful
        self.other = seen.changed(listing, self.known.keys()).union(doubted, self.unsettled)
        self.found = dict(self.known)
        for name in self.other:
            self.found.pop(name, None)
        self.read.done += len(self.found)
        self.doubtful = [name for name in listing.names if name in self.other]
        return [name for name in self.doubtful if not self._fails_again(name, seen)]

    def _fails_again(self, name: str, seen: SeenFiles) -> bool:
        """Whether a file holds no article, as before: then that is told again."""
        before = seen.failed.get(name)
        if before is None or name in self.listing.young or before[0] != self.listing.looks.get(name):
            return False
        self.read.failed[name] = before
        self.failures.append(before[1])
        self.read.done += 1
        return True

    def add(self, outcome: Outcome) -> None:
        """Add what came of a file."""
        self.read.done += 1
        if (outcome.failure or outcome.article) and self._was_written(outcome.name):
            self.unsettled[outcome.name] = None
            return
        if outcome.failure:
            self._add_failure(outcome, outcome.failure)
        elif outcome.article:
            self.read.read.add(outcome.article)
            self.found[outcome.name] = outcome.article.info.digest
        else:
            self.found[outcome.name] = self.known[outcome.name]
        self.read.notices += outcome.notices

    def _add_failure(self, outcome: Outcome, failure: Failure) -> None:
        self.failures.append(failure)
        self.unopened |= {outcome.name} if outcome.is_unopened else set()
        look = self.listing.looks.get(outcome.name)
        if outcome.is_lasting and look and outcome.name not in self.listing.young:
            self.read.failed[outcome.name] = look, failure

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

    def finish(self, *, is_part: bool = False) -> None:
        """Add what stays.

        :param is_part: Whether it is well where there is nothing.
        :raises FolderError: There is nothing.
        """
        listing = self.listing
        unopened = {*listing.unopened, *self.unopened}
        below = tuple(f"{name}/" for name in unopened)
        kept = frozenset(name for name in (*unopened, *self.unsettled) if name in self.known)
        kept |= frozenset(name for name in self.known if name.startswith(below)) if below else frozenset()
        self.found |= {name: self.known[name] for name in sorted(kept)}
        if not self.found and self.unsettled and not is_part:
            raise StillWritten(f"the articles in {listing.root} are still being written: try again in a moment")
        if not self.found and not is_part:
            told = f"none of the {len(listing.names)} files in {listing.root} can be read"
            raise FolderError(f"{told}; the first: {self.failures[0]}")
        restored = self._restored(kept)
        kept |= restored
        self.read.kept |= kept
        self.read.restored |= restored
        in_order = sorted(self.failures, key=lambda failure: failure.path)  # however they came to be known
        self.read.failures += (_told(failure, kept) for failure in in_order)
        self.read.unsettled += self.unsettled
        self._add_looks(listing.young | kept)

    def _add_looks(self, unsure: Set[str]) -> None:
        """Add what was found, and what its files look like.

        :param unsure: Ids of which that says nothing.
        """
        looks: dict[str, str | None] = dict(self.listing.looks)
        other, read = self.other | unsure, self.read
        for name in other:
            if name not in self.found:
                looks.pop(name, None)
            elif name in unsure or name not in looks:
                looks[name] = None
                read.unsure.add(name)
        read.unsure |= {name for name in self.doubtful if name not in self.found}
        read.gone |= {name for name in other if name in self.known and name not in self.found}
        read.other |= other
        read.looks = looks if not read.looks else read.looks | looks
        read.found = self.found if not read.found else read.found | self.found
        read.listed[self.listing.collection] = self.listing.key


def _told(failure: Failure, kept: frozenset[str]) -> Failure:
    """A failure, with what it means for the index."""
    stays = any(name == failure.path or name.startswith(f"{failure.path}/") for name in kept)
    return replace(failure, reason=failure.reason + STAYS) if stays else failure
