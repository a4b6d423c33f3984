"""What articles say line by line, in numbers: of it is told what sources repeat, without their texts."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.core.articles import Article, ArticleInfo, Kind, Paragraph
from rag.text.sentences import sentence_spans

SHORTEST = 4
"""Characters; （完） and the like are left where they are."""
FIRST, LAST = 3, 6
"""Paragraphs that are near its beginning, and near its end."""
_KINDS = frozenset({Kind.TEXT, Kind.QUOTE, Kind.LIST_ITEM, Kind.CAPTION, Kind.HEADING})

LINE = np.dtype([("article", "<i4"), ("text", "<u8"), ("length", "<i4"), ("kind", "u1"), ("is_near", "?")])
"""A paragraph, as far as it matters whether others are the same: the number of its article, a digest of its text, and
whether it stands near the beginning or the end."""
ENDING = np.dtype([("source", "<u8"), ("sentence", "<u8"), ("before", "<u8"), ("length", "<i4")])
"""What an article's source is, with what sentence it ends, and with what before that; digests. No sentence is 0."""
OTHER, OWN_LINE, HEADING = range(3)
"""Kinds of a paragraph: one that is never taken out, one that may be, and a heading, which may be."""

Mask = NDArray[np.bool_]
Lines = NDArray[np.void]
Digests = NDArray[np.uint64]
Endings = NDArray[np.void]


@dataclass(frozen=True, slots=True)
class Outline:
    """What articles say line by line, in numbers.

    :param lines: As ``LINE``.
    :param endings: As ``ENDING``; an article stands at its number.
    :param files: A digest of each article's file and its kind: one has always the same lines.
    """

    lines: Lines
    endings: Endings
    files: Digests

    @classmethod
    def of(cls, articles: Iterable[Article]) -> Outline:
        """Of articles, each numbered as it comes."""
        endings: list[tuple[int, int, int, int]] = []
        files: list[int] = []

        def lines() -> Iterator[tuple[int, int, int, int, bool]]:
            for number, article in enumerate(articles):
                for paragraph, is_near in with_place(article.paragraphs):
                    yield number, digest_of(paragraph.text), len(paragraph.text), _kind(paragraph), is_near
                endings.append(_ending(article))
                files.append(digest_of_file(article.info.id, article.info.digest))

        found = np.fromiter(lines(), LINE)  # never all of them as objects
        return cls(found, np.array(endings, ENDING), np.array(files, np.uint64))

    @classmethod
    def joined(cls, parts: Iterable[tuple[Outline, Mask]]) -> Outline:
        """Several, one after the other, of the articles that stay in each."""
        lines, endings, files, before = [np.empty(0, LINE)], [np.empty(0, ENDING)], [np.empty(0, np.uint64)], 0
        for part, stays in parts:
            mine = part.lines[stays[part.lines["article"]]]
            mine["article"] = (np.cumsum(stays) - 1 + before)[mine["article"]]
            lines.append(mine)
            endings.append(part.endings[stays])
            files.append(part.files[stays])
            before += int(stays.sum())
        return cls(np.concatenate(lines), np.concatenate(endings), np.concatenate(files))

    def of_sources(self, sources: Collection[int]) -> Mask:
        """Which of the articles are of some sources."""
        return np.isin(self.endings["source"], list(sources))


def with_place(paragraphs: tuple[Paragraph, ...]) -> Iterator[tuple[Paragraph, bool]]:
    """Each paragraph, and whether it stands near the beginning or the end."""
    for number, paragraph in enumerate(paragraphs):
        yield paragraph, number < FIRST or number >= len(paragraphs) - LAST


def last_sentence(text: str) -> int:
    """Where the last sentence begins; 0 where there is but one."""
    spans = sentence_spans(text)
    return spans[-1][0] if spans else 0


def digest_of_file(name: str, digest: str) -> int:
    """Of an article's id and the digest of its file: by the name's end it is told how the file is read."""
    return digest_of(f"{digest}.{name.rpartition('.')[2].lower()}")


def source_of(info: ArticleInfo) -> str:
    """The feed that an article came with: the author in a Hexo folder of feeds, or else its category or folder."""
    return info.author or "/".join(info.categories) or info.id.rpartition("/")[0]


def _ending(article: Article) -> tuple[int, int, int, int]:
    """As ``ENDING``."""
    last = article.paragraphs[-1].text
    begin = last_sentence(last)
    source = digest_of(source_of(article.info))
    return (source, digest_of(last[begin:]), digest_of(last[:begin]), len(last) - begin) if begin else (source, 0, 0, 0)


def digest_of(text: str) -> int:
    """By what a text is known: 64 bits of its BLAKE2b."""
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def _kind(paragraph: Paragraph) -> int:
    if paragraph.kind not in _KINDS or len(paragraph.text) < SHORTEST:
        return OTHER
    return HEADING if paragraph.kind is Kind.HEADING else OWN_LINE
