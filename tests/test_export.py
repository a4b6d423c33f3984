"""A conversation as Markdown: what it says, and that texts come out of it as they went in, whatever they hold."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from rag.answering.retriever import Retriever
from rag.core.answers import Answer, Citation, Extract, Place
from rag.core.articles import ArticleInfo
from rag.core.filters import Filters
from rag.core.passages import Part, Passage, Span
from rag.core.progress import Seconds
from rag.interfaces.export import conversation_markdown
from rag.interfaces.markdown_text import bold_within, literal
from tests.conftest import FakeEncoder, FakeReader

PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
HOSTILE = (
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "[click](javascript:alert(1)) ![x](https://evil.example/x.png) <https://evil.example> https://evil.example",
    "[a]: https://evil.example\n[a]",
    "# 标题\n===\n---\n***\n## 二",
    "一\n===",
    "- 一\n* 二\n+ 三\n1. 四\n2) 五\n> 六\n    七\n\t八",
    "```\ncode\n```\n~~~\n`x` ``y``",
    "$x$ $$y$$ \\(z\\) \\[w\\] \\begin{align}",
    "| a | b |\n|---|---|\n| 1 | 2 |\n: 定义\n[^1]: 注",
    "**粗** __粗__ *斜* _斜_ ~~删~~ ==亮== ++加++ ^上^ ~下~ :fire: %%藏%%",
    "&lt;b&gt; &copy; &#42; \\* \\\\",
    "{{ site.secret }} {% raw %} {.class #id}",
    "　全角空格开头  \n  两空格结尾  \n\n\n空行之后",
    "3.14 and 10:30, a-b, C++ (see U.S.) www.evil.example me@evil.example //evil.example 1.2.3.4",
    "!!! note\n::: warning\n!说明",
    "end of line\\\nnext\\",
    "</div></blockquote><!-- -->]]>",
    "\r回车 \u2028 \u00a0",
)


def info(
    title: str = "灯塔", source: str = "海报", file: str = "a/b.md", url: str = "https://example.org/a"
) -> ArticleInfo:
    return ArticleInfo(file, title, source, "", datetime(2021, 5, 4, tzinfo=UTC), (("地理",),), url, "0" * 64)


def answer_to(question: str, text: str, marked: str, article: ArticleInfo | None = None) -> Answer:
    passage = Passage(0, "a/b.md", text, (Part(2, 17, 0, len(text), 0),))
    start = text.index(marked)
    extract = Extract(passage, 0, len(text), start, start + len(marked), 1.0, 1)
    citation = Citation(1, article or info(), (Span(2, 17, 0, len(text)),))
    return Answer(question, question, (extract,), (citation,), True, 0.9, (), False, Seconds())


def shown(tokens: list[Token] | None) -> str:
    """What inline tokens show as text."""
    return "".join("\n" if "break" in token.type else token.content for token in tokens or ())


def blocks(markdown: str, within: str) -> Iterator[list[Token]]:
    """The inline tokens of each heading or paragraph whose innermost block but one is of a type."""
    open_blocks: list[str] = []
    for token in PARSER.parse(markdown):
        if token.type == "inline" and within in open_blocks[-2:]:
            yield token.children or []
        elif token.nesting > 0:
            open_blocks.append(token.type.removesuffix("_open"))
        elif token.nesting < 0:
            open_blocks.pop()


def kinds(markdown: str) -> set[str]:
    """The types of all tokens."""
    tokens = PARSER.parse(markdown)
    return {token.type for block in tokens for token in (block, *(block.children or ()))}


def strong(tokens: list[Token]) -> str:
    """The words in bold."""
    types = [token.type for token in tokens]
    return shown(tokens[types.index("strong_open") : types.index("strong_close")])


def test_an_answer_is_a_quote_with_its_citation() -> None:
    article = replace(info(url="https://example.org/a?b=1&copy=2"), source="河汊网", reporter="沈禾")
    answer = answer_to("灯塔多高？", "灯塔三十米高，建于1868年。\n另有雾笛。", "三十米", article)
    assert conversation_markdown([answer], "zh") == (
        "# 向文章提问的记录\n\n"
        "## 灯塔多高？\n\n"
        "1. > 灯塔**三十米**高，建于1868年。\\\n"
        "   > 另有雾笛。\n\n"
        "   灯塔 · 河汊网 · 沈禾 · 海报 · 2021-05-04 · `a/b.md` · 第 2 段 · 第 17 行 · "
        "[原文链接](https://example.org/a?b=1&amp;copy=2)\n"
    )


def test_it_speaks_the_language_that_is_asked_for() -> None:
    answer = answer_to("How high is the lighthouse?", "It is 30 m high.", "30 m", replace(info(), date=None, url=""))
    assert "灯塔 · 海报 · 无日期 · `a/b.md` · 第 2 段 · 第 17 行\n" in conversation_markdown([answer], "zh-CN")
    english = conversation_markdown([answer], "en")
    assert english.startswith(
        "# Questions to the articles\n\n## How high is the lighthouse?\n\n1. > It is **30 m** high."
    )
    assert english.endswith("灯塔 · 海报 · no date · `a/b.md` · paragraph 2 · line 17\n")


def test_it_says_that_the_articles_do_not_answer() -> None:
    none = Answer("火星上有灯塔吗？", "火星上有灯塔吗？", (), (), False, 0.1, (), False, Seconds())
    assert conversation_markdown([none], "zh").endswith("## 火星上有灯塔吗？\n\n这些文章没有回答这个问题。\n")
    filtered = replace(none, filtered_out=True, filters=Filters(authors=("沈禾",)))
    assert conversation_markdown([filtered], "en").endswith(
        "\n\nFiltered by: author 沈禾\n\nNo article passes these filters.\n"
    )


def test_it_says_what_was_searched_for_and_under_which_filters() -> None:
    filters = Filters(date(2021, 1, 1), date(2021, 12, 31), ("科技/AI", "艺术"), ("沈禾",), ("河汊网",))
    answer = answer_to("它多高？", "三十米高。", "三十米")
    asked = replace(answer, query="灯塔 它多高？", filters=filters, newest_first=True)
    (told,) = [
        shown(tokens) for tokens in blocks(conversation_markdown([asked], "zh"), "paragraph") if "检索" in shown(tokens)
    ]
    assert told == (
        "检索：灯塔 它多高？\n"
        "筛选：2021-01-01 起 · 2021-12-31 止 · 类别 科技/AI、艺术 · 作者 沈禾 · 来源 河汊网\n"
        "最新在前"
    )
    assert "检索" not in conversation_markdown([answer], "zh")


def test_it_names_where_else_the_words_stand() -> None:
    answer = answer_to("灯塔多高？", "三十米高。", "三十米")
    places = tuple(Place(info(file=f"copy{n}.md"), (Span(1, n, 0, 5),)) for n in range(1, 8))
    (citation,) = answer.citations
    copied = replace(answer, citations=(replace(citation, also_in=places),))
    last = conversation_markdown([copied], "zh").splitlines()[-1]
    assert last.startswith("   另见：灯塔 · 海报 · 2021-05-04 · `copy1.md` · 第 1 行; ")
    assert last.endswith("`copy5.md` · 第 5 行; 另有 2 篇")


def test_a_whole_conversation_reads_back_word_for_word(built: Path, encoder: FakeEncoder) -> None:
    retriever = Retriever.open(built, encoder, FakeReader())
    answers: list[Answer] = []
    for question in ("守塔人贺潮在灯塔工作了多少年？", "修书机器的造价是多少？", "How long may members keep a ladder?"):
        answers.append(retriever.ask(question, history=answers))
    markdown = conversation_markdown(answers, "zh")
    extracts = [extract for answer in answers for extract in answer.extracts]
    assert len(extracts) > len(answers)
    quotes = list(blocks(markdown, "blockquote"))
    assert [shown(quote) for quote in quotes] == [extract.text for extract in extracts]
    assert [strong(quote) for quote in quotes] == [extract.answer for extract in extracts]
    assert [shown(heading) for heading in blocks(markdown, "heading")][1:] == [answer.question for answer in answers]
    items = [token.info for token in PARSER.parse(markdown) if token.type == "list_item_open"]
    assert items == [str(extract.citation) for extract in extracts]
    assert "[原文链接](https://river.example/lamp)" in markdown


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_of_an_article_or_a_question_becomes_markup(text: str) -> None:
    article = info(title=text, source=text, file=text)
    answer = answer_to(text, f"前{text}后", text, article)
    asked = replace(answer, query=f"{text}?", filters=Filters(categories=(text,), authors=(text,)))
    (citation,) = answer.citations
    copied = replace(asked, citations=(replace(citation, also_in=(Place(article, (Span(1, 3, 0, 5),)),)),))
    markdown = conversation_markdown([copied], "zh")
    (quote,) = blocks(markdown, "blockquote")
    assert shown(quote) == f"前{text}后"
    assert strong(quote) == text.strip()
    assert [shown(heading) for heading in blocks(markdown, "heading")] == ["向文章提问的记录", text.strip()]
    texts = [shown(tokens) for tokens in blocks(markdown, "list_item")]
    assert texts == [
        f"{text} · {text} · 2021-05-04 · {text} · 第 2 段 · 第 17 行 · 原文链接",
        f"另见：{text} · {text} · 2021-05-04 · {text} · 第 3 行",
    ]
    ours = conversation_markdown([replace(copied, question="问")], "zh")
    assert kinds(ours) - kinds(conversation_markdown([answer_to("问", "甲\n乙", "甲")], "zh")) == set()


@pytest.mark.parametrize("text", HOSTILE)
def test_no_dialect_finds_mathematics_addresses_or_templates_in_a_text(text: str) -> None:
    written = literal(text)
    for mark in ("$", "\\", "://", "www.", "@", "{", "<", "[", "`", "|", "~", ":fire:", "%%", "=="):
        assert mark not in written


@pytest.mark.parametrize(
    ("text", "marked", "written"),
    [
        ("他说“擦一次”，又说", "“擦一次”", "他&#35828;**“擦一次”**，又说"),
        ("约(30 m)高", "(30 m)", "&#32422;**(30 m)**&#39640;"),
        ("高 30 m 。", " 30 m ", "高 **30 m** 。"),
        ("*30*", "30", "&#42;**30**&#42;"),
    ],
)
def test_words_are_bold_beside_any_character(text: str, marked: str, written: str) -> None:
    """``说**“擦”**`` as it stands is no bold: the marks stand between a letter and a quotation mark."""
    start = text.index(marked)
    assert bold_within(text, start, start + len(marked)) == written


def test_ordinary_text_stays_as_it_is() -> None:
    text = "路透社2021年5月4日10:30电：涨了3.5%（约合1,000美元）；U.K. firms' sales fell - see p. 4 (final)."
    assert literal(text) == text.replace("U.K.", "U&#46;K.")


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "data:text/html,x", "https://", "//evil.example", "https://a.example/ x", "ftp://a.b"],
)
def test_only_a_page_on_the_web_is_linked(url: str) -> None:
    assert "link_open" not in kinds(conversation_markdown([answer_to("问", "甲乙", "甲", info(url=url))], "en"))


def test_an_address_cannot_leave_its_link() -> None:
    url = "https://a.example/x)[y](javascript:z)<b>`c`$d$|&lt;\\e/维基?q=1&amp=2"
    markdown = conversation_markdown([answer_to("问", "甲乙", "甲", info(url=url))], "en")
    links = [token for tokens in blocks(markdown, "list_item") for token in tokens if token.type == "link_open"]
    assert [link.attrs["href"] for link in links] == [
        "https://a.example/x%29%5By%5D%28javascript:z%29%3Cb%3E%60c%60%24d%24%7C&lt;%5Ce/%E7%BB%B4%E5%9F%BA?q=1&amp=2"
    ]
    assert "html_inline" not in kinds(markdown)


def test_what_no_markdown_holds_is_seen_to_be_left_out() -> None:
    hidden = "a\x00b\x1b[31mc\u202ed\u2066e\ud800f\x85g"
    assert literal(hidden) == "a\ufffdb\ufffd&#91;31mc\ufffdd\ufffde\ufffdf\ufffdg"
    answer = answer_to(hidden, hidden, hidden, info(title=hidden))
    conversation_markdown([answer], "en").encode("utf-8")


def test_a_huge_text_takes_no_long_time() -> None:
    began = time.perf_counter()
    for mark in (" ", "\n", "a ", "*", "1", "-", "a.", "\n1"):
        literal(f"x{mark * 200_000}x")
    assert time.perf_counter() - began < 30, "some two seconds; where it goes by the square of the length, minutes"


marked_texts = st.text("*_`[]()<>&#;\\$|~^{}!+-=:./@%1a.，“”汉 \u3000\t\n\r\u2028", max_size=30) | st.text(
    st.characters(exclude_categories=["Cc", "Cs", "Cf"]), max_size=30
)


@settings(deadline=None)
@given(marked_texts, st.data())
def test_any_text_reads_back_as_itself_and_any_words_of_it_as_bold(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    inline = PARSER.parse("> " + bold_within(text, start, end, "\\\n> "))[2].children if text else []
    assert shown(inline) == text
    if text[start:end].strip():
        assert strong(inline or []) == text[start:end].strip()
    else:
        assert "strong_open" not in {token.type for token in inline or ()}


@settings(deadline=None)
@given(marked_texts)
def test_any_text_can_begin_a_quote_or_a_line_of_it(text: str) -> None:
    tokens = PARSER.parse("> " + literal(text, "\\\n> "))
    quoted = "".join(shown(token.children) for token in tokens if token.type == "inline")
    assert quoted == text
    assert {token.type for token in tokens} <= {
        "blockquote_open",
        "paragraph_open",
        "inline",
        "paragraph_close",
        "blockquote_close",
    }
