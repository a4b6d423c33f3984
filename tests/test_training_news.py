"""Everyday questions over news, as the encoder is trained on them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from training.news_questions import ARTICLES, QUESTIONS, read_news

PARAGRAPHS = ["望河县防汛办说，水位在上午退了半米。" * 8, "县里有三座水库，其中一座在修。" * 8]


def fits(text: str) -> bool:
    return len(text) < 500


@pytest.fixture
def news(tmp_path: Path) -> Path:
    article = {"id": "one", "title": "望河水退了", "date": "2023-08-01", "paragraphs": PARAGRAPHS}
    rows = [
        {"article": "one", "question": "水退了多少？", "answers": ["半米"], "evidence": "水位在上午退了半米。"},
        {"article": "one", "question": "How many dams?", "answers": ["三座"], "evidence": ""},
        {"article": "one", "question": "县长是谁？", "answers": [], "evidence": ""},
    ]
    for name, values in ((ARTICLES, [article]), (QUESTIONS, rows)):
        with gzip.open(tmp_path / name, "wt", encoding="utf-8") as stream:
            stream.writelines(json.dumps(value, ensure_ascii=False) + "\n" for value in values)
    return tmp_path


def test_passages_that_answer_and_those_beside_them_are_told_apart(news: Path) -> None:
    texts, (level, dams, mayor) = read_news(news, fits)
    assert [text.whole.split("\n")[0] for text in texts] == ["望河水退了"] * len(texts)
    for asked, answer in ((level, "半米"), (dams, "三座")):
        assert {texts[number].own[slice(*span)] for number, spans in asked.answers.items() for span in spans} == {
            answer
        }
        assert set(asked.near) == set(range(len(texts))) - set(asked.answers)
    assert set(level.answers) != set(dams.answers)
    assert not mayor.answers
    assert set(mayor.near) == set(range(len(texts)))
