"""A damaged index says so, and the next build mends it with what is whole."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import Result

from rag import build
from rag.answering.retriever import Retriever
from rag.build import build_index
from rag.errors import IndexUnopened, IndexUnusable, RemovalRefused
from rag.index.generations import current_generation
from rag.index.index import Index
from rag.index.manifest import mark_files
from tests.conftest import CommandLine, FakeEncoder, FakeReader, write_article
from tests.indexes import ARTICLES, edit_manifest, ids


def overwrite(name: str) -> Callable[[Path], None]:
    """Damage that keeps a file's size, as a failing disk does."""

    def damage(generation: Path) -> None:
        path = generation / name
        data = path.read_bytes()
        start, end = len(data) // 2, len(data) * 3 // 4
        path.write_bytes(data[:start] + b"A" * (end - start) + data[end:])

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
    "manifest with a number for a folder": edit_manifest(folder=7),
    "manifest of other files": edit_manifest(articles=77),
    "vectors are gone": lambda generation: (generation / "passages.faiss").unlink(),
    "vectors are cut off": lambda generation: (generation / "passages.faiss").write_bytes(b"IxFI"),
    "texts are gone": lambda generation: (generation / "articles.sqlite").unlink(),
    "texts are no database": lambda generation: (generation / "articles.sqlite").write_bytes(b"x" * 9000),
    "keys are gone": lambda generation: (generation / "passages.keys").unlink(),
    "words with another parameter": lambda generation: overwrite("lexical/params.index.json")(generation),
    "words are gone": lambda generation: (generation / "lexical/vocab.index.json").unlink(),
}
ENCODED_ANEW = {"vectors are gone", "vectors are cut off", "keys are gone"}
ENCODED_ANEW |= {name for name in DAMAGE if name.startswith("manifest ")} - {"manifest of other files"}
"""Where what tells the vectors is damaged too; else they are taken over."""
OVERWRITTEN = ["passages.faiss", "articles.sqlite", "lexical/vocab.index.json", "lexical/params.index.json"]


class TestDamage:
    @pytest.mark.parametrize("name", DAMAGE)
    def test_damaged_index_says_what_to_do_and_that_mends_it(
        self, articles_folder: Path, built: Path, encoder: FakeEncoder, name: str
    ) -> None:
        DAMAGE[name](current_generation(built))
        with pytest.raises(IndexUnusable, match="build it anew with rag index") as caught:
            Index.open(built)
        assert "\n" not in str(caught.value)
        report = build_index(articles_folder, built, encoder)
        assert report.encoded == (report.passages if name in ENCODED_ANEW else 0)
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

    def test_words_that_lead_to_no_text_are_told(self, built: Path) -> None:
        path = current_generation(built) / "lexical/indices.csc.index.npy"
        rows = np.load(path)
        rows[:] = 10_000
        np.save(path, rows)
        edit_manifest(files={})(current_generation(built))  # as of a large file, of which the size alone is looked at
        with pytest.raises(IndexUnusable, match="damaged"):
            Index.open(built)

    def test_what_a_manifest_names_outside_is_not_opened(self, built: Path) -> None:
        os.mkfifo(built / "pipe")  # who opens it waits without end
        mark = {"bytes": 0, "sha256": ""}
        edit_manifest(files={"../pipe": mark})(current_generation(built))
        with pytest.raises(IndexUnusable, match="is not what was written"):
            Index.open(built)

    def test_vectors_that_are_no_numbers_are_told(self, built: Path) -> None:
        path = current_generation(built) / "passages.faiss"
        path.write_bytes(path.read_bytes()[:-4] + np.float32("nan").tobytes())
        edit_manifest(files={})(current_generation(built))
        with pytest.raises(IndexUnusable, match="its vectors are no numbers"):
            Index.open(built)

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
            Index.open(built)
        with pytest.raises(IndexUnopened):
            build_index(articles_folder, built, encoder)

    def test_thorough_check_finds_a_file_overwritten_in_place(self, built: Path) -> None:
        index = Index.open(built)
        overwrite("passages.faiss")(index.generation)
        with pytest.raises(IndexUnusable, match=r"passages\.faiss"):
            index.manifest.check_files(index.generation, thoroughly=True)


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
        monkeypatch.setattr(build, "load_encoder", lambda *_, **__: FakeEncoder())
        overwrite(name)(current_generation(built))
        done = told()
        assert done.exit_code == 0, done.output
        assert f"damaged: the index index is damaged ({name} of 0001 is not what was written)" in done.stderr
        encoded = 5 if name == "passages.faiss" else 0
        assert done.stdout == f"mended: 5 articles; {encoded} of 5 passages encoded anew\n"
        assert told().stdout == "all is whole\n"

    def test_vectors_of_other_texts_are_told(self, built: Path, told: Callable[[], Result]) -> None:
        path = current_generation(built) / "passages.keys"
        path.write_bytes(path.read_bytes()[::-1])
        marks = mark_files(current_generation(built))
        edit_manifest(files={name: asdict(mark) for name, mark in marks.items()})(current_generation(built))
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
