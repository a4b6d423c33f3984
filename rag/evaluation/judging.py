"""What is right: passages and words, judged against what a question file says of the answer."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from rag.core.articles import Article
from rag.core.passages import Passage
from rag.evaluation.comparing import bare, overlap_f1
from rag.evaluation.questions import Question
from rag.index.open_index import OpenIndex

EVIDENCE_BEGINS = 40
"""Characters of an evidence sentence, white space aside, that a right passage holds. A sentence may be longer than what
cleaning takes for one, and then goes on in the next passage."""


class Judge:
    """Knows what is right for one question; texts are compared bare.

    :ivar spans: What a marked answer is compared with: the answers as they are written, or else the evidence.
    """

    def __init__(self, question: Question) -> None:
        self._articles = question.articles
        self._paragraphs = frozenset(map(bare, question.paragraphs))
        self._evidence = tuple(map(bare, question.evidence))
        self._answers = tuple(map(bare, question.answers))
        self.spans = question.answers or question.evidence

    def right_passage(self, passage: Passage, article: Article) -> bool:
        """Whether a passage answers, by the most exact thing that is known.

        A passage of a right article that takes from a right paragraph, and holds an answer where that paragraph does;
        or holds the beginning of an evidence sentence; or an answer; or, where none of these is known, any at all.

        :param article: The passage's article.
        """
        if passage.article_id not in self._articles:
            return False
        text = bare(passage.text)
        if self._paragraphs:
            return self._from_right_paragraph(passage, article, text)
        wanted = [sentence[:EVIDENCE_BEGINS] for sentence in self._evidence] or self._answers
        return not wanted or any(words in text for words in wanted)

    def _from_right_paragraph(self, passage: Passage, article: Article, text: str) -> bool:
        paragraphs = {bare(article.paragraphs[part.paragraph - 1].text) for part in passage.parts}
        stated = [answer for answer in self._answers if any(answer in paragraph for paragraph in self._paragraphs)]
        return bool(paragraphs & self._paragraphs) and (not stated or any(answer in text for answer in stated))

    def right_article(self, articles: Collection[str]) -> bool:
        """Whether an article answers.

        :param articles: Ids of all articles in which the same words stand.
        """
        return any(article in self._articles for article in articles)

    def right_words(self, text: str) -> bool:
        """Whether words of a right article answer.

        Words that hold an evidence sentence whole; or where none is known, an answer; or that stand in a right
        paragraph; or, where none of these is known, any at all.
        """
        words = bare(text)
        if self._evidence or self._answers:
            return any(wanted in words for wanted in self._evidence or self._answers)
        return not self._paragraphs or any(words in paragraph for paragraph in self._paragraphs)

    def right_mark(self, text: str) -> bool:
        """Whether marked words of a right article answer: they hold an answer, or are a part of one.

        Where no answer is known in words, a part of an evidence sentence or of a right paragraph will do; where none
        of these is known either, any words.
        """
        words = bare(text)
        if not words:
            return False
        if self._answers:
            return any(answer in words or words in answer for answer in self._answers)
        around = (*self._evidence, *self._paragraphs)
        return not around or any(words in text for text in around)

    def f1(self, text: str) -> float:
        """F1 of marked words of a right article and the answer that they are most like."""
        return max((overlap_f1(text, span) for span in self.spans), default=0.0)

    def right_passages(self, index: OpenIndex) -> Iterator[int]:
        """Ids of all right passages in the index."""
        for article_id in self._articles:
            article = index.article(article_id)
            if article is not None:
                passages = index.passages_of(article_id)
                yield from (passage.id for passage in passages if self.right_passage(passage, article))
