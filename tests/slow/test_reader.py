"""The trained reader on the project's own pairs: what is contradicted is not answered, what is answered is found."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.contradictions import FIGURES, NAMES, PAIRS, Asked, ask_all, kept_and_wrong
from rag.answering.retriever import Retriever
from rag.build import build_index
from rag.models.encoder import Encoder
from rag.models.reader import WEIGHTS, load_reader
from tests.conftest import FakeEncoder, write_article

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def asked(real_encoder: Encoder) -> list[Asked]:
    return ask_all(PAIRS, real_encoder)


def test_question_for_other_figures_is_not_answered(asked: list[Asked]) -> None:
    kept, wrong = kept_and_wrong(asked, FIGURES)
    assert kept >= 0.85
    assert wrong <= 0.10


def test_question_for_another_name_is_answered_less_often_than_not(asked: list[Asked]) -> None:
    kept, wrong = kept_and_wrong(asked, NAMES)
    assert kept >= 0.85
    assert wrong <= 0.45


def test_no_percentage_is_answered_with_another(asked: list[Asked]) -> None:
    assert kept_and_wrong(asked, ["percent"])[1] == 0


@pytest.mark.parametrize("asked_for", ["2.5%", "百分之二点五", "2.50％"])
def test_two_and_a_half_per_cent_is_never_half_a_per_cent(
    real_encoder: Encoder, tmp_path: Path, asked_for: str
) -> None:
    write_article(tmp_path / "a/rise.md", "调价", "河口渔港的冰价上涨0.5%，由每吨八十元调到八十元四角。")
    build_index(tmp_path / "a", tmp_path / "i", real_encoder)
    answer = Retriever.open(tmp_path / "i", real_encoder).ask(f"什么上涨了{asked_for}？")
    assert not answer.answered
    assert answer.near_misses


def test_reader_is_for_the_default_model_alone(real_encoder: Encoder) -> None:
    assert load_reader(real_encoder) is not None
    assert load_reader(FakeEncoder()) is None
    assert WEIGHTS.stat().st_size < 4_000_000
