"""What is right: passages and words, judged against what a question file says of the answer."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Self

from rag.core.types import Article, Passage
from rag.evaluation.comparing import bare, overlap_f1
from rag.evaluation.questions import Question
from rag.index.store import Store

EVIDENCE_BEGINS = 40
"""Characters of an evidence sentence, white space aside, that a right passage holds. A sentence may be longer than what
cleaning takes for one, and then goes on in the next passage."""


@dataclass(frozen=True, slots=True)
class Judge:
    """Knows what is right for one question; its texts are bare.

    :param articles: Ids of the right articles.
    :param paragraphs: Whole paragraphs that answer.
    :param evidence: Sentences that answer.
    :param answers: Words that answer.
    :param spans: What a marked answer is compared with: the answers as they are written, or else the evidence.
    """

    articles: tuple[str, ...]
    paragraphs: frozenset[str]
    evidence: tuple[str, ...]
    answers: tuple[str, ...]
    spans: tuple[str, ...]

    @classmethod
    def of(cls, question: Question) -> Self:
        """The judge of a question."""
        return cls(
            articles=question.articles,
            paragraphs=frozenset(map(bare, question.paragraphs)),
            evidence=tuple(map(bare, question.evidence)),
            answers=tuple(map(bare, question.answers)),
            spans=question.answers or question.evidence,
        )

    def right_passage(self, passage: Passage, article: Article) -> bool:
        """Whether a passage answers, by the most exact thing that is known.

        A passage of a right article that takes from a right paragraph, and holds an answer where that paragraph does;
        or holds the beginning of an evidence sentence; or an answer; or, where none of these is known, any at all.

        :param article: The passage's article.
        """
        if passage.article_id not in self.articles:
            return False
        text = bare(passage.text)
        if self.paragraphs:
            return self._from_right_paragraph(passage, article, text)
        wanted = [sentence[:EVIDENCE_BEGINS] for sentence in self.evidence] or self.answers
        return not wanted or any(words in text for words in wanted)

    def _from_right_paragraph(self, passage: Passage, article: Article, text: str) -> bool:
        paragraphs = {bare(article.paragraphs[part.paragraph - 1].text) for part in passage.parts}
        stated = [answer for answer in self.answers if any(answer in paragraph for paragraph in self.paragraphs)]
        return bool(paragraphs & self.paragraphs) and (not stated or any(answer in text for answer in stated))

    def right_words(self, articles: Collection[str], text: str) -> bool:
        """Whether words answer.

        Words of a right article that hold an evidence sentence whole; or where none is known, an answer; or that stand
        in a right paragraph; or, where none of these is known, any at all.

        :param articles: Ids of all articles in which they stand.
        """
        if not self._right_article(articles):
            return False
        words = bare(text)
        if self.evidence or self.answers:
            return any(wanted in words for wanted in self.evidence or self.answers)
        return not self.paragraphs or any(words in paragraph for paragraph in self.paragraphs)

    def right_mark(self, articles: Collection[str], text: str) -> bool:
        """Whether marked words answer: they hold an answer, or are a part of one.

        Where no answer is known in words, a part of an evidence sentence or of a right paragraph will do; where none
        of these is known either, any words of a right article.

        :param articles: Ids of all articles in which they stand.
        """
        words = bare(text)
        if not self._right_article(articles) or not words:
            return False
        if self.answers:
            return any(answer in words or words in answer for answer in self.answers)
        around = (*self.evidence, *self.paragraphs)
        return not around or any(words in text for text in around)

    def f1(self, articles: Collection[str], text: str) -> float:
        """F1 of marked words and the answer that they are most like; 0 where they are from no right article.

        :param articles: Ids of all articles in which they stand.
        """
        if not self._right_article(articles):
            return 0.0
        return max((overlap_f1(text, span) for span in self.spans), default=0.0)

    def _right_article(self, articles: Collection[str]) -> bool:
        return any(article in self.articles for article in articles)

    def right_passages(self, store: Store) -> Iterator[int]:
        """Ids of all right passages in the index."""
        for article_id in self.articles:
            article = store.article(article_id)
            if article is not None:
                passages = store.passages_of(article_id)
                yield from (passage.id for passage in passages if self.right_passage(passage, article))
