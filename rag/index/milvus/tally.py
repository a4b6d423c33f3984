"""What is counted of an index that a server keeps: for BM25, for the bias of languages, and to be looked through.

Shards add up what they wrote and take away what they removed; so nothing of it is ever counted from all rows.
"""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.core.articles import ArticleInfo, Reason
from rag.core.filters import NAMED
from rag.index.facets import NameCounts, Names, name_key, named_by
from rag.index.vectors import Scores, sums_of


@dataclass(slots=True)
class Counted:
    """A name with those above it, and how many articles bear it."""

    names: Names
    count: int = 0


class Tallied(NameCounts[Counted]):
    """Names and how many articles bear each."""

    def add(self, paths: tuple[Names, ...], times: int) -> None:
        """Count an article that bears some names, each with those above it; once, however many they are."""
        values = {id(value): value for names in paths for value in self._enter(tuple(filter(name_key, names)), Counted)}
        for value in values.values():
            value.count += times

    def merge(self, other: Tallied) -> None:
        """Count those of another as well."""
        for value in other._values.values():
            *_, mine = self._enter(value.names, Counted)
            mine.count += value.count

    def rows(self) -> list[tuple[Names, int]]:
        """All names that anything bears, as plain values."""
        return [(value.names, value.count) for value in self._values.values() if value.count]

    @classmethod
    def of_rows(cls, kind: str, rows: list[tuple[list[str], int]]) -> Tallied:
        """Of what ``rows`` returned."""
        found = cls(kind)
        for names, count in sorted(rows, key=lambda row: len(row[0])):
            *_, value = found._enter(tuple(names), Counted)
            value.count += count
        return found


@dataclass(slots=True)
class ScriptSum:
    """The passages in one script: how many, and the sum of their vectors in ``rag.index.vectors.SUM_UNIT``."""

    passages: int
    total: NDArray[np.int64]


@dataclass(slots=True)
class Tally:
    """What is counted of articles and their passages.

    :param length: Terms in all passages, repeats and all.
    :param left_out: Pieces that cleaning left out, by reason.
    :param days: Articles by the day of their date, as an ordinal; 0 for those without.
    :param unfiled: Articles without a category.
    :param names: By the field of a filter.
    """

    articles: int = 0
    passages: int = 0
    length: int = 0
    unfiled: int = 0
    scripts: dict[str, ScriptSum] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)
    days: Counter[int] = field(default_factory=Counter)
    names: dict[str, Tallied] = field(default_factory=lambda: {of: Tallied(kind) for kind, of in NAMED.items()})

    def add_article(self, info: ArticleInfo, left_out: Mapping[Reason, int], times: int = 1) -> None:
        """Count an article; -1 times where it goes."""
        self.articles += times
        self.unfiled += times * (not info.category_paths)
        self.days[info.day_number] += times
        for reason, count in left_out.items():
            self.left_out[reason.value] += times * count
        for of, paths in named_by(info).items():
            self.names[of].add(paths, times)

    def add_passages(self, scripts: list[str], lengths: list[int], vectors: Scores, times: int = 1) -> None:
        """Count passages; -1 times where they go.

        :param vectors: Shape (passages, dimension).
        """
        self.passages += times * len(scripts)
        self.length += times * sum(lengths)
        for script in dict.fromkeys(scripts):
            mine = vectors[[one == script for one in scripts]]
            self._add_script(script, ScriptSum(times * len(mine), times * sums_of(mine)))

    def _add_script(self, script: str, more: ScriptSum) -> None:
        known = self.scripts.get(script)
        if known is None:
            self.scripts[script] = more
        else:
            self.scripts[script] = ScriptSum(known.passages + more.passages, known.total + more.total)

    def add(self, other: Tally) -> None:
        """Count what another counted as well."""
        self.articles += other.articles
        self.passages += other.passages
        self.length += other.length
        self.unfiled += other.unfiled
        for script, more in other.scripts.items():
            self._add_script(script, more)
        self.left_out.update(other.left_out)
        self.days.update(other.days)
        for of, names in other.names.items():
            self.names[of].merge(names)

    @property
    def in_use(self) -> Iterator[tuple[str, ScriptSum]]:
        """The scripts that passages are in, in the order of their names."""
        return ((name, of) for name, of in sorted(self.scripts.items()) if of.passages > 0)

    def plain(self) -> dict[str, Any]:
        """As plain values, to be written as JSON."""
        scripts = {
            name: [of.passages, base64.b64encode(of.total.astype("<i8").tobytes()).decode()]
            for name, of in self.scripts.items()
            if of.passages or of.total.any()
        }
        return {
            "articles": self.articles,
            "passages": self.passages,
            "length": self.length,
            "unfiled": self.unfiled,
            "scripts": scripts,
            "left_out": {name: count for name, count in self.left_out.items() if count},
            "days": [[day, count] for day, count in sorted(self.days.items()) if count],
            "names": {of: names.rows() for of, names in self.names.items()},
        }

    @classmethod
    def of_plain(cls, told: Mapping[str, Any]) -> Tally:
        """Of what ``plain`` made."""
        scripts = {
            name: ScriptSum(count, np.frombuffer(base64.b64decode(total), "<i8").astype(np.int64))
            for name, (count, total) in told["scripts"].items()
        }
        return cls(
            articles=told["articles"],
            passages=told["passages"],
            length=told["length"],
            unfiled=told["unfiled"],
            scripts=scripts,
            left_out=Counter(told["left_out"]),
            days=Counter({int(day): count for day, count in told["days"]}),
            names={of: Tallied.of_rows(kind, told["names"][of]) for kind, of in NAMED.items()},
        )


def dates(days: Counter[int]) -> Counter[date]:
    """Articles by the day of their date, those without left out."""
    return Counter({date.fromordinal(day): count for day, count in days.items() if day > 0 and count > 0})
