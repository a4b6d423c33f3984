"""Questions changed for training: none of them is answered by the passage any more."""

from __future__ import annotations

import random
import re

import pytest

from training.changed_questions import contradicted, note_names

NOTED = ["兰州有多少座桥？", "How many bridges does Harwick County have?", "Who runs Brannock County and Port Elder?"]


@pytest.fixture(autouse=True)
def names() -> None:
    note_names(NOTED)


@pytest.mark.parametrize(
    ("question", "passage", "changed"),
    [
        ("2021年修了几座桥？", "2021年修了三座桥。", r"(?!2021)\d{4}年修了几座桥？"),
        ("成都有多少座桥？", "成都有一百座桥。", "(?!成都).{2,}有多少座桥？"),
        (
            "How many bridges does Dunmore County have?",
            "邓莫尔县有六座桥。",
            "How many bridges does (?!Dunmore).* have[?]",
        ),
    ],
)
def test_a_number_or_name_is_another_that_the_passage_has_not(question: str, passage: str, changed: str) -> None:
    for seed in range(20):
        found = contradicted(question, passage, random.Random(seed))
        assert found != question
        assert re.fullmatch(changed, found), found


def test_what_the_passage_does_not_bear_on_is_left_alone() -> None:
    assert contradicted("成都有多少座桥？", "这座城有一百座桥。", random.Random(1)) is None
    assert contradicted("Why is it wet?", "下雨了。", random.Random(1)) is None
