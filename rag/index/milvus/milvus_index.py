"""One generation of an index that a server keeps, open for questions."""

from __future__ import annotations

import time
from collections import Counter, OrderedDict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from functools import cached_property
from threading import Lock
from typing import Generic, TypeVar

import numpy as np

from rag.core.articles import Article, ArticleInfo
from rag.core.deadline import handed_on
from rag.core.filters import NAMED, Filters
from rag.core.milvus_address import MilvusAddress
from rag.core.passages import Passage
from rag.errors import IndexDamaged, IndexMissing
from rag.index.candidates import CANDIDATES, PRIOR, Candidates
from rag.index.cross_script import anchors_of
from rag.index.milvus.collections import Kind
from rag.index.milvus.listing import listed
from rag.index.milvus.rows import (
    PASSAGE_FIELDS,
    info_of,
    key_of,
    name_digest,
    passage_of,
    read_articles,
    vectors_of,
)
from rag.index.milvus.server import BATCH_ROWS, MOST_ROWS, Row, Server
from rag.index.milvus.state import Generation, newest_number, no_index, read_generation
from rag.index.milvus.tally import Tallied, dates
from rag.index.milvus.words import Matched, Words
from rag.index.open_index import OpenIndex
from rag.index.vectors import SUM_UNIT, Ids, Scores
from rag.text.writing_systems import script_of

LOOKED_FOR_SECONDS = 1.0
"""How often it is looked whether a newer generation is in use."""
MAX_CANDIDATES = 2_000
"""Passages that are taken of what the names of a question find: where more score alike, some of them."""
ASKED_AT_ONCE = 500
"""Groups of copies that are looked up at once."""
REMEMBERED_PASSAGES, REMEMBERED_ARTICLES = 4_096, 512
"""That are kept in memory: what they say never changes."""
MAX_LOOKED = 20_000
"""Passages with such names that are looked at, where nearly all of them are in the question's own script."""
THREADS = 8
"""Of one index, in which a server is asked for several things at once."""

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class _Remembered(Generic[Key, Value]):
    """The last things that were looked up, by their keys. From any thread."""

    def __init__(self, most: int) -> None:
        self._most, self._lock = most, Lock()
        self._things: OrderedDict[Key, Value] = OrderedDict()

    def of(self, keys: Iterable[Key]) -> dict[Key, Value]:
        """Those that are known."""
        with self._lock:
            found = {key: self._things[key] for key in keys if key in self._things}
            for key in found:
                self._things.move_to_end(key)
            return found

    def add(self, things: Mapping[Key, Value]) -> None:
        """Remember some."""
        with self._lock:
            self._things.update(things)
            while len(self._things) > self._most:
                self._things.popitem(last=False)


class _Names:
    """The names that articles can be filtered by."""

    def __init__(self, names: Mapping[str, Tallied]) -> None:
        self.categories, self.authors = names["categories"], names["authors"]
        self.sources, self.collections = names["sources"], names["collections"]


