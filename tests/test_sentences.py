from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.text.sentences import SEMICOLON_AFTER, sentence_spans


def sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in sentence_spans(text)]


@pytest.mark.parametrize(
    "parts",
    [
        ["雾散了。", "船开了！", "你上船吗？", "再等等……", "好。"],
        ["他说：“走吧。”", "没有人动。"],
        ["（灯亮了。）", "《灯》写完了吗？！", "写完了。"],
        ["The fog lifted.", "Did the boat leave?", "Yes!", "It left at noon."],
        ["She said: “Go.”", "Nobody moved."],
        ["新灯叫 Lamp 3.", "它很亮。"],
    ],
)
def test_marks_end_sentences_and_closing_quotes_stay_with_them(parts: list[str]) -> None:
    spaced = " ".join(parts)
    assert sentences(spaced) == parts


def test_chinese_sentences_need_no_space_between_them() -> None:
    assert sentences("雾散了。船开了！“走吧。”他说。") == ["雾散了。", "船开了！", "“走吧。”", "他说。"]


@pytest.mark.parametrize(
    "text",
    [
        "水位涨了2.5米，流速为每秒3.14米",
        "版本 v1.2.3 发布在 www.river.example/a.html 上",
        "Dr. Wu and Mrs. Hale met at 9 a.m. on Mill Lane.",
        "J. K. Quill wrote the ledger.",
        "The U.S. and U.K. delegates left, e.g. by ferry.",
        "Call No. 7 and ask for the keeper",
        "1. 先关电",
    ],
)
def test_points_that_end_nothing_do_not_cut(text: str) -> None:
    assert sentences(text) == [text]


def test_line_break_always_ends_a_sentence() -> None:
    assert sentences("东渡\t1200\n西渡\t800") == ["东渡\t1200", "西渡\t800"]


def test_semicolon_ends_only_a_sentence_that_is_long_already() -> None:
    long = "一" * SEMICOLON_AFTER + "；"
    assert sentences(f"{long}短的；也短。") == [long, "短的；也短。"]


@pytest.mark.parametrize("text", ["", " \n　", "\n\n"])
def test_blank_text_has_no_sentence(text: str) -> None:
    assert sentence_spans(text) == []


@given(st.text("雾。！？…；.!?”）\"' \n　Aab1", max_size=80))
def test_sentences_are_in_order_trimmed_and_lose_only_white_space(text: str) -> None:
    spans = sentence_spans(text)
    assert all(text[start:end].strip() == text[start:end] != "" for start, end in spans)
    assert all(before[1] <= after[0] for before, after in pairwise(spans))
    assert "".join("".join(sentences(text)).split()) == "".join(text.split())
