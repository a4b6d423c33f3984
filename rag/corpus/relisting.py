"""A listed folder → what it holds now, of which it is told where it may have changed."""

from __future__ import annotations

import stat
from bisect import insort
from collections.abc import Iterable, Set
from dataclasses import replace

from rag.core.arguments import is_no_text
from rag.core.files import real_path
from rag.corpus.folder import ArticleFile, is_articles, is_still_there, list_folder
from rag.corpus.ignored import IGNORE_NAME, Ignored
from rag.corpus.listing import Listing, Since
from rag.corpus.seen_files import RACY_SECONDS

FEW = 20
"""Paths that are gone and were no articles, of which it is looked up whether they were folders; else all is listed."""


def list_again(before: Listing, touched: Iterable[str], settled: float) -> Listing:
    """What a folder holds of which it is told where it may have changed since it was listed; else as ``list_folder``.

    Only what may have changed is looked at, and what was written shortly before it was listed. Where that is more than
    single files, all is listed.

    :param touched: Paths from the root.
    :raises FolderError: As ``list_folder`` does.
    """
    paths = {before.path(name) for name in (*before.young, *before.unsettled)}.union(touched)
    try:
        found = _looked_at(before, paths) if is_still_there(before) else None
    except OSError:
        found = None
    return _changed(before, found, settled) if found is not None else _listed_anew(before, settled)


def _listed_anew(before: Listing, settled: float) -> Listing:
    return list_folder(before.root, settled, before.collection)


def _looked_at(before: Listing, paths: Set[str]) -> dict[str, ArticleFile | None] | None:
    """Files by their names, None for one that is gone; None for all where more than single files may have changed.

    :raises OSError: One can't be looked at.
    """
    ignored, found, gone = Ignored.of(before.root), dict[str, ArticleFile | None](), list[str]()
    if _may_be_more(before, paths):
        return None
    for path in paths:
        name, may_be = before.prefix + path, is_articles(path)
        try:
            mode = (before.root / path).lstat().st_mode
        except (FileNotFoundError, NotADirectoryError):
            if may_be and (name in before.looks or name in before.unsettled):
                found[name] = None
            else:
                gone.append(name)
            continue
        if not stat.S_ISREG(mode) or is_no_text(name):
            return None
        if may_be and not ignored.has_any_of(path):
            found[name] = ArticleFile.at(str(before.root / path), name)
    if len(gone) > FEW or before.has_below(gone):
        return None
    numbers = [file.looks.rpartition(" ")[2] for file in found.values() if file and file.looks]
    return found if len({*numbers}) == len(numbers) else None  # one file by two names, where case makes no difference


def _may_be_more(before: Listing, paths: Set[str]) -> bool:
    """Whether what changed may be more than the files at some paths: other patterns, what can't be read, files of which
    the system tells nothing, and those of which it tells by a link to their folder.
    """  # noqa: D205
    unread = {before.path(failure.path) for failure in before.failures}
    parents = {(before.root / path).parent for path in paths}
    return (
        IGNORE_NAME in paths
        or not paths.isdisjoint(unread)
        or len(before.looks) < len(before.names) + len(before.unsettled)
        or any(real_path(parent) != parent for parent in parents)
    )


def _changed(before: Listing, found: dict[str, ArticleFile | None], settled: float) -> Listing:
    """A listing with some files as they are now."""
    files = [file for file in found.values() if file]
    looks = dict(before.looks)
    for name in found.keys() & looks.keys():
        del looks[name]
    looks |= {file.name: file.looks for file in files if file.looks}
    if not looks:
        return _listed_anew(before, settled)
    unsettled = {file.name for file in files if file.is_unsettled(settled)}
    now, names = {file.name for file in files} - unsettled, before.names
    if {name for name in found if name in before.looks and name not in before.unsettled} != now:
        stay = [name for name in names if name not in found]
        for name in now:
            insort(stay, name, key=_place)
        names = tuple(stay)
    return replace(
        before,
        names=names,
        looks=looks,
        young=(before.young - found.keys()) | {file.name for file in files if file.unchanged < RACY_SECONDS},
        settled=settled > 0,
        unsettled=tuple(sorted(unsettled)),
        since=Since(before.key, frozenset(found)),
        key=object(),
    )


def _place(name: str) -> tuple[tuple[bool, str], ...]:
    """By what names are put in the order of ``_walk``."""
    *folders, last = name.split("/")
    return *((True, folder) for folder in folders), (False, last)
