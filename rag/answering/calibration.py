"""Features of a read passage → confidence that it answers: a probability, not a score."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

FITTED = Path(__file__).with_name("calibration.json")
TEMPERATURE = 2.0
"""What the logit is divided by where passages are put in order (measurements: ranking)."""
LEAST_CERTAIN = -3.0
"""Log-likelihood of words below which they count as this certain: of 100 passages 93 have words above it, and
of those about something else altogether few."""
UNSUPPORTED_ENTITY_WEIGHT = -6.0
"""Weight of a name that the article does not have. Question sets hardly ask for wrong names, so it is chosen on
``tests/contradictions_tune.jsonl`` instead of fitted."""


@dataclass(frozen=True, slots=True)
class AnswerabilityFeatures:
    """Features for the answerability classifier.

    :param answers: The reader's logit that the passage answers.
    :param words: The log-likelihood of the words that answer best.
    :param rank: Of the passage among those found, from 1, before they were read.
    :param unsupported_entity: Whether the question names something that the article does not have.
    :param quantity_mismatch: Whether the passage gives other figures than those asked for: then it never answers.
    """

    answers: float
    words: float
    rank: int
    unsupported_entity: bool = False
    quantity_mismatch: bool = False

    @property
    def likely(self) -> float:
        """The reader's own probability that the passage answers, softened, wherever it was found; 0 where it can't."""
        can_answer = not (self.unsupported_entity or self.quantity_mismatch or math.isnan(self.answers))
        return sigmoid(self.answers / TEMPERATURE) if can_answer else 0.0


@dataclass(frozen=True, slots=True)
class Calibration:
    """A logistic regression (Platt, 1999) over what the reader says and how early a passage was found.

    Of two passages that the reader holds for as likely to answer, the one with the more certain words is the more
    doubtful: a figure stands out whether it is the one asked for or another, a reason seldom does.

    Fitted by ``python -m benchmarks.abstention --fit``.

    :param answers: Weight of the reader's logit.
    :param words: Weight of the words' log-likelihood.
    :param rank: Weight of minus the logarithm of the rank.
    """

    answers: float
    words: float
    rank: float
    bias: float

    def confidence(self, features: AnswerabilityFeatures) -> float:
        """Probability that a passage answers."""
        if features.quantity_mismatch or math.isnan(features.answers):
            return 0.0
        read, words, early = weighed(features)
        logit = self.bias + self.answers * read + self.words * words + self.rank * early
        logit += UNSUPPORTED_ENTITY_WEIGHT * features.unsupported_entity
        return sigmoid(logit)

    def to_json(self) -> dict[str, Any]:
        """As ``FITTED`` has it."""
        return asdict(self)


def sigmoid(logit: float) -> float:
    """The logistic function; of logits beyond 30 as of 30."""
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, logit))))


def weighed(features: AnswerabilityFeatures) -> tuple[float, float, float]:
    """What the fitted weights are multiplied by."""
    return features.answers, max(features.words, LEAST_CERTAIN), -math.log(features.rank)


@cache
def fitted() -> Calibration:
    """The calibration that the package ships."""
    return Calibration(**json.loads(FITTED.read_text(encoding="utf-8")))
