"""The real model, and an index of the sample articles made with it: built once for all slow tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.encoder import Encoder, load_encoder
from rag.indexing import build_index
from rag.packaged_model import packaged_file
from rag.retriever import Retriever

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "samples"


@pytest.fixture(scope="session")
def real_encoder() -> Encoder:
    if packaged_file() is None:
        pytest.skip("the package with the default model is not installed on this platform")
    return load_encoder()


@pytest.fixture(scope="session")
def samples_index(real_encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    index = tmp_path_factory.mktemp("samples") / "index"
    report = build_index(SAMPLES, index, real_encoder)
    assert report.failures == ()
    return index


@pytest.fixture(scope="session")
def samples_retriever(samples_index: Path, real_encoder: Encoder) -> Retriever:
    return Retriever.open(samples_index, real_encoder)
