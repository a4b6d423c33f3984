"""The real model, and an index of the sample articles made with it once: for slow tests, and for doctests that ask."""

from __future__ import annotations

import gc
import os
from pathlib import Path

import pytest
from filelock import FileLock

from rag.answering.retriever import Retriever
from rag.build import build_index
from rag.core.files import cache_folder
from rag.models.encoder import Encoder
from rag.models.packaged_model import FOLDER_NAME, packaged_file
from rag.models.sentence_transformer import load_encoder

gc.set_threshold(100_000)  # as the command line does: what the libraries load comes to stay
SAMPLES = Path(__file__).parent / "samples"
ASKED = "samples_index"
"""A doctest that uses this name gets the index of the sample articles."""


@pytest.fixture(scope="session")
def real_encoder() -> Encoder:
    if packaged_file() is None:
        pytest.skip("the package with the default model is not installed on this platform")
    return load_encoder()


@pytest.fixture(scope="session")
def untrained(real_encoder: Encoder) -> Encoder:
    """The packaged model as it came, a folder like any other model."""
    return load_encoder(str(cache_folder() / FOLDER_NAME))


@pytest.fixture(scope="session")
def samples_index(real_encoder: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built by one of the processes that test, for all of them."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "samples"
    with FileLock(f"{folder}.lock"):
        if not folder.exists():
            assert build_index(SAMPLES, folder, real_encoder).failures == ()
    return folder


@pytest.fixture(scope="session")
def samples_retriever(samples_index: Path, real_encoder: Encoder) -> Retriever:
    return Retriever.open(samples_index, real_encoder)


def _asks(item: pytest.Item) -> bool:
    examples = item.dtest.examples if isinstance(item, pytest.DoctestItem) and item.dtest else []
    return any(ASKED in example.source for example in examples)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if _asks(item):
            item.add_marker(pytest.mark.model)
    if "PYTEST_XDIST_WORKER" in os.environ:  # what takes longest begins first, so that both processes end together
        items.sort(key=lambda item: "slow" not in item.path.parts)
    gc.freeze()


@pytest.fixture(autouse=True)
def names_for_doctests(request: pytest.FixtureRequest, doctest_namespace: dict[str, object]) -> None:
    if _asks(request.node):
        doctest_namespace[ASKED] = request.getfixturevalue(ASKED)
        doctest_namespace["samples"] = SAMPLES
