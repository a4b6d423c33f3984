"""A damaged index says so, and the next build mends it with what is whole."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import Result

from rag.answering.retriever import Retriever
from rag.build import build_index, encoding, segments
from rag.errors import IndexUnopened, IndexUnusable, RemovalRefused
from rag.index import marks
from rag.index.generations import current_generation
from rag.index.groups import SINCE_NAME
from rag.index.opening import index_over, open_index
from rag.index.snapshot import open_snapshot
from rag.index.vectors import write_vectors
from tests.conftest import CommandLine, FakeEncoder, FakeReader, write_article
from tests.indexes import ARTICLES, edit_manifest, ids, segment_of, sign


def overwrite(name: str) -> Callable[[Path], None]:
    """Damage that keeps a file's size, as a failing disk does."""

    def damage(folder: Path) -> None:
        path = folder / name
        data = path.read_bytes()
        start, end = len(data) // 2, len(data) * 3 // 4
        path.write_bytes(data[:start] + b"A" * (end - start) + data[end:])

    return damage


def in_generation(damage: Callable[[Path], object]) -> Callable[[Path], object]:
    return lambda index: damage(current_generation(index))


def in_segment(damage: Callable[[Path], object]) -> Callable[[Path], object]:
    return lambda index: damage(segment_of(index))


DAMAGE: dict[str, Callable[[Path], object]] = {
    "CURRENT is empty": lambda index: (index / "CURRENT").write_text(""),
    "CURRENT leads out": lambda index: (index / "CURRENT").write_text("../0001"),
    "CURRENT names what is not there": lambda index: (index / "CURRENT").write_text("0099"),
    "CURRENT is no text": lambda index: (index / "CURRENT").write_bytes(b"\xff\xfe\xff"),
    "manifest is gone": in_generation(lambda generation: (generation / "manifest.json").unlink()),
    "manifest is cut off": in_generation(lambda generation: (generation / "manifest.json").write_text('{"format": 1,')),
    "manifest is a list": in_generation(lambda generation: (generation / "manifest.json").write_text("[]")),
    "manifest of another format": in_generation(edit_manifest(format=99)),
    "manifest with files as a list": in_generation(edit_manifest(files=[])),
    "manifest with a failure as a string": in_generation(edit_manifest(failures=["x"])),
    "manifest with a number for a folder": in_generation(edit_manifest(folders={"": 7})),
    "manifest of other files": in_generation(edit_manifest(articles=77)),
    "manifest with a segment elsewhere": in_generation(
        edit_manifest(segments=[{"name": "../../0001", "digest": "", "removed": []}])
    ),
    "manifest without a folder": in_generation(edit_manifest(folders={})),
    "manifest without segments": in_generation(edit_manifest(segments=[])),
    "copies are gone": in_generation(lambda generation: (generation / "copies.npy").unlink()),
    "what changed of the copies is gone": in_generation(lambda generation: (generation / SINCE_NAME).unlink()),
    "copies are no array": in_generation(lambda generation: (generation / "copies.npy").write_bytes(b"x" * 128)),
    "segment is gone": in_segment(shutil.rmtree),
    "segment does not tell its files": in_segment(lambda segment: (segment / "segment.json").unlink()),
    "segment is another": in_segment(lambda segment: (segment / "segment.json").write_text("{}")),
    "vectors are gone": in_segment(lambda segment: (segment / "passages.faiss").unlink()),
    "vectors are cut off": in_segment(lambda segment: (segment / "passages.faiss").write_bytes(b"IxFI")),
    "texts are gone": in_segment(lambda segment: (segment / "articles.sqlite").unlink()),
    "texts are no database": in_segment(lambda segment: (segment / "articles.sqlite").write_bytes(b"x" * 9000)),
    "keys are gone": in_segment(lambda segment: (segment / "passages.keys").unlink()),
    "words are others": in_segment(overwrite("words/terms.npy")),
    "words are gone": in_segment(lambda segment: (segment / "words/terms.npy").unlink()),
    "lines are gone": in_segment(lambda segment: (segment / "lines.npy").unlink()),
}
ENCODED_ANEW = {"vectors are gone", "vectors are cut off", "keys are gone"}
ENCODED_ANEW |= {name for name in DAMAGE if name.startswith("segment ")}
"""Where what tells the vectors is damaged too; else they are taken over."""
OVERWRITTEN = ["passages.faiss", "articles.sqlite", "words/terms.npy", "segment.json"]


