"""What was read of a passage → how sure it is that it answers: a share of questions, not a score."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FITTED = Path(__file__).with_name("calibration.json")
FAR = 0.05
"""What is left of being sure where a passage is far from the question."""
WEIGHED = ("answers", "margin", "strange", "into_chinese", "from_chinese")
"""The fields of ``Evidence`` that have a weight, in order."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for a passage's answering a question.

    :param answers: The reader's logit that it does.
    :param margin: How much likelier, as a logarithm, the reader holds its best span than that there is none.
    :param strange: 1 where the question names something that the article does not have, else 0.
    :param into_chinese: 1 where the passage is in Chinese and the question is not, else 0; ``from_chinese`` the other
        way round. The reader has seen the one in made-up English alone, and the other not at all.
    :param far: Whether passage and question agree so little, token by token, that they are about different things. The
        reader was trained on passages that nearly answer, and is not to be asked about others.
    :param contradicted: Whether the passage gives other figures than those that are asked for: then it never answers.
    """

    answers: float
    margin: float
    strange: float
    into_chinese: float
    from_chinese: float
    far: bool = False
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
        return (FAR if evidence.far else 1.0) / (1 + math.exp(-max(-30.0, min(30.0, logit))))

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
