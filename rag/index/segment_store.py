"""Reads ``articles.sqlite`` of one segment: articles, their paragraphs, and the passages made of them.

What is shown is checked when it is read: a text with one altered bit is an error, and never quoted. Articles and
passages are numbered within the segment.
"""

from __future__ import annotations

import sqlite3
import threading
import weakref
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from rag.core.articles import Article, ArticleInfo, Kind, Paragraph, Reason, Removed
from rag.core.passages import Part, Passage
from rag.index.store_form import STORE_NAME, checksum

_PART = 'paragraph, line, "start", "end", "offset"'
_INFO = """articles.number, articles.id, title, author, source, date, url, digest, reporter, original_title, collection,
info_sum"""


class SegmentStore:
    """Reads the store of a segment, from any thread.

    :param damaged: Makes the error of what is wrong with the index.
    """

    def __init__(self, folder: Path, damaged: Callable[[str], Exception]) -> None:
        path = (folder / STORE_NAME).resolve()
        self._damaged = damaged
        self._db = sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False)
        self._db.execute("PRAGMA trusted_schema = OFF")  # the file may come from elsewhere
        # Readers drop a segment that a newer generation lacks, while others may still read it.
        weakref.finalize(self, self._db.close)
        self._lock = threading.Lock()
        self._left_out: dict[int, Counter[Reason]] = {}

    def close(self) -> None:
        """Let the file go."""
        self._db.close()

    def _rows(self, query: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        try:
            with self._lock:
                return self._db.execute(query, values).fetchall()
        except sqlite3.DatabaseError as error:
            raise self._damaged(f"{STORE_NAME} can't be read") from error

    @cached_property
    def digests(self) -> list[tuple[str, str]]:
        """The id of each article, by number, and the digest of its file; read once."""
        return [(name, digest) for name, digest in self._rows("SELECT id, digest FROM articles ORDER BY number")]

    @cached_property
    def digest_of(self) -> dict[str, str]:
        """The digest of each article's file, by the article's id."""
        return dict(self.digests)

    def number_of(self, article_id: str) -> int | None:
        """The number of an article; None where there is none of that id."""
        found = self._rows("SELECT number FROM articles WHERE id = ?", (article_id,))
        return found[0][0] if found else None

    @cached_property
    def infos(self) -> list[ArticleInfo]:
        """All articles, by number; read once."""
        filed: dict[int, list[tuple[int, str]]] = defaultdict(list)
        for number, path, name in self._rows("SELECT article, path, name FROM categories ORDER BY 1, 2, position"):
            filed[number].append((path, name))
        rows = self._rows(f"SELECT {_INFO} FROM articles ORDER BY number")
        return [self._checked(row, filed[row[0]]) for row in rows]

    def as_read(self, number: int) -> tuple[Article, tuple[int, ...]]:
        """An article as read from its file, and how many characters of each paragraph are its own."""
        found = self._rows(f"SELECT body_sum, {_INFO} FROM articles WHERE number = ?", (number,))
        if not found:
            raise self._damaged(f"{STORE_NAME} lacks an article")
        ((body_sum, _, *told),) = found
        where = "WHERE article = ? ORDER BY position"
        rows = self._rows(f"SELECT text, kind, line, level, kept FROM paragraphs {where}", (number,))
        pieces = self._rows(f"SELECT text, line, reason FROM removed {where}", (number,))
        self._check(body_sum, number, rows, pieces)
        try:
            paragraphs = tuple(Paragraph(text, Kind(kind), line, level) for text, kind, line, level, _ in rows)
            removed = tuple(Removed(text, line, Reason(reason)) for text, line, reason in pieces)
        except ValueError as error:
            raise self._damaged(f"{STORE_NAME} holds what no version of this knows") from error
        return Article(self._info((number, *told)), paragraphs, removed), tuple(kept for *_, kept in rows)

    def left_out(self, number: int) -> Counter[Reason]:
        """Pieces that cleaning left out of an article, by reason; counted once, for what is removed stays removed."""
        if number not in self._left_out:
            told = self._rows("SELECT reason, count(*) FROM removed WHERE article = ? GROUP BY reason", (number,))
            counts = Counter({Reason(reason): count for reason, count in told})
            query = "SELECT count(*) FROM paragraphs WHERE kept < length(text) AND article = ?"
            counts[Reason.REPEATED_LINE] += self._rows(query, (number,))[0][0]
            self._left_out[number] = counts
        return self._left_out[number]

    def passages_by_article(self) -> list[tuple[int, str]]:
        """Of each passage, in order, the number of its article and its script."""
        return [(number, script) for number, script in self._rows("SELECT article, script FROM passages ORDER BY id")]

    def passages_of(self, article_id: str, number: int) -> list[Passage]:
        """The passages of an article, in reading order."""
        source, which = "passages JOIN parts ON passage = id", "WHERE article = ? ORDER BY id, position"
        found: dict[tuple[int, int, str, int], list[tuple[int, ...]]] = {}
        query = f"SELECT id, article, text, sum, {_PART} FROM {source} {which}"
        for passage_id, article, text, sum_of_all, *part in self._rows(query, (number,)):
            found.setdefault((passage_id, article, text, sum_of_all), []).append(tuple(part))
        return [self._passage(article_id, *row, parts) for row, parts in found.items()]

    def passage(self, passage_id: int) -> tuple[Passage, ArticleInfo]:
        """A passage and its article."""
        source = "passages JOIN articles ON number = article"
        found = self._rows(f"SELECT text, sum, {_INFO} FROM {source} WHERE passages.id = ?", (passage_id,))
        if not found:
            raise self._damaged(f"{STORE_NAME} lacks a passage")
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
        _, article_id, title, author, source, date, url, digest, *more = told
        when = datetime.fromisoformat(date) if date else None
        paths: dict[int, list[str]] = {}
        for path, name in filed:
            paths.setdefault(path, []).append(name)
        places = tuple(map(tuple, paths.values()))
        return ArticleInfo(article_id, title, author, source, when, places, url, digest, *more)

    def _check(self, expected: int, *values: object) -> None:
        """Refuse what is not as it was written.

        :raises IndexUnusable: It is not.
        """
        if checksum(*values) != expected:
            raise self._damaged(f"{STORE_NAME} holds what was not written")
