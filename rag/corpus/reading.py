"""The files of a folder → articles. What can't be looked at stays as it was read before."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from rag.core.articles import Article
from rag.corpus.corpus import Corpus, KnownArticles
from rag.corpus.folder import is_still_there
from rag.corpus.folder_reading import Part, Read
from rag.corpus.listing import Listing
from rag.corpus.seen_files import SeenFiles
from rag.corpus.worker_pool import WorkerPool
from rag.errors import FolderError


def read_corpus(
    listings: Sequence[Listing],
    known: KnownArticles | None,
    seen: SeenFiles,
    noted: Callable[[int, int, int], None],
    restored: Mapping[str, Article | None],
    *,
    anew: bool = False,
    is_part: bool = False,
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
    :param is_part: Whether others read the rest of the folders: then it is well where there is nothing here.
    :raises FolderError: None can be read; or a folder went away meanwhile.
    :raises WorkerError: No process can be started to read articles in.
    """
    digests = known.digests() if known else {}
    doubted = {name for name, _ in seen.digests.items() ^ digests.items()} if seen.digests != digests else set()
    read = Read()
    read.leave(tuple(listing.prefix for listing in listings), digests, seen, doubted)
    total = sum(len(listing.names) for listing in listings)
    for listing in listings:
        part = Part(listing, listing.own(digests), read, restored)
        names = part.begin(seen, doubted, anew=anew)
        if read.done:
            noted(read.done, total, len(read.found) + len(part.found))
        to_compare = {} if anew else {listing.path(name): part.known[name] for name in names if name in part.known}
        with WorkerPool(listing.root, [listing.path(name) for name in names], to_compare) as outcomes:
            for outcome in outcomes:
                part.add(outcome.placed(listing.collection, listing.prefix))
                noted(read.done, total, len(read.found) + len(part.found))
        if not is_still_there(listing):
            raise FolderError(f"{listing.root} went away while it was read, and nothing was changed: try again")
        part.finish(is_part=is_part)
    return Corpus(
        digests=read.found,
        read=read.read,
        kept=frozenset(read.kept),
        failures=tuple(read.failures),
        notices=tuple(read.notices),
        seen=read.seen,
        other=read.other,
        gone=read.gone,
        unsettled=tuple(read.unsettled),
        known=known,
        restored=frozenset(read.restored),
    )
