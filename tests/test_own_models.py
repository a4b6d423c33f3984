"""A program brings its own model, reader or progress, and its numbers from numpy."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from rag.answering.retriever import Retriever
from rag.build import build_index
from rag.core.progress import Progress
from rag.errors import ArgumentError, FolderError, IndexUnusable, ModelError, QuestionError
from tests.conftest import DIMENSION, FakeEncoder, FakeReader

QUESTION = "河口灯塔换上了什么灯？"


@pytest.fixture
def retriever(built: Path, encoder: FakeEncoder) -> Retriever:
    return Retriever.open(built, encoder, FakeReader())


class Odd(FakeEncoder):
    """An encoder that returns what ``change`` makes of the right thing."""

    def __init__(self, change: Callable[[Any], Any]) -> None:
        super().__init__(digest="fake-1")
        self.change = change

    def encode_passages(self, texts: Sequence[str]) -> Any:
        return self.change(super().encode_passages(texts))

    def encode_query(self, text: str) -> Any:
        return self.change(super().encode_query(text))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda vectors: vectors[:, :3], r"of shape \(\d+, 3\)"),
        (lambda vectors: vectors[1:], rf"it should return numbers of shape \(\d+, {DIMENSION}\)"),
        (lambda vectors: vectors[0], "float32 of shape"),
        (lambda vectors: vectors * np.nan, "nan or infinite"),
        (lambda vectors: vectors + np.inf, "nan or infinite"),
        (lambda vectors: vectors.astype(str), "returned <U"),
        (lambda vectors: [[1.0], [1.0, 2.0]], r"returned \[\[1.0\], \[1.0, 2.0\]\]"),
        (lambda vectors: None, "returned object of shape"),
    ],
)
def test_vectors_that_are_none_are_told_as_the_models(
    articles_folder: Path, tmp_path: Path, change: Callable[[Any], Any], told: str
) -> None:
    with pytest.raises(ModelError, match=rf"encode_passages\(\) of the model 'fake' .*{told}"):
        build_index(articles_folder, tmp_path / "own", Odd(change))


@pytest.mark.parametrize("kind", [np.float64, np.float16, list])
def test_vectors_of_other_precision_are_taken(articles_folder: Path, tmp_path: Path, kind: Any) -> None:
    def change(vectors: Any) -> Any:
        return vectors.tolist() if kind is list else vectors.astype(kind)

    assert build_index(articles_folder, tmp_path / "own", Odd(change)).encoded > 0


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda vector: None, "returned object of shape"),
        (lambda vector: vector[:5], rf"float32 of shape \(5,\): it should return numbers of shape \({DIMENSION},\)"),
        (lambda vector: vector[None], r"float32 of shape \(1, "),
        (lambda vector: vector + np.nan, "nan or infinite"),
    ],
)
def test_a_vector_that_is_none_is_told_as_the_models(built: Path, change: Callable[[Any], Any], told: str) -> None:
    with pytest.raises(ModelError, match=rf"encode_query\(\) of the model 'fake' .*{told}"):
        Retriever.open(built, Odd(change), FakeReader()).ask(QUESTION)


def test_what_a_model_or_a_reader_lacks_is_told(articles_folder: Path, built: Path, encoder: FakeEncoder) -> None:
    own = SimpleNamespace(name="mine", digest="mine-1", encode_passages=encoder.encode_passages, fits=True)
    with pytest.raises(ArgumentError, match=r"encoder is .* this lacks dimension \(int\), half_precision \(bool\)"):
        Retriever.open(built, own)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match=r"model is .* this lacks dimension"):
        build_index(articles_folder, built, own)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match=r"reader is .* this lacks read\(\)"):
        Retriever.open(built, encoder, own)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="this is a class: call it"):
        Retriever.open(built, encoder, FakeReader)  # type: ignore[arg-type]


@pytest.mark.parametrize("device", ["abacus", "cuda:99", "meta", ""])
def test_a_device_on_which_torch_cannot_compute_is_told(
    articles_folder: Path, built: Path, encoder: FakeEncoder, device: str
) -> None:
    with pytest.raises(ArgumentError, match=f"device is '{device}': give a device that torch can use here") as told:
        Retriever.open(built, device=device)
    assert len(str(told.value).splitlines()) == 1
    with pytest.raises(ArgumentError, match="device is"):
        build_index(articles_folder, built, device=device)


def test_a_device_that_torch_has_is_taken(articles_folder: Path, built: Path, encoder: FakeEncoder) -> None:
    assert Retriever.open(built, encoder, FakeReader(), device="cpu").ask(QUESTION).extracts
    assert build_index(articles_folder, built, encoder, device="cpu").unchanged == 5


def test_a_model_of_another_dimension_than_the_index_is_refused(built: Path) -> None:
    other = FakeEncoder()
    other.dimension = 3
    with pytest.raises(IndexUnusable, match="other weights"):
        Retriever.open(built, other, FakeReader())


def test_numbers_of_numpy_and_fractions_are_numbers(retriever: Retriever) -> None:
    assert retriever.search(QUESTION, np.int64(2)) == retriever.search(QUESTION, 2)  # type: ignore[arg-type]
    for threshold in (np.float32(0.5), np.int8(1), Fraction(1, 2)):
        plain, other = retriever.ask(QUESTION, threshold=float(threshold)), retriever.ask(QUESTION, threshold=threshold)  # type: ignore[arg-type]
        assert (other.answered, other.extracts) == (plain.answered, plain.extracts)
        assert isinstance(other.answered, bool)


def test_a_k_that_is_larger_than_the_index_means_all(retriever: Retriever) -> None:
    everything = retriever.search(QUESTION, len(retriever.index))
    assert everything == retriever.search(QUESTION, 10**30) != retriever.search(QUESTION, 1)


def test_bounds_are_told(retriever: Retriever) -> None:
    with pytest.raises(QuestionError, match="k is 0: ask for at least one passage"):
        retriever.search(QUESTION, 0)
    with pytest.raises(ArgumentError, match=r"k is 2\.5: give a whole number"):
        retriever.search(QUESTION, 2.5)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="history holds '他是谁？': give a list of the answers before"):
        retriever.ask(QUESTION, history=["他是谁？"])  # type: ignore[list-item]


def test_what_a_progress_raises_is_its_own(articles_folder: Path, tmp_path: Path) -> None:
    def stop(progress: Progress) -> None:
        raise KeyError(progress.stage)

    with pytest.raises(KeyError, match="read"):
        build_index(articles_folder, tmp_path / "own", FakeEncoder(), stop)


def test_a_message_is_one_line_even_where_a_path_is_several(tmp_path: Path) -> None:
    with pytest.raises(FolderError) as told:
        build_index(tmp_path / "a\nb", tmp_path / "own")
    assert len(str(told.value).splitlines()) == 1


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may look into any folder")
def test_a_folder_without_permission_is_told(built: Path, articles_folder: Path, encoder: FakeEncoder) -> None:
    built.parent.chmod(0)
    try:
        with pytest.raises(ArgumentError, match=r"index is .* can't be looked up"):
            Retriever.open(built, encoder, FakeReader())
    finally:
        built.parent.chmod(0o700)
    articles_folder.chmod(0o300)
    try:
        with pytest.raises(FolderError, match="can't be read: permission denied"):
            build_index(articles_folder, built, encoder)
    finally:
        articles_folder.chmod(0o700)
