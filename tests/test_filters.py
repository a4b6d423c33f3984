"""Filters: which articles they let through, how they are written, what is refused, and the order by date."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from functools import partial
from itertools import count
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from rag.answering import retriever as retriever_module
from rag.answering.retriever import Retriever
from rag.build import build_index
from rag.core.filters import Filters
from rag.core.options import parse_filters
from rag.errors import BackwardRange, FilterError, NoDate, UnknownName
from rag.index.candidates import CANDIDATES
from rag.index.facets import NEAREST
from rag.interfaces import cli
from tests.conftest import CommandLine, FakeEncoder, FakeReader, write_article

Run = Callable[..., Result]

QUESTION = "河口的灯塔换了什么灯？"
TEXT = "河口的灯塔换上了一盏节能灯，编号{}，守塔人说它一个月只擦一次。"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Articles that differ in what can be filtered by, and in a number, so as to be no copies."""
    folder = tmp_path_factory.mktemp("filtered") / "articles"
    numbers = count(1)

    def write(name: str, lead: str = "", **fields: str) -> None:
        write_article(folder / f"{name}.md", f"灯塔的灯（{name}）", lead + TEXT.format(next(numbers)), **fields)

    write("ai", categories="\n- 科技\n- AI", author="河汊网", date="2021-12-31 23:30:00 +0800")
    write("art", categories="\n- 艺术\n- AI", author="ＣｎＢｅｔａ", date="Sat, 01 Jan 2022 00:30:00 GMT")
    write("both", categories="\n- [科技, 芯片]\n- [艺术, 雕塑]", author="顾禾、林渡", date="2022-02-28")
    write("deep", categories="\n- 科技\n- AI\n- 大模型", author="河汊网", date="2022-03-01")
    write("net", categories="\n- 网络\n- TCP/IP", author="Mara Quill", date="2024-02-29")
    write("told", "河汊晚报记者 沈禾、周渡 江城报道。", categories="本地", author="河汊网")
    write("own", "本报记者 沈禾 江城报道。", categories="本地", author="沈禾", date="2020-05-04")
    return folder


@pytest.fixture(scope="module")
def retriever(folder: Path) -> Retriever:
    index, encoder = folder.parent / "index", FakeEncoder()
    build_index(folder, index, encoder)
    return Retriever.open(index, encoder, FakeReader())


def found(retriever: Retriever, filters: Filters) -> set[str]:
    return {hit.article.id.removesuffix(".md") for hit in retriever.search(QUESTION, 50, filters)}


class TestCategories:
    @pytest.mark.parametrize(
        ("category", "articles"),
        [
            ("科技", {"ai", "both", "deep"}),
            ("AI", {"ai", "art", "deep"}),
            ("科技/AI", {"ai", "deep"}),
            ("艺术/AI", {"art"}),
            ("AI/大模型", {"deep"}),
            ("科技/AI/大模型", {"deep"}),
            ("艺术/雕塑", {"both"}),
            ("TCP/IP", {"net"}),
            ("网络/TCP/IP", {"net"}),
            (" ｔｃｐ/ｉｐ\n", {"net"}),
        ],
    )
    def test_a_category_covers_what_is_filed_below_it(
        self, retriever: Retriever, category: str, articles: set[str]
    ) -> None:
        assert found(retriever, Filters(categories=(category,))) == articles

    @pytest.mark.parametrize("category", ["TCP", "IP", "科技/大模型", "芯片/艺术", "科", "科技/", "/科技", "/" * 2_000])
    def test_neither_a_piece_of_a_name_nor_a_path_that_is_none_is_a_category(
        self, retriever: Retriever, category: str
    ) -> None:
        with pytest.raises(UnknownName, match="the index knows no category"):
            found(retriever, Filters(categories=(category,)))

    def test_an_article_filed_in_two_places_keeps_both_apart(self, retriever: Retriever) -> None:
        article = retriever.index.store.article("both.md")
        assert article is not None
        assert article.info.categories == ("科技", "芯片", "艺术", "雕塑")
        assert article.info.category_paths == (("科技", "芯片"), ("艺术", "雕塑"))


