"""Hits → readings: in each hit the sentences that may answer, their words marked, and how sure it is."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from rag.answering.calibration import Evidence, fitted
from rag.answering.names import has_strange_name
from rag.core.types import Article, Hit
from rag.index.lexical import Matches
from rag.models.encoder import Tokens
from rag.models.late_interaction import Compared, Interaction
from rag.models.span_prediction import SpanScores
from rag.text.quantities import contradicts
from rag.text.sentences import Offsets, sentence_spans
from rag.text.writing_systems import HAN, script_of, size

HIT_WEIGHT = 0.5
"""Weight of the passage's own score beside the likeness of a sentence, where no reader reads: as it was found best of 0
to 3 before late interaction was part of that score; not measured again."""
OTHERS, ACROSS, CHINESE = range(3)
"""How a question and a passage meet: both in one script that is not Chinese, across scripts, or both in Chinese."""
LEAST_AGREEMENT = (0.423, 0.352, 0.544)
"""Agreement of a passage and its best sentence with the question below which they are mostly about different things,
by how they meet: across languages the same likeness shows less. By themselves these keep 90 to 100 of 100 answerable
questions, and let through 0 to 23 of 100 that the articles do not deal with."""
LOOKED_THROUGH = 50_000
"""Characters of an article that are looked through for names and figures: all of most, and some 20 ms."""
LIKENESS_WEIGHT = (24.0, 60.0, 24.0)
"""Weight of a sentence's likeness to the question beside the logarithm of how likely the reader holds its span, by how
they meet. Right sentence with 0, 12, 24, 32, 60 on cmrc .913 .945 .934 .918 .902, csq .874 .896 .907 .907 .907, drcd
.891 .902 .902 .874 .858, xquad Chinese .874 .874 .880 .885 .880; across languages, English over Chinese .852 .852 .858
.863 .858, Chinese over English .825 .798 .787 .809 .836, and the mean of nine others with 20, 24, 40, 60 .786 .791 .797
.797."""

WORDS_WEIGHT = 0.1
"""Weight of shared words beside the agreement of tokens. Right sentence of the right passage, 100 questions each of
cmrc, drcd, csq and xquad: .84 .80 .81 .79 without it, .84 .81 .84 .79 with it, .84 .81 .86 .79 with twice as much."""
LENGTH_WEIGHT = 0.0025
LENGTH_COUNTS_TO = 60
"""Weight of the logarithm of a sentence's size, in Chinese characters, up to a size: "In short." and a name in a
caption lie near to every question about their article."""
_WHOLE = re.compile(
    r"[$¥€£]?\d+(?:[.,:]\d+)*%?|[A-Za-z\u00c0-\u024f\u0370-\u052f]+(?:[-'’.&]?[A-Za-z0-9\u00c0-\u024f\u0370-\u052f]+)*"
)
"""What is never cut: a number with its sign, a word in Latin, Greek or Cyrillic letters."""
_AROUND = " \t\n\u3000，。、；：！？,;:!?"


class Reader(Protocol):
    """What reads a question and passages together."""

    def read(self, question: Tokens, passages: Sequence[Tokens], shifts: Sequence[int]) -> list[SpanScores]:
        """Read passages for one question.

        :param shifts: For each passage, how many characters stand before its shown text in what was encoded.
        """


@dataclass(frozen=True, slots=True)
class Reading:
    """How well one sentence of a hit answers.

    :param start: Offset of the sentence in the passage's text; ``end`` is one past its last character.
    :param answer_start: Offset of the words in it that answer; ``answer_end`` is one past their last character.
    :param score: What readings are ordered by; comparable within one question only.
    :param sure: How sure it is that they answer, 0 to 1; None where nothing tells.
    :param evidence: What that was told from, for those who ask why.
    """

    hit: Hit
    start: int
    end: int
    answer_start: int
    answer_end: int
    score: float
    sure: float | None = None
    evidence: Evidence | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A question.

    :param tokens: As it was encoded.
    :param matches: What its words found.
    """

    text: str
    tokens: Tokens
    matches: Matches


@dataclass(frozen=True, slots=True)
class ToRead:
    """A hit that is to be read.

    :param compared: As it was compared with the question.
    :param article: Its article's text, the title first.
    """

    hit: Hit
    compared: Compared
    article: str


