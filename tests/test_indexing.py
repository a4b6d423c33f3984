from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from rag.build import build_index
from rag.core.progress import Progress
from rag.corpus.articles import read_article
from rag.corpus.versions import STAGES, VERSIONS
from rag.errors import FolderError, IndexBusy, IndexMissing, IndexUnusable
from rag.index.generations import building, current_generation
from rag.index.index import Index
from rag.index.manifest import Manifest, mark_files
from rag.index.store_writer import STORE_NAME, StoreWriter
from tests.conftest import FakeEncoder, write_article
from tests.halted import STEP
from tests.halting import Halting

ARTICLES = 12
PASSAGES = 2 * ARTICLES
KillBuild = Callable[[Path, Path, str], None]
"""Begins a build and kills it at a moment."""


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


@pytest.fixture
def kill_build(halting: Halting) -> KillBuild:
    def kill_build(folder: Path, index: Path, moment: str) -> None:
        with halting.halted("build", folder, index, moment):
            pass

    return kill_build


def ids(index: Path) -> set[str]:
    opened = Index.open(index)
    try:
        return {info.id for info in opened.store.infos()}
    finally:
        opened.close()


def generations(index: Path) -> list[str]:
    return sorted(path.name for path in index.iterdir() if path.is_dir())


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """Articles of two passages each, none like another."""
    folder = tmp_path / "many"
    for number in range(ARTICLES):
        first, second = (f"第{number}号灯塔的{part}记录。" * 20 for part in ("上半年", "下半年"))
        write_article(folder / f"{number:02}.md", f"灯塔{number}", first, second)
    return folder


class TestBuild:
    def test_first_build_adds_every_article(self, articles_folder: Path, tmp_path: Path, encoder: FakeEncoder) -> None:
        report = build_index(articles_folder, tmp_path / "index", encoder)
        assert (report.articles, report.added, report.changed, report.unchanged, report.removed) == (5, 5, 0, 0, 0)
        assert report.failures == ()
        assert report.encoded == report.passages == len(encoder.passages) >= 5

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
        article = Index.open(built).store.article("tea.md")
        assert article is not None
        assert article.info.date == datetime(2022, 6, 19)

    def test_index_holds_articles_as_they_were_read(
        self, articles_folder: Path, built: Path, encoder: FakeEncoder
    ) -> None:
        for name in ids(built):
            assert Index.open(built).store.article(name) == read_article(name, (articles_folder / name).read_bytes())

    def test_vectors_stay_with_their_passages_over_builds(
        self, articles_folder: Path, built: Path, encoder: FakeEncoder
    ) -> None:
        write_article(articles_folder / "aaa.md", "排在最前", "这一篇排在所有文章之前。")
        build_index(articles_folder, built, encoder)
        index = Index.open(built)
        for number, vector in enumerate(index.all_vectors()):
            passage, info = index.store.passage(number)
            (expected,) = encoder.encode_passages([info.indexed_text(passage.text)])
            assert vector.tolist() == expected.tolist()

    def test_progress_goes_through_the_stages_and_never_back(self, many: Path, tmp_path: Path) -> None:
        seen: list[Progress] = []
        build_index(many, tmp_path / "index", FakeEncoder(), seen.append)
        assert list(dict.fromkeys(progress.stage for progress in seen)) == ["read", "encode", "compare", "write"]
        for stage in ["read", "encode", "compare", "write"]:
            done = [progress.done for progress in seen if progress.stage == stage]
            assert done == sorted(done)
            assert done[-1] == next(progress.total for progress in seen if progress.stage == stage)

    def test_other_model_encodes_everything_anew(self, articles_folder: Path, built: Path) -> None:
        other = FakeEncoder("other", "other-1")
        report = build_index(articles_folder, built, other)
        assert report.encoded == report.passages == len(other.passages)
        assert Index.open(built).manifest.model_digest == "other-1"

    def test_model_of_the_same_name_with_other_weights_encodes_everything_anew(
        self, articles_folder: Path, built: Path
    ) -> None:
        retrained = FakeEncoder("fake", "fake-2")
        report = build_index(articles_folder, built, retrained)
        assert report.encoded == report.passages
        assert Index.open(built).manifest.model_digest == "fake-2"

    def test_vectors_of_two_precisions_never_stand_in_one_index(
        self, articles_folder: Path, built: Path, encoder: FakeEncoder
    ) -> None:
        encoder.half_precision = True
        report = build_index(articles_folder, built, encoder)
        assert report.encoded == report.passages
        assert Index.open(built).manifest.half_precision is True
        assert build_index(articles_folder, built, encoder).encoded == 0


