"""Questions changed for training: none of them is answered by the passage any more."""

from __future__ import annotations

import random
import re

import pytest

from training.changed_questions import contradicted, note_names
from training.changed_words import exchanges, negations, neighbours, opposites

NOTED = ["兰州有多少座桥？", "How many bridges does Harwick County have?", "Who runs Brannock County and Port Elder?"]


@pytest.fixture(autouse=True)
def names() -> None:
    note_names(NOTED)


@pytest.mark.parametrize(
    ("question", "passage", "changed"),
    [
        ("2021年几座桥？", "2021年修了三座桥。", r"(?!2021)\d{4}年几座桥？"),
        ("成都多少座桥？", "成都有一百座桥。", "(?!成都).{2,}多少座桥？"),
        (
            "How many bridges in Dunmore County?",
            "邓莫尔县有六座桥。",
            "How many bridges in (?!Dunmore).*[?]",
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
    assert contradicted("Why so wet?", "下雨了。", random.Random(1)) is None


def test_a_word_becomes_its_opposite_where_the_passage_does_not_have_that_too() -> None:
    question = "哪座桥最长，造价高于多少？"
    shortest, lower = "哪座桥最短，造价高于多少？", "哪座桥最长，造价低于多少？"
    assert list(opposites(question, "最长的桥造价高于预算。")) == [shortest, lower]
    assert list(opposites(question, "最长的桥造价高于预算，最短的没有超支。")) == [lower]
    assert list(opposites("Which almost is the Most?", "")) == ["Which almost is the Least?"]


def test_a_verb_is_denied() -> None:
    assert "谁没有修建了这座桥？" in set(negations("谁修建了这座桥？", "工匠修建了这座桥。"))
    assert list(negations("谁没有修建这座桥？", "工匠没有修建这座桥。")) == []
    assert list(negations("Which district is largest?", "")) == ["Which district isn't largest?"]
    assert list(negations("Who crossed the bridge?", "")) == ["Who never crossed the bridge?"]


def test_a_word_becomes_another_that_the_passage_has() -> None:
    changed = set(neighbours("桥梁是谁的？", "桥梁属于县里，隧道属于铁路，他们很高兴。"))
    assert "隧道是谁的？" in changed
    assert all(question.endswith("是谁的？") for question in changed)
    assert list(neighbours("橋は誰のもの？", "橋は県のもの、隧道は鉄道のもの。")) == []


def test_who_did_it_and_to_whom_it_was_done_change_places() -> None:
    assert list(exchanges("工人怎样打败机器？", "工人打败机器，用了三年。")) == ["机器怎样打败工人？"]
    assert list(exchanges("工人怎样打败机器？", "机器打败了他们。")) == []
