"""A generation that is open for questions."""

from __future__ import annotations

from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import Self

import faiss
import numpy as np
from numpy.typing import NDArray

from rag.core.files import folder_name
from rag.core.filters import Filters
from rag.errors import IndexMissing, IndexUnopened, IndexUnusable
from rag.index.catalogue import Catalogue
from rag.index.cross_script import anchors_of
from rag.index.filtering import Filtering
from rag.index.generations import current_generation, damaged, generation_folders
from rag.index.lexical import LEXICAL_NAME, LexicalIndex, Matches
from rag.index.manifest import Manifest
from rag.index.store import Store
from rag.index.vectors import Ids, Scores, read_keys, read_vectors
from rag.text.writing_systems import script_of

PRIOR = 3
"""A script's mean vector is drawn towards that of all passages as if by this many passages: the mean of one or two says
more about them than about their language. 0 finds a little more, 10 clearly less."""


class Index:
    """One generation of an index: its vectors, words and texts.

    It stays what it is while a newer generation comes into use beside it.

    :ivar groups: For each passage, the first passage that says the same: its own id where it has no copies, or is that
        first one.
    :param generation: The generation's folder.
    :raises IndexUnusable: A file is missing or damaged, or the files do not belong together.
    """

    def __init__(self, generation: Path) -> None:
        self.generation = generation
        self.manifest = Manifest.read(generation)
        self.manifest.check_files(generation)
        try:
            self.store = Store(generation)
            self._vectors = read_vectors(generation, self.manifest.passages, self.manifest.dimension)
            self._lexical = LexicalIndex.load(generation / LEXICAL_NAME)
            self._scripts = {script: np.asarray(ids, np.int64) for script, ids in self.store.scripts().items()}
            counts = self.store.counts()
            self.groups = np.arange(counts[1])
            for passage, first in self.store.copies().items():
                self.groups[passage] = first
        except Exception as error:  # a damaged file makes faiss, numpy, json and sqlite3 raise each their own
            raise damaged(generation.parent, "a file of it can't be read") from error
        expected = (self.manifest.articles, self.manifest.passages)
        if counts != expected or self._vectors.ntotal != expected[1]:
            raise damaged(generation.parent, "its files do not belong together")
        if not np.isfinite(self.all_vectors()).all():
            raise damaged(generation.parent, "its vectors are no numbers")
        self._script_row, self._centres = self._find_centres()

    @classmethod
    def open(cls, folder: Path) -> Index:
        """Open the generation in use.

        :raises IndexMissing: The folder holds no index.
        :raises IndexUnusable: It is damaged or of another format.
        """
        generation = current_generation(folder)
        try:
            return cls(generation)
        except (IndexUnusable, FileNotFoundError):
            # A builder may have swept this generation between the two steps: the newer one is asked for once.
            newer = current_generation(folder)
            if newer == generation:
                raise
            return cls(newer)

    def close(self) -> None:
        """Let the files go."""
        self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __len__(self) -> int:
        return int(self._vectors.ntotal)

    def allowed(self, filters: Filters) -> Ids | None:
        """Ids of the passages that pass the filters, in order; None where there is no filter.

        :raises UnknownName: No article bears a name that is filtered by.
        """
        return self.filtering.passing(filters) if filters else None

    @cached_property
    def filtering(self) -> Filtering:
        """What can be filtered by; read when first asked for."""
        return Filtering(self.store.infos_by_number(), self.store.article_of_each_passage())

    @cached_property
    def catalogue(self) -> Catalogue:
        """The articles as a list to be looked through; read when first asked for."""
        return Catalogue(self.store.infos_by_number())

    def load_lists(self) -> None:
        """Read now what can be filtered by and looked through, so that no reader waits for it or meets damage in it.

        :raises IndexUnusable: It is damaged.
        """
        _ = self.filtering, self.catalogue

    def _find_centres(self) -> tuple[Ids, Scores]:
        """The script of each passage, as a row of the second; how far each script's mean is from that of all."""
        vectors = self.all_vectors()
        mean = vectors.mean(axis=0)
        rows = np.zeros(len(self), np.int64)
        centres = np.empty((len(self._scripts), vectors.shape[1]), np.float32)
        for row, ids in enumerate(self._scripts.values()):
            rows[ids] = row
            centres[row] = (vectors[ids].sum(axis=0) + PRIOR * mean) / (len(ids) + PRIOR) - mean
        return rows, centres

    def nearest_of_each_script(self, vector: Scores, count: int, allowed: Ids | None = None) -> Ids:
        """Ids of the passages with the highest cosine, among those allowed.

        Of each script as many as it takes for ``count`` that say different things: copies make it more.
        """
        if len(self._scripts) == 1:
            return self._nearest_apart(vector, count, allowed)
        bits = self._bits(allowed)
        return np.concatenate([self._nearest_apart(vector, count, ids[bits[ids]]) for ids in self._scripts.values()])

    def _nearest_apart(self, vector: Scores, count: int, allowed: Ids | None) -> Ids:
        deep = count
        while True:
            ids = self.nearest(vector, deep, allowed)
            if len(ids) < deep or self.apart(ids) >= count:
                return ids
            deep *= 2

    def apart(self, ids: Ids) -> int:
        """How many of the passages say different things."""
        return len(np.unique(self.groups[ids]))

    def with_copies(self, ids: Ids, allowed: Ids | None = None) -> Ids:
        """The passages and all copies of them that are allowed."""
        found = np.zeros(len(self), bool)
        found[self.groups[ids]] = True
        copies = np.flatnonzero(found[self.groups])
        return copies if allowed is None else np.intersect1d(copies, allowed, assume_unique=True)

    def _bits(self, allowed: Ids | None) -> NDArray[np.bool_]:
        """Whether each passage is allowed, by its id."""
        bits = np.full(len(self), allowed is None)
        if allowed is not None:
            bits[allowed] = True
        return bits

    def bias_corrections(self, vector: Scores, ids: Ids) -> Scores:
        """What to add to each passage's cosine for its script, shape (len(ids),).

        Texts in one language lie nearer together whatever they are about, so a question in Chinese finds any Chinese
        passage before the English one that answers it. What the passages of one script have in common with the
        question beyond what all passages have is their language, and is taken away (measurements: ranking).
        """
        return -(self._centres @ vector)[self._script_row[ids]]

    def nearest(self, vector: Scores, count: int, allowed: Ids | None = None) -> Ids:
        """Ids of the passages with the highest cosine, best first, at most ``count`` of those allowed."""
        count = min(count, len(self) if allowed is None else len(allowed))
        if count == 0:
            return np.empty(0, np.int64)
        parameters = None
        if allowed is not None:
            selector = faiss.IDSelectorBitmap(np.packbits(self._bits(allowed), bitorder="little"))
            parameters = faiss.SearchParameters(sel=selector)
        _, ids = self._vectors.search(vector[None, :], count, params=parameters)
        return np.asarray(ids[0], np.int64)

    def cosines(self, vector: Scores, ids: Ids) -> Scores:
        """Cosine of a question's vector and each passage's, shape (len(ids),)."""
        return np.asarray(self._vectors.reconstruct_batch(ids) @ vector, np.float32)

    def match(self, question: str) -> Matches:
        """What the words of a question find."""
        return self._lexical.match(question)

    def anchored(self, question: str) -> Scores:
        """For each passage in another script than a question, what it has of its names, numbers and codes.

        Each counts up to 1 times its weight, the rarer the more; shape (passages,).
        """
        here = self._scripts.get(script_of(question), np.empty(0, np.int64))
        if len(here) == len(self):
            return np.zeros(len(self), np.float32)
        scores = self._lexical.anchored(anchors_of(question, self._lexical.vocabulary))
        scores[here] = 0
        return scores

    def frequency(self, word: str) -> int:
        """How many passages have a word or, of Chinese, all its pairs of characters."""
        return self._lexical.frequency(word)

    def vectors_by_key(self) -> dict[bytes, Scores]:
        """The vector of each searched text, by its key."""
        vectors = self.all_vectors()
        return dict(zip(read_keys(self.generation, len(self)), vectors, strict=True))

    def all_vectors(self) -> Scores:
        """All vectors, shape (passages, dimension); row = passage id."""
        return np.asarray(self._vectors.reconstruct_n(0, len(self)), np.float32)


def folder_of(index: Path) -> str:
    """The folder of articles that an index was made of, as the newest generation tells of which that can be read.

    :raises IndexUnopened: One may not be opened.
    :raises IndexUnusable: None can be read.
    """
    for generation in generation_folders(index)[::-1]:
        try:
            return Manifest.read(generation).folder
        except IndexUnopened:
            raise
        except IndexUnusable:
            continue
    told = f"nothing in the index {folder_name(index)} tells of which folder it was made"
    raise IndexUnusable(f"{told}: build it anew with rag index FOLDER")


def open_whole(folder: Path) -> Index | None:
    """The index in use, or the newest generation that is whole where that is damaged; None where none is.

    :raises IndexUnopened: It may not be opened: it is not to be built anew for that.
    """
    generations = generation_folders(folder)[::-1]
    with suppress(IndexMissing, IndexUnusable):
        generations.insert(0, current_generation(folder))
    for generation in generations:
        try:
            Manifest.read(generation).check_files(generation, thoroughly=True)
            return Index(generation)
        except IndexUnopened:
            raise
        except IndexUnusable:
            continue
    return None
