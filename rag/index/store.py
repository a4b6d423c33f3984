"""``articles.sqlite``: articles, their paragraphs, and the passages made of them."""

from __future__ import annotations

import errno
import sqlite3
import threading
import weakref
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from rag.core.articles import Article, ArticleInfo, Kind, Paragraph, Reason, Removed
from rag.core.passages import Part, Passage
from rag.index.generations import damaged

STORE_NAME = "articles.sqlite"

_SCHEMA = """
CREATE TABLE articles (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, title TEXT NOT NULL, author TEXT NOT NULL,
    source TEXT NOT NULL, date TEXT, day TEXT, url TEXT NOT NULL, digest TEXT NOT NULL,
    reporter TEXT NOT NULL, original_title TEXT NOT NULL
);
CREATE TABLE categories (
    article INTEGER NOT NULL, path INTEGER NOT NULL, position INTEGER NOT NULL, name TEXT NOT NULL,
    PRIMARY KEY (article, path, position)
) WITHOUT ROWID;
CREATE TABLE paragraphs (
    article INTEGER NOT NULL, position INTEGER NOT NULL, kind TEXT NOT NULL, line INTEGER NOT NULL,
    level INTEGER NOT NULL, text TEXT NOT NULL, kept INTEGER NOT NULL, PRIMARY KEY (article, position)
) WITHOUT ROWID;
CREATE TABLE removed (
    article INTEGER NOT NULL, position INTEGER NOT NULL, line INTEGER NOT NULL, reason TEXT NOT NULL,
    text TEXT NOT NULL, PRIMARY KEY (article, position)
) WITHOUT ROWID;
CREATE TABLE passages (
    id INTEGER PRIMARY KEY, article INTEGER NOT NULL, key BLOB NOT NULL, script TEXT NOT NULL,
    text TEXT NOT NULL
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
_PART = 'paragraph, line, "start", "end", "offset"'
_INFO = "articles.number, articles.id, title, author, source, date, url, digest, reporter, original_title"


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

    def add(self, article: Article, kept: Sequence[int], passages: Iterable[tuple[Passage, bytes, str]]) -> None:
        """Add an article with its passages, each with the key of its indexed text, and its script.

        :param article: As read from its file.
        :param kept: How many characters of each paragraph are its own, and not repeated in many articles.
        """
        number, info = self._articles, article.info
        self._articles += 1
        date = info.date.isoformat() if info.date else None
        row = (number, info.id, info.title, info.author, info.source, date, date and date[:10], info.url, info.digest)
        self._insert("articles", [(*row, info.reporter, info.original_title)])
        filed = enumerate(info.category_paths)
        self._insert("categories", [(number, row, at, name) for row, path in filed for at, name in enumerate(path)])
        paragraphs = enumerate(zip(article.paragraphs, kept, strict=True))
        self._insert(
            "paragraphs", [(number, at, p.kind.value, p.line, p.level, p.text, end) for at, (p, end) in paragraphs]
        )
        self._insert("removed", [(number, at, r.line, r.reason.value, r.text) for at, r in enumerate(article.removed)])
        for passage, key, script in passages:
            self._add_passage(number, passage, key, script)

    def _add_passage(self, number: int, passage: Passage, key: bytes, script: str) -> None:
        self._insert("passages", [(self._passages, number, key, script, passage.text)])
        parts = enumerate(passage.parts)
        self._insert("parts", [(self._passages, at, p.paragraph, p.line, p.start, p.end, p.offset) for at, p in parts])
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

    def keys(self) -> dict[bytes, int]:
        """The passage that holds the vector of each key."""
        return dict(self._rows("SELECT key, id FROM passages"))

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
        return [_info(row, filed[row[0]]) for row in rows]

    def article(self, article_id: str) -> Article | None:
        """An article with its paragraphs and what was left out; None where there is none of that id."""
        found = self.as_read(article_id)
        return found[0].without_boilerplate(found[1]) if found else None

    def as_read(self, article_id: str) -> tuple[Article, tuple[int, ...]] | None:
        """An article as read from its file, and how many characters of each paragraph are its own."""
        found = self._rows(f"SELECT {_INFO} FROM articles WHERE id = ?", (article_id,))
        if not found:
            return None
        where = "WHERE article = ? ORDER BY position"
        rows = self._rows(f"SELECT text, kind, line, level, kept FROM paragraphs {where}", (found[0][0],))
        pieces = self._rows(f"SELECT text, line, reason FROM removed {where}", (found[0][0],))
        try:
            paragraphs = tuple(Paragraph(text, Kind(kind), line, level) for text, kind, line, level, _ in rows)
            removed = tuple(Removed(text, line, Reason(reason)) for text, line, reason in pieces)
        except ValueError as error:
            raise damaged(self._index, f"{STORE_NAME} holds what no version of this knows") from error
        return Article(self._info(found[0]), paragraphs, removed), tuple(kept for *_, kept in rows)

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
        query = f"SELECT passages.id, text, {_PART} FROM {source} WHERE articles.id = ? ORDER BY passages.id, position"
        found: dict[tuple[int, str], list[Part]] = {}
        for passage_id, text, *part in self._rows(query, (article_id,)):
            found.setdefault((passage_id, text), []).append(Part(*part))
        return [Passage(passage_id, article_id, text, tuple(parts)) for (passage_id, text), parts in found.items()]

    def passage(self, passage_id: int) -> tuple[Passage, ArticleInfo]:
        """A passage and its article."""
        (row,) = self._rows(
            f"SELECT passages.text, {_INFO} FROM passages JOIN articles ON number = article WHERE passages.id = ?",
            (passage_id,),
        )
        parts = self._rows(f"SELECT {_PART} FROM parts WHERE passage = ? ORDER BY position", (passage_id,))
        info = self._info(row[1:])
        return Passage(passage_id, info.id, row[0], tuple(Part(*part) for part in parts)), info

    def counts(self) -> tuple[int, int]:
        """Number of articles and of passages."""
        ((articles, passages),) = self._rows("SELECT (SELECT count(*) FROM articles), (SELECT count(*) FROM passages)")
        return articles, passages

    def _info(self, row: tuple[Any, ...]) -> ArticleInfo:
        """An article's row with what it is filed under."""
        where = "WHERE article = ? ORDER BY path, position"
        return _info(row, self._rows(f"SELECT path, name FROM categories {where}", row[:1]))


def _info(row: tuple[Any, ...], filed: Sequence[tuple[int, str]]) -> ArticleInfo:
    """An article of its row and its categories in order, each with the number of the path that it stands in."""
    _, article_id, title, author, source, date, url, digest, reporter, original_title = row
    when = datetime.fromisoformat(date) if date else None
    paths: dict[int, list[str]] = {}
    for path, name in filed:
        paths.setdefault(path, []).append(name)
    places = tuple(map(tuple, paths.values()))
    return ArticleInfo(article_id, title, author, source, when, places, url, digest, reporter, original_title)
