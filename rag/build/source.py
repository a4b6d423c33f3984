"""Of what an index is made, and whether bringing it up to date would take too much out of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rag.core.articles import Article, Failure
from rag.corpus.corpus import Corpus
from rag.corpus.listing import Listing
from rag.corpus.removals import check_removals
from rag.corpus.seen_files import SeenFiles
from rag.errors import RemovalRefused
from rag.index.rescue import rescued_articles
from rag.index.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Source:
    """Of what an index is made.

    :param folders: By collection.
    :param failures: What of them could not be read.
    :param restored: Ids of the articles whose files are gone, and that were brought back.
    """

    folders: Mapping[str, str]
    failures: tuple[Failure, ...]
    restored: tuple[str, ...]

    @classmethod
    def of(cls, listings: Sequence[Listing], known: Snapshot | None, corpus: Corpus) -> Source:
        """What was read, and what an index has of collections that were not."""
        read = tuple(listing.prefix for listing in listings)
        before = known.manifest.failures if known else ()
        kept = tuple(failure for failure in before if not failure.path.startswith(read))
        folders = known.manifest.folders if known else {}
        restored = known.manifest.restored if known else ()
        stays = tuple(name for name in restored if not name.startswith(read) or name in corpus.restored)
        now = folders | {listing.collection: str(listing.root) for listing in listings}
        return cls(now, kept + corpus.failures, stays)


def restored_of(
    index: Path, known: Snapshot | None, listings: Sequence[Listing], *, replace: bool
) -> dict[str, Article | None]:
    """The articles that were brought back and stay; None for one that the snapshot has.

    :param replace: Whether those of what was listed go.
    :raises RemovalRefused: One can't be read any more, and there is no file to read it from.
    """
    if known is None:
        return {}
    goes = tuple(listing.prefix for listing in listings) if replace else ()
    names = [name for name in known.manifest.restored if not name.startswith(goes)]
    digests = known.store.digests()
    lost = [name for name in names if name not in digests]
    rescued = rescued_articles(index, lost)
    if missing := [name for name in lost if name not in rescued]:
        told = f"the index {index} is damaged where {len(missing)} articles stand that were brought back ({missing[0]})"
        told += ": put their files back into the folder, or give --replace, and they go"
        raise RemovalRefused(f"{told}. Nothing was changed", len(missing), len(digests) + len(lost))
    return {name: rescued.get(name) for name in names}


def check_all_removals(
    index: Path,
    old: Snapshot | None,
    known: Snapshot | None,
    corpus: Corpus,
    seen: SeenFiles,
    listings: Sequence[Listing],
) -> None:
    """Refuse to take out much, of any of the collections that were read.

    :raises RemovalRefused: It is too much.
    """
    before = old.store.digests() if old else {}
    if old is None or not old.is_whole:
        before = {**seen.digests, **before}
    folders = old.manifest.folders if old else {}
    if old and known is None:
        then, now = (", ".join(map(str, paths)) for paths in (folders.values(), [each.root for each in listings]))
        check_removals(index, (then, f"{now} under other names"), before, {}, before)
    if old is None:  # nobody knows of collections that were not read but what their files looked like
        listed = tuple(listing.prefix for listing in listings)
        rest = {name: digest for name, digest in before.items() if not name.startswith(listed)}
        check_removals(index, ("", ""), rest, {}, rest)
    for listing in listings:
        root, restored = str(listing.root), sum(name.startswith(listing.prefix) for name in corpus.restored)
        mine, there = listing.own(before), listing.own(corpus.digests)
        is_told = known is not None and known.is_whole
        gone = [name for name in corpus.gone if name in mine] if is_told else mine.keys() - there.keys()
        check_removals(index, (folders.get(listing.collection, root), root), mine, there, gone, restored)
