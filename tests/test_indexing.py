"""Building an index: what is read, encoded and told, and what goes wrong."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest

from rag.build import build_index, encoding
from rag.core.progress import Progress
from rag.corpus.articles import read_article
from rag.errors import FolderError, IndexMissing, IndexUnusable
from rag.index.generations import current_generation
from rag.index.opening import open_index
from rag.models.known_models import DEFAULT_MODEL
from tests.conftest import FakeEncoder, write_article
from tests.indexes import ids


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """As a disk with no more room than that: this process can write no longer file."""
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


class TestBuild:
    def test_first_build_adds_every_article(self, articles_folder: Path, tmp_path: Path, encoder: FakeEncoder) -> None:
        report = build_index(articles_folder, tmp_path / "index", encoder)
        assert (report.articles, report.added, report.changed, report.unchanged, report.removed) == (5, 5, 0, 0, 0)
        assert report.failures == ()
        assert report.encoded == report.passages == len(encoder.passages) >= 5

    def test_the_model_is_not_loaded_for_what_is_taken_out(
        self, articles_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        default, loaded = FakeEncoder(DEFAULT_MODEL), list[str]()
        monkeypatch.setattr(encoding, "default_digest", lambda: default.digest)
        monkeypatch.setattr(encoding, "load_encoder", lambda name, *_, **__: loaded.append(name) or default)
        build_index(articles_folder, tmp_path / "index")
        assert loaded == [DEFAULT_MODEL]
        (articles_folder / "tea.md").unlink()
        assert build_index(articles_folder, tmp_path / "index").removed == 1
        assert loaded == [DEFAULT_MODEL]
        write_article(articles_folder / "new.md", "石桥", "港口新修了一座石桥，长三百七十二米。")
        assert build_index(articles_folder, tmp_path / "index").encoded == 1
        assert loaded == [DEFAULT_MODEL] * 2

    def test_second_build_encodes_nothing_and_keeps_the_generation(
        self, articles_folder: Path, built: Path, encoder: FakeEncoder
    ) -> None:
        before = current_generation(built)
        report = build_index(articles_folder, built, encoder)
        assert (report.unchanged, report.added, report.changed, report.removed, report.encoded) == (5, 0, 0, 0, 0)
        assert encoder.passages == []
        assert current_generation(built) == before

    def test_only_passages_that_are_new_are_encoded(
        self, articles_folder: Path, built: Path, encoder: FakeEncoder
    ) -> None:
        write_article(articles_folder / "tea.md", "高山茶园", "茶园今年又多了二十张捕雾网。")
        write_article(articles_folder / "new/ferry.md", "渡船", "渡船换了一台电动机。")
        (articles_folder / "hoops.md").unlink()
        report = build_index(articles_folder, built, encoder)
        assert (report.added, report.changed, report.unchanged, report.removed) == (1, 1, 3, 1)
        assert sorted(text.split("\n")[0] for text in encoder.passages) == ["渡船", "高山茶园"]
        assert report.encoded == 2
        assert ids(built) == {"new/ferry.md", "port/lamp.md", "robot.md", "tea.md", "tools.md"}

    def test_article_that_is_renamed_keeps_its_vectors(
        self, articles_folder: Path, built: Path, encoder: FakeEncoder
    ) -> None:
        (articles_folder / "tea.md").rename(articles_folder / "mist.md")
        report = build_index(articles_folder, built, encoder)
        assert (report.added, report.removed, report.encoded) == (1, 1, 0)
        assert "mist.md" in ids(built)

    def test_new_date_is_indexed_without_encoding(
        self, articles_folder: Path, built: Path, encoder: FakeEncoder
    ) -> None:
        path = articles_folder / "tea.md"
        path.write_text(path.read_text(encoding="utf-8").replace("2022-06-18", "2022-06-19"), encoding="utf-8")
        report = build_index(articles_folder, built, encoder)
        assert (report.changed, report.encoded) == (1, 0)
        article = open_index(built).store.article("tea.md")
        assert article is not None
        assert article.info.date == datetime(2022, 6, 19)

    def test_index_holds_articles_as_they_were_read(
        self, articles_folder: Path, built: Path, encoder: FakeEncoder
    ) -> None:
        for name in ids(built):
            assert open_index(built).store.article(name) == read_article(name, (articles_folder / name).read_bytes())

    def test_vectors_stay_with_their_passages_over_builds(
        self, articles_folder: Path, built: Path, encoder: FakeEncoder
    ) -> None:
        write_article(articles_folder / "aaa.md", "排在最前", "这一篇排在所有文章之前。")
        build_index(articles_folder, built, encoder)
        index = open_index(built)
        for number, vector in zip(index.ids.tolist(), index.all_vectors(), strict=True):
            passage, info = index.store.passage(number)
            (expected,) = encoder.encode_passages([info.indexed_text(passage.text)])
            assert vector.tolist() == expected.tolist()

    def test_progress_goes_through_the_stages_and_never_back(self, many: Path, tmp_path: Path) -> None:
        seen: list[Progress] = []
        build_index(many, tmp_path / "index", FakeEncoder(), seen.append)
        assert list(dict.fromkeys(progress.stage for progress in seen)) == ["read", "cut", "encode", "compare", "write"]
        for stage in ["read", "cut", "encode", "compare", "write"]:
            done = [progress.done for progress in seen if progress.stage == stage]
            assert done == sorted(done)
            assert done[-1] == next(progress.total for progress in seen if progress.stage == stage)

    def test_other_model_encodes_everything_anew(self, articles_folder: Path, built: Path) -> None:
        other = FakeEncoder("other", "other-1")
        report = build_index(articles_folder, built, other)
        assert report.encoded == report.passages == len(other.passages)
        assert open_index(built).manifest.model_digest == "other-1"

    def test_model_of_the_same_name_with_other_weights_encodes_everything_anew(
        self, articles_folder: Path, built: Path
    ) -> None:
        retrained = FakeEncoder("fake", "fake-2")
        report = build_index(articles_folder, built, retrained)
        assert report.encoded == report.passages
        assert open_index(built).manifest.model_digest == "fake-2"

    def test_vectors_of_two_precisions_never_stand_in_one_index(
        self, articles_folder: Path, built: Path, encoder: FakeEncoder
    ) -> None:
        encoder.half_precision = True
        report = build_index(articles_folder, built, encoder)
        assert report.encoded == report.passages
        assert open_index(built).manifest.half_precision is True
        assert build_index(articles_folder, built, encoder).encoded == 0


FROM_INDEX, CUT_IN_INDEX = 1000, 2000


class TestFailures:
    @pytest.mark.skipif(sys.platform == "win32", reason="there the size of files can't be limited")
    def test_a_full_disk_is_an_error_of_writing_and_the_old_index_stays(
        self, articles_folder: Path, built: Path, encoder: FakeEncoder
    ) -> None:
        long = "".join(f"第{number}号灯塔换了灯。" for number in range(100_000))
        write_article(articles_folder / "long.md", "灯塔志", long)
        with files_of_at_most(1_000_000), pytest.raises(OSError, match=r"disk|too large"):
            build_index(articles_folder, built, encoder)
        assert len(ids(built)) == 5

    @pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names of folders are text")
    def test_a_folder_whose_name_is_no_text_is_refused(self, tmp_path: Path, encoder: FakeEncoder) -> None:
        folder = tmp_path / os.fsdecode(b"a\xff")
        folder.mkdir()
        write_article(folder / "a.md", "题", "正文写在这里。")
        with pytest.raises(FolderError, match="is no text: rename it"):
            build_index(folder, tmp_path / "index", encoder)

    def test_unreadable_files_are_reported_and_the_rest_goes_on(
        self, articles_folder: Path, tmp_path: Path, encoder: FakeEncoder
    ) -> None:
        (articles_folder / "broken.md").write_text("---\nauthor: 林渡\ntitle: [灯\n---\n<p>灯。</p>", encoding="utf-8")
        (articles_folder / "empty.md").write_bytes(b"")
        report = build_index(articles_folder, tmp_path / "index", encoder)
        assert report.articles == 5
        assert [(failure.path, failure.line) for failure in report.failures] == [("broken.md", 4), ("empty.md", 1)]
        assert open_index(tmp_path / "index").manifest.failures == report.failures

    @pytest.mark.parametrize(
        "data",
        [
            f"---\ncategories: {'[' * 900}{']' * 900}\n---\n<p>灯。</p>".encode(),
            '<meta charset="undefined"><p>这是人们的灯。</p>'.encode("gb18030"),
            "<p>灯。</p><![weird[x]]>".encode(),
            "<p>灯&#xD800;。</p>".encode(),
            '\ufeff---\ntitle: "\\ud800"\n---\n<p>灯。</p>'.encode(),
            "<p>灯\ud800。</p>".encode("utf-8", "surrogatepass"),
            b"\xff\xfe\x00\xd8" * 20,
        ],
        ids=[
            "nested yaml",
            "charset undefined",
            "rejected markup",
            "surrogate entity",
            "yaml surrogate",
            "utf-8 surrogate",
            "utf-16",
        ],
    )
    def test_odd_file_never_stops_the_build(
        self, articles_folder: Path, tmp_path: Path, encoder: FakeEncoder, data: bytes
    ) -> None:
        (articles_folder / "odd.html").write_bytes(data)
        report = build_index(articles_folder, tmp_path / "index", encoder)
        assert report.articles + len(report.failures) == 6

    @pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there are no such entries")
    def test_entries_that_are_no_files_are_told_and_the_rest_goes_on(
        self, articles_folder: Path, tmp_path: Path, encoder: FakeEncoder
    ) -> None:
        (articles_folder / "itself.md").symlink_to("itself.md")
        (articles_folder / "zero.md").symlink_to("/dev/zero")
        os.mkfifo(articles_folder / "pipe.md")
        (articles_folder / "deep.md").write_text("---\na: " + "[" * 40_000 + "\n---\n灯。", encoding="utf-8")
        (articles_folder / "digits.html").write_text("<p>灯&#" + "9" * 4301 + ";。</p>", encoding="utf-8")
        (articles_folder / "halves.html").write_bytes(b'<meta charset="unicode_escape"><p>\\ud800 lamp</p>\xff')
        for _ in range(2):  # the lock is free again
            report = build_index(articles_folder, tmp_path / "index", encoder)
            assert {failure.path: failure.reason for failure in report.failures} == {
                "deep.md": "the front matter is broken: its lists lie more than 20 deep in each other",
                "itself.md": "the link leads nowhere",
                "pipe.md": "can't be opened: it is no ordinary file",
                "zero.md": "the link leads out of the folder, and is not followed",
            }
        assert {"robot.md", "tea.md", "digits.html", "halves.html"} <= set(ids(tmp_path / "index"))

    def test_file_whose_name_is_no_text_is_reported_and_the_rest_goes_on(
        self, articles_folder: Path, tmp_path: Path, encoder: FakeEncoder
    ) -> None:
        try:
            name = os.fsdecode("灯.md".encode("gb18030"))
            (articles_folder / name).write_text("灯塔换上了新灯。", encoding="utf-8")
        except OSError:
            pytest.skip("this file system takes names in UTF-8 alone")
        for _ in range(2):
            (failure,) = build_index(articles_folder, tmp_path / "index", encoder).failures
            assert failure.path == r"\xb5\xc6.md"
            assert "is no text: rename it" in failure.reason
        assert len(ids(tmp_path / "index")) == 5

    def test_failure_is_reported_again_while_it_lasts(
        self, articles_folder: Path, built: Path, encoder: FakeEncoder
    ) -> None:
        (articles_folder / "empty.md").write_bytes(b"")
        first = build_index(articles_folder, built, encoder)
        second = build_index(articles_folder, built, encoder)
        assert first.failures == second.failures != ()
        assert encoder.passages == []

    def test_article_that_can_no_longer_be_read_is_dropped(
        self, articles_folder: Path, built: Path, encoder: FakeEncoder
    ) -> None:
        (articles_folder / "tea.md").write_bytes(b"\x00")
        report = build_index(articles_folder, built, encoder)
        assert (report.removed, len(report.failures)) == (1, 1)
        assert "tea.md" not in ids(built)

    @pytest.mark.parametrize("spoil", [Path.unlink, lambda path: path.write_bytes(b"")], ids=["gone", "empty"])
    def test_nothing_readable_leaves_the_old_index_in_use(
        self, articles_folder: Path, built: Path, encoder: FakeEncoder, spoil: Callable[[Path], object]
    ) -> None:
        for path in articles_folder.rglob("*.md"):
            spoil(path)
        with pytest.raises(FolderError):
            build_index(articles_folder, built, encoder)
        assert len(ids(built)) == 5

    def test_folder_that_is_not_there_makes_no_index(self, tmp_path: Path, encoder: FakeEncoder) -> None:
        with pytest.raises(FolderError):
            build_index(tmp_path / "nowhere", tmp_path / "index", encoder)
        with pytest.raises(IndexMissing, match="rag index"):
            open_index(tmp_path / "index")


def test_an_index_that_cannot_be_written_is_one_clear_error(articles_folder: Path, encoder: FakeEncoder) -> None:
    a_file = next(articles_folder.rglob("*.md"))
    with pytest.raises(IndexUnusable, match="can't write an index to"):
        build_index(articles_folder, a_file, encoder)
