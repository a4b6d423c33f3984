"""What the page shows of a collection: in both languages, of any size, and never markup of an article's own."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest

from rag.core.articles import ArticleInfo, Failure
from rag.core.progress import Report
from rag.index.collection import Collection, ListPage, over_time
from rag.index.facets import CategoryNode, FacetCount
from rag.interfaces.indexing_status import State, Status
from rag.interfaces.languages.chinese import CHINESE
from rag.interfaces.languages.words import ENGLISH, Words
from rag.interfaces.page.collection import list_html, overview_html, reindexing_html

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
BOTH = pytest.mark.parametrize("words", [CHINESE, ENGLISH], ids=["zh", "en"])
REPORT = Report(5, 1, 2, 3, 4, 0, 0, (), (), 9, 3, {}, 0.5)


def info(number: int, title: str = "灯塔") -> ArticleInfo:
    day = datetime(2021, 5, 1 + number % 28, tzinfo=UTC) if number else None
    return ArticleInfo(f"港/{number} #?.md", title, "海报", "渡口报", day, (("地理", "海岸"),), "", "0" * 64)


def collection(dates: list[date], articles: int = 0) -> Collection:
    return Collection(
        articles=articles or len(dates),
        passages=99,
        undated=max(articles - len(dates), 0),
        unfiled=1,
        first=min(dates, default=None),
        last=max(dates, default=None),
        model="fake",
        created="2026-11-25T19:35:21+00:00",
        folders={"": "/articles"},
        is_finished=True,
        failures=(),
        categories=(
            CategoryNode("地理", "地理", 12, (CategoryNode("海岸", "地理/海岸", 7, ()),)),
            CategoryNode("科技", "科技", 4, ()),
        ),
        authors=(FacetCount("沈禾", 9, 1),),
        sources=(FacetCount("渡口报", 12, 1),),
        collections=(),
        periods=tuple(over_time(dates)),
    )


class Outline(HTMLParser):
    """Counts tags, and sees that each that opens is closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.tags: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]
        if tag != "br":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def plain(html: str) -> str:
    return " ".join(re.sub("<[^>]+>", " ", html).split())


class TestOverview:
    @BOTH
    @pytest.mark.parametrize("count", [0, 1, 16, 10_000])
    def test_any_number_of_articles_is_shown_whole(self, count: int, words: Words) -> None:
        dates = [date(1990 + at % 30, 1 + at % 12, 1) for at in range(count)]
        html = overview_html(collection(dates, max(count, 3)), words)
        assert Outline(html).tags.count("svg") == (2 if count else 1)
        assert len(html) < 20_000
        assert (words.no_dates in html) == (count == 0)

    def test_figures_are_told(self) -> None:
        told = plain(overview_html(collection([date(2021, 3, 1), date(2021, 4, 1)], 5000), ENGLISH))
        assert "Articles 5,000 Passages 99 Dates 2021-03-01 to 2021-04-01 · 4,998 without a date" in told
        assert "Model fake Indexed 2026-11-25 19:35 UTC Folder articles" in told
        assert "From 2021-03 to 2021-04. Most in 2021-03: 1." in told
        assert "Every file was read." in told

    def test_categories_stand_in_each_other_with_counts(self) -> None:
        html = overview_html(collection([]), CHINESE)
        tree = html[html.index("<summary>类别") :]
        assert re.search(
            r"<li><bdi>地理</bdi>[^/]*12</span><ul[^>]*><li><bdi>海岸</bdi>[^/]*7</span></li></ul></li>", tree
        )
        assert "未分类 1" in plain(tree)

    def test_what_failed_is_told_with_path_line_and_reason(self) -> None:
        failed = replace(
            collection([]), failures=(Failure("a/b.md", 3, "the file is empty"), Failure("c.md", None, "x"))
        )
        told = plain(overview_html(failed, CHINESE))
        assert "未能读取的文件 (2) a/b.md:3: the file is empty c.md: x" in told

    def test_thousands_of_names_and_failures_do_not_choke_a_browser(self) -> None:
        deep: tuple[CategoryNode, ...] = ()
        for level in range(100):
            deep = (CategoryNode(str(level), str(level), 1, deep),)
        many = replace(
            collection([]),
            failures=tuple(Failure(f"{at}.md", 1, "empty") for at in range(5000)),
            categories=(*deep, *(CategoryNode(f"c{at}", f"c{at}", 1, ()) for at in range(5000))),
            sources=tuple(FacetCount(f"s{at}", 1, 1) for at in range(5000)),
        )
        html = overview_html(many, ENGLISH)
        Outline(html)
        assert len(html) < 60_000
        assert html.count("and 4,970 more") == 1
        assert "and 4,800 more" in html


