"""Hits → answer candidates: the sentences that may answer, the answering words of each, and a confidence."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from rag.answering.calibration import AnswerabilityFeatures, fitted
from rag.answering.candidates import AnswerCandidate
from rag.answering.names import has_unsupported_entity
from rag.core.articles import Article, Kind
from rag.core.hits import Hit
from rag.models.span_prediction import SpanScores
from rag.text.quantities import contradicts
from rag.text.sentences import Offsets, sentence_spans

MAX_SEARCHED = 50_000
"""Characters of an article that are searched for names and figures: all of most articles, in some 20 ms."""
_WHOLE = re.compile(
    r"[$¥€£]?\d+(?:[.,:]\d+)*%?|[A-Za-z\u00c0-\u024f\u0370-\u052f]+(?:[-'’.&]?[A-Za-z0-9\u00c0-\u024f\u0370-\u052f]+)*"
)
"""What is never cut: a number with its sign, a word in Latin, Greek or Cyrillic letters."""
_AROUND = " \t\n\u3000，。、；：！？,;:!?"


class Reader(Protocol):
    """What reads a question and passages together."""

    def read(self, question: str, passages: Sequence[str], title_offsets: Sequence[int]) -> list[SpanScores]:
        """Read passages for one question.

        :param passages: With their titles, as they are encoded.
        :param title_offsets: For each, how many characters stand before its shown text.
        """


@dataclass(frozen=True, slots=True)
class ReaderInput:
    """A hit for the reader.

    :param article: Its article's text, the title first.
    :param headers: Numbers of the article's paragraphs that are the header of a table, which answers nothing.
    """

    hit: Hit
    article: str
    headers: frozenset[int] = frozenset()


def whole_text(article: Article) -> str:
    """All that an article says, and its metadata, up to ``MAX_SEARCHED``.

    A page of the laureates of 2021 may have the prize's name in its categories or its path alone.
    """
    info = article.info
    filed = (name for path in info.category_paths for name in path)
    known = (info.title, info.original_title, *filed, info.author, info.source, info.reporter, info.id)
    return "\n".join((*known, *(paragraph.text for paragraph in article.paragraphs)))[:MAX_SEARCHED]


def header_rows(article: Article) -> frozenset[int]:
    """Numbers of an article's paragraphs that are the header of a table."""
    return frozenset(at for at, one in enumerate(article.paragraphs, 1) if one.kind is Kind.TABLE_HEADER)


def read_hits(reader: Reader, question: str, inputs: Sequence[ReaderInput], before: int = 0) -> list[AnswerCandidate]:
    """All sentences of the hits that may answer, best first.

    :param inputs: In the order in which they were found.
    :param before: Hits that were found before these.
    """
    passages = [one.hit.article.indexed_text(one.hit.passage.text) for one in inputs]
    offsets = [len(whole) - len(one.hit.passage.text) for whole, one in zip(passages, inputs, strict=True)]
    read = reader.read(question, passages, offsets)
    found = [
        candidate
        for rank, (one, scores) in enumerate(zip(inputs, read, strict=True), before + 1)
        for candidate in _candidates(question, one, scores, rank)
    ]
    return best_first(found)


def best_first(candidates: Sequence[AnswerCandidate]) -> list[AnswerCandidate]:
    """Candidates by their confidence; of equals the one that was found first."""
    return sorted(candidates, key=lambda candidate: -candidate.confidence)


def _candidates(question: str, one: ReaderInput, scores: SpanScores, rank: int) -> Iterator[AnswerCandidate]:
    """A hit's sentences: the best has the passage's confidence, each other one a share of it."""
    text = one.hit.passage.text
    closed = [part for part in one.hit.passage.parts if part.paragraph in one.headers]
    spans = [span for span in sentence_spans(text) if not any(part.start <= span[0] < part.end for part in closed)]
    predicted = [(span, words) for span in spans if (words := scores.best(*span))]
    best = max((words.log_likelihood for _, words in predicted), default=0.0)
    features = AnswerabilityFeatures(
        answers=scores.answers,
        words=best,
        rank=rank,
        unsupported_entity=has_unsupported_entity(question, one.article),
        quantity_mismatch=contradicts(question, text, one.article, one.hit.article.date),
    )
    of_passage = fitted().confidence(features)
    for span, words in predicted:
        confidence = of_passage * math.exp(words.log_likelihood - best)
        yield AnswerCandidate(one.hit, *span, *whole_words(text, words.start, words.end), confidence, features)


def whole_words(text: str, start: int, end: int) -> Offsets:
    """Take in the rest of a word or number that a stretch cuts, and leave out white space and marks around it.

    >>> text = "利润增长12.5%，we call it Codeforces."
    >>> [text[slice(*whole_words(text, *span))] for span in ((5, 7), (6, 10), (22, 29), (9, 21))]
    ['12.5%', '12.5%', 'Codeforces', 'we call it']
    """
    while start < end and text[start] in _AROUND:
        start += 1
    while start < end and text[end - 1] in _AROUND:
        end -= 1
    for word in _WHOLE.finditer(text):
        if word.start() < start < word.end():
            start = word.start()
        if word.start() < end < word.end():
            end = word.end()
    return start, end
