"""What a folder of articles holds, as ``folder`` lists it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import TypeVar

from rag.core.articles import Failure

Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True)
class Since:
    """What may be otherwise in a folder since it was listed before.

    :param key: Of the listing before.
    :param names: Files that may be otherwise, as they are named; those too that came or went.
    """

    key: object
    names: frozenset[str]


@dataclass(frozen=True, slots=True)
class Listing:
    """What a folder holds.

    :param root: The folder, its links followed.
    :param collection: The name of the collection that it is; empty where it is all of an index.
    :param names: The id of each article: the path of its file from the root, with forward slashes, after the name of
        the collection. By such names are files told in all that follows.
    :param failures: Entries that can't be read, each with the reason.
    :param unopened: Of those, the folders that can't be opened and the links that lead nowhere: what they held is
        not known to be gone.
    :param identity: Device and number of the root: another folder in its place, as an empty one where a disk was
        mounted, has others.
    :param looks: What the files look like, by name.
    :param young: Files that were written or changed just now, and may be again without looking otherwise.
    :param settled: Whether files that may still be in the writing are told apart.
    :param unsettled: Those; they are not among the names.
    :param since: What differs from a listing before; None where that is not known.
    :param key: By which this listing is known again.
    """

    root: Path
    collection: str
    names: tuple[str, ...]
    failures: tuple[Failure, ...]
    unopened: tuple[str, ...]
    identity: tuple[int, int]
    looks: Mapping[str, str]
    young: frozenset[str]
    settled: bool
    unsettled: tuple[str, ...]
    since: Since | None = field(default=None, compare=False)
    key: object = field(default_factory=object, compare=False)

    @property
    def prefix(self) -> str:
        """With what the names begin."""
        return prefix_of(self.collection)

    def own(self, things: Mapping[str, Thing]) -> Mapping[str, Thing]:
        """Those of things by an article's id that are of this collection."""
        prefix = self.prefix
        return {name: thing for name, thing in things.items() if name.startswith(prefix)} if prefix else things

    def has_below(self, names: Sequence[str]) -> bool:
        """Whether it has anything, or lacks anything that can't be read, of folders that are gone."""
        below = tuple(f"{name}/" for name in names)
        told = chain(self.names, self.unsettled, (failure.path for failure in self.failures))
        return bool(below) and any(one.startswith(below) for one in told)

    def path(self, name: str) -> str:
        """Where an article's file is, from the root."""
        return name.removeprefix(self.prefix)


def prefix_of(collection: str) -> str:
    """With what the ids of a collection's articles begin."""
    return f"{collection}/" if collection else ""
