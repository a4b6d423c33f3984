"""Articles and passages as rows of a server, and back."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from rag.core.articles import Article, ArticleInfo, plain
from rag.core.packed_articles import packed, unpacked_info
from rag.core.packed_articles import unpacked as unpacked_article
from rag.core.passages import Part, Passage
from rag.index.facets import name_key, named_by
from rag.index.milvus.collections import FOREVER, MAX_NAMES, NOTHING, Kind, signed
from rag.index.milvus.packing import joined, pieces
from rag.index.milvus.server import Row, Server
from rag.index.postings import digest_of
from rag.index.vectors import Scores

BUCKETS = 1 << 20
"""Articles are shared out by these."""
MAX_LISTED = 16_000
"""Bytes of what an article is found by in the list."""
LOCAL, SHARDS = 30, 11
"""Bits of a row's number within its block, and of the shard that wrote the block; the rest is the generation."""


AT_ONCE = 2_000
"""Rows that are read at once."""
_ARTICLE = ("born", "died", "key", "bucket", "source", "day", "names", "found_by", "digest", "info", "kept")
"""All of an article's row but its outline and what is counted."""
WHOLE = (*_ARTICLE, "outline", "pieces", "passages")
_PASSAGE = ("born", "died", "article", "alike", "day", "names", "script", "head", "text", "parts", "marks")
PASSAGE_WHOLE = (*_PASSAGE, "vector")


def visible(generation: int) -> str:
    """Which rows a reader of a generation sees."""
    return f"born <= {generation} and died > {generation}"


def whole_row(row: Row) -> Row:
    """A passage's row as it was read, fit to be written again."""
    return {**row, "vector": [*map(float, row["vector"])], "names": [*row["names"]]}


def mark_terms(marks: str) -> list[int]:
    """The marks of a passage as terms: those that are the same, and at the same place, are one."""
    values = np.frombuffer(bytes.fromhex(marks), "<u4")
    return [place << 32 | value for place, value in enumerate(values.tolist()) if value]


def block_of(generation: int, shard: int) -> int:
    """The first id of the rows that a shard writes for a generation.

    :param shard: From 1; 0 for what is written when all are in.
    """
    return ((generation << SHARDS) | shard) << LOCAL


def bucket_of(article_id: str) -> int:
    """By what an article falls to a shard."""
    return digest_of(article_id) % BUCKETS


def key_of(article_id: str) -> int:
    """By what an article's row is found."""
    return signed(digest_of(article_id))


def name_digest(field: str, path: Sequence[str]) -> int:
    """By what a name is filtered: of a name in its form for comparing, with those above it."""
    return signed(digest_of("\0".join((field, *path))))


def name_digests(info: ArticleInfo) -> list[int]:
    """Of all names that find an article, and of those above them."""
    found: dict[int, None] = {}
    for field, paths in named_by(info).items():
        for names in paths:
            keys = [key for key in map(name_key, names) if key]
            found |= dict.fromkeys(name_digest(field, keys[:level]) for level in range(1, len(keys) + 1))
    return [*found][:MAX_NAMES]


@dataclass(frozen=True, slots=True)
class Written:
    """A passage to be written.

    :param head: What is searched before its text.
    :param marks: As hexadecimal digits.
    """

    passage: Passage
    head: str
    script: str
    marks: str
    vector: Scores


def head_of(info: ArticleInfo) -> str:
    """What is searched of an article's passages before their text."""
    return info.indexed_text("")


def passage_row(one: Written, row: int, article: int, info: ArticleInfo, born: int) -> Row:
    """The row of a passage.

    :param row: Its id.
    :param article: The id of its article's row.
    """
    parts = [(part.paragraph, part.line, part.start, part.end, part.offset) for part in one.passage.parts]
    return {
        "id": row,
        "born": born,
        "died": FOREVER,
        "article": article,
        "alike": row,
        "day": info.day_number,
        "names": name_digests(info),
        "script": one.script,
        "head": one.head,
        "text": one.passage.text,
        "parts": json.dumps(parts, separators=(",", ":")),
        "marks": one.marks,
        "vector": one.vector.tolist(),
    }


