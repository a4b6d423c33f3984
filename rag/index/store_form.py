"""The form of ``articles.sqlite``: its tables, and the checksums of what is in them.

What is shown word for word carries a checksum, so that no altered word is: of what is known of an article
(``info_sum``), of its paragraphs and what was left out (``body_sum``), and of each passage with its parts (``sum``).
"""

from __future__ import annotations

import zlib

STORE_NAME = "articles.sqlite"

SCHEMA = """
CREATE TABLE articles (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, title TEXT NOT NULL, author TEXT NOT NULL,
    source TEXT NOT NULL, date TEXT, url TEXT NOT NULL, digest TEXT NOT NULL, reporter TEXT NOT NULL,
    original_title TEXT NOT NULL, collection TEXT NOT NULL, day TEXT,
    info_sum INTEGER NOT NULL, body_sum INTEGER NOT NULL
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
"""
LOOK_UPS = """
CREATE INDEX passages_by_article ON passages (article);
"""


def checksum(*values: object) -> int:
    """CRC-32 of plain values: one altered bit never passes, and of other changes one in four thousand million.

    Values that are read back from a store are those that were written: numbers, texts, None and rows of them.
    """
    return zlib.crc32(repr(values).encode("utf-8", "surrogatepass"))