class MilvusIndex(OpenIndex):
    """One generation of an index that a server keeps.

    It holds no more of it than what is counted of all articles, and what was looked up last. A passage's id is that of
    its row.
    """

    def __init__(self, server: Server, generation: Generation) -> None:
        self.server, self.generation = server, generation
        self.manifest, self.name = generation.manifest, server.address.name
        self.remedy = "index the articles under another NAME"
        tally = generation.tally
        self._words = Words(
            server, generation.words, generation.gone, tally.passages, tally.length, generation.vocabulary
        )
        self._names = _Names(tally.names)
        self._threads = ThreadPoolExecutor(THREADS, f"milvus {self.name}")
        self._looked = time.monotonic()
        self._passages: _Remembered[int, Row] = _Remembered(REMEMBERED_PASSAGES)
        self._infos: _Remembered[int, ArticleInfo] = _Remembered(REMEMBERED_PASSAGES)
        self._articles: _Remembered[str, Article] = _Remembered(REMEMBERED_ARTICLES)

    def close(self) -> None:
        """Let go of the threads; the connection is the next generation's too."""
        self._threads.shutdown(wait=False)

    def __len__(self) -> int:
        """Passages in use."""
        return self.generation.tally.passages

    @property
    def filtering(self) -> _Names:
        """What can be filtered by."""
        return self._names

    def load_lists(self) -> None:
        """Nothing: they came with the generation."""

    @property
    def visible(self) -> str:
        """Which rows are of this generation."""
        return f"born <= {self.generation.number} and died > {self.generation.number}"

    def passing(self, filters: Filters) -> str:
        """Which rows are of this generation and pass filters.

        :raises UnknownName: No article bears a name that is filtered by.
        """
        holds = [self.visible]
        if filters.since or filters.until:
            holds.append(f"day >= {filters.since.toordinal() if filters.since else 1}")
        if filters.until:
            holds.append(f"day <= {filters.until.toordinal()}")
        for kind, names in filters.named.items():
            if names:
                field = NAMED[kind]
                counted: Tallied = getattr(self._names, field)
                digests = {name_digest(field, path) for name in names for path in counted.paths(name)}
                holds.append(f"array_contains_any(names, {sorted(digests)})")
        return " and ".join(holds)

    def check(self, filters: Filters) -> None:
        """Make sure that names that are filtered by are known.

        :raises UnknownName: One is not.
        """
        self.passing(filters)

    def candidates(self, question: str, vector: Scores, filters: Filters, count: int) -> Candidates:
        """What may answer a question: by meaning, by its words, and the copies of what is found.

        :raises UnknownName: No article bears a name that is filtered by.
        """
        holds, count = self.passing(filters), max(CANDIDATES, count)
        scripts = [name for name, _ in self.generation.tally.in_use]
        nearest = [self._threads.submit(handed_on(self._nearest), vector, holds, script, count) for script in scripts]
        anchoring = self._threads.submit(handed_on(self._anchored), question)
        matched = self._words.match(question, None if filters else 2 * count)
        anchored_ids, anchored = anchoring.result()
        by_words, is_enough = self._best_matched(matched, holds, count)
        if matched.least and not is_enough:  # many of the best say the same
            matched = self._words.match(question, None)
            by_words, _ = self._best_matched(matched, holds, count)
        by_names = self._best_anchored(anchored_ids, anchored, script_of(question), holds, count)
        found = by_words | by_names
        for each in nearest:
            found |= each.result()
        rows = self._with_copies(found, holds, (*_SCORED, "head", "text") if matched.lacking else _SCORED)
        ids, here = np.array([row["id"] for row in rows], np.int64), script_of(question)
        names = np.zeros(len(ids), np.float32)
        if len(anchored_ids):
            at = np.minimum(np.searchsorted(anchored_ids, ids), len(anchored_ids) - 1)
            has = (anchored_ids[at] == ids) & np.array([row["script"] != here for row in rows], bool)
            names[has] = anchored[at][has]
        vectors = vectors_of(rows) if rows else np.empty((0, self.manifest.dimension), np.float32)
        return Candidates(
            ids=ids,
            groups=np.array([row["alike"] for row in rows], np.int64),
            dense=np.asarray(vectors.astype(np.float64) @ vector.astype(np.float64), np.float32),
            bias_corrections=self._bias_corrections(vector, [row["script"] for row in rows]),
            lexical=matched.scores_of(ids, [_searched(row) for row in rows] if matched.lacking else ()),
            anchored=names,
            matches=matched.matches,
        )

    def _nearest(self, vector: Scores, holds: str, script: str, count: int) -> dict[int, int]:
        """The passages of a script with the highest cosine: as many as it takes for so many different ones.

        :return: By its id, by what each is known that says the same.
        """
        deep = count
        while True:
            found = self.server.search(Kind.PASSAGES, vector, f'{holds} and script == "{script}"', deep, ("alike",))
            if len(found) < deep or len({row["alike"] for row in found}) >= count:
                return {row["id"]: row["alike"] for row in found}
            deep *= 2

    def _anchored(self, question: str) -> tuple[Ids, Scores]:
        """What passages have of a question's names, numbers and codes, where there are any in another script."""
        here = script_of(question)
        if all(script == here for script, _ in self.generation.tally.in_use):
            return np.empty(0, np.int64), np.empty(0, np.float32)
        while True:
            anchors = anchors_of(question, self._words.vocabulary)
            lacking, ids, scores = self._words.anchored(anchors)
            if not lacking:
                return ids, scores
            self._words.vocabulary.lacks(lacking)

    def _best_matched(self, matched: Matched, holds: str, count: int) -> tuple[dict[int, int], bool]:
        """Those with the highest scores that pass, and whether they are as many as say ``count`` different things.

        :return: As ``_nearest``.
        """
        fields = ("alike", "head", "text") if matched.lacking else ("alike",)
        rows: list[Row] = []
        scores, begin, deep = np.empty(0, np.float32), 0, 2 * count
        while True:
            more = self._rows(matched.ids[begin : begin + deep].tolist(), holds, fields)
            rows += more
            ids = np.array([row["id"] for row in more], np.int64)
            texts = [_searched(row) for row in more] if matched.lacking else ()
            scores = np.concatenate([scores, matched.scores_of(ids, texts)])
            begin, deep = begin + deep, min(2 * deep, BATCH_ROWS)
            order = np.argsort(-scores, kind="stable")
            groups = [rows[at]["alike"] for at in order]
            kept = _first_apart(groups, scores[order], count)
            is_enough = len(set(groups[:kept])) >= count
            # Those that were not looked at score no more than their bounds say.
            is_done = begin >= len(matched.ids)
            if is_done or (is_enough and matched.bounds[begin] < scores[order[kept - 1]]):
                is_enough = is_enough and bool(scores[order[kept - 1]] >= matched.least)
                return {rows[at]["id"]: rows[at]["alike"] for at in order[:kept] if scores[at] > 0}, is_enough

    def _best_anchored(self, ids: Ids, scores: Scores, here: str, holds: str, count: int) -> dict[int, int]:
        """The same of what has the names of a question in another script."""
        order = np.argsort(-scores, kind="stable")
        elsewhere = f'{holds} and script != "{here}"'
        found: list[Row] = []
        told: list[float] = []
        begin, deep = 0, 2 * count
        while begin < min(len(order), MAX_LOOKED) and len(found) < MAX_CANDIDATES:
            some = order[begin : begin + deep]
            begin, deep = begin + deep, min(2 * deep, BATCH_ROWS)
            score_of = dict(zip(ids[some].tolist(), scores[some].tolist(), strict=True))
            rows = self._rows([*score_of], elsewhere, ("alike",))
            rows.sort(key=lambda row: (-score_of[row["id"]], row["id"]))
            found += rows
            told += [score_of[row["id"]] for row in rows]
            kept = _first_apart([row["alike"] for row in found], np.array(told), count)
            if kept < len(found):
                found = found[:kept]
                break
        return {row["id"]: row["alike"] for row in found}

    def _rows(self, ids: Sequence[int], holds: str, fields: Sequence[str]) -> list[Row]:
        """The rows of passages that pass, in the order of ids that are given."""
        known = {row["id"]: row for row in self.server.with_ids(Kind.PASSAGES, ids, fields, holds)}
        return [known[one] for one in ids if one in known]

    def _with_copies(self, found: Mapping[int, int], holds: str, fields: Sequence[str]) -> list[Row]:
        """The rows of passages and of all copies of them that pass, in the order of their ids.

        :param found: As ``_nearest`` returns them.
        """
        groups = sorted({*found.values()})
        waiting = [groups[start : start + ASKED_AT_ONCE] for start in range(0, len(groups), ASKED_AT_ONCE)]
        rows: list[Row] = []
        while waiting:
            some = waiting.pop()
            alike = self.server.query(Kind.PASSAGES, f"alike in {some} and {holds}", ("id", *fields), most=MOST_ROWS)
            if len(alike) == MOST_ROWS and len(some) > 1:  # there are more
                waiting += [some[::2], some[1::2]]
            else:
                rows += alike
        return sorted(rows, key=lambda row: int(row["id"]))

    @cached_property
    def _centres(self) -> dict[str, Scores]:
        """How far each script's mean vector is from that of all: see ``rag.index.index.Index``."""
        scripts = dict(self.generation.tally.in_use)
        mean = sum(of.total for of in scripts.values()) * SUM_UNIT / len(self)
        return {
            name: np.asarray((of.total * SUM_UNIT + PRIOR * mean) / (of.passages + PRIOR) - mean, np.float32)
            for name, of in scripts.items()
        }

    def _bias_corrections(self, vector: Scores, scripts: Sequence[str]) -> Scores:
        corrections = {name: float(-(centre @ vector)) for name, centre in self._centres.items()}
        return np.array([corrections[script] for script in scripts], np.float32)

    def frequency(self, word: str) -> int:
        """How many passages have a word or, of Chinese, all its pairs of characters."""
        return self._words.frequency(word)

    def passages(self, ids: Sequence[int]) -> list[tuple[Passage, ArticleInfo]]:
        """Passages, each with its article.

        :raises IndexDamaged: The server has one no more.
        """
        rows = self._passages.of(ids)
        if missing := [one for one in ids if one not in rows]:
            read = {row["id"]: row for row in self.server.with_ids(Kind.PASSAGES, missing, _FIELDS)}
            self._passages.add(read)
            rows |= read
        numbers = list(dict.fromkeys(row["article"] for row in rows.values()))
        infos = self._infos.of(numbers)
        if unknown := [one for one in numbers if one not in infos]:
            told_of = {row["id"]: info_of(row) for row in self.server.with_ids(Kind.ARTICLES, unknown, ("info",))}
            self._infos.add(told_of)
            infos |= told_of
        try:
            told = [(rows[one], infos[rows[one]["article"]]) for one in ids]
        except KeyError:
            raise IndexDamaged(f"the server has not all of the index {self.name} any more: ask again") from None
        return [(passage_of(row, info.id), info) for row, info in told]

    def article(self, article_id: str) -> Article | None:
        """An article; None where there is none of that id."""
        return self.articles([article_id])[0]

    def articles(self, ids: Sequence[str]) -> list[Article | None]:
        """The same of several."""
        found = self._articles.of(ids)
        if missing := [one for one in dict.fromkeys(ids) if one not in found]:
            rows = self._article_rows(missing)
            read = {
                article.info.id: article.without_boilerplate(kept)
                for article, kept in read_articles(self.server, rows).values()
            }
            self._articles.add(read)
            found |= read
        return [found.get(one) for one in ids]

    def _article_rows(self, ids: Sequence[str]) -> list[Row]:
        keys = sorted({key_of(one) for one in ids})
        rows = self.server.query(Kind.ARTICLES, f"key in {keys} and {self.visible}", ("id", "info", "pieces"))
        return [row for row in rows if info_of(row).id in ids]

    def passages_of(self, article_id: str) -> list[Passage]:
        """The passages of an article, in reading order."""
        found = []
        for row in self._article_rows([article_id]):
            holds = f"article == {row['id']} and {self.visible}"
            rows = self.server.query(Kind.PASSAGES, holds, ("id", *PASSAGE_FIELDS))
            found += [passage_of(one, article_id) for one in sorted(rows, key=lambda one: one["id"])]
        return found

    def groups_of(self, ids: Sequence[int]) -> Ids:
        """By which passages that say the same are known, of each."""
        rows = self._passages.of(ids)
        if missing := [one for one in ids if one not in rows]:
            rows |= {row["id"]: row for row in self.server.with_ids(Kind.PASSAGES, missing, _FIELDS)}
        return np.array([rows[one]["alike"] for one in ids], np.int64)

    def digests(self) -> Mapping[str, str]:
        """The file digest of each article, by id."""
        found = {}
        for first, articles, _ in self.generation.blocks:
            for begin in range(first, first + articles, 10_000):
                holds = f"id >= {begin} and id < {min(begin + 10_000, first + articles)} and {self.visible}"
                for row in self.server.query(Kind.ARTICLES, holds, ("info", "digest")):
                    found[info_of(row).id] = row["digest"]
        return found

    def days(self) -> Counter[date]:
        """How many articles are dated on each day."""
        return dates(self.generation.tally.days)

    def unfiled(self) -> int:
        """Articles without a category."""
        return self.generation.tally.unfiled

    def listed(self, text: str, filters: Filters, begin: int, count: int) -> tuple[int, list[ArticleInfo]]:
        """The articles in whose titles and names all words of a text stand, newest first: how many, and some of them.

        :raises ServerError: A text is looked for, and the server is too old for that.
        """
        return listed(self.server, self.passing(filters), self.generation.tally.days, text, begin, count)

    def newer(self) -> MilvusIndex | None:
        """The newest generation, where it is another one; looked for once a second at most."""
        now = time.monotonic()
        if now - self._looked < LOOKED_FOR_SECONDS:
            return None
        number = newest_number(self.server, newest=False)
        self._looked = now
        if number <= self.generation.number:
            return None
        try:
            return _opened(self.server, number)
        except IndexMissing:  # it was swept meanwhile: a newer one is there
            return _opened(self.server, newest_number(self.server))


