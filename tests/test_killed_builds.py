"""Builds that are killed lose nothing; and there is one builder at a time."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from rag.build import build_index
from rag.errors import IndexBusy
from rag.index.generations import building, current_generation
from rag.index.opening import open_index
from tests.conftest import FakeEncoder, write_article
from tests.halted import STEP
from tests.halting import Halting
from tests.indexes import ARTICLES, PASSAGES, KillBuild, copies_in, generations, ids


class TestKilledBuild:
    @pytest.mark.parametrize(
        ("moment", "kept"),
        [
            ("read 1", 0),
            ("encode 0", 0),
            (f"encode {STEP}", STEP),
            (f"encode {3 * STEP}", 3 * STEP),
            ("write 0", PASSAGES),
            ("after words", PASSAGES),
            ("after segment", PASSAGES),
            ("after manifest", PASSAGES),
            ("before switch", PASSAGES),
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

    @pytest.mark.parametrize("moment", ["compare 0", "write 0", "before switch", "after switch"])
    def test_a_first_build_that_is_killed_late_is_gone_on_with(
        self, many: Path, tmp_path: Path, encoder: FakeEncoder, moment: str, kill_build: KillBuild
    ) -> None:
        for number in range(3):
            shutil.copy(many / "00.md", many / f"copy-{number}.md")
        kill_build(many, tmp_path / "killed", moment)
        for index in ("killed", "whole"):
            build_index(many, tmp_path / index, encoder)
        assert copies_in(tmp_path / "killed") == copies_in(tmp_path / "whole") != set()
        assert generations(tmp_path / "killed") == [current_generation(tmp_path / "killed").name]

    def test_vectors_taken_over_are_those_of_their_passages(
        self, many: Path, tmp_path: Path, kill_build: KillBuild
    ) -> None:
        kill_build(many, tmp_path / "killed", f"encode {3 * STEP}")
        build_index(many, tmp_path / "killed", FakeEncoder())
        build_index(many, tmp_path / "whole", FakeEncoder())
        killed, whole = open_index(tmp_path / "killed"), open_index(tmp_path / "whole")
        assert killed.all_vectors().tolist() == whole.all_vectors().tolist()

    def test_build_killed_twice_loses_nothing(
        self, many: Path, tmp_path: Path, encoder: FakeEncoder, kill_build: KillBuild
    ) -> None:
        index = tmp_path / "index"
        kill_build(many, index, f"encode {2 * STEP}")
        kill_build(many, index, f"encode {STEP}")
        assert build_index(many, index, encoder).encoded == PASSAGES - 3 * STEP

    @pytest.mark.parametrize(
        "damage",
        [lambda data: data[:-3], lambda data: data[:-200] + b"\x7e" * 100 + data[-100:]],
        ids=["half written", "altered"],
    )
    def test_record_that_is_not_as_it_was_written_is_encoded_again(
        self,
        many: Path,
        tmp_path: Path,
        encoder: FakeEncoder,
        kill_build: KillBuild,
        damage: Callable[[bytes], bytes],
    ) -> None:
        index = tmp_path / "index"
        kill_build(many, index, f"encode {2 * STEP}")
        (rescue,) = index.glob("encoded-*")
        rescue.write_bytes(damage(rescue.read_bytes()))
        assert build_index(many, index, encoder).encoded == PASSAGES - 2 * STEP + 1

    def test_killed_at_the_switch_the_new_index_answers_and_the_old_one_is_swept(
        self, many: Path, articles_folder: Path, built: Path, encoder: FakeEncoder, kill_build: KillBuild
    ) -> None:
        kill_build(many, built, "after switch")
        assert len(ids(built)) == ARTICLES
        report = build_index(many, built, encoder)
        assert (report.unchanged, report.encoded) == (ARTICLES, 0)
        assert generations(built) == [current_generation(built).name]
        assert sorted(path.name for path in built.glob("encoded-*")) == []

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

    def test_a_build_that_finds_nothing_new_sweeps_too(
        self, articles_folder: Path, built: Path, encoder: FakeEncoder
    ) -> None:
        for name in ("0002", "0003.part"):
            (built / name).mkdir()
        assert build_index(articles_folder, built, encoder).unchanged == 5
        assert generations(built) == ["0001"]


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
