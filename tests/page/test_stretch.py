"""What is shown at a time of a long article, and kept of a long conversation."""

from __future__ import annotations

from dataclasses import replace

from rag.core.answers import Check
from rag.core.articles import Article, Kind, Paragraph
from rag.core.passages import Span
from rag.interfaces.languages.words import ENGLISH
from rag.interfaces.page.article_pane import ArticleView, source_html
from rag.interfaces.page.marking import Mark, Marked
from rag.interfaces.page.stretch import MAX_CHARACTERS, MAX_PARAGRAPHS, stretch_of
from rag.interfaces.page.turns import MAX_TURNS, MAX_WEIGHT, Turn, newest
from tests.page.values import info

LONG = [Paragraph(f"{number}:" + "字" * 997, Kind.TEXT, number) for number in range(1, 501)]
"""Half a million characters."""


def shown(paragraphs: list[Paragraph], **options: object) -> str:
    article = Article(info(), tuple(paragraphs))
    return source_html(replace(ArticleView(article, Check.UNCHANGED, what="article:a/b.md"), **options), ENGLISH)  # type: ignore[arg-type]


def test_a_short_article_is_shown_whole_without_links_to_more() -> None:
    assert stretch_of(LONG[:90]) == stretch_of(LONG[:90], start=7, cited=80)
    assert "data-start" not in shown(LONG[:90])


def test_from_stretch_to_stretch_every_paragraph_is_seen_once_and_one_comes_back() -> None:
    seen, stretch = [], stretch_of(LONG)
    stretches = [stretch]
    while stretch.later:
        stretch = stretch_of(LONG, start=stretch.later)
        stretches.append(stretch)
    for each in stretches:
        seen += range(each.first, each.last + 1)
    assert seen == list(range(1, 501))
    assert [each.earlier for each in stretches] == [0, *(each.first for each in stretches[:-1])]


def test_the_cited_paragraph_is_in_it_with_a_little_before_it() -> None:
    stretch = stretch_of(LONG, cited=300)
    assert 285 <= stretch.first < 300 < stretch.last
    mark = (Marked(Span(300, 300, 4, 9), Mark.CITED),)
    assert 'value="300"' in shown(LONG, marks=mark)
    assert shown(LONG, marks=mark).count('id="rag-cited"') == 1
    assert 'id="rag-cited"' not in shown(LONG, marks=mark, start=400)


def test_a_stretch_is_bounded_in_characters_and_in_paragraphs_whatever_is_asked_for() -> None:
    tiny = [Paragraph("字", Kind.TEXT, 1)] * 5000
    for start in (0, 1, 499, 500, 10**9):
        stretch = stretch_of(LONG, start)
        assert sum(len(each.text) for each in LONG[stretch.first - 1 : stretch.last]) <= MAX_CHARACTERS
        assert stretch.first <= stretch.last <= 500
        assert stretch_of(tiny, start).last - stretch_of(tiny, start).first < MAX_PARAGRAPHS


def test_links_lead_to_what_stands_before_and_after() -> None:
    html = shown(LONG, start=200)
    assert html.count('href="#article-a%2Fb.md"') == 2
    assert 'data-start="101">Earlier paragraphs' in html
    assert 'data-start="299">Later paragraphs' in html


def test_of_a_paragraph_that_is_too_long_the_cited_part_is_shown_and_said_to_be_one() -> None:
    text = "前" * 400_000 + "答案" + "后" * 400_000
    html = shown([Paragraph(text, Kind.TEXT, 1)], marks=(Marked(Span(1, 1, 400_000, 400_002), Mark.CITED),))
    assert '<mark class="rag-main" id="rag-cited">答案</mark>' in html
    assert "This paragraph has 800,002 characters: only a part of it is shown." in html
    assert len(html) < MAX_CHARACTERS + 5000


def test_of_a_conversation_the_newest_turns_are_kept_as_many_as_weigh_little() -> None:
    short = tuple(Turn(str(number)) for number in range(200))
    assert newest(short) == short[-MAX_TURNS:]
    heavy = tuple(Turn("长" * 10_000) for _ in range(40))
    assert len(newest(heavy)) == MAX_WEIGHT // 20_000
    assert newest(()) == ()
