"""Features of a read passage → confidence that it answers: a probability, not a score."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FITTED = Path(__file__).with_name("calibration.json")
UNSUPPORTED_ENTITY_WEIGHT = -3.0
"""Weight of a name that the article does not have. Question sets hardly ask for wrong names, so it is chosen on
``tests/contradictions_tune.jsonl`` instead of fitted."""
WEIGHED = ("answers", "agreement")
"""The fields of ``AnswerabilityFeatures`` whose weights are fitted, in order."""


@dataclass(frozen=True, slots=True)
class AnswerabilityFeatures:
    """Features for the answerability classifier.

    :param answers: The reader's logit that the passage answers.
    :param agreement: How much better the passage and its best sentence agree with the question, token by token, than
        texts about different things do.
    :param unsupported_entity: Whether the question names something that the article does not have.
    :param quantity_mismatch: Whether the passage gives other figures than those asked for: then it never answers.
    """

    answers: float
    agreement: float
    unsupported_entity: bool = False
    quantity_mismatch: bool = False


@dataclass(frozen=True, slots=True)
class Calibration:
    """A logistic regression over the features, fitted by ``python -m benchmarks.abstention --fit``.

    :param weights: One for each field of ``AnswerabilityFeatures`` in ``WEIGHED``.
    """

    weights: tuple[float, ...]
    bias: float

    def confidence(self, features: AnswerabilityFeatures) -> float:
        """Probability that a passage answers."""
        if features.quantity_mismatch or math.isnan(features.answers):
            return 0.0
        logit = self.bias + sum(w * value for w, value in zip(self.weights, weighed(features), strict=True))
        logit += UNSUPPORTED_ENTITY_WEIGHT * features.unsupported_entity
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, logit))))

    def to_json(self) -> dict[str, Any]:
        """The weights by name."""
        return {"weights": dict(zip(WEIGHED, self.weights, strict=True)), "bias": self.bias}


def weighed(features: AnswerabilityFeatures) -> tuple[float, ...]:
    """The fields in ``WEIGHED``."""
    return tuple(getattr(features, name) for name in WEIGHED)


@cache
def fitted() -> Calibration:
    """The calibration that the package ships."""
    plain = json.loads(FITTED.read_text(encoding="utf-8"))
    return Calibration(tuple(plain["weights"][name] for name in WEIGHED), plain["bias"])
