"""Articles are taken out of an index, or brought back, without a look at their folder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from rag.build.encoding import encoder_for, has_vectors_of
from rag.build.source import Source
from rag.build.writing import NewIndex, merge_what_is_due
from rag.core import arguments
from rag.core.articles import ArticleInfo
from rag.core.limits import MAX_ARTICLE_ID
from rag.core.progress import Reporter
from rag.corpus.corpus import Corpus
from rag.corpus.listing import prefix_of
from rag.corpus.seen_files import SeenFiles, note_seen, seen_by
from rag.corpus.spool import Spool
from rag.corpus.versions import work_to_redo
from rag.errors import IndexUnusable, NotRemoved, UnknownName
from rag.index.generations import building, current_generation
from rag.index.segment import Segment
from rag.index.snapshot import Snapshot, open_snapshot

MAX_RESTORED = 100_000
"""Articles that are brought back at once."""


def drop_collection(name: str, index: str | Path = "index") -> int:
    """Take a collection out of an index, whatever its folder holds; returns how many articles it had.

    :raises UnknownName: The index has no collection of that name.
    :raises IndexFolderError: It is the only one; or the index can't be used, or another process is building it.
    :raises ModelError: The model can't be loaded: what sources repeat may have others cut anew.
    :raises ArgumentError: An argument is of the wrong type.
    """
    index, prefix = arguments.folder("index", index), prefix_of(arguments.text("name", name))
    with _amending(index) as old:
        made, digests = old.manifest, old.store.digests()
        if name not in made.folders or not name:
            raise UnknownName("collection", name, tuple(filter(None, made.folders)))
        if len(made.folders) == 1:
            raise IndexUnusable(f"{name} is all that the index {index} has: delete its folder instead")
        stays = {article: digest for article, digest in digests.items() if not article.startswith(prefix)}
        source = Source(
            {other: path for other, path in made.folders.items() if other != name},
            tuple(failure for failure in made.failures if not failure.path.startswith(prefix)),
            tuple(article for article in made.restored if not article.startswith(prefix)),
        )
        _write(index, old, stays, Spool(), source)
        merge_what_is_due(index)
    return len(digests) - len(stays)


def removed_articles(index: str | Path = "index") -> list[ArticleInfo]:
    """The articles that are no longer in an index and can be brought back, in the order of their ids.

    An article can until the part of the index that it stood in is written anew: not before the next change, and when
    much of that part is removed, or it is put together with others.

    :raises IndexFolderError: The index can't be used.
    :raises ArgumentError: The index is no path of a folder.
    """
    with open_snapshot(arguments.folder("index", index)) as now:
        return [segment.store.infos[number] for _, (segment, number) in sorted(_removed(now).items())]


def restore_articles(articles: Sequence[str], index: str | Path = "index") -> int:
    """Bring articles back that were removed since their files are gone; returns how many.

    They stay as they were indexed until their files can be read again, or the index is built with ``replace``.

    :param articles: Their ids.
    :raises NotRemoved: One can't be brought back; then none is.
    :raises IndexFolderError: The index can't be used, or another process is building it.
    :raises ModelError: The model can't be loaded: what sources repeat may have others cut anew.
    :raises ArgumentError: An argument is of the wrong type.
    """
    index = arguments.folder("index", index)
    names = sorted({*arguments.texts("articles", articles, MAX_RESTORED, MAX_ARTICLE_ID)})
    if not names:
        return 0
    with _amending(index) as old:
        removed = _removed(old)
        if missing := [name for name in names if name not in removed]:
            raise NotRemoved(missing[0], len(removed))
        read = Spool()
        for name in names:
            segment, number = removed[name]
            read.add(segment.store.as_read(number)[0])
        digests = old.store.digests() | {name: article.info.digest for name, article in read.items()}
        made = old.manifest
        source = Source(made.folders, made.failures, tuple(sorted({*made.restored, *names})))
        _write(index, old, digests, read, source)
    return len(names)


def _removed(snapshot: Snapshot) -> dict[str, tuple[Segment, int]]:
    """Where the articles stand that can be brought back, by id: of several versions the last."""
    made, found = snapshot.manifest, {}
    folders = tuple(prefix_of(name) for name in made.folders)
    in_use = snapshot.store.digests()
    for segment, entry in zip(snapshot.segments, snapshot.entries, strict=True):
        ids = [name for name, _ in segment.store.digests]
        for number in entry.removed:
            if ids[number] not in in_use and ids[number].startswith(folders):
                found[ids[number]] = segment, number
    return found


@contextmanager
def _amending(index: Path) -> Iterator[Snapshot]:
    """Be the only builder of an index that is there; what it holds."""
    current_generation(index)  # before a lock makes a folder where there is none
    with building(index), Snapshot(current_generation(index)) as old:
        yield old


def _write(index: Path, old: Snapshot, digests: Mapping[str, str], read: Spool, source: Source) -> None:
    """Write a generation of articles that are known.

    :param digests: The digest of each article's file, by id.
    :param read: Those of these that are not in use now.
    :raises IndexUnusable: The index is not up to date.
    """
    report, seen = Reporter(None), seen_by(index)
    encoder = encoder_for(None, old.manifest, None, report)
    if not old.is_whole or work_to_redo(old.manifest.stages) or not has_vectors_of(encoder, old.manifest):
        raise IndexUnusable(f"bring the index {index} up to date first, with rag index")
    same = {name for name, digest in digests.items() if seen.digests.get(name) == digest}
    files = SeenFiles({name: seen.looks.get(name) if name in same else None for name in digests}, digests)
    other = digests.keys() | seen.digests.keys()
    gone = old.store.digests().keys() - digests.keys()
    corpus = Corpus(digests, read, frozenset(), (), (), files, other, gone, (), old.store)
    NewIndex(index, corpus, encoder, source).write(old, old, report, is_first=False)
    note_seen(index, seen, files, other)