class TestNames:
    @pytest.mark.parametrize(
        ("authors", "articles"),
        [
            (("河汊网",), {"ai", "deep", "told"}),
            (("cnbeta",), {"art"}),
            (("  MARA QUILL ",), {"net"}),
            (("林渡",), {"both"}),
            (("顾禾、林渡",), {"both"}),
            (("沈禾",), {"told", "own"}),
            (("周渡", "林渡"), {"told", "both"}),
        ],
    )
    def test_authors_are_those_of_the_front_matter_and_the_reporters_of_the_text(
        self, retriever: Retriever, authors: tuple[str, ...], articles: set[str]
    ) -> None:
        assert found(retriever, Filters(authors=authors)) == articles

    @pytest.mark.parametrize(
        ("source", "articles"), [("河汊晚报", {"told"}), ("河汊网", {"ai", "deep", "told"}), ("CnBeta", {"art"})]
    )
    def test_sources_are_papers_and_feeds(self, retriever: Retriever, source: str, articles: set[str]) -> None:
        assert found(retriever, Filters(sources=(source,))) == articles

    def test_an_author_whom_the_text_names_as_its_reporter_is_no_source(self, retriever: Retriever) -> None:
        with pytest.raises(UnknownName, match="the index knows no source '沈禾'"):
            found(retriever, Filters(sources=("沈禾",)))

    def test_all_fields_hold_together(self, retriever: Retriever) -> None:
        filters = Filters(since=date(2022, 1, 1), categories=("科技",), authors=("河汊网", "林渡"), sources=("河汊网",))
        assert found(retriever, filters) == {"deep"}

    @pytest.mark.parametrize(
        ("filters", "message"),
        [
            (Filters(authors=("沈和",)), "the index knows no author '沈和': did you mean 沈禾?"),
            (Filters(categories=("科技/A1",)), "did you mean 科技/AI"),
            (Filters(sources=("河汊晚报", "河汊日报")), "no source '河汊日报': did you mean 河汊晚报 or 河汊网?"),
            (Filters(authors=("' OR 1=1 --",)), "rag status lists those there are"),
            (Filters(authors=("x\n" * 900,)), "no author 'x x x"),
        ],
        ids=str,
    )
    def test_an_unknown_name_is_refused_in_one_line_with_those_nearest(
        self, retriever: Retriever, filters: Filters, message: str
    ) -> None:
        with pytest.raises(UnknownName) as refused:
            retriever.ask(QUESTION, filters)
        assert message in str(refused.value)
        assert len(str(refused.value).splitlines()) == 1
        assert len(str(refused.value)) < 300
        assert len(refused.value.nearest) <= NEAREST

    def test_choices_are_the_names_that_filter_most_frequent_first(self, retriever: Retriever) -> None:
        filtering = retriever.index.filtering
        assert [(choice.name, choice.articles) for choice in filtering.authors.choices(2)] == [
            ("河汊网", 3),
            ("沈禾", 2),
        ]
        for choice in filtering.categories.choices():
            assert len(found(retriever, Filters(categories=(choice.name,)))) == choice.articles


