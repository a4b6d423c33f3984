"""Passages that lose sentences in training: what answers is gone, or still stands where it is said to."""

from __future__ import annotations

import random

import pytest

from training.examples import Span, Text
from training.shortened_passages import with_answer, without_answer

TITLE = "河口灯塔\n"
OWN = "灯塔换了新灯。守塔人贺潮工作了三十一年。光束照到二十二海里外。\n航道处说，北岸是下一座。"


def text(title: str = TITLE, own: str = OWN) -> Text:
    return Text(title + own, len(title), "lamp", ())


def span(words: str, own: str = OWN) -> Span:
    return own.index(words), own.index(words) + len(words)


def test_a_passage_without_its_answer_has_none_and_keeps_its_title_and_order() -> None:
    for seed in range(20):
        left = without_answer(text(), [span("三十一年")], random.Random(seed))
        if left:
            assert left.whole.startswith(TITLE)
            assert left.own
            assert "贺潮" not in left.own
            assert all(sentence in OWN for sentence in left.own.split("。"))


@pytest.mark.parametrize(
    "still_told",
    [text(own="贺潮工作了三十一年。三十一年很长。"), text(title="三十一年\n"), text(own="贺潮工作了三十一年。")],
)
def test_what_still_answers_or_has_nothing_left_is_not_taken(still_told: Text) -> None:
    answer = span("三十一年", still_told.own)
    assert all(without_answer(still_told, [answer], random.Random(seed)) is None for seed in range(20))


def test_an_answer_stands_where_it_is_said_to_after_sentences_before_it_are_gone() -> None:
    lengths = set()
    for seed in range(20):
        left, spans = with_answer(text(), [span("三十一年")], random.Random(seed))
        assert [left.own[slice(*each)] for each in spans] == ["三十一年"]
        lengths.add(len(left.own))
    assert len(lengths) > 2
