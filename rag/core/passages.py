"""Passages, which are embedded, searched and cited from, and the hits of a search among them."""

from __future__ import annotations

from dataclasses import dataclass

from rag.core.articles import ArticleInfo


@dataclass(frozen=True, slots=True)
class Part:
    """Where one paragraph, or a cut of it, stands in a passage.

    ``passage.text[start:end]`` is ``paragraph.text[offset:offset + end - start]``, letter for letter.

    :param paragraph: Number of the paragraph in its article, from 1.
    :param line: Line of the file on which the paragraph begins.
    """

    paragraph: int
    line: int
    start: int
    end: int
    offset: int


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of one paragraph: number from 1, line of the file, and offsets into the paragraph."""

    paragraph: int
    line: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Passage:
    """What is embedded, searched and cited from: neighbouring paragraphs, or a cut of a long one.

    :param id: Row in the index's vectors; -1 while it has none.
    """

    id: int
    article_id: str
    text: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Copy:
    """A passage that says the same as one that was found, and its article."""

    passage: Passage
    article: ArticleInfo


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found.

    :param score: What hits are ordered by; comparable within one question only.
    :param dense: Cosine of question and passage.
    :param lexical: Share of the question's idf that the passage's words match, 0 to 1.
    :param language_bias_correction: What was added to the score for the passage's language: texts in the question's
        language lie nearer to it than they should, others farther. 0 where all passages are in one script.
    :param anchored: What it has of the question's names, numbers and codes, where it is in another script than the
        question, each up to 1, and more where nothing else is asked.
    :param copies: The other passages that say the same and pass the filters, newest first, those without a date last.
    """

    passage: Passage
    article: ArticleInfo
    score: float
    dense: float
    lexical: float
    language_bias_correction: float
    anchored: float = 0.0
    copies: tuple[Copy, ...] = ()
