"""Hits → answer candidates: the sentences that may answer, the answering words of each, and a confidence."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

from rag.answering.calibration import AnswerabilityFeatures, fitted
from rag.answering.candidates import AnswerCandidate
from rag.answering.names import has_unsupported_entity
from rag.core.types import Article, Hit
from rag.index.lexical import Matches
from rag.models.encoder import Tokens
from rag.models.late_interaction import Interaction, TokenMatch
from rag.models.span_prediction import SpanScores
from rag.text.quantities import contradicts
from rag.text.sentences import Offsets, sentence_spans
from rag.text.writing_systems import HAN, script_of, size


class ScriptPair(IntEnum):
    """Script relation of question and passage."""

    SAME = 0
    CROSS = 1
    CHINESE = 2


HIT_WEIGHT = 0.5
"""Weight of the passage's score beside a sentence's similarity, where there is no reader (measurements: sentences)."""
MIN_AGREEMENT = (0.423, 0.352, 0.544)
"""For each script pair, the agreement of a passage with the question below which they are mostly about different
things: across scripts the same similarity shows less (measurements: answerability)."""
MAX_SEARCHED = 50_000
"""Characters of an article that are searched for names and figures: all of most articles, in some 20 ms."""
SIMILARITY_WEIGHT = (24.0, 60.0, 24.0)
"""For each script pair, the weight of a sentence's similarity to the question beside the log-likelihood that the
reader gives its span (measurements: sentences)."""
WORDS_WEIGHT = 0.1
"""Weight of shared words beside the similarity of tokens (measurements: sentences)."""
LENGTH_WEIGHT, LENGTH_COUNTS_TO = 0.0025, 60
"""Weight of the logarithm of a sentence's size, in Chinese characters, and the size from which it grows no more:
"In short." and a name in a caption are similar to every question about their article."""
_WHOLE = re.compile(
    r"[$¥€£]?\d+(?:[.,:]\d+)*%?|[A-Za-z\u00c0-\u024f\u0370-\u052f]+(?:[-'’.&]?[A-Za-z0-9\u00c0-\u024f\u0370-\u052f]+)*"
)
"""What is never cut: a number with its sign, a word in Latin, Greek or Cyrillic letters."""
_AROUND = " \t\n\u3000，。、；：！？,;:!?"


class Reader(Protocol):
    """What reads a question and passages together."""

    def read(self, question: Tokens, passages: Sequence[Tokens], title_offsets: Sequence[int]) -> list[SpanScores]:
        """Read passages for one question.

        :param title_offsets: For each passage, how many characters stand before its shown text in what was encoded.
        """


@dataclass(frozen=True, slots=True)
class EncodedQuery:
    """A question with all that is computed of it once.

    :param tokens: Its token states.
    :param matches: What its words match in the index.
    """

    text: str
    tokens: Tokens
    matches: Matches


@dataclass(frozen=True, slots=True)
class ReaderInput:
    """A hit for the reader.

    :param match: Its tokens compared with the question's.
    :param article: Its article's text, the title first.
    """

    hit: Hit
    match: TokenMatch
    article: str


def whole_text(article: Article) -> str:
    """All that an article says, and its metadata, up to ``MAX_SEARCHED``.

    A page of the laureates of 2021 may have the prize's name in its categories or its path alone.
    """
    info = article.info
    filed = (name for path in info.category_paths for name in path)
    known = (info.title, info.original_title, *filed, info.author, info.source, info.reporter, info.id)
    return "\n".join((*known, *(paragraph.text for paragraph in article.paragraphs)))[:MAX_SEARCHED]


def read_hits(reader: Reader | None, query: EncodedQuery, inputs: Sequence[ReaderInput]) -> list[AnswerCandidate]:
    """All sentences of the hits that may answer, best first.

    :param reader: None where there is none for the model: then sentences are ranked by similarity, without confidence.
    """
    if reader is None:
        found = [_by_similarity(query, one, span) for one in inputs for span in sentence_spans(one.hit.passage.text)]
    else:
        passages = [one.match.tokens for one in inputs]
        predictions = reader.read(query.tokens, passages, [one.match.title_offset for one in inputs])
        found = [
            candidate
            for one, scores in zip(inputs, predictions, strict=True)
            for candidate in _candidates(query, one, scores)
        ]
    return sorted(found, key=lambda candidate: -candidate.score)


def _by_similarity(query: EncodedQuery, one: ReaderInput, span: Offsets) -> AnswerCandidate:
    similarity = sentence_similarity(query.matches, one.hit.passage.text, span, one.match.interaction)
    return AnswerCandidate(one.hit, *span, *span, HIT_WEIGHT * one.hit.score + similarity)


def _candidates(query: EncodedQuery, one: ReaderInput, scores: SpanScores) -> list[AnswerCandidate]:
    """A hit's sentences: the best has the passage's confidence, each other one a share of it."""
    text, interaction = one.hit.passage.text, one.match.interaction
    spans = sentence_spans(text)
    pair = _script_pair(query.text, text)
    weight = SIMILARITY_WEIGHT[pair]
    predicted = [(span, prediction) for span in spans if (prediction := scores.best(*span))]
    likelihoods = [
        prediction.log_likelihood + weight * sentence_similarity(query.matches, text, span, interaction)
        for span, prediction in predicted
    ]
    features = _features(query, one, scores, _agreement(interaction, spans) - MIN_AGREEMENT[pair])
    best, of_passage = max(likelihoods, default=0.0), fitted().confidence(features)
    # Shared out as within one language: a greater weight says which sentence is likelier, not by how much.
    scale = SIMILARITY_WEIGHT[ScriptPair.CHINESE] / weight
    confidences = [of_passage * math.exp((value - best) * scale) for value in likelihoods]
    return [
        AnswerCandidate(one.hit, *span, *whole_words(text, words.start, words.end), confidence, confidence, features)
        for (span, words), confidence in zip(predicted, confidences, strict=True)
    ]


def _script_pair(question: str, text: str) -> ScriptPair:
    script = script_of(text)
    if script_of(question) != script:
        return ScriptPair.CROSS
    return ScriptPair.CHINESE if script == HAN else ScriptPair.SAME


def _features(query: EncodedQuery, one: ReaderInput, scores: SpanScores, agreement: float) -> AnswerabilityFeatures:
    article, text = one.hit.article, one.hit.passage.text
    return AnswerabilityFeatures(
        answers=scores.answers,
        agreement=agreement,
        unsupported_entity=has_unsupported_entity(query.text, one.article),
        quantity_mismatch=contradicts(query.text, text, one.article, article.date),
    )


def _agreement(interaction: Interaction, spans: Sequence[Offsets]) -> float:
    """How well a passage and its best sentence agree with the question, token by token."""
    best = max((interaction.maxsim_of(*span) for span in spans), default=0.0)
    return (interaction.maxsim() + best) / 2


def sentence_similarity(matches: Matches, text: str, span: Offsets, interaction: Interaction) -> float:
    """How similar a sentence is to the question: by tokens, by words, and a little for its length.

    It uses what was computed to rank the passage, so that it costs no run of the model. By itself it finds the right
    sentence of the right passage about four times in five, and does not tell whether it answers at all.
    """
    sentence = text[slice(*span)]
    words = WORDS_WEIGHT * matches.query_coverage * matches.share(sentence)
    length = LENGTH_WEIGHT * math.log1p(min(size(sentence), LENGTH_COUNTS_TO))
    return interaction.maxsim_of(*span) + words + length


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
