"""Questions to train on, and the passages that answer them or do not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from rag.core.articles import Article, ArticleInfo, Kind, Paragraph
from rag.core.passages import Part
from rag.corpus.passages import cut_passages

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Text:
    """A passage as an index encodes it.

    :param shift: Characters that stand before its own text: title and categories.
    :param parts: Where its paragraphs stand in its own text.
    """

    whole: str
    shift: int
    document: str
    parts: tuple[Part, ...]

    @property
    def own(self) -> str:
        """The passage without its title."""
        return self.whole[self.shift :]

    def place(self, paragraph: int, span: Span) -> Span | None:
        """Where a stretch of a paragraph, by number from 1, stands in the passage's own text; None if not whole."""
        for part in self.parts:
            start, end = (at - part.offset + part.start for at in span)
            if part.paragraph == paragraph and part.start <= start and end <= part.end:
                return start, end
        return None


@dataclass(slots=True)
class Asked:
    """A question.

    :param answers: For each passage that answers, by number, where: offsets in its own text.
    :param near: Numbers of passages of its own article that do not answer.
    :param mined: Numbers of passages that search finds for it, none of which has its answer.
    """

    text: str
    document: str
    answers: dict[int, list[Span]] = field(default_factory=dict)
    near: list[int] = field(default_factory=list)
    mined: list[int] = field(default_factory=list)


def cut(info: ArticleInfo, paragraphs: list[str], fits: Callable[[str], bool]) -> Iterator[Text]:
    """Passages of an article as an index has them."""
    article = Article(info, tuple(Paragraph(text, Kind.TEXT, 1) for text in paragraphs))
    for passage in cut_passages(article, fits):
        whole = info.indexed_text(passage.text)
        yield Text(whole, len(whole) - len(passage.text), info.id, passage.parts)