def whole_text(article: Article) -> str:
    """All that an article says, with what it is filed under: as much as is looked through for names and figures.

    A page of the laureates of 2021 may have the prize's name in its categories or its path alone.
    """
    info = article.info
    filed = (name for path in info.filed for name in path)
    known = (info.title, info.original_title, *filed, info.author, info.source, info.reporter, info.id)
    return "\n".join((*known, *(paragraph.text for paragraph in article.paragraphs)))[:LOOKED_THROUGH]


def read_hits(reader: Reader | None, asked: Asked, hits: Sequence[ToRead]) -> list[Reading]:
    """All sentences of the hits that may answer, best first.

    :param reader: None where there is none for the model: then sentences are chosen by likeness, and nothing tells
        whether they answer.
    """
    if reader is None:
        found = [_by_likeness(asked, hit, span) for hit in hits for span in sentence_spans(hit.hit.passage.text)]
    else:
        passages, shifts = [hit.compared.tokens for hit in hits], [hit.compared.shift for hit in hits]
        read = zip(hits, reader.read(asked.tokens, passages, shifts), strict=True)
        found = [reading for hit, scores in read for reading in _sentences(asked, hit, scores)]
    return sorted(found, key=lambda reading: -reading.score)


def _by_likeness(asked: Asked, read: ToRead, span: Offsets) -> Reading:
    likely = likeness(asked.matches, read.hit.passage.text, span, read.compared.interaction)
    return Reading(read.hit, *span, *span, HIT_WEIGHT * read.hit.score + likely)


def _sentences(asked: Asked, read: ToRead, scores: SpanScores) -> list[Reading]:
    """A hit's sentences: how sure it is of the passage is shared out among them."""
    text = read.hit.passage.text
    spans = sentence_spans(text)
    meeting = _meeting(asked.text, text)
    weight = LIKENESS_WEIGHT[meeting]
    found = [(span, marked) for span in spans if (marked := scores.best(*span))]
    likely = [
        marked.likely + weight * likeness(asked.matches, text, span, read.compared.interaction)
        for span, marked in found
    ]
    agreement = _agreement(read.compared.interaction, spans) - LEAST_AGREEMENT[meeting]
    evidence = _evidence(asked, read, scores, agreement)
    best = max(likely, default=0.0)
    # Shared out as within one language: a greater weight says which sentence is likelier, not by how much.
    sure = [fitted().sure(evidence) * math.exp((value - best) * LIKENESS_WEIGHT[CHINESE] / weight) for value in likely]
    return [
        Reading(read.hit, *span, *whole_words(text, marked.start, marked.end), value, value, evidence)
        for (span, marked), value in zip(found, sure, strict=True)
    ]


def _meeting(question: str, text: str) -> int:
    script = script_of(text)
    if script_of(question) != script:
        return ACROSS
    return CHINESE if script == HAN else OTHERS


def _evidence(asked: Asked, read: ToRead, scores: SpanScores, agreement: float) -> Evidence:
    """What speaks for a hit's answering a question."""
    article, text = read.hit.article, read.hit.passage.text
    return Evidence(
        answers=scores.answers,
        agreement=agreement,
        strange=has_strange_name(asked.text, read.article),
        contradicted=contradicts(asked.text, text, read.article, article.date),
    )


def _agreement(interaction: Interaction, spans: Sequence[Offsets]) -> float:
    """How well a passage and its best sentence agree with the question, token by token."""
    best = max((interaction.score_of(*span) for span in spans), default=0.0)
    return (interaction.score() + best) / 2


def likeness(matches: Matches, text: str, span: Offsets, interaction: Interaction) -> float:
    """How well a sentence agrees with the question: its tokens, its words, and a little for its length.

    What was worked out to rank the passage is read again, so that this costs no run of the model. By itself it finds
    the right sentence of the right passage about four times in five, and does not tell whether it answers at all.
    """
    sentence = text[slice(*span)]
    words = WORDS_WEIGHT * matches.known * matches.share(sentence)
    length = LENGTH_WEIGHT * math.log1p(min(size(sentence), LENGTH_COUNTS_TO))
    return interaction.score_of(*span) + words + length


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
