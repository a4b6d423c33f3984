"""Categories with their counts → a tree."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from rag.index.facets import LEVEL_JOINT, Choice, name_key


@dataclass(frozen=True, slots=True)
class Branch:
    """A category and those right below it, the most frequent first."""

    choice: Choice
    below: tuple[Branch, ...]


def tree_of(choices: Sequence[Choice]) -> tuple[Branch, ...]:
    """Put each category below the one that holds it; where that is not among them, at the top.

    >>> tree = tree_of([Choice("科学", 3, 1), Choice("历史", 2, 1), Choice("科学/天文", 1, 2)])
    >>> [(branch.choice.name, [below.choice.name for below in branch.below]) for branch in tree]
    [('科学', ['科学/天文']), ('历史', [])]

    :param choices: The most frequent first.
    """
    known = {(name_key(choice.name), choice.level): choice for choice in choices}
    below: dict[Choice | None, list[Choice]] = defaultdict(list)
    for choice in choices:
        below[_holder(choice, known)].append(choice)

    def branches(of: Choice | None) -> tuple[Branch, ...]:
        return tuple(Branch(choice, branches(choice)) for choice in below[of])

    return branches(None)


def _holder(choice: Choice, known: dict[tuple[str, int], Choice]) -> Choice | None:
    """The category right above: a name may hold ``LEVEL_JOINT`` itself, so that each cut of it is tried."""
    name = name_key(choice.name)
    cuts = [at for at in range(len(name)) if name.startswith(LEVEL_JOINT, at)]
    above = (known.get((name[:cut], choice.level - 1)) for cut in reversed(cuts))
    return next((holder for holder in above if holder), None)
