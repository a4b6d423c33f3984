"""The article beside the chat: what is known of it, its paragraphs, and three strengths of marks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rag.core.answers import Check
from rag.core.articles import Article, Kind, Paragraph, Reason, Removed
from rag.core.passages import Span
from rag.interfaces.languages.chinese import CHINESE
from rag.interfaces.languages.words import ENGLISH
from rag.interfaces.page.article_pane import ArticleView, beside_html, closed_html, source_html
from rag.interfaces.page.marking import Mark, Marked
from tests.page.values import HOSTILE, Outline, info, is_harmless

PARAGRAPHS = tuple(Paragraph(f"第{n}段的文字。", Kind.TEXT, 10 + n) for n in range(1, 5))


def opened(*paragraphs: Paragraph, marks: tuple[Marked, ...] = (), **known: str) -> ArticleView:
    return ArticleView(Article(replace(info(), **known), paragraphs or PARAGRAPHS), Check.UNCHANGED, marks, 12)  # type: ignore[arg-type]


def marked(mark: Mark, paragraph: int, start: int, end: int) -> Marked:
    return Marked(Span(paragraph, 10 + paragraph, start, end), mark)


def test_the_answering_words_are_marked_strongest_the_extract_lighter_and_other_extracts_lightest() -> None:
    marks = (
        marked(Mark.OTHER, 2, 0, 4),
        marked(Mark.CITED, 2, 0, 7),
        marked(Mark.ANSWER, 2, 1, 2),
        marked(Mark.OTHER, 4, 3, 6),
    )
    shown = source_html(opened(marks=marks), CHINESE)
    assert (
        '<li value="2" class="rag-text"><p><mark class="rag-main" id="rag-cited">第</mark>'
        '<mark class="rag-answer">2</mark><mark class="rag-main">段的文字。</mark></p></li>'
    ) in shown
    assert '第4段<mark class="rag-light">的文字</mark>。' in shown


def test_the_place_that_is_scrolled_to_is_one() -> None:
    marks = (marked(Mark.CITED, 2, 3, 6), marked(Mark.CITED, 3, 0, 2), marked(Mark.ANSWER, 2, 3, 5))
    assert source_html(opened(marks=marks), CHINESE).count('id="rag-cited"') == 1
    assert 'id="rag-cited"' not in source_html(opened(), CHINESE)


def test_all_that_is_known_of_the_article_is_told() -> None:
    known = {"source": "渡口报", "reporter": "沈禾", "author": "河汊网", "original_title": "老灯塔"}
    text = Outline(source_html(opened(**known), CHINESE)).text
    for fact in ("灯塔", "来源渡口报", "记者沈禾", "作者河汊网", "日期2021-05-04", "类别地理 / 海岸", "原标题老灯塔"):
        assert fact in text
    assert "文件a/b.md 第 12 行" in text
    assert 'href="https://example.org/a?b=1&amp;c=2" target="_blank" rel="noopener noreferrer"' in source_html(
        opened(), CHINESE
    )


@pytest.mark.parametrize(
    ("check", "told"), [(Check.CHANGED, "has changed since it was indexed"), (Check.GONE, "is gone since")]
)
def test_a_file_that_is_not_as_it_was_indexed_is_told(check: Check, told: str) -> None:
    shown = source_html(replace(opened(), check=check), ENGLISH)
    assert told in shown
    assert f"rag-{check.value}" in shown


def test_headings_stand_by_their_level_below_the_title() -> None:
    headings = [Paragraph("甲", Kind.HEADING, 1, level) for level in (0, 1, 2, 3, 6)]
    tags = Outline(source_html(opened(*headings), CHINESE)).tags
    assert [tag for tag in tags if tag[0] == "h" and tag[1:].isdecimal()] == ["h2", "h3", "h3", "h3", "h4", "h6"]


def test_what_cleaning_left_out_is_folded_at_the_end_with_line_and_reason() -> None:
    article = Article(info(), PARAGRAPHS, (Removed("责任编辑：林", 30, Reason.EDITOR_LINE),))
    shown = source_html(ArticleView(article, Check.UNCHANGED), CHINESE)
    kept, folded = shown.split("<details", 1)
    assert "责任编辑" not in kept
    assert "清理时略去的内容（1）" in folded
    assert "第 30 行 · 编辑行" in folded
    assert "<details" not in source_html(opened(), CHINESE)


def test_other_citations_of_the_answer_are_one_click_away_and_the_open_one_is_told() -> None:
    links = beside_html([1, 2], 3, 2, ENGLISH)
    assert 'href="#cite-3-1" aria-label="Source 1">' in links
    assert 'href="#cite-3-2" aria-label="Source 2" aria-current="true">' in links


def test_nothing_of_an_article_becomes_markup() -> None:
    known = {"source": HOSTILE, "author": HOSTILE, "url": "javascript:alert(1)", "id": HOSTILE, "title": HOSTILE}
    paragraphs = [Paragraph(HOSTILE, kind, 1) for kind in Kind]
    article = replace(opened(*paragraphs, **known).article, removed=(Removed(HOSTILE, 1, HOSTILE),))
    shown = source_html(ArticleView(article, Check.GONE, (marked(Mark.CITED, 1, 3, 9),), 1), ENGLISH, HOSTILE)
    assert is_harmless(shown)
    assert Outline(shown).text.count("<script>alert(1)</script>") > len(paragraphs)
    assert is_harmless(closed_html(HOSTILE, ENGLISH, HOSTILE))
