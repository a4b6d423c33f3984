"""What reading and retrieval find, before an answer is made of it."""

from __future__ import annotations

from dataclasses import dataclass

from rag.answering.calibration import AnswerabilityFeatures
from rag.core.hits import Hit
from rag.core.progress import Seconds


@dataclass(frozen=True, slots=True)
class AnswerCandidate:
    """A sentence of a hit that may answer.

    :param start: Offset of the sentence in the passage's text; ``end`` is one past its last character.
    :param answer_start: Offset of the words in it that answer; ``answer_end`` is one past their last character.
    :param confidence: Probability that they answer, 0 to 1.
    :param features: What the confidence was computed from.
    """

    hit: Hit
    start: int
    end: int
    answer_start: int
    answer_end: int
    confidence: float
    features: AnswerabilityFeatures


@dataclass(frozen=True, slots=True)
class RetrievalResult:
    """What was found for a question.

    :param hits: Best first.
    :param answer_candidates: Sentences of the first hits, best first.
    :param seconds: How long it took, stage by stage.
    """

    hits: list[Hit]
    answer_candidates: list[AnswerCandidate]
    seconds: Seconds
