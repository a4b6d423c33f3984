"""Where an article comes from and is filed: told alike on the page, on the terminal and in what is exported."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from rag.core.answers import Answer, Place
from rag.interfaces.export import conversation_markdown
from rag.interfaces.languages.chinese import CHINESE
from rag.interfaces.page.answers import answer_html, answer_text
from rag.interfaces.printing import answer_lines, out
from tests.page.values import Outline, answer_to

FILED_TWICE = (("科技", "芯片"), ("艺术", "雕塑"))
FALSE_PATH = "芯片 / 艺术"


@pytest.fixture
def answer() -> Answer:
    """Its article is filed in two places, and there is a copy of it without a date."""
    answer = answer_to("灯塔多高？", "三十米高。")
    (cited,) = answer.citations
    article = replace(cited.article, category_paths=FILED_TWICE)
    copy = replace(article, id="c.md", title="转载", source="渡口报", date=None)
    return replace(answer, citations=(replace(cited, article=article, also_in=(Place(copy, cited.spans),)),))


@pytest.fixture
def printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[[Answer], str]:
    def printed(answer: Answer) -> str:
        for line in answer_lines(answer, {"": str(tmp_path)}):
            out.print(line)
        return capsys.readouterr().out

    return printed


def test_an_article_filed_twice_shows_both_places_and_none_that_does_not_exist(
    answer: Answer, printed: Callable[[Answer], str]
) -> None:
    card, copied = Outline(answer_html(answer, 0, CHINESE)).text, answer_text(answer, CHINESE)
    terminal = printed(answer)
    assert "海报 · 2021-05-04 · 科技 / 芯片、艺术 / 雕塑 · 第 2 段" in card
    assert "海报 · 2021-05-04 · 科技 / 芯片、艺术 / 雕塑 · a/b.md" in copied
    assert "灯塔 · 海报 · 2021-05-04 · 科技 / 芯片, 艺术 / 雕塑 · https://example.org/a?b=1&c=2\n" in terminal
    for shown in (card, copied, terminal, conversation_markdown([answer], "zh")):
        assert FALSE_PATH not in shown


def test_programs_are_told_each_place_and_all_names(answer: Answer) -> None:
    (cited,) = answer.to_json()["citations"]
    assert cited["article"]["category_paths"] == FILED_TWICE
    assert cited["article"]["categories"] == ("科技", "芯片", "艺术", "雕塑")


def test_a_copy_is_told_by_its_source_or_else_its_author(answer: Answer, printed: Callable[[Answer], str]) -> None:
    card, terminal = Outline(answer_html(answer, 0, CHINESE)).text, printed(answer)
    assert "另见: 转载 (渡口报、无日期)" in card
    assert "also in: 转载 (渡口报, no date) c.md:17" in terminal
    assert "另见：转载 · 渡口报 · 无日期 · `c.md` · 第 17 行" in conversation_markdown([answer], "zh")
    (cited,) = answer.citations
    (copy,) = cited.also_in
    authored = replace(copy, article=replace(copy.article, source=""))
    answer = replace(answer, citations=(replace(cited, also_in=(authored,)),))
    assert "转载 (海报、无日期)" in Outline(answer_html(answer, 0, CHINESE)).text
    assert "转载 (海报, no date)" in printed(answer)
