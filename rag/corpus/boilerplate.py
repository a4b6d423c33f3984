"""Lines that stand in many articles of one source are the source's words, not the articles': learned from them all."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.core.articles import Article, ArticleInfo, Kind, Paragraph
from rag.text.sentences import sentence_spans
from rag.text.writing_systems import size

LINE_IN = 5
"""Articles of a source in which a paragraph must stand. Among 10,000 news articles every paragraph that stood at the
edges of five or more different ones was boilerplate."""
SENTENCE_IN = 20
"""Articles that must end with a sentence for it to be cut there; 案件正在进一步侦办中。 ends a few of their own."""
SENTENCE_SHARE = 0.005
"""And their share of the source's articles."""
HEADING_SHARE = 0.5
"""A heading may stand in many articles and be theirs (总结); it is a source's when most have it."""
SHORTEST = 4
"""Characters; （完） and the like are left where they are."""
AT_EDGE = 0.8
"""Share of a line's places that must be near an article's beginning or end."""
FIRST, LAST = 3, 6
"""Paragraphs that are near its beginning, and near its end."""
LINE_SHARE = 0.005
"""And their share of the source's articles."""
MIN_LEFT = 8
"""Characters, as size: an article that would be left with less loses nothing."""
Mask = NDArray[np.bool_]
_KINDS = frozenset({Kind.TEXT, Kind.QUOTE, Kind.LIST_ITEM, Kind.CAPTION, Kind.HEADING})


LINE = np.dtype([("article", "<i4"), ("text", "<u8"), ("length", "<i4"), ("kind", "u1"), ("is_near", "?")])
"""A paragraph, as far as it matters whether others are the same: the number of its article, a digest of its text, and
whether it stands near the beginning or the end."""
ENDING = np.dtype([("source", "<u8"), ("sentence", "<u8"), ("before", "<u8"), ("length", "<i4")])
"""What an article's source is, with what sentence it ends, and with what before that; digests. No sentence is 0."""
_OTHER, _LINE, _HEADING = range(3)
"""Kinds of a paragraph: one that is never taken out, one that may be, and a heading, which may be."""

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
                for paragraph, is_near in _with_place(article.paragraphs):
                    yield number, _digest(paragraph.text), len(paragraph.text), _kind(paragraph), is_near
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


@dataclass(frozen=True, slots=True)
class _Source:
    """What one source repeats: whole paragraphs, and sentences at the end of articles; digests."""

    lines: frozenset[int] = frozenset()
    sentences: frozenset[int] = frozenset()


class Repeats:
    """What the sources of a corpus repeat.

    A line counts once for articles that share the longest paragraph of their own: copies of one article repeat all of
    it. A paragraph that stands in ``LINE_IN`` articles is nobody's own.

    :param outline: Of the corpus, as read from its files.
    :param stays: Which of its articles count; None for all.
    """

    def __init__(self, outline: Outline, stays: Mask | None = None) -> None:
        self._sources: dict[int, _Source] = {}
        endings = outline.endings
        stays = np.ones(len(endings), bool) if stays is None else stays
        names, source_of = np.unique(endings["source"], return_inverse=True)
        often = np.bincount(source_of, stays, len(names)) >= LINE_IN
        in_order: tuple[Lines, NDArray[np.int64]] | None = None
        for at in np.flatnonzero(often).tolist():
            which = stays & (source_of == at)
            key = int(names[at]), int(which.sum()), int(outline.files[which].sum(dtype=np.uint64))
            found = _LEARNED.get(key)
            if found is None:
                lines, begins = in_order = in_order or _by_source(outline.lines, source_of, len(names))
                found = _learn(lines[begins[at] : begins[at + 1]], endings[which], stays)
            _remember(key, found)
            self._sources[int(names[at])] = found

    def kept(self, article: Article) -> tuple[int, ...]:
        """How many characters of each paragraph, from its first, are the article's own."""
        everything = tuple(len(paragraph.text) for paragraph in article.paragraphs)
        source = self._sources.get(_digest(source_of(article.info)))
        if source is None or not (source.lines or source.sentences):
            return everything
        kept = [
            0 if near and _digest(paragraph.text) in source.lines else len(paragraph.text)
            for paragraph, near in _with_place(article.paragraphs)
        ]
        _cut_last(article.paragraphs, kept, source.sentences)
        left = sum(size(paragraph.text[:end]) for paragraph, end in zip(article.paragraphs, kept, strict=True))
        return tuple(kept) if left >= MIN_LEFT else everything

    def differing(self, before: Repeats, outline: Outline) -> Mask:
        """Which articles may lose other paragraphs by these than by those before."""
        differs = np.zeros(len(outline.endings), bool)
        source_of_line = outline.endings["source"][outline.lines["article"]]
        for name in self._sources.keys() | before._sources.keys():
            now, then = self._sources.get(name, _Source()), before._sources.get(name, _Source())
            if now.sentences != then.sentences:  # rare: which articles end with one is not looked up
                differs |= outline.endings["source"] == name
            elif now.lines != then.lines:
                is_other = np.isin(outline.lines["text"], list(now.lines ^ then.lines)) & (source_of_line == name)
                differs[outline.lines["article"][is_other]] = True
        return differs


