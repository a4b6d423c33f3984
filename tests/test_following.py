"""An index that follows its folder: what looks as it did is not read, and what changes is taken in."""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from threading import Event, Thread
from types import SimpleNamespace
from typing import Any

import pytest

from rag.answering.retriever import Retriever
from rag.build import build_index, update_index
from rag.corpus import folder as folders
from rag.corpus import folder_reading, reading, watching
from rag.corpus.seen_files import SEEN_NAME, status_of
from rag.corpus.versions import VERSIONS
from rag.errors import FolderError
from rag.index.generations import current_generation
from rag.interfaces import cli, reindexing
from rag.interfaces.http import process, serving
from rag.interfaces.reindexing import Reindexing
from tests.conftest import CommandLine, FakeEncoder, FakeReader, write_article
from tests.indexes import edit_manifest, ids
from tests.waiting import until

SECONDS = 30
"""Longest wait for something to be taken in."""
NEW = "港口新修了一座石桥，长三百七十二米。"


class TestWhatLooksAsItDid:
    """Is not read again."""

    @pytest.fixture
    def read(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """The files that are read from now on; those that were written just now, too, look as they did."""
        read: list[str] = []

        class Noting(reading.WorkerPool):
            def __init__(self, folder: Path, names: Sequence[str], known: Any) -> None:
                read.extend(names)
                super().__init__(folder, names, known)

        monkeypatch.setattr(reading, "WorkerPool", Noting)
        monkeypatch.setattr(folders, "RACY_SECONDS", 0.0)
        return read

    @pytest.fixture
    def indexed(self, articles_folder: Path, tmp_path: Path, encoder: FakeEncoder, read: list[str]) -> Path:
        build_index(articles_folder, tmp_path / "index", encoder)
        assert len(read) == 5
        read.clear()
        return tmp_path / "index"

    def test_nothing_is_read_where_nothing_changed(
        self, articles_folder: Path, indexed: Path, encoder: FakeEncoder, read: list[str]
    ) -> None:
        assert build_index(articles_folder, indexed, encoder).unchanged == 5
        assert read == []

    @pytest.mark.parametrize(
        "change",
        [
            lambda path: path.write_text(path.read_text(encoding="utf-8").replace("山脊", "山腰"), encoding="utf-8"),
            lambda path: os.utime(path),
            lambda path: path.chmod(0o600),
            lambda path: shutil.copy2(path, path.with_suffix(".new")) and path.with_suffix(".new").replace(path),
        ],
        ids=["written", "touched", "made private", "replaced by a copy"],
    )
    def test_what_looks_otherwise_is_read(
        self,
        articles_folder: Path,
        indexed: Path,
        encoder: FakeEncoder,
        read: list[str],
        change: Callable[[Path], object],
    ) -> None:
        change(articles_folder / "tea.md")
        build_index(articles_folder, indexed, encoder)
        assert read == ["tea.md"]
        assert build_index(articles_folder, indexed, encoder).unchanged == 5
        assert read == ["tea.md"]

    def test_what_holds_no_article_is_read_once_and_told_each_time(
        self, articles_folder: Path, indexed: Path, encoder: FakeEncoder, read: list[str]
    ) -> None:
        path = articles_folder / "none.md"
        path.write_text("---\ntitle: 空\n---\n", encoding="utf-8")
        told = build_index(articles_folder, indexed, encoder).failures
        assert [failure.path for failure in told] == read == ["none.md"]
        assert build_index(articles_folder, indexed, encoder).failures == told
        assert read == ["none.md"]
        assert build_index(articles_folder, indexed, encoder, verify=True).failures == told
        assert len(read) == 7
        write_article(path, "石桥", NEW)
        assert build_index(articles_folder, indexed, encoder).added == 1

    def test_what_holds_no_article_is_read_again_where_it_may_have_been_written_since(
        self,
        articles_folder: Path,
        indexed: Path,
        encoder: FakeEncoder,
        read: list[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(folders, "RACY_SECONDS", 3600.0)
        (articles_folder / "none.md").write_text("---\ntitle: 空\n---\n", encoding="utf-8")
        for _ in range(2):
            read.clear()
            assert len(build_index(articles_folder, indexed, encoder).failures) == 1
            assert "none.md" in read

    def test_in_whatever_order_files_without_an_article_came_to_be_known_nothing_is_new(
        self, articles_folder: Path, indexed: Path, encoder: FakeEncoder, read: list[str]
    ) -> None:
        for name in ("z.md", "a.md"):
            (articles_folder / name).write_text("---\ntitle: 空\n---\n", encoding="utf-8")
            build_index(articles_folder, indexed, encoder)
        before = current_generation(indexed)
        told = build_index(articles_folder, indexed, encoder).failures
        assert [failure.path for failure in told] == ["a.md", "z.md"]
        assert current_generation(indexed) == before

    def test_what_was_left_for_later_while_all_is_read_anew_is_read_then(
        self, articles_folder: Path, indexed: Path, encoder: FakeEncoder, read: list[str]
    ) -> None:
        edit_manifest(stages=VERSIONS | {"cleaning": 0})(current_generation(indexed))
        for path in articles_folder.rglob("*.md"):
            os.utime(path, (1e9, 1e9))
        write_article(articles_folder / "new.md", "石桥", NEW)
        assert build_index(articles_folder, indexed, encoder, settled=3600).unsettled == 1
        assert build_index(articles_folder, indexed, encoder).added == 1

    def test_what_is_no_longer_indexed_under_its_name_is_forgotten(
        self, articles_folder: Path, indexed: Path, encoder: FakeEncoder
    ) -> None:
        build_index({"all": articles_folder}, indexed, encoder, replace=True)
        with closing(sqlite3.connect(indexed / SEEN_NAME)) as seen:
            assert all(name.startswith("all/") for (name,) in seen.execute("SELECT name FROM files"))

    def test_all_are_read_to_verify_and_where_it_is_not_known_how_they_looked(
        self, articles_folder: Path, indexed: Path, encoder: FakeEncoder, read: list[str]
    ) -> None:
        assert build_index(articles_folder, indexed, encoder, verify=True).unchanged == 5
        assert len(read) == 5
        whole = (indexed / SEEN_NAME).read_bytes()
        for damage in (b"", b"{", b"\xff" * 5000, whole[:5000], whole.replace(b" ", b"x")):
            read.clear()
            (indexed / SEEN_NAME).write_bytes(damage)
            assert build_index(articles_folder, indexed, encoder).unchanged == 5
            assert len(read) == 5

    def test_how_a_file_looked_says_nothing_of_another_text(
        self, articles_folder: Path, indexed: Path, encoder: FakeEncoder, read: list[str]
    ) -> None:
        with closing(sqlite3.connect(indexed / SEEN_NAME)) as seen, seen:
            seen.execute("UPDATE files SET digest = 'of another text' WHERE name = 'tea.md'")
        assert build_index(articles_folder, indexed, encoder).unchanged == 5
        assert read == ["tea.md"]


def test_what_was_written_just_now_is_read_again(articles_folder: Path, tmp_path: Path, encoder: FakeEncoder) -> None:
    """It may be written once more within one tick of the file system's clock."""
    listing = folders.list_folder(articles_folder)
    assert len(listing.names) == 5
    assert listing.young == set(listing.names)


class TestSettled:
    """What may still be in the writing is left alone."""

    def test_a_new_file_is_left_for_later_and_a_known_one_stays_as_it_was(
        self, articles_folder: Path, built: Path, encoder: FakeEncoder
    ) -> None:
        write_article(articles_folder / "new.md", "石桥", NEW)
        (articles_folder / "tea.md").write_text("---\ntitle: 茶", encoding="utf-8")
        report = build_index(articles_folder, built, encoder, settled=3600)
        assert report.unsettled == 6
        assert (report.changes, report.failures, report.unchanged) == (0, (), 5)
        assert "tea.md" in ids(built)

    def test_a_file_that_is_moved_is_never_away(self, articles_folder: Path, built: Path, encoder: FakeEncoder) -> None:
        for path in articles_folder.rglob("*.md"):
            os.utime(path, (1e9, 1e9))
        (articles_folder / "tea.md").rename(articles_folder / "port/tea.md")
        report = build_index(articles_folder, built, encoder, settled=3600)
        assert (report.unsettled, report.added, report.removed, report.encoded) == (0, 1, 1, 0)

    def test_a_file_that_is_written_while_it_is_read_stays_as_it_was(
        self, articles_folder: Path, built: Path, encoder: FakeEncoder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(
            folder_reading, "status_of", lambda path: None if path.name == "tea.md" else status_of(path)
        )
        for name in ("tea.md", "robot.md"):
            path = articles_folder / name
            path.write_text(path.read_text(encoding="utf-8") + "<p>这里又多了一句话。</p>\n", encoding="utf-8")
            os.utime(path, (1e9, 1e9))
        report = build_index(articles_folder, built, encoder, settled=0.001)
        assert (report.unsettled, report.changed, report.unchanged) == (1, 1, 4)
        assert build_index(articles_folder, built, encoder).changed == 1

    def test_where_all_are_in_the_writing_it_says_so(self, articles_folder: Path, tmp_path: Path) -> None:
        with pytest.raises(FolderError, match="still being written"):
            build_index(articles_folder, tmp_path / "index", FakeEncoder(), settled=3600)


class TestChanges:
    @pytest.fixture
    def come(self, articles_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
        """When changes came; the first and the second look are there already."""
        monkeypatch.setattr(watching, "LOOK_SECONDS", 3600.0)
        monkeypatch.setattr(watching, "RETRY_SECONDS", 0.2)
        come, ended = list[float](), Event()

        def note() -> None:
            for _ in watching.changes([articles_folder], articles_folder / "index", ended):
                come.append(time.monotonic())

        thread = Thread(target=note, daemon=True)
        thread.start()
        assert until(lambda: len(come) == 2)
        yield come
        ended.set()

    def test_a_file_that_is_written_moved_or_deleted(self, articles_folder: Path, come: list[float]) -> None:
        for change in (
            lambda: write_article(articles_folder / "neu/new.md", "石桥", NEW),
            lambda: (articles_folder / "neu/new.md").rename(articles_folder / "moved.md"),
            lambda: (articles_folder / "moved.md").unlink(),
        ):
            before = len(come)
            change()
            assert until(lambda before=before: len(come) > before)  # type: ignore[misc]

    def test_all_is_looked_at_now_and_then_however_much_is_told(
        self, articles_folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(watching, "LOOK_SECONDS", 1.0)
        ended, told = Event(), list[watching.Touched | None]()

        def busy() -> None:
            while not ended.wait(0.1):
                write_article(articles_folder / "new.md", "石桥", NEW)

        thread = Thread(target=busy, daemon=True)
        thread.start()
        began = time.monotonic()
        for touched in watching.changes([articles_folder], articles_folder / "index", ended):
            told.append(touched)
            if told.count(None) >= 5 or time.monotonic() - began > SECONDS:
                ended.set()
        thread.join()
        assert told.count(None) >= 5
        assert {articles_folder: frozenset({"new.md"})} in told

    def test_what_is_hidden_or_the_index_is_none(self, articles_folder: Path, come: list[float]) -> None:
        write_article(articles_folder / ".hidden/new.md", "石桥", NEW)
        write_article(articles_folder / ".new.md", "石桥", NEW)
        write_article(articles_folder / "index/0001/new.md", "石桥", NEW)
        time.sleep(1)
        assert len(come) == 2

    def test_a_folder_that_goes_away_and_comes_back(
        self, articles_folder: Path, come: list[float], tmp_path: Path
    ) -> None:
        articles_folder.rename(tmp_path / "away")
        assert until(lambda: len(come) > 2)
        time.sleep(0.5)
        (tmp_path / "away").rename(articles_folder)
        time.sleep(1)
        before = len(come)
        write_article(articles_folder / "new.md", "石桥", NEW)
        assert until(lambda: len(come) > before)


def test_an_index_follows_its_folder(built: Path, articles_folder: Path, encoder: FakeEncoder) -> None:
    retriever, ended, told = Retriever.open(built, encoder, FakeReader(answers=20.0)), Event(), list[str]()
    following = Reindexing(retriever)
    thread = Thread(target=following.follow, args=(ended, lambda status: told.append(status.reason)), daemon=True)
    thread.start()
    write_article(articles_folder / "bridge.md", "石桥", NEW)
    assert until(lambda: "bridge.md" in retriever.index.store.digests())
    assert "三百七十二米" in retriever.ask("石桥长多少米？").extracts[0].text
    (articles_folder / "bridge.md").rename(articles_folder / "port/bridge.md")
    assert until(lambda: {"bridge.md", "port/bridge.md"} & retriever.index.store.digests().keys() == {"port/bridge.md"})
    articles_folder.rename(articles_folder.parent / "away")
    assert until(lambda: bool(told) and told[-1] != "")
    assert "articles is not a folder" in told[-1]
    (articles_folder.parent / "away").rename(articles_folder)
    (articles_folder / "port/bridge.md").unlink()
    assert until(lambda: len(retriever.index.store.digests()) == 5)
    ended.set()
    thread.join(SECONDS)
    assert not thread.is_alive()


@pytest.mark.parametrize("goes", [True, False], ids=["goes", "is written"])
def test_a_file_that_changes_while_it_is_read_holds_nothing_up(
    built: Path, articles_folder: Path, encoder: FakeEncoder, monkeypatch: pytest.MonkeyPatch, goes: bool
) -> None:
    """It is listed anew, and not looked for for ever."""
    runs, looks = list[int](), list[None]()

    def update(*given: Any, **how: Any) -> Any:
        runs.append(1)
        if len(runs) == 1:
            bridge.unlink() if goes else write_article(bridge, "石桥", NEW * 2)
        return update_index(*given, **how)

    def changes(*_: object) -> Iterator[None]:
        yield
        looks.append(None)

    bridge = articles_folder / "bridge.md"
    write_article(bridge, "石桥", NEW)
    for path in (bridge, *articles_folder.rglob("*.md")):
        os.utime(path, (1e9, 1e9))
    monkeypatch.setattr(folders, "RACY_SECONDS", 0.0)  # it is not looked at again for being young
    monkeypatch.setattr(reindexing, "update_index", update)
    monkeypatch.setattr(reindexing, "changes", changes)
    following = Reindexing(Retriever.open(built, encoder, FakeReader()))
    thread = Thread(target=following.follow, args=(Event(),), daemon=True)
    thread.start()
    thread.join(SECONDS)
    assert looks == [None]
    assert ("bridge.md" in ids(built)) is not goes


def test_a_collection_that_has_another_folder_since_is_followed_there(articles_folder: Path, tmp_path: Path) -> None:
    write_article(tmp_path / "other/bridge.md", "石桥", NEW)
    os.utime(tmp_path / "other/bridge.md", (1e9, 1e9))
    before = reindexing._listed({"": str(articles_folder)}, {}, None)
    now = reindexing._listed({"": str(tmp_path / "other")}, before, {})
    assert now[""].names == ("bridge.md",)


def test_rag_watch_tells_what_it_took_in(
    built: Path, articles_folder: Path, encoder: FakeEncoder, command_line: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def changes(*_: object) -> Iterator[None]:
        yield
        write_article(articles_folder / "bridge.md", "石桥", NEW)
        os.utime(articles_folder / "bridge.md", (1e9, 1e9))
        time.sleep(watching.SETTLED_SECONDS)
        yield
        shutil.rmtree(articles_folder)
        yield
        yield

    monkeypatch.setattr(reindexing, "changes", changes)
    done = command_line(Retriever.open(built, encoder, FakeReader()), "watch", str(articles_folder))
    assert done.exit_code == 0, done.output
    *_, following, taken_in, failed = done.stdout.splitlines()
    assert "5 of 5 files read" in done.stdout
    assert following.startswith("following ")
    assert "1 added, 0 changed, 0 removed, 5 unchanged; 1 of " in taken_in
    assert "not up to date: articles is not a folder" in failed


def test_the_page_follows_with_watch(
    built: Path, articles_folder: Path, encoder: FakeEncoder, command_line: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(*_: object) -> None:
        write_article(articles_folder / "bridge.md", "石桥", NEW)
        assert until(lambda: "bridge.md" in ids(built))

    retriever = Retriever.open(built, encoder, FakeReader())
    page = SimpleNamespace(blocks=None, looks={}, reindexing=Reindexing(retriever))
    monkeypatch.setattr(cli, "_page_of", lambda *_, **__: page)
    monkeypatch.setattr(serving, "guarded", lambda *_: None)
    monkeypatch.setattr(serving, "Server", lambda *_: SimpleNamespace(run=run))
    monkeypatch.setattr(process, "prepare_interpreter", lambda: None)
    done = command_line(retriever, "page", "--watch", "--port", "0")
    assert done.exit_code == 0, done.output
