"""What ``benchmarks.floors`` tells, over an evaluation of two questions."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.floors import Floor, compare
from rag.answering.retriever import Retriever
from rag.evaluation.evaluation import evaluate
from rag.evaluation.measures import Evaluation
from rag.evaluation.questions import Question
from rag.evaluation.results import Verdict
from tests.conftest import FakeEncoder, FakeReader

FOUND = Question("1", "守塔人贺潮在灯塔工作了多少年？", "zh", ("port/lamp.md",), ("三十一年",))
NOT_FOUND = Question("2", "守塔人贺潮在灯塔工作了多少年？", "zh", ("tea.md",), ("七百年",))


@pytest.fixture
def evaluation(built: Path, encoder: FakeEncoder) -> Evaluation:
    return evaluate([FOUND, NOT_FOUND], Retriever.open(built, encoder, FakeReader()))


@pytest.fixture
def floor(evaluation: Evaluation) -> Floor:
    return Floor("lamps", evaluation.corpus.digest, 0, 2, 0, {"recall_1": 0.5, "shown": 0.4})


def test_what_reaches_its_floor_is_no_fault(floor: Floor, evaluation: Evaluation) -> None:
    assert list(compare(floor, evaluation)) == []


def test_a_figure_below_its_floor_is_told(floor: Floor, evaluation: Evaluation) -> None:
    higher = replace(floor, least={"recall_1": 0.501, "shown": 0.5, "auroc": 0.9})
    assert list(compare(higher, evaluation)) == [
        "lamps: recall_1 is 0.500, below its floor of 0.501",
        "lamps: auroc is not measured, below its floor of 0.900",
    ]


def test_figures_of_other_articles_are_not_compared(floor: Floor, evaluation: Evaluation) -> None:
    (fault,) = compare(replace(floor, corpus="0" * 64, least={"shown": 1.0}), evaluation)
    assert "its articles are not those that the floors were taken on" in fault


def test_a_citation_that_does_not_stand_in_its_file_is_told(floor: Floor, evaluation: Evaluation) -> None:
    wrong = replace(evaluation.all, citations={**evaluation.all.citations, Verdict.WRONG: 2})
    assert list(compare(floor, replace(evaluation, all=wrong))) == ["lamps: 2 citations are wrong"]
