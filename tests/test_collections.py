"""Several collections in one index: each has its folder, and is followed, filtered by and taken out apart."""

from __future__ import annotations

import shutil
from pathlib import Path
from threading import Event, Thread

import pytest
from typer.testing import CliRunner

from rag.answering.retriever import Retriever
from rag.build import build_index
from rag.build.amending import drop_collection
from rag.core.answers import Check
from rag.core.filters import Filters
from rag.corpus.versions import VERSIONS
from rag.errors import ArgumentError, IndexUnusable, RemovalRefused, UnknownName
from rag.index.collection import describe
from rag.index.generations import current_generation
from rag.index.opening import open_index
from rag.interfaces import cli
from rag.interfaces.article_files import article_named
from rag.interfaces.export import conversation_markdown
from rag.interfaces.languages.words import ENGLISH
from rag.interfaces.page.collection import overview_html
from rag.interfaces.page.filter_form import chips_html, form_html
from rag.interfaces.page.narrowing import FilterFormState
from rag.interfaces.printed_run import print_report
from rag.interfaces.reindexing import Reindexing
from tests.conftest import CommandLine, FakeEncoder, FakeReader, write_article
from tests.indexes import edit_manifest, ids, segment_of
from tests.waiting import until

NEWS, BLOG = "河口的灯塔上周换上了新灯，守塔人很高兴。", "我在渡口等了一夜的船，写下这篇日记。"


def write_folders(path: Path) -> dict[str, str | Path]:
    write_article(path / "news/a.md", "灯塔换灯", NEWS)
    write_article(path / "news/port/b.md", "航道", "航道疏浚，吃水深了半米。")
    write_article(path / "blog/a.md", "渡口日记", BLOG)
    return {"news": path / "news", "blog": path / "blog"}


@pytest.fixture
def folders(tmp_path: Path) -> dict[str, str | Path]:
    """Two folders with a file of the same name in each."""
    return write_folders(tmp_path)