FROM_INDEX, CUT_IN_INDEX = 1000, 2000
REDONE = {
    "cleaning": ("read", False),
    "boilerplate": ("taken over", False),
    "passages": ("cut", False),
    "encoding": ("taken over", True),
    "scripts": ("taken over", False),
    "terms": ("taken over", False),
    "copies": ("taken over", False),
}
"""For each stage, what becomes of articles and passages where its version was raised, and whether all is encoded."""


class TestStages:
    """An index that other versions made: what it holds differs from what a build would make of the files now."""

    @pytest.fixture
    def marked(self, built: Path) -> Path:
        """An index with marks: on articles and passages, their lines; and scripts and copies that are none."""
        write_marked(built)
        return built

    def test_each_has_a_row(self) -> None:
        assert REDONE.keys() == STAGES.keys()

    @pytest.mark.parametrize("stage", REDONE)
    def test_what_depends_on_a_raised_version_is_done_anew_and_nothing_else(
        self, articles_folder: Path, marked: Path, encoder: FakeEncoder, stage: str
    ) -> None:
        edit_manifest(stages=VERSIONS | {stage: VERSIONS[stage] - 1})(current_generation(marked))
        report = build_index(articles_folder, marked, encoder)
        done, encodes = REDONE[stage]
        assert {what_was_done(line) for line in lines_of(marked)} == {done}
        assert len(encoder.passages) == report.encoded == (report.passages if encodes else 0)
        assert report.unchanged == report.articles
        index = Index.open(marked)
        assert "marked" not in index.store.scripts()
        assert index.store.copies() == {}
        assert index.manifest.stages == VERSIONS
        assert build_index(articles_folder, marked, encoder).unchanged == report.articles
        assert current_generation(marked) == index.generation

    def test_an_index_of_these_versions_is_left_alone(
        self, articles_folder: Path, marked: Path, encoder: FakeEncoder
    ) -> None:
        before = current_generation(marked)
        build_index(articles_folder, marked, encoder)
        assert current_generation(marked) == before

    def test_a_new_rule_of_what_is_repeated_has_the_articles_cut_that_it_changes(
        self, articles_folder: Path, marked: Path, encoder: FakeEncoder
    ) -> None:
        write_marked(marked, lacks_its_second_paragraph="hoops.md")
        edit_manifest(stages=VERSIONS | {"boilerplate": 0})(current_generation(marked))
        build_index(articles_folder, marked, encoder)
        lines = lines_of(marked)
        assert {what_was_done(line) for line in lines} == {"cut", "taken over"}
        assert encoder.passages == []

    def test_versions_that_had_no_names_yet_cost_no_encoding(
        self, articles_folder: Path, marked: Path, encoder: FakeEncoder
    ) -> None:
        edit_manifest(stages=[3, 3, 3, 1], half_precision=None)(current_generation(marked))
        assert len(ids(marked)) == 5
        assert build_index(articles_folder, marked, encoder).encoded == 0
        assert {what_was_done(line) for line in lines_of(marked)} == {"read"}
        manifest = Index.open(marked).manifest
        assert (manifest.stages, manifest.half_precision) == (VERSIONS, encoder.half_precision)


def write_marked(index: Path, lacks_its_second_paragraph: str = "") -> None:
    """Write the texts of an index anew, with marks."""
    generation = current_generation(index)
    writer = StoreWriter(generation.parent)
    with Index(generation) as old:
        keys = {passage: key for key, passage in old.store.keys().items()}
        for name in old.store.digests():
            article, kept = old.store.as_read(name) or pytest.fail(name)
            paragraphs = tuple(replace(paragraph, line=FROM_INDEX) for paragraph in article.paragraphs)
            passages = [
                replace(passage, parts=tuple(replace(part, line=CUT_IN_INDEX) for part in passage.parts))
                for passage in old.store.passages_of(name)
            ]
            if name == lacks_its_second_paragraph:
                kept = (kept[0], 0, *kept[2:])
            stored = ((passage, keys[passage.id], "marked") for passage in passages)
            writer.add(replace(article, paragraphs=paragraphs), kept, stored)
        writer.add_copies([(0, 1)])
    writer.close()
    (generation.parent / STORE_NAME).replace(generation / STORE_NAME)
    replace(Manifest.read(generation), files=mark_files(generation)).write(generation)


def lines_of(index: Path) -> list[int]:
    """The line of each part of all passages, as the index has it."""
    with Index.open(index) as opened:
        return [part.line for number in range(len(opened)) for part in opened.store.passage(number)[0].parts]


def what_was_done(line: int) -> str:
    return {FROM_INDEX: "cut", CUT_IN_INDEX: "taken over"}.get(line, "read")