def digest_of_file(name: str, digest: str) -> int:
    """Of an article's id and the digest of its file: by the name's end it is told how the file is read."""
    return _digest(f"{digest}.{name.rpartition('.')[2].lower()}")


def source_of(info: ArticleInfo) -> str:
    """The feed that an article came with: the author in a Hexo folder of feeds, or else its category or folder."""
    return info.author or "/".join(info.categories) or info.id.rpartition("/")[0]


def _ending(article: Article) -> tuple[int, int, int, int]:
    """As ``ENDING``."""
    last = article.paragraphs[-1].text
    begin = _last_sentence(last)
    source = _digest(source_of(article.info))
    return (source, _digest(last[begin:]), _digest(last[:begin]), len(last) - begin) if begin else (source, 0, 0, 0)


def _digest(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def _kind(paragraph: Paragraph) -> int:
    if paragraph.kind not in _KINDS or len(paragraph.text) < SHORTEST:
        return _OTHER
    return _HEADING if paragraph.kind is Kind.HEADING else _LINE


_LEARNED: dict[tuple[int, int, int], _Source] = {}
"""What was learned last: by the source, how many articles it has, and the sum of their files' digests. What a source
repeats after one change is what it repeats before the next."""
_REMEMBERED = 4096
_LOCK = threading.Lock()


def _remember(key: tuple[int, int, int], found: _Source) -> None:
    with _LOCK:
        _LEARNED.pop(key, None)
        _LEARNED[key] = found  # the newest stand last
        if len(_LEARNED) > _REMEMBERED:
            del _LEARNED[next(iter(_LEARNED))]


def _by_source(lines: Lines, source_of: NDArray[np.int64], sources: int) -> tuple[Lines, NDArray[np.int64]]:
    """The lines of each source one after the other, and where those of each begin; one more, where the last end.

    :param source_of: The place of each article's source.
    """
    place = source_of[lines["article"]]
    if sources > 1:
        order = np.argsort(place, kind="stable")
        lines, place = lines[order], place[order]
    return lines, np.searchsorted(place, np.arange(sources + 1))


def _learn(lines: Lines, endings: Endings, stays: Mask) -> _Source:
    """What a source repeats.

    :param lines: Of its articles, those too that do not count.
    :param endings: Of those that do.
    :param stays: Which articles of the corpus count.
    """
    articles = len(endings)
    endings = endings[endings["length"] >= SHORTEST]
    sentences, times = _partners(endings["sentence"], endings["before"])
    is_often = times >= max(SENTENCE_IN, SENTENCE_SHARE * articles)
    return _Source(_repeated(lines, articles, stays), frozenset(sentences[is_often].tolist()))


def _repeated(lines: Lines, articles: int, stays: Mask) -> frozenset[int]:
    """The lines that a source repeats, of so many articles that count."""
    least = max(LINE_IN, LINE_SHARE * articles)
    last = _last_bits(lines["text"])
    together = np.bincount(last)[last]  # no fewer than are the same; it takes a hundredth of putting all in order
    may_be = (together >= least) & (lines["kind"] != _OTHER)
    if not may_be.any():
        return frozenset()
    # Only of the articles that have such a line does it matter which of their own is the longest.
    having = np.zeros(len(stays), bool)
    having[lines["article"][may_be]] = True
    wanted = np.zeros(int(last.max()) + 1, bool)
    wanted[last[having[lines["article"]]]] = True
    counts = stays[lines["article"]] & wanted[last]
    lines, together, may_be = lines[counts], together[counts], may_be[counts]
    is_own = together < LINE_IN
    shared = lines[~is_own]
    texts, often = _partners(shared["text"], shared["article"])
    is_own[~is_own] = often[np.searchsorted(texts, shared["text"])] < LINE_IN
    longest = _longest(lines[is_own], len(stays))

    lines = lines[may_be]
    texts, at = np.unique(lines["text"], return_inverse=True)
    _, repeated = _partners(lines["text"], longest[lines["article"]])
    edges, places = np.bincount(at, lines["is_near"], len(texts)), np.bincount(at, minlength=len(texts))
    is_heading = np.bincount(at, lines["kind"] == _HEADING, len(texts)) > 0
    enough = repeated >= np.where(is_heading, np.maximum(least, HEADING_SHARE * articles), least)
    return frozenset(texts[enough & (edges >= AT_EDGE * places)].tolist())


def _last_bits(texts: Digests) -> NDArray[np.int64]:
    """The last bits of digests, by which few are the same that are not the same by all."""
    return (texts & np.uint64((1 << (4 * len(texts)).bit_length()) - 1)).astype(np.int64)


def _longest(lines: Lines, articles: int) -> NDArray[np.uint64]:
    """The first of the longest lines of each article, by its number; 0 where it has none.

    :param lines: Those of each article one after the other.
    """
    longest = np.zeros(articles, np.uint64)
    if len(lines):
        begins = np.flatnonzero(np.diff(lines["article"], prepend=-1))
        earlier = np.arange(len(lines))[::-1]
        best = np.maximum.reduceat(lines["length"].astype(np.int64) * len(lines) + earlier, begins)
        longest[lines["article"][begins]] = lines["text"][::-1][best % len(lines)]
    return longest


def _partners(values: NDArray[Any], partners: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """All values in order, and how many different partners each has."""
    is_in_order = len(partners) < 2 or bool((partners[1:] >= partners[:-1]).all())
    order = np.argsort(values, kind="stable") if is_in_order else np.lexsort((partners, values))
    values, partners = values[order], partners[order]
    is_new = np.ones(len(values), bool)
    is_new[1:] = (values[1:] != values[:-1]) | (partners[1:] != partners[:-1])
    values = values[is_new]
    begins = np.flatnonzero(np.append(True, values[1:] != values[:-1])) if len(values) else np.empty(0, np.int64)
    return values[begins], np.diff(begins, append=len(values))


def _with_place(paragraphs: tuple[Paragraph, ...]) -> Iterator[tuple[Paragraph, bool]]:
    """Each paragraph, and whether it stands near the beginning or the end."""
    for number, paragraph in enumerate(paragraphs):
        yield paragraph, number < FIRST or number >= len(paragraphs) - LAST


def _last_sentence(text: str) -> int:
    """Where the last sentence begins; 0 where there is but one."""
    spans = sentence_spans(text)
    return spans[-1][0] if spans else 0


def _cut_last(paragraphs: tuple[Paragraph, ...], kept: list[int], sentences: frozenset[int]) -> None:
    """Cut repeated sentences from the last paragraph that is left."""
    last = max((number for number, end in enumerate(kept) if end), default=None)
    while last is not None:
        text = paragraphs[last].text[: kept[last]].rstrip()
        begin = _last_sentence(text)
        if not begin or _digest(text[begin:]) not in sentences:
            return
        kept[last] = begin
