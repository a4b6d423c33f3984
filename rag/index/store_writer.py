"""Writes ``articles.sqlite``: articles, their paragraphs, and the passages made of them."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple
from pathlib import Path
from typing import Any

from rag.core.articles import Article
from rag.core.passages import Passage
from rag.index.store_form import LOOK_UPS, SCHEMA, STORE_NAME, checksum


@contextmanager
def _writing() -> Iterator[None]:
    """Translate SQLite's failures to write, mostly of a full disk, to ``OSError``."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise OSError(errno.EIO, str(error)) from error


class StoreWriter:
    """Fills the store of a new segment. Articles and passages are numbered as they come, from 0."""

    def __init__(self, folder: Path) -> None:
        self._db = sqlite3.connect(folder / STORE_NAME)
        with _writing():
            self._db.execute("PRAGMA journal_mode = OFF")
            self._db.execute("PRAGMA synchronous = OFF")
            self._db.executescript(SCHEMA)
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
        row = (number, *told, info.original_title, info.collection)
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

    def _insert(self, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
        if rows:
            with _writing():
                self._db.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows)

    def close(self) -> None:
        """Finish the file."""
        with _writing():
            self._db.executescript(LOOK_UPS)
            self._db.commit()
        self._db.close()

    def let_go(self) -> None:
        """Let the file go, finished or not."""
        self._db.close()