class TestFailures:
    @pytest.mark.skipif(sys.platform == "win32", reason="there the size of files can't be limited")
    def test_a_full_disk_is_an_error_of_writing_and_the_old_index_stays(
        self, articles_folder: Path, built: Path, encoder: FakeEncoder
    ) -> None:
        long = "".join(f"第{number}号灯塔换了灯。" for number in range(100_000))
        write_article(articles_folder / "long.md", "灯塔志", long)
        with files_of_at_most(1_000_000), pytest.raises(OSError, match="disk"):
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
        assert Index.open(tmp_path / "index").manifest.failures == report.failures

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
            Index.open(tmp_path / "index")


class TestKilledBuild:
    @pytest.mark.parametrize(
        ("moment", "kept"),
        [
            ("read 1", 0),
            ("encode 0", 0),
            (f"encode {STEP}", STEP),
            (f"encode {3 * STEP}", 3 * STEP),
            ("write 0", PASSAGES),
            ("words written", PASSAGES),
        ],
    )
    def test_old_index_answers_and_the_next_build_takes_over_what_was_encoded(
        self,
        many: Path,
        articles_folder: Path,
        built: Path,
        encoder: FakeEncoder,
        moment: str,
        kept: int,
        kill_build: KillBuild,
    ) -> None:
        kill_build(many, built, moment)
        assert "tea.md" in ids(built)
        report = build_index(many, built, encoder, replace=True)
        assert report.passages == PASSAGES
        assert len(encoder.passages) == report.encoded == PASSAGES - kept
        assert len(ids(built)) == ARTICLES
        assert generations(built) == [current_generation(built).name]

    def test_vectors_taken_over_are_those_of_their_passages(
        self, many: Path, tmp_path: Path, kill_build: KillBuild
    ) -> None:
        kill_build(many, tmp_path / "killed", f"encode {3 * STEP}")
        build_index(many, tmp_path / "killed", FakeEncoder())
        build_index(many, tmp_path / "whole", FakeEncoder())
        killed, whole = Index.open(tmp_path / "killed"), Index.open(tmp_path / "whole")
        assert killed.all_vectors().tolist() == whole.all_vectors().tolist()

    def test_build_killed_twice_loses_nothing(
        self, many: Path, tmp_path: Path, encoder: FakeEncoder, kill_build: KillBuild
    ) -> None:
        index = tmp_path / "index"
        kill_build(many, index, f"encode {2 * STEP}")
        kill_build(many, index, f"encode {STEP}")
        assert build_index(many, index, encoder).encoded == PASSAGES - 3 * STEP

    def test_record_that_was_half_written_is_encoded_again(
        self, many: Path, tmp_path: Path, encoder: FakeEncoder, kill_build: KillBuild
    ) -> None:
        index = tmp_path / "index"
        kill_build(many, index, f"encode {2 * STEP}")
        (rescue,) = index.glob("*.part/encoded-*")
        rescue.write_bytes(rescue.read_bytes()[:-3])
        assert build_index(many, index, encoder).encoded == PASSAGES - 2 * STEP + 1

    def test_other_model_takes_over_nothing(self, many: Path, tmp_path: Path, kill_build: KillBuild) -> None:
        index = tmp_path / "index"
        kill_build(many, index, f"encode {2 * STEP}")
        assert build_index(many, index, FakeEncoder("other", "other-1")).encoded == PASSAGES
        assert generations(index) == [current_generation(index).name]

    def test_other_precision_takes_over_nothing(
        self, many: Path, tmp_path: Path, encoder: FakeEncoder, kill_build: KillBuild
    ) -> None:
        kill_build(many, tmp_path / "index", f"encode {2 * STEP}")
        encoder.half_precision = True
        assert build_index(many, tmp_path / "index", encoder).encoded == PASSAGES

    def test_generation_that_never_came_into_use_is_swept(
        self, articles_folder: Path, built: Path, encoder: FakeEncoder
    ) -> None:
        (built / "0002").mkdir()
        (built / "0002" / "manifest.json").write_text("{}")
        write_article(articles_folder / "ferry.md", "渡船", "渡船换了一台电动机。")
        build_index(articles_folder, built, encoder)
        assert generations(built) == [current_generation(built).name]
        assert "ferry.md" in ids(built)


