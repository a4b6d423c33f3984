"""Of what an index is made, and whether bringing it up to date would take too much out of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rag.core.articles import Failure
from rag.corpus.folder import Listing
from rag.corpus.reading import Corpus
from rag.corpus.removals import check_removals
from rag.corpus.seen_files import SeenFile
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


def check_all_removals(
    index: Path,
    old: Snapshot | None,
    known: Snapshot | None,
    corpus: Corpus,
    seen: Mapping[str, SeenFile],
    listings: Sequence[Listing],
) -> None:
    """Refuse to take out much, of any of the collections that were read.

    :raises RemovalRefused: It is too much.
    """
    before = old.store.digests() if old else {}
    if old is None or not old.is_whole:
        before = {name: file.digest for name, file in seen.items()} | before
    folders = old.manifest.folders if old else {}
    if old and known is None:
        then, now = (", ".join(map(str, paths)) for paths in (folders.values(), [each.root for each in listings]))
        check_removals(index, (then, f"{now} under other names"), before, {})
    if old is None:  # nobody knows of collections that were not read but what their files looked like
        listed = tuple(listing.prefix for listing in listings)
        rest = {name: digest for name, digest in before.items() if not name.startswith(listed)}
        check_removals(index, ("", ""), rest, {})
    for listing in listings:
        mine, there = (
            {name: digest for name, digest in digests.items() if name.startswith(listing.prefix)}
            for digests in (before, corpus.digests)
        )
        root = str(listing.root)
        check_removals(index, (folders.get(listing.collection, root), root), mine, there)
