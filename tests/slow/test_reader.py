"""The trained reader on the project's own pairs: what is contradicted is not answered, what is answered is found."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import StaticEmbedding
from tokenizers import Tokenizer

from benchmarks.contradictions import FIGURES, NAMES, PAIRS, Asked, ask_all, kept_and_wrong
from rag.answering.retriever import Retriever
from rag.build import build_index
from rag.models.encoder import Encoder
from rag.models.reader import WEIGHTS
from rag.models.sentence_transformer import SentenceTransformerEncoder, load_encoder
from tests.conftest import write_article

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def asked(real_encoder: Encoder) -> list[Asked]:
    return ask_all(PAIRS, real_encoder)


def test_question_for_other_figures_is_not_answered(asked: list[Asked]) -> None:
    kept, wrong = kept_and_wrong(asked, FIGURES)
    assert kept >= 0.85
    assert wrong <= 0.10


def test_question_for_another_name_is_not_answered(asked: list[Asked]) -> None:
    kept, wrong = kept_and_wrong(asked, NAMES)
    assert kept >= 0.85
    assert wrong <= 0.15


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


@pytest.fixture
def static(untrained: Encoder, tmp_path: Path) -> Encoder:
    """A model of another kind: the mean of a text's words, of fewer dimensions, and no bound on how many words."""
    whole = cast(SentenceTransformerEncoder, untrained).model
    words = whole[0].auto_model.get_input_embeddings().weight.detach()[:, :96].float().contiguous()
    tokenizer = Tokenizer.from_str(whole.tokenizer.backend_tokenizer.to_str())
    SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_weights=words)]).save(str(tmp_path / "model"))
    return load_encoder(tmp_path / "model")


@pytest.mark.parametrize("model", ["untrained", "static"])
def test_what_another_model_finds_is_read_by_the_same_reader(
    tmp_path: Path, model: str, request: pytest.FixtureRequest
) -> None:
    other = request.getfixturevalue(model)
    write_article(tmp_path / "a/lamp.md", "河口灯塔", "守塔人贺潮在河口灯塔工作了三十一年。旧灯要每四小时擦一次。")
    build_index(tmp_path / "a", tmp_path / "i", other)
    retriever = Retriever.open(tmp_path / "i", other)
    answer = retriever.ask("贺潮在灯塔工作了多少年？")
    assert "三十一年" in answer.extracts[0].answer
    assert answer.confidence > retriever.ask("灯塔是哪一年建的？").confidence
    assert not other.fits("一" * 2000)  # the reader would not read it to its end


def test_weights_stay_small() -> None:
    assert WEIGHTS.stat().st_size < 20_000_000