class TestList:
    def test_each_article_links_to_itself_whatever_is_in_its_id(self) -> None:
        html = list_html(ListPage((info(1), info(0)), 1, 1, 2, ""), CHINESE)
        links = Outline(html).links
        assert links == ["#article-%E6%B8%AF%2F1%20%23%3F.md", "#article-%E6%B8%AF%2F0%20%23%3F.md"]
        assert unquote(links[0].removeprefix("#article-")) == info(1).id
        assert plain(html) == (
            "文章：2 篇 日期 标题 来源 类别 "
            "2021-05-02 灯塔 渡口报 · 海报 地理 / 海岸 无日期 灯塔 渡口报 · 海报 地理 / 海岸"
        )

    @pytest.mark.parametrize(("number", "links"), [(1, ["#list-2"]), (2, ["#list-1", "#list-3"]), (3, ["#list-2"])])
    @BOTH
    def test_pages_beside_this_one_are_linked(self, number: int, links: list[str], words: Words) -> None:
        html = list_html(ListPage((info(1),), number, 3, 1234, "灯"), words)
        assert [link for link in Outline(html).links if link.startswith("#list")] == links
        assert words.page.format(number, 3) in html
        assert words.found_for.format("灯", "1,234") in html

    @BOTH
    def test_nothing_found_is_a_sentence(self, words: Words) -> None:
        assert plain(list_html(ListPage((), 1, 1, 0, "x"), words)) == words.nothing_found


class TestReindexing:
    @BOTH
    @pytest.mark.parametrize("stage", ["model", "read", "cut", "encode", "compare", "write", "open", ""])
    def test_a_bar_moves_while_it_runs(self, stage: str, words: Words) -> None:
        begun, html = (reindexing_html(Status(State.RUNNING, stage, done, 12), words) for done in (0, 3))
        at = [float(re.findall(r'value="([\d.]+)"', shown)[0]) for shown in (begun, html)]
        assert 0 <= at[0] <= at[1] < 1
        assert at[0] < at[1] or stage in ("", "model")
        assert "3/12" in html
        assert Outline(html).tags.count("progress") == 1

    @BOTH
    def test_what_came_of_it_is_told(self, words: Words) -> None:
        assert plain(reindexing_html(Status(), words, may_index=False)) == ""
        done = reindexing_html(Status(State.DONE, report=REPORT), words)
        assert re.findall(r"\d+", plain(done)) == ["1", "2", "4", "3"]
        same = replace(REPORT, added=0, changed=0, removed=0)
        assert words.up_to_date in reindexing_html(Status(State.DONE, report=same), words)
        failed = reindexing_html(Status(State.FAILED, message="the folder is gone"), words)
        assert "the folder is gone" in failed
        assert 'role="alert"' in failed


@BOTH
def test_nothing_of_an_article_becomes_markup(words: Words) -> None:
    hostile = replace(
        collection([date(2021, 1, 1)]),
        model=HOSTILE,
        folders={HOSTILE: HOSTILE},
        created=HOSTILE,
        failures=(Failure(HOSTILE, 1, HOSTILE),),
        categories=(CategoryNode(HOSTILE, HOSTILE, 1, (CategoryNode(HOSTILE, HOSTILE, 1, ()),)),),
        authors=(FacetCount(HOSTILE, 1, 1),),
        sources=(FacetCount(HOSTILE, 1, 1),),
        collections=(FacetCount(HOSTILE, 1, 1),),
    )
    article = ArticleInfo(HOSTILE, HOSTILE, HOSTILE, HOSTILE, None, ((HOSTILE,),), "javascript:alert(1)", "0" * 64)
    for html in (
        overview_html(hostile, words),
        list_html(ListPage((article,), 1, 2, 1, HOSTILE), words),
        reindexing_html(Status(State.FAILED, message=HOSTILE), words),
    ):
        assert not {"script", "img"} & set(Outline(html).tags)
        assert not re.search(r"<[^>]*\sonerror", html)
        assert "javascript:" not in html


def test_a_title_that_turns_the_direction_of_text_turns_its_own_alone() -> None:
    html = list_html(ListPage((info(1, "\u202egnp.exe"),), 1, 1, 1, ""), CHINESE)
    assert "<bdi>\N{REPLACEMENT CHARACTER}gnp.exe</bdi>" in html
