"""How sure a passage is said to answer, from what was read of it."""

from __future__ import annotations

import json
import math
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answering.calibration import FITTED, WEIGHED, Calibration, Evidence, fitted

FLOATS = st.floats(-1000, 1000)
EVIDENCE = st.builds(Evidence, answers=FLOATS, agreement=st.floats(-1, 1), strange=st.booleans())
MIDDLING = Evidence(answers=0.0, agreement=0.0)


@given(evidence=EVIDENCE, more=st.floats(0, 100))
def test_the_likelier_the_reader_holds_it_the_surer(evidence: Evidence, more: float) -> None:
    assert 0 < fitted().sure(evidence) < 1
    assert fitted().sure(evidence) <= fitted().sure(replace(evidence, answers=evidence.answers + more))


def test_the_reader_makes_the_difference() -> None:
    sure = [fitted().sure(replace(MIDDLING, answers=answers)) for answers in (-20.0, -1.0, 0.0, 1.0, 20.0)]
    assert sure == sorted(set(sure))
    assert sure[0] < 0.01
    assert sure[-1] > 0.99


@given(EVIDENCE)
def test_contradicted_passage_never_answers(evidence: Evidence) -> None:
    assert fitted().sure(replace(evidence, contradicted=True)) == 0


@pytest.mark.parametrize("name", WEIGHED)
def test_each_weight_is_that_of_its_own_field(name: str) -> None:
    calibration = Calibration(tuple(float(name == other) for other in WEIGHED), bias=-1.0)
    nothing = Evidence(**dict.fromkeys(WEIGHED, 0.0))
    assert calibration.sure(nothing) == pytest.approx(1 / (1 + math.exp(1)))
    assert calibration.sure(replace(nothing, **{name: 3.0})) == pytest.approx(1 / (1 + math.exp(-2)))


@given(EVIDENCE)
def test_name_that_the_article_does_not_have_speaks_against_it(evidence: Evidence) -> None:
    known = replace(evidence, strange=False)
    assert fitted().sure(replace(evidence, strange=True)) <= fitted().sure(known)
    assert fitted().sure(replace(MIDDLING, strange=True)) < 0.5 * fitted().sure(MIDDLING)


def test_all_evidence_is_weighed_but_what_is_looked_up() -> None:
    assert {field.name for field in fields(Evidence)} == {*WEIGHED, "strange", "contradicted"}


def test_file_of_the_package_is_what_is_used_and_what_is_written() -> None:
    plain = json.loads(FITTED.read_text(encoding="utf-8"))
    assert plain == json.loads(json.dumps(fitted().to_json()))
    assert tuple(plain["weights"]) == WEIGHED
