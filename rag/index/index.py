"""A generation that is open for questions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from rag.core.articles import Article, ArticleInfo
from rag.core.files import folder_name
from rag.core.filters import Filters
from rag.core.passages import Passage
from rag.errors import IndexUnusable
from rag.index.candidates import CANDIDATES, PRIOR, Candidates, highest
from rag.index.catalogue import Catalogue
from rag.index.codes import Codes, near
from rag.index.cross_script import anchors_of
from rag.index.filtering import Filtering
from rag.index.generations import CURRENT
from rag.index.lexical import LexicalIndex, Matches
from rag.index.manifest import Manifest
from rag.index.marks import damaged, index_of
from rag.index.open_index import OpenIndex
from rag.index.postings import Postings
from rag.index.store import Store
from rag.index.vectors import SUM_UNIT, Ids, Mask, Scores, Vectors, sums_of
from rag.text.writing_systems import script_of

AHEAD = 4
"""Times as many as are wanted that are taken where all are gone through: of what feeds repost, most are copies."""


class Held(Protocol):
    """A segment."""

    def doubt(self) -> None:
        """Something of it turned out not to be as it was written."""


@dataclass(frozen=True, slots=True)
class IndexPart:
    """What one segment has of an index.

    :param held: The segment: as long as this is used, whoever opens it again gets the same; told of what is damaged.
    :param codes: Of the vectors in a script that has many, by its name.
    :param scripts: Of its passages, each named once; ``script_of`` is the place of each passage's script in these.
    :param sums: The sum of the vectors in each script, in ``SUM_UNIT``; shape (scripts, dimension).
    """

    held: Held
    vectors: Vectors
    codes: Mapping[str, Codes]
    postings: Postings
    scripts: tuple[str, ...]
    script_of: NDArray[np.uint8]
    sums: NDArray[np.int64]


class Index(OpenIndex):
    """One generation of an index, to be searched: the vectors, words and texts of its segments.

    A passage's id is its place among those of all segments, one after the other; those of articles that were removed
    since keep theirs, and are never found.

    :ivar live: Which passages are in use, by id.
    :ivar groups: For each passage, the first passage that says the same: its own id where it has no copies, or is that
        first one.
    :param generation: The generation's folder.
    :param parts: Of each segment.
    """

    def __init__(
        self, generation: Path, manifest: Manifest, parts: Sequence[IndexPart], store: Store, live: Mask, groups: Ids
    ) -> None:
        self.generation, self.manifest, self.store = generation, manifest, store
        self.live, self.groups = live, groups
        self.name = folder_name(generation.parent)
        self.remedy = f"delete {CURRENT} in the folder {self.name} and build it anew with rag index"
        self._parts = list(parts)
        self._begins = np.cumsum([0, *(len(part.vectors) for part in parts)])
        self._lexical = LexicalIndex([part.postings for part in parts], live)
        self._copied = np.flatnonzero((np.bincount(groups, minlength=len(groups))[groups] > 1) & live)
        self._scripts = self._ids_by_script()
        self._script_row, self._centres = self._find_centres()
        self._coded = np.zeros(len(live), bool)
        for begin, part in self._placed():
            for codes in part.codes.values():
                self._coded[begin + codes.rows] = True

    def close(self) -> None:
        """Let the files go, but those that another open generation has too."""
        self._parts, self.store = [], Store([])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __len__(self) -> int:
        """Passages in use."""
        return int(self.live.sum())

    @property
    def ids(self) -> Ids:
        """Of the passages in use, in order."""
        return np.flatnonzero(self.live)

    def _placed(self) -> Iterator[tuple[int, IndexPart]]:
        """Each part, with the id of its first passage."""
        yield from zip(self._begins.tolist(), self._parts, strict=False)

    def allowed(self, filters: Filters) -> Ids | None:
        """Ids of the passages that pass the filters, in order; None where there is no filter.

        :raises UnknownName: No article bears a name that is filtered by.
        """
        return self.filtering.passing(filters) if filters else None

    @cached_property
    def filtering(self) -> Filtering:
        """What can be filtered by; read when first asked for."""
        return Filtering(self.store.infos(), self.store.article_of_each_passage())

    @cached_property
    def catalogue(self) -> Catalogue:
        """The articles as a list to be looked through; read when first asked for."""
        return Catalogue(self.store.infos())

    def load_lists(self) -> None:
        """Read now what can be filtered by and looked through, so that no reader waits for it or meets damage in it.

        :raises IndexUnusable: It is damaged.
        """
        _ = self.filtering, self.catalogue

    def candidates(self, question: str, vector: Scores, filters: Filters, count: int) -> Candidates:
        """Dense and lexical search among the passages that pass the filters, with all scores for all that is found.

        :param vector: The question's unit vector.
        :param count: Passages wanted in the end, no two of them copies.
        :raises UnknownName: No article bears a name that is filtered by.
        """
        allowed, count = self.allowed(filters), max(CANDIDATES, count)
        matches, anchored = self.match(question), self.anchored(question)
        lexical = [self._best(scores, count, allowed) for scores in (matches.scores, anchored)]
        found = np.unique(np.concatenate([self.nearest_of_each_script(vector, count, allowed), *lexical]))
        ids = self.with_copies(found, allowed)
        return Candidates(
            ids=ids,
            groups=self.groups[ids],
            dense=self.cosines(vector, ids),
            bias_corrections=self.bias_corrections(vector, ids),
            lexical=matches.scores[ids],
            anchored=anchored[ids],
            matches=matches,
        )

    def _best(self, scores: Scores, count: int, allowed: Ids | None) -> Ids:
        """Ids of the highest scores above zero: as many as it takes for ``count`` that say different things."""
        of_allowed = scores if allowed is None else scores[allowed]
        deep = count
        while True:
            places = highest(of_allowed, deep)
            ids = places if allowed is None else allowed[places]
            if len(ids) < deep or self.apart(ids) >= count:
                return ids
            deep *= 2

    def passages(self, ids: Sequence[int]) -> list[tuple[Passage, ArticleInfo]]:
        """Passages, each with its article."""
        return [self.store.passage(passage) for passage in ids]

    def article(self, article_id: str) -> Article | None:
        """An article with its paragraphs and what was left out; None where there is none of that id."""
        return self.store.article(article_id)

    def articles(self, ids: Sequence[str]) -> list[Article | None]:
        """The same of several."""
        return [self.store.article(article_id) for article_id in ids]

    def passages_of(self, article_id: str) -> list[Passage]:
        """The passages of an article, in reading order."""
        return self.store.passages_of(article_id)

    def groups_of(self, ids: Sequence[int]) -> Ids:
        """By which passages that say the same are known, of each."""
        return self.groups[list(ids)]

    def digests(self) -> Mapping[str, str]:
        """The file digest of each article, by id."""
        return self.store.digests()

    def check(self, filters: Filters) -> None:
        """Make sure that names that are filtered by are known.

        :raises UnknownName: One is not.
        """
        self.filtering.articles(filters)

    def days(self) -> Counter[date]:
        """How many articles are dated on each day."""
        return Counter(self.catalogue.days())

    def unfiled(self) -> int:
        """Articles without a category."""
        return sum(not info.category_paths for info in self.catalogue.infos)

    def listed(self, text: str, filters: Filters, begin: int, count: int) -> tuple[int, list[ArticleInfo]]:
        """The articles in whose titles and names all words of a text stand, newest first: how many, and some of them.

        :param begin: The place of the first that is wanted; of the last ones, where there are fewer.
        """
        found = self.catalogue.find(text, self.filtering.articles(filters) if filters else None)
        begin = min(begin, (len(found) - 1) // count * count) if found else 0
        return len(found), [self.catalogue.infos[at] for at in found[begin : begin + count]]

    def _ids_by_script(self) -> dict[str, Ids]:
        """The passages in use that are in each script, in order."""
        names = sorted({name for part in self._parts for name in part.scripts})
        rows = [np.array([names.index(name) for name in part.scripts], np.int64) for part in self._parts]
        row_of = np.concatenate([row[part.script_of] for row, part in zip(rows, self._parts, strict=True)])
        found = {name: np.flatnonzero((row_of == row) & self.live) for row, name in enumerate(names)}
        return {name: ids for name, ids in found.items() if len(ids)}

    def _find_centres(self) -> tuple[NDArray[np.uint16], Scores]:
        """The script of each passage, as a row of the second; how far each script's mean is from that of all."""
        sums = {name: np.zeros(self.manifest.dimension, np.int64) for name in self._scripts}
        for begin, part in self._placed():
            live = self.live[begin : begin + len(part.vectors)]
            for at, name in enumerate(part.scripts):
                if name in sums:
                    sums[name] += _sum_of_script(part, at, live)
        mean = sum(sums.values()) * SUM_UNIT / len(self)
        rows = np.zeros(len(self.live), np.uint16)
        centres = np.empty((len(sums), self.manifest.dimension), np.float32)
        for row, (name, ids) in enumerate(self._scripts.items()):
            rows[ids] = row
            centres[row] = (sums[name] * SUM_UNIT + PRIOR * mean) / (len(ids) + PRIOR) - mean
        return rows, centres

    def nearest_of_each_script(self, vector: Scores, count: int, allowed: Ids | None = None) -> Ids:
        """Ids of the passages with the highest cosine, among those allowed.

        Of each script as many as it takes for ``count`` that say different things: copies make it more.
        """
        bits = self._bits(allowed)
        found = [
            self._nearest_apart(script, vector, count, bits & (self._script_row == row))
            for row, script in enumerate(self._scripts)
        ]
        return np.concatenate(found)

    def _nearest_apart(self, script: str, vector: Scores, count: int, allowed: Mask) -> Ids:
        ahead = 1 if any(script in part.codes for part in self._parts) else AHEAD
        deep, found, asked = count, np.empty(0, np.int64), 0
        while True:
            if asked < deep:
                asked = ahead * deep
                found = self._nearest(vector, asked, self._worth_looking_at(script, vector, asked, allowed))
            ids = found[:deep]
            if len(ids) < deep or self.apart(ids) >= count:
                return ids
            deep *= 2

    def _worth_looking_at(self, script: str, vector: Scores, count: int, allowed: Mask) -> Mask:
        """Of the passages of a script that are allowed, those among which the nearest are."""
        placed = [(begin, part.codes[script]) for begin, part in self._placed() if script in part.codes]
        if not placed:
            return allowed
        share = np.count_nonzero(allowed & self._coded) / sum(len(codes.rows) for _, codes in placed)
        ids = near(placed, vector, count, allowed, share)
        if ids is None:
            return allowed
        mask = allowed & ~self._coded
        mask[ids] = True
        return mask

    def _nearest(self, vector: Scores, count: int, allowed: Mask) -> Ids:
        """Ids of the passages with the highest cosine, best first, at most ``count`` of those allowed."""
        cosines, ids = [], []
        for begin, part in self._placed():
            mask = allowed[begin : begin + len(part.vectors)]
            if mask.any():
                found, rows = part.vectors.nearest(vector, count, None if mask.all() else mask)
                cosines.append(found)
                ids.append(rows + begin)
        if not ids:
            return np.empty(0, np.int64)
        all_ids = np.concatenate(ids)
        return all_ids[np.lexsort((all_ids, -np.concatenate(cosines)))[:count]]

    def apart(self, ids: Ids) -> int:
        """How many of the passages say different things."""
        return len(np.unique(self.groups[ids]))

    def with_copies(self, ids: Ids, allowed: Ids | None = None) -> Ids:
        """The passages and all copies of them that are allowed."""
        copies = self._copied[np.isin(self.groups[self._copied], self.groups[ids])]
        found = np.union1d(ids, copies)
        return found if allowed is None else np.intersect1d(found, allowed, assume_unique=True)

    def _bits(self, allowed: Ids | None) -> Mask:
        """Whether each passage is in use and allowed, by its id."""
        if allowed is None:
            return self.live
        bits = np.zeros(len(self.live), bool)
        bits[allowed] = True
        return bits

    def bias_corrections(self, vector: Scores, ids: Ids) -> Scores:
        """What to add to each passage's cosine for its script, shape (len(ids),).

        Texts in one language lie nearer together whatever they are about, so a question in Chinese finds any Chinese
        passage before the English one that answers it. What the passages of one script have in common with the
        question beyond what all passages have is their language, and is taken away (measurements: ranking).
        """
        return -(self._centres @ vector)[self._script_row[ids]]

    def cosines(self, vector: Scores, ids: Ids) -> Scores:
        """Cosine of a question's vector and each passage's, shape (len(ids),).

        In double precision: the last digits of a product in single precision depend on what stands beside it, and
        passages with one vector are to have one cosine, in whatever segments they are.

        :raises IndexUnusable: A vector is not as it was written.
        """
        return np.asarray(self.vectors_of(ids).astype(np.float64) @ vector.astype(np.float64), np.float32)

    def vectors_of(self, ids: Ids) -> Scores:
        """The vectors of passages, shape (len(ids), dimension).

        :raises IndexUnusable: One is not as it was written.
        """
        vectors = np.empty((len(ids), self.manifest.dimension), np.float32)
        place = np.searchsorted(self._begins, ids, side="right") - 1
        for at in np.unique(place):
            mine = place == at
            try:
                vectors[mine] = self._parts[at].vectors.rows(ids[mine] - self._begins[at])
            except IndexUnusable as error:
                self._parts[at].held.doubt()
                raise damaged(index_of(self.generation), str(error)) from error
        return vectors

    def all_vectors(self) -> Scores:
        """The vectors of all passages in use, shape (passages, dimension), in the order of ``ids``."""
        return self.vectors_of(self.ids)

    def match(self, question: str) -> Matches:
        """What the words of a question find."""
        return self._lexical.match(question)

    def anchored(self, question: str) -> Scores:
        """For each passage in another script than a question, what it has of its names, numbers and codes.

        Each counts up to 1 times its weight, the rarer the more; shape (passages,).
        """
        here = script_of(question)
        if len(self._scripts.get(here, ())) == len(self):
            return np.zeros(len(self.live), np.float32)
        scores = self._lexical.anchored(anchors_of(question, self._lexical.vocabulary))
        if here in self._scripts:
            scores *= self._script_row != list(self._scripts).index(here)
        return scores

    def frequency(self, word: str) -> int:
        """How many passages have a word or, of Chinese, all its pairs of characters."""
        return self._lexical.frequency(word)


def _sum_of_script(part: IndexPart, at: int, live: Mask) -> NDArray[np.int64]:
    """The sum of a script's vectors that are in use: of these, or of all less the others, whichever are fewer."""
    mine = part.script_of == at
    rows, gone = np.flatnonzero(mine & live), np.flatnonzero(mine & ~live)
    fewer = rows if len(rows) < len(gone) else gone
    total = sum((sums_of(block) for block in part.vectors.blocks(fewer)), np.zeros(part.sums.shape[1], np.int64))
    return total if fewer is rows else part.sums[at] - total