def passage_of(row: Row, article_id: str) -> Passage:
    """The passage of a row."""
    return Passage(row["id"], article_id, row["text"], tuple(Part(*part) for part in json.loads(row["parts"])))


PASSAGE_FIELDS = ("article", "text", "parts")
"""Of which a passage is made."""


def article_rows(
    article: Article,
    kept: Sequence[int],
    source: int,
    outline: str,
    found_by: str,
    row: int,
    born: int,
    passages: int,
) -> tuple[Row, list[Row]]:
    """The row of an article, and those of its pieces.

    :param article: As read from its file.
    :param kept: How many characters of each paragraph are its own.
    :param source: A digest of the feed that it came with.
    :param outline: What it says line by line; empty where that does not fit into a row.
    :param found_by: What the list of articles is searched for.
    :param row: Its id.
    :param passages: How many it has.
    """
    info = article.info
    values = packed(article)
    parts = pieces({"paragraphs": values["paragraphs"], "removed": values["removed"], "kept": list(kept)})
    everything = all(own == len(paragraph.text) for paragraph, own in zip(article.paragraphs, kept, strict=True))
    listed = found_by.encode("utf-8", "replace")[:MAX_LISTED].decode("utf-8", "ignore")
    told = {
        "id": row,
        "born": born,
        "died": FOREVER,
        "key": key_of(info.id),
        "bucket": bucket_of(info.id),
        "source": signed(source),
        "day": info.day_number,
        "names": name_digests(info),
        "found_by": listed,
        "digest": info.digest,
        "info": json.dumps(plain(info), ensure_ascii=False, separators=(",", ":")),
        "kept": "" if everything else _told(article, kept),
        "outline": outline,
        "pieces": len(parts),
        "passages": passages,
        **NOTHING,
    }
    return told, [
        {"id": piece_id(row, n), "run": -1, "n": n, "lo": row, "hi": row, **_UNUSED, "packed": part, **NOTHING}
        for n, part in enumerate(parts)
    ]


_UNUSED = {"size": 0, "most": 0, "least": 0}


def _told(article: Article, kept: Sequence[int]) -> str:
    """Of each paragraph whether it is the article's own, in one character: not, wholly, or in part."""
    lengths = zip(kept, article.paragraphs, strict=True)
    told = ("0" if own == 0 else "1" if own == len(paragraph.text) else "2" for own, paragraph in lengths)
    return "".join(told)[:MAX_LISTED]


def piece_id(article: int, n: int) -> str:
    """The id of a piece of an article."""
    return f"body:{article}:{n}"


def info_of(row: Row) -> ArticleInfo:
    """What is known of the article of a row."""
    return unpacked_info(json.loads(row["info"]))


def read_articles(server: Server, rows: Sequence[Row]) -> dict[int, tuple[Article, tuple[int, ...]]]:
    """Articles as they were read, by the ids of their rows, and how many characters of each paragraph are their own.

    :param rows: With ``info`` and ``pieces``.
    """
    wanted = [piece_id(row["id"], n) for row in rows for n in range(row["pieces"])]
    parts = {one["id"]: one["packed"] for one in server.with_ids(Kind.PAGES, wanted, ("packed",))}
    found = {}
    for row in rows:
        names = [piece_id(row["id"], n) for n in range(row["pieces"])]
        if all(name in parts for name in names):
            values: dict[str, Any] = joined(parts[name] for name in names)
            article = unpacked_article({"info": json.loads(row["info"]), **values})
            found[row["id"]] = article, tuple(values["kept"])
    return found


def vectors_of(rows: Sequence[Row]) -> Scores:
    """The vectors of rows, shape (rows, dimension)."""
    return np.array([row["vector"] for row in rows], np.float32)
