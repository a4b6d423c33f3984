"""Reads ``articles.sqlite``: articles, their paragraphs, and the passages made of them.

What is shown is checked when it is read: a text with one altered bit is an error, and never quoted.
"""

from __future__ import annotations

import sqlite3
import threading
import weakref
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from rag.core.articles import Article, ArticleInfo, Kind, Paragraph, Reason, Removed
from rag.core.passages import Part, Passage
from rag.index.generations import damaged
from rag.index.store_form import STORE_NAME, checksum

_PART = 'paragraph, line, "start", "end", "offset"'
_INFO = "articles.number, articles.id, title, author, source, date, url, digest, reporter, original_title, info_sum"


class Store:
    """Reads a store, from any thread."""

    def __init__(self, generation: Path) -> None:
        path = (generation / STORE_NAME).resolve()
        self._index = generation.parent
        self._db = sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False)
        self._db.execute("PRAGMA trusted_schema = OFF")  # the file may come from elsewhere
        # Readers drop a generation when the newer one is open, while others may still read it.
        weakref.finalize(self, self._db.close)
        self._lock = threading.Lock()

    def close(self) -> None:
        """Let the file go."""
        self._db.close()

    def _rows(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        try:
            with self._lock:
                return self._db.execute(query, values).fetchall()
        except sqlite3.DatabaseError as error:
            raise damaged(self._index, f"{STORE_NAME} can't be read") from error

    def digests(self) -> dict[str, str]:
        """The file digest of each article, by id."""
        return dict(self._rows("SELECT id, digest FROM articles"))

    def copies(self) -> dict[int, int]:
        """The first passage of its group, for each passage that has copies."""
        return dict(self._rows("SELECT passage, first FROM copies"))

    def copies_by_age(self) -> list[tuple[int, int, str]]:
        """Each passage that has copies, the first of its group, and its article; of the oldest articles first."""
        order = "ORDER BY date IS NULL, date, articles.id, passage"
        source = "copies JOIN passages ON passages.id = passage JOIN articles ON number = article"
        return [
            (passage, first, name)
            for passage, first, name in self._rows(f"SELECT passage, first, articles.id FROM {source} {order}")
        ]

    def sizes(self) -> dict[str, int]:
        """How many passages each article has, by id."""
        source = "passages JOIN articles ON number = article"
        return dict(self._rows(f"SELECT articles.id, count(*) FROM {source} GROUP BY number"))

    def scripts(self) -> dict[str, list[int]]:
        """The passages in each script, by id, in order."""
        found: dict[str, list[int]] = {}
        for script, passage_id in self._rows("SELECT script, id FROM passages ORDER BY id"):
            found.setdefault(script, []).append(passage_id)
        return found

    def infos(self) -> list[ArticleInfo]:
        """All articles, newest first, those without a date last."""
        return self._infos("day IS NULL, day DESC, articles.id")

    def infos_by_number(self) -> list[ArticleInfo]:
        """All articles; each stands at its number."""
        return self._infos("number")

    def _infos(self, order: str) -> list[ArticleInfo]:
        filed: dict[int, list[tuple[int, str]]] = defaultdict(list)
        for number, path, name in self._rows("SELECT article, path, name FROM categories ORDER BY 1, 2, position"):
            filed[number].append((path, name))
        rows = self._rows(f"SELECT {_INFO} FROM articles ORDER BY {order}")
        return [self._checked(row, filed[row[0]]) for row in rows]

    def article(self, article_id: str) -> Article | None:
        """An article with its paragraphs and what was left out; None where there is none of that id."""
        found = self.as_read(article_id)
        return found[0].without_boilerplate(found[1]) if found else None

    def as_read(self, article_id: str) -> tuple[Article, tuple[int, ...]] | None:
        """An article as read from its file, and how many characters of each paragraph are its own."""
        found = self._rows(f"SELECT body_sum, {_INFO} FROM articles WHERE id = ?", (article_id,))
        if not found:
            return None
        ((body_sum, number, *told),) = found
        where = "WHERE article = ? ORDER BY position"
        rows = self._rows(f"SELECT text, kind, line, level, kept FROM paragraphs {where}", (number,))
        pieces = self._rows(f"SELECT text, line, reason FROM removed {where}", (number,))
        self._check(body_sum, number, rows, pieces)
        try:
            paragraphs = tuple(Paragraph(text, Kind(kind), line, level) for text, kind, line, level, _ in rows)
            removed = tuple(Removed(text, line, Reason(reason)) for text, line, reason in pieces)
        except ValueError as error:
            raise damaged(self._index, f"{STORE_NAME} holds what no version of this knows") from error
        return Article(self._info((number, *told)), paragraphs, removed), tuple(kept for *_, kept in rows)

    def left_out(self) -> dict[Reason, int]:
        """Pieces that cleaning left out, by reason, most first."""
        counts = Counter(dict(self._rows("SELECT reason, count(*) FROM removed GROUP BY reason")))
        ((repeated,),) = self._rows("SELECT count(*) FROM paragraphs WHERE kept < length(text)")
        counts[Reason.REPEATED_LINE] += repeated
        return {Reason(reason): count for reason, count in counts.most_common() if count}

    def article_of_each_passage(self) -> list[int]:
        """The number of the article that a passage is of, by the passage's id."""
        return [article for (article,) in self._rows("SELECT article FROM passages ORDER BY id")]

    def passages_of(self, article_id: str) -> list[Passage]:
        """The passages of an article, in reading order."""
        source = "articles JOIN passages ON article = number JOIN parts ON passage = passages.id"
        which = "WHERE articles.id = ? ORDER BY passages.id, position"
        found: dict[tuple[int, int, str, int], list[tuple[int, ...]]] = {}
        query = f"SELECT passages.id, number, text, sum, {_PART} FROM {source} {which}"
        for passage_id, number, text, sum_of_all, *part in self._rows(query, (article_id,)):
            found.setdefault((passage_id, number, text, sum_of_all), []).append(tuple(part))
        return [self._passage(article_id, *row, parts) for row, parts in found.items()]

    def passage(self, passage_id: int) -> tuple[Passage, ArticleInfo]:
        """A passage and its article."""
        source = "passages JOIN articles ON number = article"
        found = self._rows(f"SELECT text, sum, {_INFO} FROM {source} WHERE passages.id = ?", (passage_id,))
        if not found:
            raise damaged(self._index, f"{STORE_NAME} lacks a passage")
        ((text, sum_of_all, number, *told),) = found
        parts = self._rows(f"SELECT {_PART} FROM parts WHERE passage = ? ORDER BY position", (passage_id,))
        info = self._info((number, *told))
        return self._passage(info.id, passage_id, number, text, sum_of_all, parts), info

    def _passage(
        self, article_id: str, passage_id: int, number: int, text: str, sum_of_all: int, parts: list[tuple[int, ...]]
    ) -> Passage:
        self._check(sum_of_all, passage_id, number, text, parts)
        return Passage(passage_id, article_id, text, tuple(Part(*part) for part in parts))

    def counts(self) -> tuple[int, int]:
        """Number of articles and of passages."""
        ((articles, passages),) = self._rows("SELECT (SELECT count(*) FROM articles), (SELECT count(*) FROM passages)")
        return articles, passages

    def _info(self, row: tuple[Any, ...]) -> ArticleInfo:
        """An article's row with what it is filed under."""
        where = "WHERE article = ? ORDER BY path, position"
        return self._checked(row, self._rows(f"SELECT path, name FROM categories {where}", row[:1]))

    def _checked(self, row: tuple[Any, ...], filed: list[tuple[int, str]]) -> ArticleInfo:
        """An article of its row and its categories in order, each with the number of the path that it stands in."""
        *told, info_sum = row
        self._check(info_sum, tuple(told), filed)
        _, article_id, title, author, source, date, url, digest, reporter, original_title = told
        when = datetime.fromisoformat(date) if date else None
        paths: dict[int, list[str]] = {}
        for path, name in filed:
            paths.setdefault(path, []).append(name)
        places = tuple(map(tuple, paths.values()))
        return ArticleInfo(article_id, title, author, source, when, places, url, digest, reporter, original_title)

    def _check(self, expected: int, *values: object) -> None:
        """Refuse what is not as it was written.

        :raises IndexUnusable: It is not.
        """
        if checksum(*values) != expected:
            raise damaged(self._index, f"{STORE_NAME} holds what was not written")
