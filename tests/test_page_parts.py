"""What the page shows: everything escaped, the answering words marked, each citation linked."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from rag.errors import BackwardRange, NoDate, QuestionError, RagError, UnknownName
from rag.page.answers import answer_html, error_html, question_html, refusal_html
from rag.page.collection import collection_html
from rag.page.source import article_html
from rag.page.words import CHINESE
from rag.types import (
    Answer,
    Article,
    ArticleInfo,
    Check,
    Citation,
    Extract,
    Filters,
    Hit,
    Kind,
    Paragraph,
    Part,
    Passage,
    Seconds,
    Span,
)

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)> **粗** $x$"


def info(title: str = "灯塔", url: str = "https://example.org/a?b=1&c=2") -> ArticleInfo:
    return ArticleInfo("a/b.md", title, "海报", "", datetime(2021, 5, 4, tzinfo=UTC), ("地理", "海岸"), url, "0" * 64)


def answer_to(question: str, text: str, title: str = "灯塔") -> Answer:
    passage = Passage(0, "a/b.md", text, (Part(2, 17, 0, len(text), 0),))
    extract = Extract(passage, 0, len(text), 0, 3, 1.0, 1)
    citation = Citation(1, info(title), (Span(2, 17, 0, len(text)),))
    return Answer(question, question, (extract,), (citation,), True, 0.9, (), False, Seconds())


def no_answer(question: str, *hits: Hit) -> Answer:
    return Answer(question, question, (), (), False, 0.1, hits, not hits, Seconds())


def test_answering_words_are_marked_and_the_citation_says_where_they_stand() -> None:
    shown = answer_html(answer_to("灯塔多高？", "三十米高，建于1868年。"), turn=4)
    assert "<mark>三十米</mark>高，建于1868年。" in shown
    assert 'href="#cite-4-1"' in shown
    assert "海报 · 2021-05-04 · 地理 / 海岸 · 第 2 段 · 第 17 行" in shown


def test_an_answer_speaks_the_language_of_the_question() -> None:
    assert "paragraph 2 · line 17" in answer_html(answer_to("How high is it?", "三十米高。"), 0)
    assert answer_html(no_answer("How high?"), 0) == '<div class="rag-none">No article passes these filters.</div>'


def test_no_answer_folds_the_nearest_passages_away() -> None:
    passage = Passage(0, "a/b.md", "雾笛每分钟响两次。", (Part(1, 9, 0, 9, 0),))
    shown = answer_html(no_answer("灯塔多高？", Hit(passage, info(), 1.0, 0.8, 0.1, 0.0)), 2)
    assert shown.startswith('<div class="rag-none">这些文章没有回答这个问题。</div><details>')
    assert 'href="#cite-2-1"' in shown


def test_an_answer_is_one_line_so_that_markdown_leaves_it_alone() -> None:
    assert "\n" not in answer_html(answer_to("问", "一\n二\n\n# 三"), 0)
    assert "$" not in answer_html(answer_to("问", "值 $x$ 元"), 0)


def test_nothing_of_an_article_or_a_question_becomes_markup() -> None:
    article = Article(info(HOSTILE), (Paragraph("首段", Kind.TEXT, 16), Paragraph(HOSTILE, Kind.CODE, 17)))
    answer = answer_to("问", HOSTILE, HOSTILE)
    pages = [
        answer_html(answer, 0),
        article_html(article, answer.citations[0], (), Check.UNCHANGED, CHINESE),
        collection_html([info(HOSTILE)], 1, HOSTILE, [HOSTILE]),
        question_html(HOSTILE),
        error_html(HOSTILE),
        answer_html(replace(answer_to("问", "答"), filters=Filters(categories=(HOSTILE,))), 0),
        refusal_html(UnknownName("author", HOSTILE, (HOSTILE,)), "问"),
    ]
    for page in pages:
        assert "&lt;script&gt;" in page
        assert not re.search(r"<script|<img|<[^>]*\sonerror", page)


def test_the_article_is_marked_where_cited_and_lighter_where_cited_elsewhere() -> None:
    paragraphs = tuple(Paragraph(f"第{n}段的文字。", Kind.TEXT, 10 + n) for n in range(1, 5))
    main = Citation(1, info(), (Span(2, 12, 0, 3),))
    other = Citation(2, info(), (Span(4, 14, 3, 6),))
    shown = article_html(Article(info(), paragraphs), main, [other], Check.CHANGED, CHINESE)
    assert '<li value="2"><p><mark class="rag-main" id="rag-cited">第2段</mark>的文字。</p></li>' in shown
    assert '第4段<mark class="rag-light">的文字</mark>。' in shown
    assert "文件在建立索引之后有改动。" in shown
    assert 'href="https://example.org/a?b=1&amp;c=2"' in shown


def test_an_answer_tells_the_filters_and_the_order_it_was_asked_under() -> None:
    filters = Filters(date(2021, 1, 1), date(2021, 12, 31), ("科技/AI", "艺术"), ("沈禾",), ("河汊网",))
    asked = replace(answer_to("灯塔多高？", "三十米高。"), filters=filters, newest_first=True)
    line = "筛选：2021-01-01 起 · 2021-12-31 止 · 类别 科技/AI、艺术 · 作者 沈禾 · 来源 河汊网 · 最新在前"
    assert line in answer_html(asked, 0)
    assert "newest first" in answer_html(replace(answer_to("How high?", "三十米高。"), newest_first=True), 0)
    assert "rag-filters" not in answer_html(answer_to("灯塔多高？", "三十米高。"), 0)
    nothing = replace(no_answer("How high?"), filters=Filters(authors=("沈禾",)))
    assert "Filtered by: author 沈禾</div>" in answer_html(nothing, 0)


@pytest.mark.parametrize(
    ("error", "chinese", "english"),
    [
        (
            UnknownName("author", "沈和", ("沈禾",)),
            "没有这个作者：“沈和”。相近的有：沈禾。",
            "knows no author “沈和”. The nearest: 沈禾.",
        ),
        (UnknownName("source", "x", ()), "没有这个来源：“x”。</div>", "knows no source “x”.</div>"),
        (NoDate("2021-13"), "“2021-13”不是日期", "“2021-13” is no date"),
        (BackwardRange(date(2022, 1, 1), date(2021, 1, 1)), "结束日期 2021-01-01 早于", "end on 2021-01-01, before"),
        (QuestionError("the question is empty"), "the question is empty", "the question is empty"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_refusal_is_in_the_language_of_the_question(error: RagError, chinese: str, english: str) -> None:
    assert chinese in refusal_html(error, "灯塔多高？")
    assert english in refusal_html(error, "How high is it?")
