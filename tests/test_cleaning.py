"""Each pair ``cleaning/NAME.html`` and ``cleaning/NAME.expected.json`` is a case; a new case is two new files.

The expected file holds ``paragraphs`` (text, kind, line, and level where it is not 0), the reasons in ``removed`` in
order, and, where the case is about them, ``byline``, ``head`` and the ``title`` known beforehand.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.core.articles import Byline, Kind, Reason
from rag.corpus.articles import read_article
from rag.corpus.cleaning import clean, tidy
from rag.corpus.cleaning.page_chrome import MAX_PROSE
from rag.errors import ArticleError

CASES = sorted(Path(__file__, "../cleaning").resolve().glob("*.html"))
SCRAPS = st.sampled_from(
    [
        *"<p> </p> <br> <table><tr><td> </td> <td> <tr> </table> <pre> </pre> <li> <h2> <svg>".split(),
        *"<b &#0; &#xD800; &amp ='a <!-- --> <![if> <![weird[x]]> <![CDATA[ ]]> <! <? > 字。 ab".split(),
        *("\n", "　", "<div hidden>"),
    ]
)


@pytest.mark.parametrize("page", CASES, ids=lambda page: page.stem)
def test_page_becomes_the_paragraphs_a_reader_would_keep(page: Path) -> None:
    expected = json.loads(page.with_suffix(".expected.json").read_text(encoding="utf-8"))
    body = clean(page.read_text(encoding="utf-8"), title=expected.get("title", ""))
    assert [asdict(paragraph) for paragraph in body.paragraphs] == [
        {"level": 0} | each for each in expected["paragraphs"]
    ]
    assert [piece.reason for piece in body.removed] == expected["removed"]
    assert body.byline == Byline(**expected.get("byline", {}))
    assert asdict(body.head) == asdict(body.head) | expected.get("head", {})


def test_every_case_has_both_files() -> None:
    folder = CASES[0].parent
    assert {path.name.split(".")[0] for path in folder.iterdir()} == {page.stem for page in CASES}
    assert all(page.with_suffix(".expected.json").is_file() for page in CASES)


def test_what_was_removed_is_shown_with_its_line() -> None:
    (removed,) = clean("<p>正文一段。</p>\n<p>责任编辑：沈禾</p>").removed
    assert (removed.text, removed.line, removed.reason) == ("责任编辑：沈禾", 2, Reason.EDITOR_LINE)


def test_lines_count_from_the_line_on_which_the_body_begins() -> None:
    body = clean("<p>甲段。</p>\n<p>责编：乙</p>\n<p>丙段。</p>", first_line=11)
    assert [paragraph.line for paragraph in body.paragraphs] == [11, 13]
    assert body.removed[0].line == 12


def test_page_nested_thousands_deep_is_read() -> None:
    deep = "<div>" * 3000 + "最里层的一句话。" + "</div>" * 3000
    assert [paragraph.text for paragraph in clean(deep).paragraphs] == ["最里层的一句话。"]


@pytest.mark.parametrize("deep", ["- " * 300, "> " * 300, " " * 300 + "- ", "[" * 3000])
def test_markdown_deeper_than_its_parser_goes_loses_nothing(deep: str) -> None:
    body = clean(f"# 首\n\n{deep}最里层的一句话。\n")
    assert "最里层的一句话。" in body.paragraphs[-1].text


NAMES = {
    "hidden": Reason.HIDDEN,
    'role="navigation"': Reason.NAV,
    'role="banner"': Reason.PAGE_FURNITURE,
    'class="author-bio"': Reason.AUTHOR_CARD,
    'class="cookieConsent"': Reason.PAGE_FURNITURE,
    'class="readMore"': Reason.RELATED_LINKS,
    'id="qr-code"': Reason.QR_CODE,
    'class="share-bar"': Reason.SHARE_BAR,
    'class="tags"': Reason.TAGS,
    'class="video-js"': Reason.VIDEO_PLACEHOLDER,
    'class="ad_300"': Reason.ADVERTISEMENT,
    'class="sign-up"': Reason.SUBSCRIPTION_PROMPT,
    'class="editor"': Reason.EDITOR_LINE,
    'class="comment-list"': Reason.COMMENTS,
    'class="slideshow-1"': Reason.GALLERY,
}


@pytest.mark.parametrize(("name", "reason"), NAMES.items())
def test_element_is_left_out_as_what_its_name_says(name: str, reason: Reason) -> None:
    page = f"<html><body><p>渡口今早恢复通航，首班船载客四十人。</p><div {name}>看</div></body></html>"
    assert [(piece.text, piece.reason) for piece in clean(page).removed] == [("看", reason)]


def test_how_much_prose_it_may_hold_is_said_of_all_that_a_name_may_say() -> None:
    assert set(NAMES.values()) == MAX_PROSE.keys()


def test_class_without_a_word_in_it_is_no_furniture() -> None:
    assert [paragraph.text for paragraph in clean('<p class="# 甲">一句话。</p>').paragraphs] == ["一句话。"]


def test_tables_nested_thousands_deep_are_read() -> None:
    deep = "<table><tr><td>甲</td><td>" * 3000 + "</td></tr></table>" * 3000
    assert len(clean(deep).paragraphs) == 3000


@pytest.mark.parametrize(
    ("text", "tidied"),
    [
        ("  甲 \t 乙  ", "甲 乙"),
        ("甲\n\n  乙", "甲乙"),
        ("one\ntwo", "one two"),
        ("用\nPython 写", "用 Python 写"),
        ("\ufeff零\u200b宽\u00ad字符", "零宽字符"),
        ("\n", ""),
    ],
)
def test_tidy_leaves_one_line(text: str, tidied: str) -> None:
    assert tidy(text) == tidied


@given(st.lists(SCRAPS | st.text("灯ab <>/&![]-=\"'\n", max_size=6), max_size=25).map("".join))
def test_any_markup_gives_clean_paragraphs_on_lines_of_the_file_or_is_refused(markup: str) -> None:
    lines = markup.count("\n") + 1
    try:
        article = read_article("a.html", f"<p>开头。</p>{markup}".encode())
    except ArticleError:
        return
    assert article.paragraphs[0].text.startswith("开头。")
    for paragraph in article.paragraphs:
        assert paragraph.text.strip()
        assert 1 <= paragraph.line <= lines
        assert paragraph.kind is Kind.CODE or "\n" not in paragraph.text


TAGS = st.sampled_from(
    "<p> </p> <div> </div> <br> <span> </span> <b> </b> <table> <tr> <td> <th> </td> </tr> </table> <ul> <li> </li> "
    "</ul> <h2> </h2> <blockquote> </blockquote> <pre> </pre> <figcaption> </figcaption> <html> <body> <article> "
    "</article> <nav> </nav> <footer> </footer> <noscript> </noscript> <dl> <dt> <dd> </dl> <a_href='/'> </a> <ruby> "
    "<rt> </ruby> <sup> </sup> <div_class='share'> <div_class='comment-list'> <p_class='editor'> <span_class='tags'> "
    "<div_hidden> <!--_旧_--> <!--> <math> <mi> </mi> </math> <![CDATA[ ]]> <![endif]> 来源： 原标题： 责任编辑： "
    "相关阅读 扫码关注公众号".split()
).map(lambda tag: tag.replace("_", " "))


@given(st.lists(TAGS, min_size=1, max_size=12))
def test_what_is_not_kept_is_in_the_account(tags: list[str]) -> None:
    words = [f"灯{number}。" for number in range(len(tags))]
    body = clean("".join(f"{tag}{word}" for tag, word in zip(tags, words, strict=True)))
    told = "".join([paragraph.text for paragraph in body.paragraphs] + [piece.text for piece in body.removed])
    assert [word for word in words if word not in told] == []


MARKS = st.sampled_from(
    "#_ ##_ -_ __-_ ____-_ 1._ >_ >>_ ```$ ~~~$ |_甲_|_ |-|-|$ ** ` [ ](/x) <b> </b> <div> </div>$ <!--_旧_--> 　　 "
    "____ ---$ ===$ *_*_*$ \\ &lt; {%_x_%}$ <details><summary> </summary> $$ ~~ $ [^1]:_ [1]:_".split(" ")
).map(lambda mark: mark.replace("_", " ").replace("$", "\n"))


@given(st.lists(st.tuples(MARKS, st.sampled_from(["", "\n", "\n\n"])), min_size=1, max_size=12))
def test_what_markdown_is_not_kept_is_in_the_account(marks: list[tuple[str, str]]) -> None:
    words = [f"灯{number}。" for number in range(len(marks))]
    lines = "".join(f"{mark}{word}{end}" for (mark, end), word in zip(marks, words, strict=True))
    body = clean(f"# 首\n\n{lines}")
    told = "".join([paragraph.text for paragraph in body.paragraphs] + [piece.text for piece in body.removed])
    assert [word for word in words if word not in told] == []


@given(st.text("甲乙，。 \n　-#*1.ab", max_size=60))
def test_plain_text_loses_nothing_but_marks_and_white_space(text: str) -> None:
    kept = "".join(paragraph.text for paragraph in clean(text).paragraphs)
    assert [char for char in kept if char in "甲乙，。ab"] == [char for char in text if char in "甲乙，。ab"]