class TestDates:
    @pytest.mark.parametrize(
        ("since", "until", "articles"),
        [
            ("2021", "2021", {"ai"}),
            ("2022-01", "2022-01", {"art"}),
            ("2022-02", "2022-2", {"both"}),
            ("2024-02-29", "2024-02", {"net"}),
            ("2022-01-02", " 2022-03-01 ", {"both", "deep"}),
            (None, "2020", {"own"}),
            ("", "", {"ai", "art", "both", "deep", "net", "told", "own"}),
        ],
    )
    def test_days_months_and_years_are_whole_by_the_articles_own_calendar(
        self, retriever: Retriever, since: str | None, until: str | None, articles: set[str]
    ) -> None:
        assert found(retriever, parse_filters(since, until)) == articles

    @pytest.mark.parametrize(
        "text",
        ["yesterday", "2021-13", "2021-02-30", "0000", "21", "2021-", "20211231", "二〇二一", "2021-1-1-1", "9" * 999],
    )
    def test_what_is_no_date_is_refused_in_one_line(self, text: str) -> None:
        with pytest.raises(NoDate, match="is no date: write it as 2021-12-31, 2021-12 or 2021") as refused:
            parse_filters(since=text)
        assert len(str(refused.value)) < 150

    def test_range_that_ends_before_it_starts_is_refused(self, retriever: Retriever) -> None:
        with pytest.raises(BackwardRange, match="ends on 2021-12-31, before it starts on 2022-01-01"):
            retriever.search(QUESTION, filters=parse_filters("2022", "2021"))

    @pytest.mark.parametrize(
        ("filters", "message"),
        [
            (Filters(since="2021-01-01"), "since is '2021-01-01': give a datetime.date"),  # type: ignore[arg-type]
            (Filters(categories="海岸"), "categories is the text '海岸': give a list"),  # type: ignore[arg-type]
            (Filters(sources=7), "sources is 7: give a list"),  # type: ignore[arg-type]
            (Filters(authors=(None,)), "authors holds None: give names as text"),  # type: ignore[arg-type]
            (Filters(authors=("",)), "authors holds '', which is no name"),
            (Filters(sources=("a",) * 60, authors=("a",) * 41), "hold 101 names with 101 characters: give 100 at most"),
            (Filters(authors=("x\n" * 9000,)), "hold 1 names with 18000 characters: give 100 at most, with 2000"),
            ({"since": date(2021, 1, 1)}, "filters is no rag.Filters"),
        ],
    )
    def test_filter_of_the_wrong_type_says_what_to_give(
        self, retriever: Retriever, filters: Filters, message: str
    ) -> None:
        with pytest.raises(FilterError, match=message):
            retriever.search(QUESTION, filters=filters)


class TestSearchUnderAFilter:
    """A filter holds before the best are taken, however many better passages it shuts out."""

    @pytest.fixture
    def crowded(self, tmp_path: Path, encoder: FakeEncoder) -> Retriever:
        """More articles that answer than the search takes in; two by someone else that hardly do, one in English."""
        folder = tmp_path / "crowd"
        for number in range(CANDIDATES + 50):
            write_article(folder / f"near{number:03}.md", "灯塔的灯", f"{TEXT}（{number}）", author="众人")
        write_article(folder / "far.md", "茶园的雾", "捕雾网一夜能接十一升水，守塔人看不见。", author="林渡")
        write_article(
            folder / "english.md", "Tools", "The library on Mill Lane lends ladders for a week.", author="林渡"
        )
        build_index(folder, tmp_path / "crowded", encoder)
        return Retriever.open(tmp_path / "crowded", encoder, FakeReader())

    def test_the_best_are_all_shut_out_and_the_others_are_found(self, crowded: Retriever) -> None:
        best = crowded.search(QUESTION, CANDIDATES + 50)
        assert {hit.article.author for hit in best} == {"众人"}
        filters = Filters(authors=("林渡",))
        assert [hit.article.author for hit in crowded.search(QUESTION, 1, filters)] == ["林渡"]
        assert {hit.article.id for hit in crowded.search(QUESTION, 50, filters)} == {"far.md", "english.md"}

    def test_what_is_found_has_the_scores_it_has_without_a_filter(self, crowded: Retriever) -> None:
        everything = {hit.passage.id: (hit.dense, hit.lexical) for hit in crowded.search(QUESTION, 10_000)}
        filtered = crowded.search(QUESTION, 10_000, Filters(authors=("林渡",)))
        assert {hit.passage.id: (hit.dense, hit.lexical) for hit in filtered}.items() <= everything.items()

    def test_the_k_best_of_those_allowed_are_taken(self, crowded: Retriever) -> None:
        everything = crowded.search(QUESTION, 10_000)
        allowed = [hit.passage.id for hit in everything if hit.article.author == "众人"]
        for k in (1, 7, CANDIDATES + 20):
            hits = crowded.search(QUESTION, k, Filters(authors=("众人",)))
            assert [hit.passage.id for hit in hits] == allowed[:k]


