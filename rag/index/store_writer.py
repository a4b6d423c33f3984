"""Writes ``articles.sqlite``: articles, their paragraphs, and the passages made of them.

What is shown word for word carries a checksum, so that no altered word is: of what is known of an article
(``info_sum``), of its paragraphs and what was left out (``body_sum``), and of each passage with its parts (``sum``).
"""

from __future__ import annotations

import errno
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple
from pathlib import Path
from typing import Any

from rag.core.articles import Article
from rag.core.passages import Passage

STORE_NAME = "articles.sqlite"

_SCHEMA = """
CREATE TABLE articles (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, title TEXT NOT NULL, author TEXT NOT NULL,
    source TEXT NOT NULL, date TEXT, url TEXT NOT NULL, digest TEXT NOT NULL, reporter TEXT NOT NULL,
    original_title TEXT NOT NULL, day TEXT, info_sum INTEGER NOT NULL, body_sum INTEGER NOT NULL
);
CREATE TABLE categories (
    article INTEGER NOT NULL, path INTEGER NOT NULL, position INTEGER NOT NULL, name TEXT NOT NULL,
    PRIMARY KEY (article, path, position)
) WITHOUT ROWID;
CREATE TABLE paragraphs (
    article INTEGER NOT NULL, position INTEGER NOT NULL, text TEXT NOT NULL, kind TEXT NOT NULL,
    line INTEGER NOT NULL, level INTEGER NOT NULL, kept INTEGER NOT NULL, PRIMARY KEY (article, position)
) WITHOUT ROWID;
CREATE TABLE removed (
    article INTEGER NOT NULL, position INTEGER NOT NULL, text TEXT NOT NULL, line INTEGER NOT NULL,
    reason TEXT NOT NULL, PRIMARY KEY (article, position)
) WITHOUT ROWID;
CREATE TABLE passages (
    id INTEGER PRIMARY KEY, article INTEGER NOT NULL, script TEXT NOT NULL,
    text TEXT NOT NULL, sum INTEGER NOT NULL
);
CREATE TABLE parts (
    passage INTEGER NOT NULL, position INTEGER NOT NULL, paragraph INTEGER NOT NULL, line INTEGER NOT NULL,
    "start" INTEGER NOT NULL, "end" INTEGER NOT NULL, "offset" INTEGER NOT NULL, PRIMARY KEY (passage, position)
) WITHOUT ROWID;
CREATE TABLE copies (passage INTEGER PRIMARY KEY, first INTEGER NOT NULL);
"""
_LOOK_UPS = """
CREATE INDEX passages_by_article ON passages (article);
"""


def checksum(*values: object) -> int:
    """CRC-32 of plain values: one altered bit never passes, and of other changes one in four thousand million.

    Values that are read back from a store are those that were written: numbers, texts, None and rows of them.
    """
    return zlib.crc32(repr(values).encode("utf-8", "surrogatepass"))


@contextmanager
def _writing() -> Iterator[None]:
    """Translate SQLite's failures to write, mostly of a full disk, to ``OSError``."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise OSError(errno.EIO, str(error)) from error


class StoreWriter:
    """Fills a new store. Passage ids are given in the order in which passages come, from 0."""

    def __init__(self, generation: Path) -> None:
        self._db = sqlite3.connect(generation / STORE_NAME)
        with _writing():
            self._db.execute("PRAGMA journal_mode = OFF")
            self._db.execute("PRAGMA synchronous = OFF")
            self._db.executescript(_SCHEMA)
        self._articles = 0
        self._passages = 0

    def add(self, article: Article, kept: Sequence[int], passages: Iterable[tuple[Passage, str]]) -> None:
        """Add an article with its passages, each with its script.

        :param article: As read from its file.
        :param kept: How many characters of each paragraph are its own, and not repeated in many articles.
        """
        number, info = self._articles, article.info
        self._articles += 1
        date = info.date.isoformat() if info.date else None
        told = (info.id, info.title, info.author, info.source, date, info.url, info.digest, info.reporter)
        row = (number, *told, info.original_title)
        filed = [(at, name) for at, path in enumerate(info.category_paths) for name in path]
        lengths = zip(article.paragraphs, kept, strict=True)
        paragraphs = [(each.text, each.kind.value, each.line, each.level, own) for each, own in lengths]
        removed = [(piece.text, piece.line, piece.reason.value) for piece in article.removed]
        sums = checksum(row, filed), checksum(number, paragraphs, removed)
        self._insert("articles", [(*row, info.day or None, *sums)])
        self._insert("categories", [(number, path, at, name) for at, (path, name) in enumerate(filed)])
        self._insert("paragraphs", [(number, at, *paragraph) for at, paragraph in enumerate(paragraphs)])
        self._insert("removed", [(number, at, *piece) for at, piece in enumerate(removed)])
        for passage, script in passages:
            self._add_passage(number, passage, script)

    def _add_passage(self, number: int, passage: Passage, script: str) -> None:
        parts = [astuple(part) for part in passage.parts]
        sum_of_all = checksum(self._passages, number, passage.text, parts)
        self._insert("passages", [(self._passages, number, script, passage.text, sum_of_all)])
        self._insert("parts", [(self._passages, at, *part) for at, part in enumerate(parts)])
        self._passages += 1

    def add_copies(self, groups: Iterable[Sequence[int]]) -> None:
        """Tell which passages are copies of each other, by id: each row names the first of its group."""
        self._insert("copies", [(passage, min(group)) for group in groups for passage in group])

    def _insert(self, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
        if rows:
            with _writing():
                self._db.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows)

    def close(self) -> None:
        """Finish the file."""
        with _writing():
            self._db.executescript(_LOOK_UPS)
            self._db.commit()
        self._db.close()

    def let_go(self) -> None:
        """Let the file go, finished or not."""
        self._db.close()
