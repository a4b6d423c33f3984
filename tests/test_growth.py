"""Hostile markup is read in time linear in its length: four times as much must not take twelve times as long.

Most of these once took quadratic or exponential time; the others are what a change is likeliest to make slow.

``python -m benchmarks.robustness --growth SECONDS`` looks for more of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from benchmarks.growth import growth
from rag.core.articles import Article
from rag.corpus.articles import read_article

SIZE = 8_000
"""Characters of the shorter article."""
TIMES = 12.0
SECONDS = 0.25
"""CPU seconds for the longer article, 32,000 characters, with which it is fast enough however it grows."""
SENTENCE = "<p>渡口今早恢复通航，首班船载客四十人。</p>"

HTML: dict[str, Callable[[int], str]] = {
    "tags that never end": lambda n: "<a " * (n // 3),
    "end tags that never end": lambda n: "</a " * (n // 4),
    "tags whose only ends stand in quotes": lambda n: '<a b=">" ' * (n // 8),
    "quotes that never close": lambda n: "<p a='" * (n // 6),
    "equals signs before a quote that never closes": lambda n: "<p a=" + "= " * (n // 2) + "'>",
    "declarations made by taking away others": lambda n: "<<!a>!b" * (n // 7),
    "comments made by taking away declarations": lambda n: "<<!a>!--" * (n // 8),
    "scripts that are never closed": lambda n: "<script>" * (n // 8),
    "scripts closed by an odd end tag": lambda n: "<script>" * (n // 8) + "</script<b>",
    "breaks, then end tags": lambda n: "<br>" * (n // 8) + "</p>" * (n // 8),
    "text deep in elements": lambda n: "<i>" * (n // 7) + "甲<br>" * (n // 7),
    "titles deep in drawings": lambda n: "<svg>" + "<g>" * (n // 18) + "<title>a</title>" * (n // 18) + "</svg>",
    "footers deep in elements": lambda n: "<div>" * (n // 21) + "<footer>甲</footer>" * (n // 21),
    "formulas without a word": lambda n: "<math>" * (n // 6),
    "formulas in formulas": lambda n: "<math><msup>" * (n // 12),
    "readings in readings": lambda n: "<ruby><rt>" * (n // 10),
    "bold in bold in a cell": lambda n: "<table><tr><td>" + "<b>甲" * (n // 4) + "</td><td>乙</td></tr></table>",
    "a row of many cells": lambda n: "<table><tr>" + "<td>甲</td>" * (n // 10) + "</tr></table>",
    "a row of cells that never end": lambda n: "<table><tr>" + "<td>甲" * (n // 5) + "</table>",
    "a cell of many pieces": lambda n: (
        "<table><tr><td>乙</td><td>" + "<div>甲</div>" * (n // 12) + "</td></tr></table>"
    ),
    "a last row of empty cells": lambda n: (
        "<table><tr><td>甲，乙。</td>" + "<td></td>" * (n // 9) + "<td>丙，丁。</td></tr></table>"
    ),
    "a sentence of many inline boxes": lambda n: "<p>甲，乙。" + "<span class=share>甲</span>乙，" * (n // 27),
    "boxes in boxes around a quotation": lambda n: (
        "<div class=share>" * (n // 26) + "<p>甲</p>" * (n // 26) + "<blockquote>乙</blockquote>"
    ),
    "headings of links, each without links": lambda n: "<p>相关阅读</p>" * (n // 11),
    "broken numbers of characters": lambda n: "&#" * (n // 2) + ";",
    "dates side by side in a short line": lambda n: f"<p>发布时间：{'11-' * 30}x</p>",
    "a number of thousands of digits": lambda n: "<p>&#" + "1" * n + ";</p>",
}
MARKDOWN: dict[str, Callable[[int], str]] = {
    "code that is never closed": lambda n: "<pre> " * (n // 6),
    "code of four kinds that is never closed": lambda n: "<pre><style><textarea><!-- " * (n // 26),
    "links that are never closed": lambda n: "[甲](<b" * (n // 7),
    "brackets in brackets": lambda n: "[a" * (n // 5) + "]" * (n // 5),
    "emphasis that is never closed": lambda n: "*a **a " * (n // 7),
    "tables of many columns and many short rows": lambda n: (
        "|a" * (n // 40) + "|\n" + "|-" * (n // 40) + "|\n" + "|\n" * (n // 20)
    ),
    "indented formulas": lambda n: "\n　<math>" * (n // 8),
}
PLAIN: dict[str, Callable[[int], str]] = {
    "a line of spaces": lambda n: f"甲\n{' ' * n}\n乙",
}


@pytest.mark.parametrize("name", HTML)
def test_html_is_read_in_time_linear_in_its_length(name: str) -> None:
    assert_linear(lambda size: f"{SENTENCE}{HTML[name](size)}")


@pytest.mark.parametrize("name", MARKDOWN)
def test_markdown_is_read_in_time_linear_in_its_length(name: str) -> None:
    assert_linear(lambda size: f"# 甲\n\n{MARKDOWN[name](size)}")


@pytest.mark.parametrize("name", PLAIN)
def test_plain_text_is_read_in_time_linear_in_its_length(name: str) -> None:
    assert_linear(PLAIN[name])


def assert_linear(article: Callable[[int], str]) -> None:
    times, longer = growth(article, SIZE, SECONDS)
    assert times < TIMES, f"{times:.0f} times as long for four times as much: {longer:.2f} s"


def read(markup: str) -> Article:
    return read_article("a.md", markup.encode("utf-8", "surrogatepass"))


def texts(markup: str) -> list[str]:
    return [paragraph.text for paragraph in read(markup).paragraphs]


@pytest.mark.parametrize("number", ["1" * 5000, "x" + "f" * 5000, "xD800", "57343", "0", "x110000", "99999999"])
def test_number_of_no_character_is_read_as_a_replacement_character(number: str) -> None:
    page = f'<html><head><title>甲&#{number};乙</title></head><body><p title="&#{number};">渡口&#{number};通航。</p>'
    article = read(page)
    assert [paragraph.text for paragraph in article.paragraphs] == ["渡口\ufffd通航。"]
    assert article.info.title == "甲\ufffd乙"


@pytest.mark.parametrize("number", ["1" * 5000, "xD800"])
def test_no_half_of_a_character_leaves_markdown(number: str) -> None:
    text = "".join(texts(f"# 渡口&#{number};\n\n- **通航** &#{number};\n\n| 甲 | &#{number}; |\n|-|-|\n| 乙 | 丙 |\n"))
    assert "渡口" in text
    assert not re.search("[\ud800-\udfff]", text)


def test_markup_after_a_broken_number_is_still_markup() -> None:
    assert texts("<p>甲 &#; 乙。</p><p>丙 &#169abc; <b>丁</b>。</p><p>戊。</p>") == [
        "甲 &#; 乙。",
        "丙 ©abc; 丁。",
        "戊。",
    ]


@pytest.mark.parametrize("markup", ["<p>{}</p>", "# 甲\n\n- {}\n", "<pre>{}</pre>", "<p>丙</p><!-- {} -->", "{}"])
@pytest.mark.parametrize("control", ["&#27;", "&#x1b;", "\x1b", "\x7f", "\x80", "\x9b", "\x9f"])
def test_no_control_character_reaches_a_terminal(markup: str, control: str) -> None:
    article = read(markup.format(f"甲{control}[31m乙。"))
    said = [*(paragraph.text for paragraph in article.paragraphs), *(piece.text for piece in article.removed)]
    assert any("[31m乙。" in text for text in said)
    assert not any(re.search("[\0-\x08\x0b-\x1f\x7f-\x9f]", text) for text in said)


def test_numbers_of_windows_characters_keep_their_meaning() -> None:
    assert texts("<p>&#147;甲&#148; &#128;5 &#x96; 乙</p>") == ["“甲” €5 – 乙"]


def test_tags_in_quotes_belong_to_their_tag() -> None:
    assert texts('<p title="a > b <i>">甲。</p><p title=\'<p>\'>乙。</p><p title="丙>丁。</p>') == [
        "甲。",
        "乙。",
        '<p title="丙>丁。',
    ]


def test_text_deeper_than_elements_may_stand_in_each_other_keeps_its_paragraphs() -> None:
    deep = "".join(f"<div><p>第{number}段。</p>" for number in range(2000)) + "</div>" * 2000
    assert texts(deep) == [f"第{number}段。" for number in range(2000)]