_SCORED = ("alike", "script", "vector")
"""What is looked up of candidates; their texts only of those that are shown."""
_FIELDS = ("alike", *PASSAGE_FIELDS)


def _searched(row: Row) -> str:
    """What is searched of a passage."""
    return row["head"] + str(row["text"])


def _first_apart(groups: Sequence[int], scores: Scores, count: int) -> int:
    """How many of those in order are taken, for so many that say different things, and all that equal the last."""
    seen: set[int] = set()
    for at, group in enumerate(groups):
        seen.add(group)
        if len(seen) >= count:
            return at + 1 + int(np.count_nonzero(scores[at + 1 :] == scores[at]))
    return len(groups)


def open_milvus(address: MilvusAddress) -> MilvusIndex:
    """Open the generation in use of an index that a server keeps.

    :raises IndexMissing: It keeps none of that name.
    :raises IndexUnusable: It is of another form.
    :raises ServerError: The server can't be reached, or does not do what it is asked.
    """
    server = Server(address)
    if not all(server.has(kind) for kind in Kind):
        raise no_index(server)
    number = newest_number(server)
    if not number:
        raise no_index(server)
    return _opened(server, number)


def _opened(server: Server, number: int) -> MilvusIndex:
    generation = read_generation(server, number)
    server.settle()  # what was written before it was in use is found from now on
    return MilvusIndex(server, generation)


def newer_than(address: MilvusAddress, index: OpenIndex) -> MilvusIndex | None:
    """The newest generation, where it is another one than is open."""
    return index.newer() if isinstance(index, MilvusIndex) else open_milvus(address)
