"""Lines that stand in many articles of one source are the source's words, not the articles': learned from them all."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.core.articles import Article, Paragraph
from rag.corpus.outline import (
    HEADING,
    OTHER,
    SHORTEST,
    Digests,
    Endings,
    Lines,
    Mask,
    Outline,
    digest_of,
    last_sentence,
    source_of,
    with_place,
)
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
AT_EDGE = 0.8
"""Share of a line's places that must be near an article's beginning or end."""
LINE_SHARE = 0.005
"""And their share of the source's articles."""
MIN_LEFT = 8
"""Characters, as size: an article that would be left with less loses nothing."""


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
        names, place_of = np.unique(endings["source"], return_inverse=True)
        often = np.bincount(place_of, stays, len(names)) >= LINE_IN
        in_order: tuple[Lines, NDArray[np.int64]] | None = None
        for at in np.flatnonzero(often).tolist():
            which = stays & (place_of == at)
            key = int(names[at]), int(which.sum()), int(outline.files[which].sum(dtype=np.uint64))
            found = _LEARNED.get(key)
            if found is None:
                lines, begins = in_order = in_order or _by_source(outline.lines, place_of, len(names))
                found = _learn(lines[begins[at] : begins[at + 1]], endings[which], stays)
            _remember(key, found)
            self._sources[int(names[at])] = found

    def kept(self, article: Article) -> tuple[int, ...]:
        """How many characters of each paragraph, from its first, are the article's own."""
        everything = tuple(len(paragraph.text) for paragraph in article.paragraphs)
        source = self._sources.get(digest_of(source_of(article.info)))
        if source is None or not (source.lines or source.sentences):
            return everything
        kept = [
            0 if near and digest_of(paragraph.text) in source.lines else len(paragraph.text)
            for paragraph, near in with_place(article.paragraphs)
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

    def may_differ(self, outline: Outline, kept: str) -> bool:
        """Whether an article may keep other paragraphs by these than it kept.

        :param outline: Of that article alone.
        :param kept: ``0`` for each paragraph that it lost, ``2`` in part, ``1`` for others; empty where it kept all.
        """
        source = self._sources.get(int(outline.endings["source"][0]), _Source())
        if source.sentences:
            return True
        lost = outline.lines["is_near"] & np.isin(outline.lines["text"], list(source.lines))
        return bool(kept != "".join("0" if one else "1" for one in lost)) if kept else bool(lost.any())


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


def _by_source(lines: Lines, place_of: NDArray[np.int64], sources: int) -> tuple[Lines, NDArray[np.int64]]:
    """The lines of each source one after the other, and where those of each begin; one more, where the last end.

    :param place_of: The place of each article's source.
    """
    place = place_of[lines["article"]]
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
    may_be = (together >= least) & (lines["kind"] != OTHER)
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
    is_heading = np.bincount(at, lines["kind"] == HEADING, len(texts)) > 0
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


def _cut_last(paragraphs: tuple[Paragraph, ...], kept: list[int], sentences: frozenset[int]) -> None:
    """Cut repeated sentences from the last paragraph that is left."""
    last = max((number for number, end in enumerate(kept) if end), default=None)
    while last is not None:
        text = paragraphs[last].text[: kept[last]].rstrip()
        begin = last_sentence(text)
        if not begin or digest_of(text[begin:]) not in sentences:
            return
        kept[last] = begin
