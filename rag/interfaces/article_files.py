"""One article for ``rag show``: looked up in the index, and read anew from its file."""

from __future__ import annotations

from pathlib import Path

from rag.core.articles import Article
from rag.core.files import real_path
from rag.corpus.worker_pool import WorkerPool
from rag.errors import ArticleError, IndexMissing, IndexUnusable
from rag.index.snapshot import open_index


def article_named(name: str, index: Path) -> tuple[Article, bool]:
    """An article by its path or its name in the index: as it was indexed, or where the file changed since, as it is.

    :return: Also whether the file has changed since.
    :raises RagError: There is no such article, or it can't be read.
    """
    path = real_path(name)
    try:
        opened = open_index(index)
    except (IndexMissing, IndexUnusable) as error:
        if isinstance(error, IndexUnusable) and not path.is_file():
            raise
        opened = None
    folder = Path(opened.manifest.folder) if opened else path.parent
    if not path.is_file():
        path = real_path(folder / name)
        if opened is None:
            raise ArticleError(name, None, "there is no such file, and no index to look it up in")
        if not path.is_relative_to(folder) or not path.is_file():
            raise ArticleError(name, None, f"there is no such article in {folder}")
    if not path.is_relative_to(folder):
        folder = path.parent
    name = path.relative_to(folder).as_posix()
    read = _read_apart(name, folder)
    indexed = opened.store.article(name) if opened else None
    has_changed = indexed is not None and indexed.info.digest != read.info.digest
    return (read if indexed is None or has_changed else indexed), has_changed


def _read_apart(name: str, folder: Path) -> Article:
    with WorkerPool(folder, [name]) as outcomes:
        (outcome,) = outcomes
    if outcome.article is None:
        raise ArticleError(name, *((outcome.failure.line, outcome.failure.reason) if outcome.failure else (None, "")))
    return outcome.article