class TestNewestFirst:
    def test_the_same_hits_by_date_with_undated_last(self, retriever: Retriever) -> None:
        best = retriever.search(QUESTION, 50)
        newest = retriever.search(QUESTION, 50, newest_first=True)
        ids = [hit.article.id.removesuffix(".md") for hit in newest]
        assert list(dict.fromkeys(ids)) == ["net", "deep", "both", "art", "ai", "own", "told"]
        assert {hit.passage.id for hit in newest} == {hit.passage.id for hit in best}

    def test_the_best_are_chosen_before_they_are_ordered(self, retriever: Retriever) -> None:
        best = {hit.passage.id for hit in retriever.search(QUESTION, 3)}
        assert {hit.passage.id for hit in retriever.search(QUESTION, 3, newest_first=True)} == best

    def test_extracts_are_numbered_as_they_are_shown(self, retriever: Retriever) -> None:
        best, newest = retriever.ask(QUESTION), retriever.ask(QUESTION, newest_first=True)
        assert {extract.text for extract in newest.extracts} == {extract.text for extract in best.extracts}
        days = [citation.article.date for citation in newest.citations]
        assert len(days) == 3
        assert [day.date() for day in days if day] == sorted((day.date() for day in days if day), reverse=True)
        assert [citation.number for citation in newest.citations] == [1, 2, 3]
        for extract, citation in zip(newest.extracts, newest.citations, strict=True):
            assert extract.citation == citation.number
            assert extract.passage.article_id == citation.article.id
        assert newest.newest_first
        assert not best.newest_first


class TestCommandLine:
    @pytest.fixture
    def run(self, retriever: Retriever, command_line: CommandLine) -> Run:
        return partial(command_line, retriever)

    def test_asking_under_filters_tells_them_in_json(self, run: Run) -> None:
        done = run("ask", QUESTION, "--json", "--newest", "--since", "2022", "--until", "2022-03", "--source", "河汊网",
                   "--category", "科技/AI", "--author", "河汊网")  # fmt: skip
        answer = json.loads(done.stdout)
        assert {citation["article"]["id"] for citation in answer["citations"]} == {"deep.md"}
        assert answer["newest_first"]
        assert answer["filters"] == {
            "since": "2022-01-01", "until": "2022-03-31", "categories": ["科技/AI"], "authors": ["河汊网"],
            "sources": ["河汊网"], "collections": [],
        }  # fmt: skip

    def test_newest_first_orders_the_list(self, run: Run) -> None:
        shown = run("search", QUESTION, "-k", "50", "--newest").stdout
        places = [shown.index(f"{name}.md:") for name in ("net", "deep", "both", "art", "ai", "own", "told")]
        assert places == sorted(places)

    def test_known_names_that_no_article_bears_together_are_told_apart_from_unknown_ones(self, run: Run) -> None:
        assert (
            "no article passes these filters" in run("ask", QUESTION, "--author", "林渡", "--category", "网络").stdout
        )
        assert isinstance(run("search", QUESTION, "--author", "无名").exception, UnknownName)

    def test_status_lists_authors_and_sources_with_counts(self, run: Run) -> None:
        lines = dict(line.split(maxsplit=1) for line in run("status").stdout.splitlines())
        assert lines["categories"] == "科技 3, 本地 2, 艺术 2, 网络 1"
        assert lines["authors"].startswith("河汊网 3, 沈禾 2, ")
        assert lines["sources"].startswith("河汊网 3, ")
        assert "河汊晚报 1" in lines["sources"]


def test_a_name_that_is_not_known_is_told_before_the_model_is_loaded(
    built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retriever_module, "load_encoder", lambda *_, **__: pytest.fail("the model is loaded"))
    for command in ("ask", "search"):
        result = CliRunner().invoke(cli.app, [command, "灯塔？", "--author", "无名氏", "--index", str(built)])
        assert isinstance(result.exception, UnknownName)
