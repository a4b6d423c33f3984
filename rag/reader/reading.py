"""What was read in the hits: the marked words of each sentence, and how sure it is that they answer."""

from __future__ import annotations

from dataclasses import dataclass

from rag.reader.calibration import Evidence
from rag.types import Hit


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
