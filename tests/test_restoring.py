"""Articles that were removed can be brought back, and stay though their files are gone."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from typer.testing import Result

from rag.answering.retriever import Retriever
from rag.build import amending, build_index
from rag.build.amending import removed_articles, restore_articles
from rag.core.answers import Check
from rag.corpus import removals
from rag.errors import NotRemoved, RemovalRefused
from rag.index.generations import current_generation
from rag.index.marks import SEGMENTS
from rag.index.opening import open_index
from tests.conftest import CommandLine, FakeEncoder, FakeReader, write_article
from tests.indexes import copies_in, edit_manifest, ids, segment_of

LAMP, TEA = "port/lamp.md", "tea.md"


@pytest.fixture
def index(articles_folder: Path, built: Path, encoder: FakeEncoder, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The articles' index after two files were deleted."""
    monkeypatch.setattr("rag.build.encoding.load_encoder", lambda *_, **__: encoder)
    monkeypatch.setattr("rag.build.encoding.check_model", lambda _: None)
    monkeypatch.setattr("rag.build.encoding.note_model", lambda _: None)
    for name in (LAMP, TEA):
        (articles_folder / name).rename(articles_folder.parent / Path(name).name)
    assert build_index(articles_folder, built, encoder).removed == 2
    encoder.passages.clear()
    return built


def removed(index: Path) -> list[str]:
    return [info.id for info in removed_articles(index)]


