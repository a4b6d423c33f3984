"""The likeliest span in a stretch of a passage."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.models.span_prediction import MAX_ANSWER_TOKENS, SpanScores

TOKENS = st.lists(
    st.tuples(st.integers(0, 2), st.integers(1, 3), st.integers(-9, 0), st.integers(-9, 0)),
    max_size=MAX_ANSWER_TOKENS + 10,
)
"""Of each token: characters between it and the one before, its length, and the scores of its being first and last."""


def scores_of(tokens: list[tuple[int, int, int, int]]) -> SpanScores:
    gaps, lengths, first, last = np.array(tokens, int).reshape(-1, 4).T
    ends = np.cumsum(gaps + lengths)
    return SpanScores(first.astype(np.float32), last.astype(np.float32), 0.0, ends - lengths, ends)


def all_spans(scores: SpanScores, start: int, end: int) -> dict[tuple[int, int], float]:
    """How likely each span is that may be marked in a stretch, by its offsets."""
    inside = [at for at in range(len(scores.starts)) if scores.starts[at] < end and scores.ends[at] > start]
    return {
        (max(start, int(scores.starts[a])), min(end, int(scores.ends[b]))): float(scores.first[a] + scores.last[b])
        for a in inside
        for b in inside
        if a <= b < a + MAX_ANSWER_TOKENS
    }


@given(tokens=TOKENS, start=st.integers(0, 120), length=st.integers(1, 200))
def test_best_span_is_the_best_of_all_that_lie_in_the_stretch(
    tokens: list[tuple[int, int, int, int]], start: int, length: int
) -> None:
    scores = scores_of(tokens)
    spans = all_spans(scores, start, start + length)
    best = scores.best(start, start + length)
    if best is None:
        assert not spans
        return
    assert start <= best.start < best.end <= start + length
    assert spans[best.start, best.end] == best.log_likelihood == max(spans.values())


def test_span_never_ends_before_it_begins() -> None:
    best = scores_of([(0, 1, -9, 0), (0, 1, -5, -5), (0, 1, 0, -9)]).best(0, 3)
    assert best is not None
    assert (best.start, best.end, best.log_likelihood) == (0, 1, -9)


@pytest.mark.parametrize(("between", "reaches_over"), [(MAX_ANSWER_TOKENS - 2, True), (MAX_ANSWER_TOKENS - 1, False)])
def test_span_is_no_longer_than_an_answer_may_be(between: int, reaches_over: bool) -> None:
    scores = scores_of([(0, 1, 0, -9), *[(0, 1, -9, -9)] * between, (0, 1, -9, 0)])
    best = scores.best(0, between + 2)
    assert best is not None
    assert ((best.start, best.end) == (0, between + 2)) is reaches_over
    assert best.end - best.start <= MAX_ANSWER_TOKENS


@pytest.mark.parametrize(("start", "end"), [(0, 0), (3, 3), (3, 5), (9, 12)])
def test_nothing_is_marked_where_no_token_stands(start: int, end: int) -> None:
    assert scores_of([(0, 3, 0, 0), (2, 4, 0, 0)]).best(start, end) is None
    assert scores_of([]).best(start, end) is None


def test_token_that_reaches_over_an_edge_is_marked_up_to_it() -> None:
    best = scores_of([(0, 4, 0, -9), (0, 4, -9, 0)]).best(2, 6)
    assert best is not None
    assert (best.start, best.end) == (2, 6)
