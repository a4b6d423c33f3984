"""How sure a passage is said to answer, from what was read of it."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answering.calibration import FITTED, AnswerabilityFeatures, Calibration, fitted

FLOATS = st.floats(-1000, 1000)
EVIDENCE = st.builds(
    AnswerabilityFeatures,
    answers=FLOATS,
    words=st.floats(-100, 0),
    rank=st.integers(1, 50),
    unsupported_entity=st.booleans(),
)
MIDDLING = AnswerabilityFeatures(answers=0.0, words=-1.0, rank=1)


@given(evidence=EVIDENCE, more=st.floats(0, 100))
def test_the_likelier_the_reader_holds_it_the_surer(evidence: AnswerabilityFeatures, more: float) -> None:
    assert 0 < fitted().confidence(evidence) < 1
    assert fitted().confidence(evidence) <= fitted().confidence(replace(evidence, answers=evidence.answers + more))


def test_the_reader_makes_the_difference() -> None:
    sure = [fitted().confidence(replace(MIDDLING, answers=answers)) for answers in (-20.0, -1.0, 0.0, 1.0, 20.0)]
    assert sure == sorted(set(sure))
    assert sure[0] < 0.01
    assert sure[-1] > 0.99


@given(EVIDENCE)
def test_contradicted_passage_never_answers(evidence: AnswerabilityFeatures) -> None:
    assert fitted().confidence(replace(evidence, quantity_mismatch=True)) == 0


def test_it_is_a_logistic_function_of_the_logit_the_words_and_the_rank() -> None:
    calibration = Calibration(answers=0.5, words=-0.5, rank=2.0, bias=-1.0)
    assert calibration.confidence(AnswerabilityFeatures(0.0, 0.0, 1)) == pytest.approx(1 / (1 + math.exp(1)))
    assert calibration.confidence(AnswerabilityFeatures(6.0, 0.0, 1)) == pytest.approx(1 / (1 + math.exp(-2)))
    assert calibration.confidence(AnswerabilityFeatures(6.0, 0.0, 3)) == pytest.approx(1 / (1 + 9 * math.exp(-2)))
    assert calibration.confidence(AnswerabilityFeatures(6.0, -2.0, 1)) == pytest.approx(1 / (1 + math.exp(-3)))
    assert calibration.confidence(AnswerabilityFeatures(6.0, -99.0, 1)) == pytest.approx(1 / (1 + math.exp(-3.5)))


@given(EVIDENCE)
def test_name_that_the_article_does_not_have_speaks_against_it(evidence: AnswerabilityFeatures) -> None:
    known = replace(evidence, unsupported_entity=False)
    assert fitted().confidence(replace(evidence, unsupported_entity=True)) <= fitted().confidence(known)
    assert fitted().confidence(replace(MIDDLING, unsupported_entity=True)) < 0.5 * fitted().confidence(MIDDLING)


def test_file_of_the_package_is_what_is_used_and_what_is_written() -> None:
    plain = json.loads(FITTED.read_text(encoding="utf-8"))
    assert plain == json.loads(json.dumps(fitted().to_json()))
