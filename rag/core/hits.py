"""What a search finds: passages, each with its article, and the copies of it."""

from __future__ import annotations

from dataclasses import dataclass

from rag.core.articles import ArticleInfo
from rag.core.passages import Passage


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
