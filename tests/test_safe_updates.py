"""What an index loses nothing by: folders that can't be opened, that go away, that are others or almost empty."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from rag.answering.retriever import Retriever
from rag.build import build_index
from rag.core.progress import Progress
from rag.corpus import folder as folder_module
from rag.errors import FolderError, RemovalRefused
from rag.index.generations import current_generation
from rag.index.opening import open_index
from rag.interfaces import cli
from rag.interfaces.indexing_status import State
from rag.interfaces.languages.words import ENGLISH
from rag.interfaces.page.collection import reindexing_html
from rag.interfaces.reindexing import Reindexing
from tests.conftest import FakeEncoder, FakeReader, write_article

ALL = {"hoops.md", "port/lamp.md", "robot.md", "tea.md", "tools.md"}


def ids(index: Path) -> set[str]:
    with open_index(index) as opened:
        return set(opened.store.digests())


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """Thirty articles."""
    folder = tmp_path / "many"
    for number in range(30):
        write_article(folder / f"{number:02}.md", f"灯塔{number}", f"第{number}号灯塔换上了新灯。")
    return folder


@pytest.fixture
def of_many(many: Path, tmp_path: Path, encoder: FakeEncoder) -> Path:
    """Their index."""
    build_index(many, tmp_path / "of_many", encoder)
    return tmp_path / "of_many"


class TestUnopened:
    def test_what_lies_in_a_folder_that_can_not_be_opened_stays(
        self, articles_folder: Path, built: Path, encoder: FakeEncoder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before = current_generation(built)
        with monkeypatch.context() as closed:
            closed.setattr(folder_module.os, "scandir", _closed("port"))
            report = build_index(articles_folder, built, encoder)
            assert (report.articles, report.removed, report.kept, report.encoded) == (5, 0, 1, 0)
            assert [str(failure) for failure in report.failures] == [
                "port: the folder can't be opened: Permission denied; it stays as it was indexed"
            ]
            assert ids(built) == ALL
            between = current_generation(built)
            assert build_index(articles_folder, built, encoder).kept == 1
            assert current_generation(built) == between != before
        shutil.rmtree(articles_folder / "port")
        assert build_index(articles_folder, built, encoder).removed == 1
        assert ids(built) == ALL - {"port/lamp.md"}

    def test_a_file_that_can_not_be_opened_stays_and_one_that_is_broken_does_not(
        self, articles_folder: Path, built: Path, encoder: FakeEncoder
    ) -> None:
        for name in ("tea.md", "hoops.md", "robot.md"):
            (articles_folder / name).unlink()
        os.mkfifo(articles_folder / "tea.md")
        (articles_folder / "hoops.md").symlink_to("a-disk-that-is-away/hoops.md")
        (articles_folder / "robot.md").write_bytes(b"")
        report = build_index(articles_folder, built, encoder)
        assert (report.kept, report.removed, report.unchanged) == (2, 1, 4)
        assert {failure.path: failure.reason.partition("; ")[2] for failure in report.failures} == {
            "tea.md": "it stays as it was indexed",
            "hoops.md": "it stays as it was indexed",
            "robot.md": "",
        }
        answer = Retriever.open(built, encoder, FakeReader(20.0)).ask("一张网一夜能接多少升水？")
        assert answer.citations[0].article.id == "tea.md"

    def test_it_stays_when_the_rules_of_reading_are_others(
        self, articles_folder: Path, built: Path, encoder: FakeEncoder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("rag.build.work_to_redo", lambda _: {"read", "cut"})
        monkeypatch.setattr(folder_module.os, "scandir", _closed("port"))
        assert build_index(articles_folder, built, encoder).kept == 1
        assert ids(built) == ALL

    def test_the_command_line_counts_it(
        self, articles_folder: Path, built: Path, encoder: FakeEncoder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("rag.build.encoding.load_encoder", lambda *_, **__: encoder)
        monkeypatch.setattr("rag.build.encoding.check_model", lambda _: None)
        monkeypatch.setattr("rag.build.encoding.note_model", lambda _: None)
        monkeypatch.setattr(folder_module.os, "scandir", _closed("port"))
        done = CliRunner().invoke(cli.app, ["index", str(articles_folder), "--index", str(built)])
        assert done.exit_code == 1
        assert "0 removed" in done.output
        assert "4 of 5 files read, 1 could not be read; articles kept as they were: 1\n" in done.output


class TestFolderThatGoesAway:
    @pytest.mark.parametrize("is_empty_in_its_place", [False, True])
    def test_nothing_is_changed(
        self, many: Path, of_many: Path, encoder: FakeEncoder, *, is_empty_in_its_place: bool
    ) -> None:
        write_article(many / "new.md", "新灯塔", "新灯塔今年落成。")

        def unmount(progress: Progress) -> None:
            if (progress.stage, progress.done) == ("read", 3):
                many.rename(many.with_name("away"))
                if is_empty_in_its_place:
                    many.mkdir()

        before = current_generation(of_many)
        with pytest.raises(FolderError, match="went away while it was read, and nothing was changed"):
            build_index(many, of_many, encoder, unmount)
        assert current_generation(of_many) == before
        assert len(ids(of_many)) == 30

    def test_no_index_is_made_of_what_was_read_before(self, many: Path, tmp_path: Path, encoder: FakeEncoder) -> None:
        def unmount(progress: Progress) -> None:
            if (progress.stage, progress.done) == ("read", 3):
                many.rename(many.with_name("away"))

        with pytest.raises(FolderError, match="went away"):
            build_index(many, tmp_path / "index", encoder, unmount)
        assert not (tmp_path / "index" / "CURRENT").exists()


class TestRemovals:
    def test_many_at_once_are_refused_until_it_is_said_that_they_are_to_go(
        self, many: Path, of_many: Path, encoder: FakeEncoder
    ) -> None:
        for path in sorted(many.iterdir())[:11]:
            path.unlink()
        with pytest.raises(RemovalRefused, match="11 of its 30 articles would be removed") as refused:
            build_index(many, of_many, encoder)
        assert (refused.value.removed, refused.value.known) == (11, 30)
        assert "(00.md, 01.md, 02.md, …)" in str(refused.value)
        assert "--replace (in Python replace=True). Nothing was changed" in str(refused.value)
        assert len(ids(of_many)) == 30
        assert build_index(many, of_many, encoder, replace=True).removed == 11

    def test_ten_go_without_a_word(self, many: Path, of_many: Path, encoder: FakeEncoder) -> None:
        for path in sorted(many.iterdir())[:10]:
            path.unlink()
        assert build_index(many, of_many, encoder).removed == 10

    def test_another_folder_is_refused_and_the_same_one_moved_is_not(
        self, many: Path, of_many: Path, tmp_path: Path, encoder: FakeEncoder
    ) -> None:
        other = write_article(tmp_path / "other/a.md", "渡船", "渡船换了一台电动机。").parent
        told = rf"was made of {re.escape(str(many))}: with {re.escape(str(other))} 30 of its 30 articles would be"
        with pytest.raises(RemovalRefused, match=told):
            build_index(other, of_many, encoder)
        moved = many.rename(tmp_path / "moved")
        write_article(moved / "new.md", "新灯塔", "新灯塔今年落成。")
        assert build_index(moved, of_many, encoder).added == 1
        assert build_index(other, of_many, encoder, replace=True).articles == 1

    def test_another_folder_with_articles_of_the_same_names_is_refused(
        self, articles_folder: Path, built: Path, tmp_path: Path, encoder: FakeEncoder
    ) -> None:
        other = shutil.copytree(articles_folder, tmp_path / "other")
        write_article(other / "tea.md", "茶园", "另一座茶园的文章。")
        with pytest.raises(RemovalRefused, match="0 of its 5 articles would be removed, and 1 replaced; name another"):
            build_index(other, built, encoder)

    def test_the_command_line_says_it_in_a_line(
        self, many: Path, of_many: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        for path in sorted(many.iterdir())[:20]:
            path.unlink()
        with pytest.raises(SystemExit) as ended:
            cli.main(["index", str(many), "--index", str(of_many)])
        said = " ".join(capsys.readouterr().err.split())
        assert ended.value.code == 2
        assert said.count("error: ") == 1
        assert "20 of its 30 articles would be removed" in said

    def test_the_page_asks(self, many: Path, of_many: Path, encoder: FakeEncoder) -> None:
        for path in sorted(many.iterdir())[:20]:
            path.unlink()
        reindexing = Reindexing(Retriever.open(of_many, encoder, FakeReader()))
        reindexing.start()
        status = reindexing.wait(20)
        assert status.state is State.FAILED
        html = reindexing_html(status, ENGLISH)
        assert "20 of 30 articles would be removed" in html
        assert 'data-replace="yes"' in html
        assert str(many) not in html
        assert "data-replace" not in reindexing_html(status, ENGLISH, may_index=False)
        reindexing.start(replace=True)
        assert reindexing.wait(20).state is State.DONE
        assert len(ids(of_many)) == 10


def _closed(name: str) -> Callable[..., Any]:
    """``os.scandir`` where a folder of this name may not be opened."""
    scandir = os.scandir

    def refusing(path: Any) -> Any:
        if isinstance(path, Path) and path.name == name:
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    return refusing