class TestRestoring:
    def test_a_removed_article_is_listed_and_brought_back_without_encoding(
        self, articles_folder: Path, index: Path, encoder: FakeEncoder
    ) -> None:
        assert removed(index) == [LAMP, TEA]
        assert restore_articles([LAMP], index) == 1
        assert encoder.passages == []
        assert removed(index) == [TEA]
        (hit, *_) = Retriever.open(index, encoder, FakeReader()).search("灯塔换了什么灯？")
        assert hit.article.id == LAMP
        answer = Retriever.open(index, encoder, FakeReader(20.0)).ask("灯塔换了什么灯？")
        assert answer.citations[0].check(articles_folder) is Check.GONE

    def test_it_stays_when_the_folder_is_read_again(
        self, articles_folder: Path, index: Path, encoder: FakeEncoder
    ) -> None:
        restore_articles([LAMP], index)
        before = current_generation(index)
        report = build_index(articles_folder, index, encoder)
        assert (report.kept, report.removed, current_generation(index)) == (1, 0, before)
        write_article(articles_folder / "ferry.md", "渡船", "渡船换了一台电动机。")
        report = build_index(articles_folder, index, encoder)
        assert (report.kept, report.removed, report.added) == (1, 0, 1)
        assert LAMP in ids(index)

    def test_it_goes_where_that_is_asked_for(self, articles_folder: Path, index: Path, encoder: FakeEncoder) -> None:
        restore_articles([LAMP, TEA], index)
        assert build_index(articles_folder, index, encoder, replace=True).removed == 2
        assert removed(index) == [LAMP, TEA]
        assert build_index(articles_folder, index, encoder).removed == 0

    def test_a_file_that_is_there_again_is_an_article_like_others(
        self, articles_folder: Path, index: Path, encoder: FakeEncoder
    ) -> None:
        restore_articles([LAMP, TEA], index)
        shutil.move(articles_folder.parent / "lamp.md", articles_folder / LAMP)
        report = build_index(articles_folder, index, encoder)
        assert (report.kept, report.unchanged, report.encoded) == (1, 5, 0)
        (articles_folder / LAMP).unlink()
        assert build_index(articles_folder, index, encoder).removed == 1

    def test_the_index_is_as_one_built_of_all_files(
        self, articles_folder: Path, index: Path, encoder: FakeEncoder, tmp_path: Path
    ) -> None:
        restore_articles([LAMP, TEA], index)
        for name in (LAMP, TEA):
            shutil.move(articles_folder.parent / Path(name).name, articles_folder / name)
        build_index(articles_folder, tmp_path / "fresh", encoder)
        with open_index(index) as one, open_index(tmp_path / "fresh") as other:
            assert one.store.digests() == other.store.digests()
            assert one.store.left_out() == other.store.left_out()
        assert copies_in(index) == copies_in(tmp_path / "fresh")

    def test_of_several_versions_the_last_is_brought_back(
        self, articles_folder: Path, index: Path, encoder: FakeEncoder
    ) -> None:
        write_article(articles_folder / TEA, "新茶", "今年的新茶晚收了十天。")
        build_index(articles_folder, index, encoder)
        (articles_folder / TEA).unlink()
        build_index(articles_folder, index, encoder)
        restore_articles([TEA], index)
        with open_index(index) as opened:
            assert [passage.text for passage in opened.store.passages_of(TEA)] == ["今年的新茶晚收了十天。"]

    def test_articles_of_a_collection_that_was_taken_out_are_none(self, index: Path) -> None:
        edit_manifest(folders={"port": "port"})(current_generation(index))
        assert removed(index) == [LAMP]

    def test_a_file_that_is_there_again_and_can_not_be_read_takes_nothing_away(
        self, articles_folder: Path, index: Path, encoder: FakeEncoder
    ) -> None:
        restore_articles([LAMP], index)
        (articles_folder / LAMP).write_bytes(b"")
        report = build_index(articles_folder, index, encoder)
        assert (report.kept, len(report.failures)) == (1, 1)
        (articles_folder / LAMP).unlink()
        assert build_index(articles_folder, index, encoder).kept == 1
        assert LAMP in ids(index)

    @pytest.mark.parametrize("name", ["passages.faiss", "words/terms.npy", "segment.json"])
    def test_what_stands_in_a_damaged_part_of_the_index_stays(
        self, articles_folder: Path, index: Path, encoder: FakeEncoder, name: str
    ) -> None:
        restore_articles([LAMP], index)
        (segment_of(index) / name).write_bytes(b"x")
        assert build_index(articles_folder, index, encoder).kept == 1
        assert ids(index) == {LAMP, "hoops.md", "robot.md", "tools.md"}
        assert build_index(articles_folder, index, encoder).kept == 1

    def test_what_can_not_be_read_any_more_is_not_let_go_without_a_word(
        self, articles_folder: Path, index: Path, encoder: FakeEncoder
    ) -> None:
        restore_articles([LAMP], index)
        for segment in (index / SEGMENTS).iterdir():
            (segment / "articles.sqlite").unlink()
        with pytest.raises(RemovalRefused, match=r"damaged where 1 articles stand that were brought back \(port/lamp"):
            build_index(articles_folder, index, encoder)
        assert build_index(articles_folder, index, encoder, replace=True).articles == 3

    def test_where_many_would_go_those_that_were_brought_back_are_counted(
        self, many: Path, tmp_path: Path, encoder: FakeEncoder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(amending, "encoder_for", lambda *_: encoder)
        monkeypatch.setattr(removals, "FEW", 3)
        index, files = tmp_path / "index", sorted(many.iterdir())
        build_index(many, index, encoder)
        files[0].unlink()
        build_index(many, index, encoder)
        restore_articles([files[0].name], index)
        for path in files[1:6]:
            path.unlink()
        with pytest.raises(RemovalRefused, match="6 of its 12 articles would be removed"):
            build_index(many, index, encoder)

    def test_what_was_not_removed_is_refused_and_nothing_is_changed(self, index: Path) -> None:
        before = current_generation(index)
        with pytest.raises(NotRemoved, match=r"hoops\.md can't be brought back: rag restore lists the 2 that can be"):
            restore_articles([LAMP, "hoops.md"], index)
        assert current_generation(index) == before

    def test_what_goes_at_once_can_be_brought_back_until_the_next_change(
        self, many: Path, tmp_path: Path, encoder: FakeEncoder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(amending, "encoder_for", lambda *_: encoder)
        index = tmp_path / "index"
        build_index(many, index, encoder)
        for path in sorted(many.iterdir())[1:]:
            path.unlink()
        assert build_index(many, index, encoder, replace=True).removed == 11
        assert restore_articles(removed(index), index) == 11
        assert build_index(many, index, encoder, replace=True).removed == 11
        assert build_index(many, index, encoder).removed == 0
        assert len(removed(index)) == 11
        write_article(many / "ferry.md", "渡船", "渡船换了一台电动机。")
        build_index(many, index, encoder)
        assert removed(index) == []
        with pytest.raises(NotRemoved, match=r"none can be$"):
            restore_articles(["01.md"], index)


class TestCommandLine:
    @pytest.fixture
    def told(self, index: Path, encoder: FakeEncoder, command_line: CommandLine) -> Result:
        """What ``rag restore`` lists."""
        return command_line(Retriever.open(index, encoder, FakeReader()), "restore")

    def test_it_lists_and_says_how_long(self, told: Result) -> None:
        assert told.exit_code == 0
        assert LAMP in told.stdout
        assert "2 removed; rag restore ARTICLE or --all brings back, until its part of the index is" in told.stdout

    def test_it_brings_all_back(self, index: Path, encoder: FakeEncoder, command_line: CommandLine) -> None:
        retriever = Retriever.open(index, encoder, FakeReader())
        assert command_line(retriever, "restore", "--all").stdout.startswith("brought back: 2 articles")
        for words in ((), ("--all",)):
            told = command_line(retriever, "restore", *words)
            assert told.stdout == "no article was removed that can be brought back\n"
