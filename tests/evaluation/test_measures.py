"""Figures of results whose measures are worked out by hand."""

from __future__ import annotations

from math import log2

import pytest

from rag.core.limits import READ_DEPTH
from rag.core.progress import Seconds
from rag.evaluation.measures import figures, recall_curve
from rag.evaluation.questions import Question
from rag.evaluation.results import DEPTH, Miss, Result, Verdict

RIGHT = 7


def result(
    rank: int | None = None,
    *,
    right: frozenset[int] = frozenset({RIGHT}),
    answered: bool = True,
    confidence: float = 0.9,
    holding: tuple[bool, ...] = (),
    marked: bool = False,
    f1: float | None = None,
    citations: tuple[Verdict, ...] = (),
    seconds: float = 0.0,
) -> Result:
    """An answerable question whose right passage has this rank among 20."""
    ranked = [100 + at for at in range(DEPTH)]
    if rank:
        ranked[rank - 1] = RIGHT
    question = Question("1", "？", articles=("a.md",))
    spent = Seconds(encode=seconds)
    return Result(question, right, tuple(ranked), answered, confidence, holding, marked, f1, citations, None, spent)


def unanswerable(confidence: float, *, kind: str = "near", answered: bool = True) -> Result:
    """A question that nothing answers."""
    question = Question("2", "？", kind=kind)
    return Result(question, frozenset(), (1,), answered, confidence, (), False, None, (), None, Seconds())


def test_retrieval_by_rank() -> None:
    found = figures([result(1), result(3), result(20), result(None)]).retrieval
    assert found is not None
    assert (found.questions, found.recall_1, found.recall_5, found.recall_20) == (4, 0.25, 0.5, 0.75)
    assert found.mrr == pytest.approx((1 + 1 / 3 + 1 / 20) / 4)
    assert found.ndcg_10 == pytest.approx((1 + 1 / log2(4)) / 4)


def test_ndcg_wants_all_right_passages() -> None:
    found = figures([result(1, right=frozenset({RIGHT, 8}))]).retrieval
    assert found is not None
    assert found.ndcg_10 == pytest.approx(1 / (1 + 1 / log2(3)))


def test_a_question_whose_answer_is_in_no_passage_counts_as_not_found() -> None:
    found = figures([result(1), result(None, right=frozenset())]).retrieval
    assert found is not None
    assert (found.recall_20, found.mrr, found.ndcg_10) == (0.5, 0.5, 0.5)


def test_recall_curve_rises_at_each_rank() -> None:
    curve = recall_curve([result(1), result(3), result(None), unanswerable(0.1)], 4)
    assert curve == pytest.approx([1 / 3, 1 / 3, 2 / 3, 2 / 3])
    assert recall_curve([unanswerable(0.1)], 4) == []


def test_extraction_is_over_answerable_questions_and_f1_over_those_with_an_answer_in_words() -> None:
    both, one = result(1, holding=(True, False), marked=True, f1=0.5), result(2, holding=(False, True), f1=0.1)
    extraction = figures([both, one, result(3), unanswerable(0.9)]).extraction
    assert extraction is not None
    assert (extraction.shown, extraction.marked) == pytest.approx((2 / 3, 1 / 3))
    assert (extraction.first, extraction.precision) == pytest.approx((1 / 3, 1 / 2))
    assert extraction.f1 == pytest.approx(0.3)


def test_abstention_by_hand() -> None:
    answerable = [result(confidence=sure, answered=sure > 0.3) for sure in (0.2, 0.6, 0.8, 0.9)]
    others = [unanswerable(0.7), unanswerable(0.1, answered=False)]
    (figure,) = figures([*answerable, *others]).abstention
    assert (figure.kind, figure.questions, figure.kept, figure.answered) == ("near", 2, 0.75, 0.5)
    assert figure.auroc == pytest.approx((2 + 4) / 8)
    # To keep 95 of 100 of four, all four are kept: the threshold is 0.2.
    assert figure.answered_at_95 == 0.5


def test_one_answerable_question_in_twenty_may_be_lost_at_the_threshold_that_keeps_95_of_100() -> None:
    answerable = [result(confidence=sure) for sure in (0.1, *[0.8] * 20)]
    (figure,) = figures([*answerable, unanswerable(0.5)]).abstention
    assert figure.answered_at_95 == 0.0


def test_kinds_of_unanswerable_questions_stand_together_and_apart() -> None:
    group = [result(), unanswerable(0.1, kind="near"), unanswerable(0.95, kind="left-out"), unanswerable(0.2)]
    rows = figures(group).abstention
    assert [(row.kind, row.questions) for row in rows] == [(None, 3), ("near", 2), ("left-out", 1)]
    assert [row.auroc for row in rows] == pytest.approx([2 / 3, 1, 0])


def test_figures_that_have_no_questions_are_left_out() -> None:
    assert figures([result(1)]).abstention == ()
    group = figures([unanswerable(0.5)])
    assert (group.retrieval, group.extraction) == (None, None)
    assert (group.abstention[0].kept, group.abstention[0].auroc) == (None, None)


@pytest.mark.parametrize(
    ("outcome", "miss"),
    [
        (result(1, holding=(True,)), None),
        (result(None, holding=(True,)), None),
        (result(None, right=frozenset()), Miss.NOWHERE),
        (result(None), Miss.NOT_FOUND),
        (result(None, answered=False), Miss.NOT_FOUND),
        (result(READ_DEPTH + 1), Miss.NOT_READ),
        (result(READ_DEPTH), Miss.NOT_SHOWN),
        (result(READ_DEPTH, answered=False), Miss.WITHHELD),
        (unanswerable(0.9), Miss.FALSE_ANSWER),
        (unanswerable(0.1, answered=False), None),
    ],
)
def test_a_miss_is_the_first_step_that_failed(outcome: Result, miss: Miss | None) -> None:
    assert outcome.miss is miss


def test_misses_citations_and_time_are_counted() -> None:
    gone, verified = Verdict.GONE, Verdict.VERIFIED
    group = figures(
        [
            result(READ_DEPTH + 1, citations=(verified, gone), seconds=2.0),
            result(READ_DEPTH + 2, citations=(verified,), seconds=1.0),
        ]
    )
    assert {miss: count for miss, count in group.misses.items() if count} == {Miss.NOT_READ: 2}
    assert group.citations == {verified: 2, gone: 1, Verdict.CHANGED: 0, Verdict.WRONG: 0}
    assert (group.seconds["encode"].p50, group.seconds["total"].p95) == pytest.approx((1.5, 1.95))
