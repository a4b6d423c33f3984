"""What an index holds: its counts, and its articles listed, searched and opened."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from rag.build import build_index
from rag.core.filters import Filters
from rag.errors import FilterError, ListingError, UnknownArticle, UnknownName
from rag.index.collection import MAX_A_PAGE, MAX_PERIODS, browse, describe, open_article, over_time
from rag.index.index import Index
from rag.index.opening import open_index
from tests.conftest import FakeEncoder, write_article


@pytest.fixture
def index(built: Path) -> Index:
    return open_index(built)


def listed(index: Index, text: str = "", filters: Filters | None = None) -> list[str]:
    return [info.id for info in browse(index, text, filters).articles]


class TestCounts:
    def test_articles_passages_dates_model_and_folder(self, index: Index, articles_folder: Path) -> None:
        collection = describe(index)
        assert (collection.articles, collection.passages) == (5, len(index))
        assert (collection.first, collection.last) == (date(2020, 10, 1), date(2022, 6, 18))
        assert (collection.undated, collection.unfiled) == (1, 0)
        assert (collection.model, collection.folders) == ("fake", {"": str(articles_folder)})
        assert collection.created == index.manifest.created
        assert collection.failures == ()

    def test_categories_stand_below_each_other(self, index: Index) -> None:
        tree = describe(index).categories
        assert [(branch.name, branch.articles) for branch in tree] == [
            ("Society", 1), ("体育", 1), ("农业", 1), ("本地", 1), ("科技", 1),
        ]  # fmt: skip
        (below,) = tree[-1].below
        assert (below.name, below.path, below.articles, below.below) == ("机器人", "科技/机器人", 1, ())

    def test_authors_and_sources_are_counted_most_frequent_first(self, index: Index) -> None:
        authors = [(choice.name, choice.articles) for choice in describe(index).authors]
        assert authors == [("林渡", 2), ("顾禾", 2), ("Mara Quill", 1)]
        assert {choice.name for choice in describe(index).sources} == {"林渡", "顾禾", "Mara Quill"}

    def test_what_failed_is_told_with_path_line_and_reason(
        self, articles_folder: Path, built: Path, encoder: FakeEncoder
    ) -> None:
        (articles_folder / "broken.md").write_text("---\ntitle: [\n---\n文字\n", encoding="utf-8")
        build_index(articles_folder, built, encoder)
        (failure,) = describe(open_index(built)).failures
        assert (failure.path, bool(failure.line)) == ("broken.md", True)
        assert "front matter is broken" in failure.reason


class TestOverTime:
    def test_no_dates_make_no_periods(self) -> None:
        assert over_time([]) == []

    def test_a_single_day_is_one_month(self) -> None:
        (period,) = over_time([date(2021, 3, 5)])
        assert (period.label, period.articles) == ("2021-03", 1)

    def test_months_without_articles_stand_between_those_with(self) -> None:
        periods = over_time([date(2021, 11, 30), date(2022, 2, 1), date(2022, 2, 28)])
        assert [(period.label, period.articles) for period in periods] == [
            ("2021-11", 1), ("2021-12", 0), ("2022-01", 0), ("2022-02", 2),
        ]  # fmt: skip

    @pytest.mark.parametrize(
        ("first", "last", "labels", "count"),
        [
            (date(2015, 1, 1), date(2020, 12, 31), ("2015-01", "2020-12"), 72),
            (date(2015, 1, 1), date(2021, 1, 1), ("2015", "2021"), 7),
            (date(1970, 1, 1), date(2041, 1, 1), ("1970", "2041"), 72),
            (date(1900, 1, 1), date(2021, 1, 1), ("1900–1901", "2020–2021"), 61),
            (date.min, date.max, ("0–199", "9800–9999"), 50),
        ],
        ids=str,
    )
    def test_the_longer_the_time_the_longer_its_periods(
        self, first: date, last: date, labels: tuple[str, str], count: int
    ) -> None:
        periods = over_time([first, *[last] * 100])
        assert (periods[0].label, periods[-1].label) == labels
        assert len(periods) == count <= MAX_PERIODS

    @pytest.mark.parametrize(
        ("articles", "last", "count"),
        [(2, date(2021, 12, 1), 24), (2, date(2022, 1, 1), 3), (24, date(2022, 1, 1), 3), (25, date(2022, 1, 1), 25)],
    )
    def test_few_articles_over_many_months_are_counted_by_year(self, articles: int, last: date, count: int) -> None:
        periods = over_time([date(2020, 1, 1)] * (articles - 1) + [last])
        assert len(periods) == count
        assert sum(period.articles for period in periods) == articles

    def test_every_day_is_counted_once(self) -> None:
        days = [date(1990, 1, 1) + timedelta(days=17 * at) for at in range(900)]
        assert sum(period.articles for period in over_time(days)) == len(days)


class TestList:
    def test_newest_first_undated_last(self, index: Index) -> None:
        assert listed(index) == ["tea.md", "robot.md", "port/lamp.md", "hoops.md", "tools.md"]

    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("灯塔", ["port/lamp.md"]),
            ("河口燈塔", ["port/lamp.md"]),
            ("LIBRARY  lends", ["tools.md"]),
            ("顾禾", ["robot.md", "hoops.md"]),
            ("顾禾 篮球", ["hoops.md"]),
            ("灯塔 篮球", []),
            ("新灯林渡", []),
            ("%", []),
            (" \n", ["tea.md", "robot.md", "port/lamp.md", "hoops.md", "tools.md"]),
        ],
    )
    def test_all_words_stand_in_the_title_or_a_name(self, index: Index, text: str, found: list[str]) -> None:
        assert listed(index, text) == found

    def test_filters_hold(self, index: Index) -> None:
        assert listed(index, filters=Filters(sources=("林渡",))) == ["tea.md", "port/lamp.md"]
        assert listed(index, "茶", Filters(sources=("林渡",), since=date(2022, 1, 1))) == ["tea.md"]
        assert listed(index, filters=Filters(categories=("科技",))) == ["robot.md"]
        with pytest.raises(UnknownName):
            browse(index, filters=Filters(sources=("林",)))

    def test_pages_follow_each_other_without_gap(self, index: Index) -> None:
        pages = [browse(index, number=number, size=2) for number in (1, 2, 3)]
        assert [info.id for page in pages for info in page.articles] == listed(index)
        assert [(page.number, page.pages, page.found) for page in pages] == [(1, 3, 5), (2, 3, 5), (3, 3, 5)]

    def test_a_page_beyond_the_last_is_the_last(self, index: Index) -> None:
        assert browse(index, number=10**30, size=2) == browse(index, number=3, size=2)

    def test_nothing_found_is_one_empty_page(self, index: Index) -> None:
        page = browse(index, "没有这样的标题")
        assert (page.articles, page.number, page.pages, page.found) == ((), 1, 1, 0)

    @pytest.mark.parametrize(
        "ask",
        [
            lambda index: browse(index, number=0),
            lambda index: browse(index, number="1; DROP TABLE articles"),
            lambda index: browse(index, number=1.5),
            lambda index: browse(index, size=MAX_A_PAGE + 1),
            lambda index: browse(index, size=0),
            lambda index: browse(index, text=None),
            lambda index: browse(index, text="长" * 201),
        ],
    )
    def test_what_makes_no_sense_is_refused(self, index: Index, ask: Callable[[Index], object]) -> None:
        with pytest.raises(ListingError) as caught:
            ask(index)
        assert "\n" not in str(caught.value)

    def test_filters_of_another_type_are_refused(self, index: Index) -> None:
        with pytest.raises(FilterError):
            browse(index, filters={"sources": ("林渡",)})  # type: ignore[arg-type]


class TestOpening:
    def test_every_listed_article_opens_by_its_id(self, index: Index) -> None:
        for info in browse(index).articles:
            article = open_article(index, info.id)
            assert article.info == info
            assert article.paragraphs

    @pytest.mark.parametrize(
        "article_id",
        [
            *("../secret.txt", "port/../tea.md", "./tea.md", "{folder}/tea.md", "new.md", "TEA.md"),
            *("", "\x00", "\ud800", "长" * 9999, None, 3, ["tea.md"], {"id": "tea.md"}),
        ],
        ids=repr,
    )
    def test_what_is_not_in_the_index_never_opens_even_if_there_is_such_a_file(
        self, index: Index, articles_folder: Path, article_id: object
    ) -> None:
        write_article(articles_folder / "new.md", "新", "还没有收录。")
        (articles_folder.parent / "secret.txt").write_text("secret", encoding="utf-8")
        asked = article_id.format(folder=articles_folder) if isinstance(article_id, str) else article_id
        with pytest.raises(UnknownArticle) as caught:
            open_article(index, asked)  # type: ignore[arg-type]
        assert "\n" not in str(caught.value)
        assert len(str(caught.value)) < 200
