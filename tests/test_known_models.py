"""An index that comes from elsewhere loads no model that nobody chose here."""

from __future__ import annotations

import shutil
from pathlib import Path

import faiss
import numpy as np
import pytest

from rag.answering import retriever
from rag.answering.retriever import Retriever
from rag.build import build_index
from rag.errors import IndexUnusable, ModelError
from rag.index.opening import open_index
from rag.models.known_models import check_model, note_model
from tests.conftest import FakeEncoder, FakeReader, write_article
from tests.indexes import segment_of, sign


@pytest.fixture(autouse=True)
def new_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A machine on which no model was chosen yet; gives the names of the models that are loaded."""
    loaded: list[str] = []

    def load(name: str, _progress: object = None, *, half_precision: bool | None, device: None) -> FakeEncoder:
        loaded.append(name)
        encoder = FakeEncoder(name)
        encoder.half_precision = bool(half_precision)
        return encoder

    monkeypatch.setenv("ARTICLE_RAG_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(retriever, "load_encoder", load)
    monkeypatch.setattr("rag.build.encoding.load_encoder", load)
    monkeypatch.setattr(retriever, "load_reader", lambda *_: FakeReader())
    return loaded


def test_a_model_that_only_the_index_names_is_not_loaded(
    built: Path, articles_folder: Path, new_machine: list[str]
) -> None:
    with pytest.raises(ModelError, match=r"nobody chose on this machine: .* say --trust-model once"):
        Retriever.open(built)
    (articles_folder / "tea.md").unlink()
    with pytest.raises(ModelError, match="nobody chose on this machine"):
        build_index(articles_folder, built)
    assert new_machine == []


def test_once_it_is_trusted_it_counts_as_chosen(built: Path, new_machine: list[str]) -> None:
    Retriever.open(built, trust_model=True)
    Retriever.open(built)
    assert new_machine == ["fake", "fake"]


def test_trust_in_a_name_of_two_lines_is_no_trust_in_each(new_machine: list[str]) -> None:
    note_model("harmless\nharmful")
    with pytest.raises(ModelError, match="nobody chose on this machine"):
        check_model("harmful")


def test_a_model_that_an_index_was_built_with_here_is_loaded(
    articles_folder: Path, tmp_path: Path, new_machine: list[str]
) -> None:
    build_index(articles_folder, tmp_path / "index", "some/model")
    Retriever.open(tmp_path / "index")
    assert new_machine == ["some/model", "some/model"]


def test_an_encoder_that_is_handed_over_needs_no_trust(built: Path, new_machine: list[str]) -> None:
    assert Retriever.open(built, FakeEncoder(), FakeReader()).ask("灯塔的灯能照多远？").extracts
    assert new_machine == []


def test_a_newer_generation_with_an_unknown_model_is_refused(built: Path, articles_folder: Path) -> None:
    asked = Retriever.open(built, FakeEncoder(), FakeReader())
    build_index(articles_folder, built, FakeEncoder("evil", "evil-1"))
    with pytest.raises(ModelError, match="the index names the model evil"):
        asked.ask("灯塔的灯能照多远？")


@pytest.mark.parametrize("half_precision", [True, False])
def test_a_model_that_is_loaded_for_an_index_encodes_as_precisely_as_that_was(
    built: Path, articles_folder: Path, encoder: FakeEncoder, half_precision: bool
) -> None:
    encoder.half_precision = half_precision
    build_index(articles_folder, built, encoder)
    asked = Retriever.open(built, trust_model=True)
    assert asked.engine.encoder.half_precision is half_precision
    write_article(articles_folder / "ferry.md", "渡船", "渡船换了一台电动机。")
    assert build_index(articles_folder, built).encoded == 1
    assert open_index(built).manifest.half_precision is half_precision


def exchanged(built: Path, data: bytes) -> Path:
    """An index whose vectors are another file, and that says so itself."""
    segment = segment_of(built)
    (segment / "passages.faiss").write_bytes(data)
    sign(segment)
    return built


def written(index: faiss.Index, folder: Path) -> bytes:
    faiss.write_index(index, str(folder / "other.faiss"))
    return (folder / "other.faiss").read_bytes()


def test_vectors_of_another_kind_are_not_opened(built: Path, tmp_path: Path) -> None:
    manifest = open_index(built).manifest
    vectors = np.ones((manifest.passages, manifest.dimension), np.float32)
    flat = faiss.IndexFlatIP(manifest.dimension)
    flat.add(vectors)
    others = [faiss.IndexFlatL2(manifest.dimension), faiss.IndexHNSWFlat(manifest.dimension, 8)]
    for other in others:
        other.add(vectors)
    for other in others:
        copy = shutil.copytree(built, tmp_path / f"copy-{type(other).__name__}")
        with pytest.raises(IndexUnusable, match="is damaged"):
            open_index(exchanged(copy, written(other, tmp_path)))
    with pytest.raises(IndexUnusable, match="holds what was not written"):
        open_index(exchanged(built, written(flat, tmp_path))).all_vectors()


def test_a_file_that_lies_about_its_size_is_not_opened(built: Path, tmp_path: Path) -> None:
    whole = (segment_of(built) / "passages.faiss").read_bytes()
    many = (10**15).to_bytes(8, "little")
    for data in (
        whole[:37] + many + whole[45:],
        whole[:8] + many + whole[16:],
        whole[:-4],
        whole + b"0000",
        b"",
        b"IxFI",
    ):
        with pytest.raises(IndexUnusable, match="is damaged"):
            open_index(exchanged(shutil.copytree(built, tmp_path / f"copy-{hash(data)}"), data))
