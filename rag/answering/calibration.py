"""What was read of a passage → how sure it is that it answers: a share of questions, not a score."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FITTED = Path(__file__).with_name("calibration.json")
STRANGE = -3.0
"""Weight of a name that the article does not have. The question sets hardly ask for wrong names, and by them it would
be none; it is chosen on ``tests/contradictions_tune.jsonl``."""
WEIGHED = ("answers", "agreement")
"""The fields of ``Evidence`` whose weights are fitted, in order."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for a passage's answering a question.

    :param answers: The reader's logit that it does.
    :param agreement: How much better the passage and its best sentence agree with the question, token by token, than
        two about different things do.
    :param strange: Whether the question names something that the article does not have.
    :param contradicted: Whether the passage gives other figures than those that are asked for: then it never answers.
    """

    answers: float
    agreement: float
    strange: bool = False
    contradicted: bool = False


@dataclass(frozen=True, slots=True)
class Calibration:
    """A logistic function of the evidence, fitted by ``python -m benchmarks.abstention --fit``.

    :param weights: One for each field of ``Evidence`` in ``WEIGHED``.
    """

    weights: tuple[float, ...]
    bias: float

    def sure(self, evidence: Evidence) -> float:
        """How sure it is that a passage answers, 0 to 1."""
        if evidence.contradicted or math.isnan(evidence.answers):
            return 0.0
        logit = self.bias + sum(w * value for w, value in zip(self.weights, weighed(evidence), strict=True))
        logit += STRANGE * evidence.strange
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, logit))))

    def to_json(self) -> dict[str, Any]:
        """The weights by name."""
        return {"weights": dict(zip(WEIGHED, self.weights, strict=True)), "bias": self.bias}


def weighed(evidence: Evidence) -> tuple[float, ...]:
    """The fields in ``WEIGHED``."""
    return tuple(getattr(evidence, name) for name in WEIGHED)


@cache
def fitted() -> Calibration:
    """The calibration that the package ships."""
    plain = json.loads(FITTED.read_text(encoding="utf-8"))
    return Calibration(tuple(plain["weights"][name] for name in WEIGHED), plain["bias"])
