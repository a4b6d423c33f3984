"""Whether bringing an index up to date would take so much out of it that it may be a mistake."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from rag.errors import RemovalRefused

FEW, SHARE = 10, 0.1
"""So many articles, or this share of them, may go without a word: who deletes more is asked whether it is meant."""
SHOWN = 3
"""Articles that are named."""


def check_removals(
    index: object,
    folders: tuple[str, str],
    before: Mapping[str, str],
    now: Mapping[str, str],
    gone: Collection[str],
    restored: int = 0,
    few: int | None = None,
) -> None:
    """Refuse to take out many articles, or to put those of another folder in their place.

    Another folder that has them all as they are is the same one, moved.

    :param folders: What the index was made of, and what it is to be made of.
    :param before: The digest of each article's file, by its id, as the index has it.
    :param now: The same as it would have it.
    :param gone: Those of before that it would not have.
    :param restored: How many of these have no file, and go too where it is said that others may.
    :param few: Articles that may go without a word, where these are a part of an index; None for ``FEW``.
    :raises RemovalRefused: It is too much.
    """
    removed = sorted(gone)
    is_another = folders[0] != folders[1]
    is_much = len(removed) > max(FEW if few is None else few, SHARE * len(before))
    if not is_much and not is_another:
        return
    changed = sum(now.get(name, digest) != digest for name, digest in before.items())
    if not is_much and not (removed or changed):
        return
    told_gone = f"{len(removed) + restored} of its {len(before)} articles would be removed"
    if removed:
        told_gone += f" ({', '.join(removed[:SHOWN])}{', …' if len(removed) > SHOWN else ''})"
    if is_another:
        told_gone += f", and {changed} replaced" if changed else ""
        told = f"the index {index} was made of {folders[0]}: with {folders[1]} {told_gone}; name another index, or"
    else:
        told = f"{folders[1] or 'the folder'} has changed much since the index {index} was made: {told_gone};"
    told += " if it is to be so, give --replace (in Python replace=True). Nothing was changed"
    raise RemovalRefused(told, len(removed) + restored, len(before))