class TestLock:
    def test_index_that_another_process_builds_is_busy_until_it_dies(
        self, articles_folder: Path, built: Path, encoder: FakeEncoder, halting: Halting
    ) -> None:
        with halting.halted("lock", built):
            with pytest.raises(IndexBusy, match="another process"):
                build_index(articles_folder, built, encoder)
            assert len(ids(built)) == 5
        assert build_index(articles_folder, built, encoder).unchanged == 5

    def test_lock_is_released_after_a_failed_build(
        self, articles_folder: Path, tmp_path: Path, encoder: FakeEncoder
    ) -> None:
        with pytest.raises(ZeroDivisionError):
            build_index(articles_folder, tmp_path / "index", encoder, lambda progress: progress.done // 0)  # type: ignore[arg-type]
        with building(tmp_path / "index"):
            pass


def overwrite(name: str) -> Callable[[Path], None]:
    """Damage that keeps a file's size, as a failing disk does."""

    def damage(generation: Path) -> None:
        path = generation / name
        data = path.read_bytes()
        start, end = len(data) // 2, len(data) * 3 // 4
        path.write_bytes(data[:start] + b"A" * (end - start) + data[end:])

    return damage


def edit_manifest(**changes: object) -> Callable[[Path], None]:
    def damage(generation: Path) -> None:
        path = generation / "manifest.json"
        path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | changes), encoding="utf-8")

    return damage


DAMAGE: dict[str, Callable[[Path], object]] = {
    "CURRENT is empty": lambda generation: (generation.parent / "CURRENT").write_text(""),
    "CURRENT leads out": lambda generation: (generation.parent / "CURRENT").write_text("../0001"),
    "CURRENT names what is not there": lambda generation: (generation.parent / "CURRENT").write_text("0099"),
    "CURRENT is no text": lambda generation: (generation.parent / "CURRENT").write_bytes(b"\xff\xfe\xff"),
    "manifest is gone": lambda generation: (generation / "manifest.json").unlink(),
    "manifest is cut off": lambda generation: (generation / "manifest.json").write_text('{"format": 1, "fi'),
    "manifest is a list": lambda generation: (generation / "manifest.json").write_text("[]"),
    "manifest of another format": edit_manifest(format=99),
    "manifest with files as a list": edit_manifest(files=[]),
    "manifest with a failure as a string": edit_manifest(failures=["x"]),
    "manifest of other files": edit_manifest(articles=77),
    "vectors are gone": lambda generation: (generation / "passages.faiss").unlink(),
    "vectors are cut off": lambda generation: (generation / "passages.faiss").write_bytes(b"IxFI"),
    "texts are gone": lambda generation: (generation / "articles.sqlite").unlink(),
    "texts are no database": lambda generation: (generation / "articles.sqlite").write_bytes(b"x" * 9000),
    "words are gone": lambda generation: (generation / "lexical/vocab.index.json").unlink(),
}
OVERWRITTEN = ["passages.faiss", "articles.sqlite", "lexical/vocab.index.json", "lexical/params.index.json"]


class TestDamage:
    @pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
    def test_damaged_index_says_what_to_do_and_that_mends_it(
        self, articles_folder: Path, built: Path, encoder: FakeEncoder, damage: Callable[[Path], object]
    ) -> None:
        damage(current_generation(built))
        with pytest.raises(IndexUnusable, match="build it anew with rag index") as caught:
            Index.open(built)
        assert "\n" not in str(caught.value)
        assert build_index(articles_folder, built, encoder).articles == 5
        assert len(ids(built)) == 5

    @pytest.mark.parametrize("name", OVERWRITTEN)
    def test_build_mends_a_file_that_was_overwritten_in_place(
        self, many: Path, tmp_path: Path, encoder: FakeEncoder, name: str
    ) -> None:
        build_index(many, tmp_path / "index", encoder)
        overwrite(name)(current_generation(tmp_path / "index"))
        write_article(many / "ferry.md", "渡船", "渡船换了一台电动机。")
        assert build_index(many, tmp_path / "index", encoder).articles == ARTICLES + 1
        index = Index.open(tmp_path / "index")
        index.manifest.check_files(index.generation, thoroughly=True)
        for number, vector in enumerate(index.all_vectors()):
            assert vector @ vector == pytest.approx(1, abs=1e-4), f"passage {number} has no unit vector"

    def test_thorough_check_finds_a_file_overwritten_in_place(self, built: Path) -> None:
        index = Index.open(built)
        overwrite("passages.faiss")(index.generation)
        with pytest.raises(IndexUnusable, match=r"passages\.faiss"):
            index.manifest.check_files(index.generation, thoroughly=True)


def test_an_index_that_cannot_be_written_is_one_clear_error(articles_folder: Path, encoder: FakeEncoder) -> None:
    a_file = next(articles_folder.rglob("*.md"))
    with pytest.raises(IndexUnusable, match="can't write an index to"):
        build_index(articles_folder, a_file, encoder)
