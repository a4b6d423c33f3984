"""The articles that the reader is trained on, and how they are read."""

from __future__ import annotations

from pathlib import Path

import pytest

from training.own_articles import FOLDER, read_articles

ARTICLE = """= 海川轮胎净利下滑
@ 财经 股市
海川轮胎前三季度营业收入46.3亿元，净利润2.17亿元。去年同期净利润2.66亿元。
董秘许文澜说，橡胶涨价。
zh 海川轮胎前三季度赚了多少？ | 净利润«2.17亿元»
en Who explained it? | 许文澜
zh 海川轮胎有多少员工？ |
"""


def fits(text: str) -> bool:
    return len(text) < 500


def write(folder: Path, text: str) -> Path:
    (folder / "a.txt").write_text(text, encoding="utf-8")
    return folder


def test_answer_stands_where_it_is_marked(tmp_path: Path) -> None:
    texts, (profit, who, staff) = read_articles(write(tmp_path, ARTICLE), fits)
    assert len(texts) == 1
    assert texts[0].whole.startswith("海川轮胎净利下滑\n财经 股市\n海川轮胎前三季度")
    answers = [[texts[0].own[slice(*span)] for span in asked.answers[0]] for asked in (profit, who)]
    assert answers == [["2.17亿元"], ["许文澜"]]
    assert not staff.answers
    assert staff.near == [0]


def test_other_passages_of_the_article_nearly_answer(tmp_path: Path) -> None:
    long = ARTICLE.replace("董秘", "工厂在山东。" * 40 + "\n董秘")
    texts, (profit, who, staff) = read_articles(write(tmp_path, long), fits)
    everything = set(range(len(texts)))
    assert len(everything) > 1
    assert set(profit.near) == everything - set(profit.answers)
    assert set(profit.answers) != set(who.answers)
    assert set(staff.near) == everything


@pytest.mark.parametrize(("answer", "times"), [("3.17亿元", 0), ("净利润", 2)])
def test_answer_must_stand_in_the_article_once(tmp_path: Path, answer: str, times: int) -> None:
    with pytest.raises(ValueError, match=f"stands in the article {times} times, not once"):
        read_articles(write(tmp_path, ARTICLE.replace("净利润«2.17亿元»", answer)), fits)


def test_all_that_come_along_can_be_read() -> None:
    texts, questions = read_articles(FOLDER, fits)
    answered = [asked for asked in questions if asked.answers]
    assert len({text.document for text in texts}) > 400
    assert 0.6 < len(answered) / len(questions) < 0.7
    assert len({(asked.document, asked.text) for asked in questions}) == len(questions)
