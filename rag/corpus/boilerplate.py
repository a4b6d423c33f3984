"""Lines that stand in many articles of one source are the source's words, not the articles': learned from them all."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

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
_KINDS = frozenset({Kind.TEXT, Kind.QUOTE, Kind.LIST_ITEM, Kind.CAPTION, Kind.HEADING})


@dataclass(frozen=True, slots=True)
class _Source:
    """What one source repeats: whole paragraphs, and sentences at the end of articles."""

    lines: frozenset[str]
    sentences: frozenset[str]


class Repeats:
    """What the sources of a corpus repeat.

    A line counts once for articles that share the longest paragraph of their own: copies of one article repeat all of
    it. A paragraph that stands in ``LINE_IN`` articles is nobody's own.

    :param articles: The corpus, as read from its files.
    """

    def __init__(self, articles: Iterable[Article]) -> None:
        by_source: dict[str, list[Article]] = defaultdict(list)
        for article in articles:
            by_source[_source_of(article.info)].append(article)
        self._sources = {name: _learn(group) for name, group in by_source.items() if len(group) >= LINE_IN}

    def kept(self, article: Article) -> tuple[int, ...]:
        """How many characters of each paragraph, from its first, are the article's own."""
        everything = tuple(len(paragraph.text) for paragraph in article.paragraphs)
        source = self._sources.get(_source_of(article.info))
        if source is None:
            return everything
        kept = [
            0 if near and paragraph.text in source.lines else len(paragraph.text)
            for paragraph, near in _with_place(article.paragraphs)
        ]
        _cut_last(article.paragraphs, kept, source.sentences)
        left = sum(size(paragraph.text[:end]) for paragraph, end in zip(article.paragraphs, kept, strict=True))
        return tuple(kept) if left >= MIN_LEFT else everything


def _source_of(info: ArticleInfo) -> str:
    """The feed that an article came with: the author in a Hexo folder of feeds, or else its category or folder."""
    return info.author or "/".join(info.categories) or info.id.rpartition("/")[0]


def _learn(articles: list[Article]) -> _Source:
    lines: dict[str, set[int]] = defaultdict(set)
    places: Counter[str] = Counter()
    edges: Counter[str] = Counter()
    headings: set[str] = set()
    sentences: dict[str, set[int]] = defaultdict(set)
    frequent = Counter(text for article in articles for text in {paragraph.text for paragraph in article.paragraphs})
    for article in articles:
        own = [paragraph.text for paragraph in article.paragraphs if frequent[paragraph.text] < LINE_IN]
        longest = hash(max(own, key=len, default=""))
        for paragraph, near in _with_place(article.paragraphs):
            text = paragraph.text
            if paragraph.kind in _KINDS and len(text) >= SHORTEST:
                lines[text].add(longest)
                places[text] += 1
                edges[text] += near
                if paragraph.kind is Kind.HEADING:
                    headings.add(text)
        last = article.paragraphs[-1].text
        begin = _last_sentence(last)
        if begin:
            sentences[last[begin:]].add(hash(last[:begin]))

    def is_repeated(text: str) -> bool:
        least = max(LINE_IN, (HEADING_SHARE if text in headings else LINE_SHARE) * len(articles))
        return len(lines[text]) >= least and edges[text] >= AT_EDGE * places[text]

    often = max(SENTENCE_IN, SENTENCE_SHARE * len(articles))
    return _Source(
        frozenset(filter(is_repeated, lines)),
        frozenset(text for text, heads in sentences.items() if len(heads) >= often and len(text) >= SHORTEST),
    )


def _with_place(paragraphs: tuple[Paragraph, ...]) -> Iterator[tuple[Paragraph, bool]]:
    """Each paragraph, and whether it stands near the beginning or the end."""
    for number, paragraph in enumerate(paragraphs):
        yield paragraph, number < FIRST or number >= len(paragraphs) - LAST


def _last_sentence(text: str) -> int:
    """Where the last sentence begins; 0 where there is but one."""
    spans = sentence_spans(text)
    return spans[-1][0] if spans else 0


def _cut_last(paragraphs: tuple[Paragraph, ...], kept: list[int], sentences: frozenset[str]) -> None:
    """Cut repeated sentences from the last paragraph that is left."""
    last = max((number for number, end in enumerate(kept) if end), default=None)
    while last is not None:
        text = paragraphs[last].text[: kept[last]].rstrip()
        begin = _last_sentence(text)
        if not begin or text[begin:] not in sentences:
            return
        kept[last] = begin