class TestDamage:
    @pytest.mark.parametrize("name", DAMAGE)
    def test_damaged_index_says_what_to_do_and_that_mends_it(
        self, articles_folder: Path, built: Path, encoder: FakeEncoder, name: str
    ) -> None:
        DAMAGE[name](built)
        with pytest.raises(IndexUnusable, match="build it anew with rag index") as caught:
            open_index(built)
        assert "\n" not in str(caught.value)
        report = build_index(articles_folder, built, encoder)
        assert report.encoded == (report.passages if name in ENCODED_ANEW else 0)
        assert len(ids(built)) == 5

    @pytest.mark.parametrize("name", OVERWRITTEN)
    def test_build_mends_a_file_that_was_overwritten_in_place(
        self, many: Path, tmp_path: Path, encoder: FakeEncoder, name: str
    ) -> None:
        build_index(many, tmp_path / "index", encoder)
        overwrite(name)(segment_of(tmp_path / "index"))
        write_article(many / "ferry.md", "渡船", "渡船换了一台电动机。")
        assert build_index(many, tmp_path / "index", encoder).articles == ARTICLES + 1
        snapshot = open_snapshot(tmp_path / "index")
        snapshot.verify()
        assert np.linalg.norm(index_over(snapshot).all_vectors(), axis=1) == pytest.approx(1, abs=1e-4)

    @pytest.mark.parametrize("name", ["passages.faiss", "segment.json"])
    def test_what_takes_several_segments_to_be_encoded_anew_is_mended(
        self, many: Path, tmp_path: Path, encoder: FakeEncoder, name: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        build_index(many, tmp_path / "index", encoder)
        write_article(many / "ferry.md", "渡船", "渡船换了一台电动机。")
        build_index(many, tmp_path / "index", encoder)
        monkeypatch.setattr(segments, "BLOCK", 8)
        monkeypatch.setattr(segments, "CHUNK", 4)
        (segment_of(tmp_path / "index", 0) / name).write_bytes(b"")
        assert build_index(many, tmp_path / "index", encoder).articles == ARTICLES + 1
        open_snapshot(tmp_path / "index").verify()

    def test_words_that_lead_to_no_text_are_told(self, built: Path) -> None:
        path = segment_of(built) / "words/passages.npy"
        rows = np.load(path)
        rows[:] = 10_000
        np.save(path, rows)
        sign(segment_of(built))
        with pytest.raises(IndexUnusable, match="damaged"):
            open_index(built)

    def test_what_a_segment_names_outside_is_not_opened(self, built: Path) -> None:
        os.mkfifo(built / "pipe")  # who opens it waits without end
        edit_manifest(files={"../pipe": {"bytes": 0, "sha256": ""}})(current_generation(built))
        with pytest.raises(IndexUnusable, match="is not what was written"):
            open_index(built)

    @pytest.mark.parametrize("value", [np.float32("nan"), np.float32(7e37)])
    def test_a_vector_that_was_altered_is_told_when_it_is_looked_at(
        self, built: Path, encoder: FakeEncoder, value: np.float32, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(marks, "SMALL", 0)  # as of a large index, of which the sizes of files are looked at
        path = segment_of(built) / "passages.faiss"
        path.write_bytes(path.read_bytes()[:-4] + value.tobytes())
        retriever = Retriever.open(built, encoder, FakeReader())
        with pytest.raises(IndexUnusable, match=r"holds what was not written.*: build it anew with rag index"):
            retriever.ask("图书馆出借什么工具？")

    def test_a_file_that_may_not_be_opened_is_not_called_damaged_nor_built_anew(
        self, articles_folder: Path, built: Path, encoder: FakeEncoder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        opened = Path.open

        def refusing(path: Path, *arguments: Any, **named: Any) -> Any:
            if path.name == "passages.faiss":
                raise PermissionError(13, "Permission denied")
            return opened(path, *arguments, **named)

        monkeypatch.setattr(Path, "open", refusing)
        with pytest.raises(IndexUnusable, match=r"can't be read: passages\.faiss .*: Permission denied$"):
            open_index(built)
        with pytest.raises(IndexUnopened):
            build_index(articles_folder, built, encoder)

    def test_thorough_check_finds_a_file_overwritten_in_place(self, built: Path) -> None:
        with open_snapshot(built) as snapshot:
            overwrite("passages.faiss")(segment_of(built))
            with pytest.raises(IndexUnusable, match=r"passages\.faiss"):
                snapshot.verify()


class TestDoctor:
    @pytest.fixture
    def told(self, built: Path, encoder: FakeEncoder, command_line: CommandLine) -> Callable[[], Result]:
        """What ``rag doctor`` says."""
        retriever = Retriever.open(built, encoder, FakeReader())
        return lambda: command_line(retriever, "doctor")

    def test_a_whole_index_is_said_to_be_so(self, told: Callable[[], Result]) -> None:
        done = told()
        assert (done.exit_code, done.stdout) == (0, "all is whole\n")

    @pytest.mark.parametrize("name", OVERWRITTEN)
    def test_what_is_damaged_is_named_and_mended_with_what_is_whole(
        self, built: Path, told: Callable[[], Result], name: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(encoding, "load_encoder", lambda *_, **__: FakeEncoder())
        monkeypatch.setattr(encoding, "check_model", lambda _: None)
        monkeypatch.setattr(encoding, "note_model", lambda _: None)
        overwrite(name)(segment_of(built))
        done = told()
        assert done.exit_code == 0, done.output
        assert f"damaged: the index index is damaged ({name} of 0001 is not what was written)" in done.stderr
        encoded = {"passages.faiss": 2, "segment.json": 5}.get(name, 0)  # two vectors stand where it was overwritten
        assert done.stdout == f"mended: 5 articles; {encoded} of 5 passages encoded anew\n"
        assert told().stdout == "all is whole\n"

    def test_vectors_of_other_texts_are_told(self, built: Path, told: Callable[[], Result]) -> None:
        with open_snapshot(built) as snapshot:
            keys, vectors = snapshot.segments[0].vectors.keys, index_over(snapshot).all_vectors()
        write_vectors(segment_of(built), keys[1:] + keys[:1], [vectors], vectors.shape[1])
        sign(segment_of(built))
        done = told()
        assert "a vector of the article port/lamp.md is of another text" in done.stderr
        assert done.exit_code != 0
        assert "can't be mended: delete the folder and build it anew" in str(done.exception)

    def test_where_nothing_tells_the_folder_it_says_what_to_do(self, built: Path, told: Callable[[], Result]) -> None:
        (current_generation(built) / "manifest.json").unlink()
        done = told()
        assert done.exit_code != 0
        assert "tells of which folder it was made: build it anew with rag index FOLDER" in str(done.exception)


def test_another_folder_does_not_take_the_place_of_a_damaged_index(
    many: Path, encoder: FakeEncoder, tmp_path: Path
) -> None:
    built = tmp_path / "index"
    build_index(many, built, encoder)
    (current_generation(built) / "manifest.json").unlink()
    for number in range(12):
        write_article(tmp_path / f"other/ferry-{number}.md", f"另一篇{number}", f"第{number}艘渡船。")
    with pytest.raises(RemovalRefused, match="would be removed"):
        build_index(tmp_path / "other", built, encoder)