@pytest.fixture(scope="module")
def built_of_both(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Their index, to be copied: building it takes processes of its own."""
    path = tmp_path_factory.mktemp("collections")
    build_index(write_folders(path), path / "index", FakeEncoder())
    return path / "index"


@pytest.fixture
def index(folders: dict[str, str | Path], tmp_path: Path, built_of_both: Path) -> Path:
    index = shutil.copytree(built_of_both, tmp_path / "index")
    edit_manifest(folders={name: str(Path(path).resolve()) for name, path in folders.items()})(
        current_generation(index)
    )
    return index


@pytest.fixture
def retriever(index: Path, encoder: FakeEncoder) -> Retriever:
    return Retriever.open(index, encoder, FakeReader(20.0))


ALL = {"news/a.md", "news/port/b.md", "blog/a.md"}


class TestIndexing:
    def test_files_of_one_name_are_two_articles(self, index: Path) -> None:
        assert ids(index) == ALL

    def test_one_is_brought_up_to_date_and_the_others_stay(
        self,
        folders: dict[str, str | Path],
        index: Path,
        encoder: FakeEncoder,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        shutil.rmtree(folders["news"])
        write_article(Path(folders["blog"]) / "c.md", "集市", "集市搬到了桥头。")
        encoder.passages.clear()
        report = build_index({"blog": folders["blog"]}, index, encoder)
        assert (report.added, report.unchanged, report.removed, report.encoded) == (1, 3, 0, 1)
        print_report(report)
        assert "2 of 2 files read" in capsys.readouterr().out
        assert ids(index) == ALL | {"blog/c.md"}
        assert build_index({"blog": folders["blog"]}, index, encoder).unchanged == 4

    @pytest.mark.parametrize("what", ["another version", "damage"])
    def test_what_is_done_anew_is_so_for_all(
        self, folders: dict[str, str | Path], index: Path, encoder: FakeEncoder, what: str
    ) -> None:
        if what == "damage":
            (segment_of(index) / "articles.sqlite").unlink()
        else:
            edit_manifest(stages=VERSIONS | {"cleaning": 0})(current_generation(index))
        write_article(Path(folders["blog"]) / "c.md", "集市", "集市搬到了桥头。")
        build_index({"news": folders["news"]}, index, encoder)
        assert ids(index) == ALL | {"blog/c.md"}

    def test_one_more_is_added(self, index: Path, tmp_path: Path, encoder: FakeEncoder) -> None:
        write_article(tmp_path / "notes/n.md", "笔记", "水闸今年加高了半米。")
        build_index({"notes": tmp_path / "notes"}, index, encoder)
        assert ids(index) == ALL | {"notes/n.md"}
        assert open_index(index).manifest.folders.keys() == {"news", "blog", "notes"}

    def test_what_can_not_be_read_is_told_with_its_collection_until_that_is_read_again(
        self, folders: dict[str, str | Path], index: Path, encoder: FakeEncoder
    ) -> None:
        (Path(folders["blog"]) / "broken.md").write_bytes(b"")
        assert [failure.path for failure in build_index(folders, index, encoder).failures] == ["blog/broken.md"]
        assert build_index({"news": folders["news"]}, index, encoder).failures == ()
        assert [failure.path for failure in open_index(index).manifest.failures] == ["blog/broken.md"]
        (Path(folders["blog"]) / "broken.md").unlink()
        build_index({"blog": folders["blog"]}, index, encoder)
        assert open_index(index).manifest.failures == ()

    @pytest.mark.parametrize("name", ["news", ""])
    def test_another_folder_does_not_take_the_place_of_one(
        self, folders: dict[str, str | Path], index: Path, encoder: FakeEncoder, name: str
    ) -> None:
        with pytest.raises(RemovalRefused, match=r"would be removed"):
            build_index({name: folders["blog"]} if name else folders["blog"], index, encoder)
        assert ids(index) == ALL

    def test_a_folder_takes_the_place_of_all_when_it_is_said_so(
        self, folders: dict[str, str | Path], index: Path, encoder: FakeEncoder
    ) -> None:
        encoder.passages.clear()
        build_index(folders["news"], index, encoder, replace=True)
        assert ids(index) == {"a.md", "port/b.md"}
        assert encoder.passages == []
        assert {info.collection for info in open_index(index).store.infos()} == {""}

    @pytest.mark.parametrize("name", ["", "a/b", "..", "a b", "-a", "x" * 41, 3])
    def test_what_is_no_name_is_refused(self, folders: dict[str, str | Path], index: Path, name: object) -> None:
        with pytest.raises(ArgumentError, match="names of letters"):
            build_index({name: folders["news"], "blog": folders["blog"]}, index)  # type: ignore[dict-item]

    def test_none_is_refused(self, index: Path) -> None:
        with pytest.raises(ArgumentError, match="from 1 to 50"):
            build_index({}, index)

    def test_it_is_taken_out_by_its_name(self, folders: dict[str, str | Path], index: Path) -> None:
        with pytest.raises(UnknownName, match="no collection 'blok'"):
            drop_collection("blok", index)


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch, encoder: FakeEncoder) -> None:
    """What a build would load is there."""
    monkeypatch.setattr("rag.build.encoding.load_encoder", lambda *_, **__: encoder)
    monkeypatch.setattr("rag.build.encoding.check_model", lambda _: None)
    monkeypatch.setattr("rag.build.encoding.note_model", lambda _: None)


@pytest.mark.usefixtures("given")
class TestDrop:
    def test_its_articles_go_and_its_folder_stays(self, folders: dict[str, str | Path], index: Path) -> None:
        assert drop_collection("news", index) == 2
        assert ids(index) == {"blog/a.md"}
        assert open_index(index).manifest.folders.keys() == {"blog"}
        assert (Path(folders["news"]) / "a.md").exists()

    def test_the_last_one_is_not_taken_out(self, index: Path) -> None:
        drop_collection("news", index)
        with pytest.raises(IndexUnusable, match="is all that the index"):
            drop_collection("blog", index)

    def test_an_index_of_another_version_is_brought_up_to_date_first(self, index: Path) -> None:
        edit_manifest(stages=VERSIONS | {"cleaning": 0})(current_generation(index))
        with pytest.raises(IndexUnusable, match="up to date first"):
            drop_collection("news", index)
        assert ids(index) == ALL

    def test_on_the_command_line(self, index: Path) -> None:
        done = CliRunner().invoke(cli.app, ["drop", "blog", "--index", str(index)])
        assert done.stdout == "1 articles of blog are no longer in the index\n"


class TestAsking:
    def test_it_is_filtered_by_and_cited(self, retriever: Retriever, folders: dict[str, str | Path]) -> None:
        for name, expected in (("news", "news/a.md"), ("blog", "blog/a.md")):
            answer = retriever.ask("灯塔 渡口", Filters(collections=(name,)), threshold=0)
            (citation, *_) = answer.citations
            assert (citation.article.id, citation.article.collection) == (expected, name)
            assert citation.check(folders) is Check.UNCHANGED
            assert citation.check(folders[name]) is Check.UNCHANGED
            assert citation.check({"notes": folders[name]}) is Check.GONE
            assert answer.to_json()["citations"][0]["article"]["collection"] == name
            assert f"collection {name}" in conversation_markdown([answer], "en")

    def test_an_unknown_one_is_told(self, retriever: Retriever) -> None:
        with pytest.raises(UnknownName, match="no collection 'newz': did you mean news"):
            retriever.ask("灯塔", Filters(collections=("newz",)))

    def test_on_the_command_line(self, retriever: Retriever, command_line: CommandLine) -> None:
        done = command_line(retriever, "search", "灯塔", "--collection", "blog")
        assert "blog/a.md" in done.stdout
        assert "news/" not in done.stdout
        assert "news 2, blog 1" in command_line(retriever, "status").stdout

    def test_an_article_is_shown_by_its_id_or_its_file(self, index: Path, folders: dict[str, str | Path]) -> None:
        for name in ("blog/a.md", str(Path(folders["blog"]) / "a.md")):
            article, has_changed = article_named(name, index)
            assert (article.info.id, article.info.collection, has_changed) == ("blog/a.md", "blog", False)


class TestPage:
    def test_it_is_offered_where_there_are_several(self, retriever: Retriever, tmp_path: Path) -> None:
        state = FilterFormState(collections=("news",))
        html = form_html(state, retriever.index.filtering, ENGLISH)
        assert '<input type="checkbox" name="collection" value="news" checked>' in html
        assert '<option value="blog">1</option>' in html
        assert "collection news" in chips_html(state, ENGLISH)
        assert state.options.filters == Filters(collections=("news",))

    def test_it_is_not_where_there_is_one(self, built: Path) -> None:
        assert "collection" not in form_html(FilterFormState(), open_index(built).filtering, ENGLISH)

    def test_it_is_counted(self, retriever: Retriever) -> None:
        html = overview_html(describe(retriever.index), ENGLISH)
        assert "<dt>Folder</dt><dd><bdi>news, blog</bdi></dd>" in html
        assert "Collections" in html


def test_all_are_followed(folders: dict[str, str | Path], retriever: Retriever) -> None:
    ended = Event()
    following = Thread(target=Reindexing(retriever).follow, args=(ended,))
    following.start()
    try:
        shutil.copy(Path(folders["news"]) / "a.md", Path(folders["news"]) / "copy.md")
        (Path(folders["blog"]) / "a.md").rename(Path(folders["blog"]) / "moved.md")
        expected = {"news/a.md", "news/port/b.md", "news/copy.md", "blog/moved.md"}
        assert until(lambda: retriever.index.store.digests().keys() == expected)
    finally:
        ended.set()
        following.join()


def test_one_whose_folder_is_away_is_waited_for_and_the_others_are_followed(
    folders: dict[str, str | Path], retriever: Retriever
) -> None:
    ended, news = Event(), Path(folders["news"])
    away = news.rename(news.with_name("away"))
    following = Thread(target=Reindexing(retriever).follow, args=(ended,))
    following.start()
    try:
        write_article(Path(folders["blog"]) / "c.md", "集市", "集市搬到了桥头。")
        assert until(lambda: retriever.index.store.digests().keys() == ALL | {"blog/c.md"})
        (away / "a.md").unlink()
        away.rename(news)
        assert until(lambda: retriever.index.store.digests().keys() == (ALL | {"blog/c.md"}) - {"news/a.md"})
    finally:
        ended.set()
        following.join()
