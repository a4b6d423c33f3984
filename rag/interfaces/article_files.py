"""One article for ``rag show``: looked up in the index, and read anew from its file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from rag.core.articles import Article
from rag.core.files import real_path
from rag.core.places import MilvusAddress, Place
from rag.corpus.listing import prefix_of
from rag.corpus.worker_pool import WorkerPool
from rag.errors import ArticleError, IndexMissing, IndexUnusable
from rag.index.collection import open_article
from rag.index.opening import open_index, open_place


def article_named(name: str, index: Place) -> tuple[Article, bool]:
    """An article by its path or its name in the index: as it was indexed, or where the file changed since, as it is.

    :return: Also whether the file has changed since.
    :raises RagError: There is no such article, or it can't be read.
    """
    path = real_path(name)
    if isinstance(index, MilvusAddress):
        return open_article(open_place(index), name), False
    try:
        opened = open_index(index)
    except (IndexMissing, IndexUnusable) as error:
        if isinstance(error, IndexUnusable) and not path.is_file():
            raise
        opened = None
    if opened is None and not path.is_file():
        raise ArticleError(name, None, "there is no such file, and no index to look it up in")
    collection, folder, inside = _place_of(name, path, opened.manifest.folders if opened else {})
    read = _read_apart(inside, folder, collection)
    indexed = opened.store.article(read.info.id) if opened else None
    has_changed = indexed is not None and indexed.info.digest != read.info.digest
    return (read if indexed is None or has_changed else indexed), has_changed


def _place_of(name: str, path: Path, folders: Mapping[str, str]) -> tuple[str, Path, str]:
    """The collection that a file is in, its folder, and where the file is in that.

    :raises ArticleError: There is no such file.
    """
    for collection, root in ((collection, real_path(root)) for collection, root in folders.items()):
        found = path
        if not path.is_file() and name.startswith(prefix_of(collection)):
            found = real_path(root / name.removeprefix(prefix_of(collection)))
        if found.is_file() and found.is_relative_to(root):
            return collection, root, found.relative_to(root).as_posix()
    if not path.is_file():
        raise ArticleError(name, None, f"there is no such article in {', '.join(folders.values())}")
    return "", path.parent, path.name


def _read_apart(name: str, folder: Path, collection: str) -> Article:
    with WorkerPool(folder, [name]) as outcomes:
        outcome = next(iter(outcomes)).placed(collection, prefix_of(collection))
    if outcome.article is None:
        raise ArticleError(name, *((outcome.failure.line, outcome.failure.reason) if outcome.failure else (None, "")))
    return outcome.article
