"""The packaged model: converted once, safely, and what its vectors are good for."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from filecmp import cmpfiles
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from rag.answering.retriever import Retriever
from rag.build import build_index
from rag.core.files import cache_folder
from rag.core.filters import Filters
from rag.errors import IndexUnusable, ModelError
from rag.index.generations import current_generation
from rag.models import packaged_model
from rag.models.encoder import Encoder
from rag.models.lower_layers import PASSAGE_PROMPT, LowerLayers
from rag.models.sentence_transformer import SentenceTransformerEncoder, load_encoder
from rag.models.weights import load_weights
from tests.conftest import write_article
from tests.indexes import edit_manifest, edit_segment, segment_of

pytestmark = pytest.mark.model


@pytest.mark.usefixtures("real_encoder")
def test_two_may_convert_at_once_into_an_empty_cache(tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as threads:  # the lock holds between threads as between processes
        made = list(threads.map(packaged_model.packaged_model, [tmp_path, tmp_path]))
    assert made == [tmp_path / packaged_model.FOLDER_NAME] * 2
    folders = [path for path in tmp_path.iterdir() if path.is_dir()]
    assert [folder.name for folder in folders] == [packaged_model.FOLDER_NAME]
    names = [path.name for path in folders[0].iterdir() if path.is_file()]
    assert "model.safetensors" in names
    assert cmpfiles(folders[0], cache_folder() / packaged_model.FOLDER_NAME, names, shallow=False) == (names, [], [])


def lower_layers(encoder: Encoder) -> LowerLayers:
    return LowerLayers(cast(SentenceTransformerEncoder, encoder).model, half_precision=False)


def test_several_threads_may_encode_at_once(real_encoder: Encoder) -> None:
    groups = [["高原铁路。" * count, "高原铁路"] for count in range(1, 31)] * 4
    run = lower_layers(real_encoder).tokens
    alone = [[tokens.starts.tolist() for tokens in run(group, PASSAGE_PROMPT)] for group in groups[:30]] * 4
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)  # so that threads come between each other's steps more often
    try:
        with ThreadPoolExecutor(8) as threads:
            together = list(threads.map(run, groups, [PASSAGE_PROMPT] * len(groups)))
    finally:
        sys.setswitchinterval(interval)
    assert [[tokens.starts.tolist() for tokens in group] for group in together] == alone


def test_a_file_of_another_digest_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = tmp_path / "e5-small-q4.bin"
    other.write_bytes(b"E5S1 but not the one that was tested")
    monkeypatch.setattr(packaged_model, "packaged_file", lambda: other)
    with pytest.raises(ModelError, match="not the file that was tested"):
        packaged_model.packaged_model(tmp_path / "cache")
    assert not list((tmp_path / "cache").glob("*.part-*"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_cache_that_cannot_be_written_is_one_clear_error(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(ModelError, match="can't write the model to the cache"):
        packaged_model.packaged_model(tmp_path / "cache")


def test_a_model_that_is_not_there_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="can't load the model"):
        load_encoder(str(tmp_path / "no-such-model"))


def test_a_folder_with_the_same_weights_gets_a_digest_of_its_own(real_encoder: Encoder, untrained: Encoder) -> None:
    assert untrained.name == str(cache_folder() / packaged_model.FOLDER_NAME)
    assert untrained.digest != real_encoder.digest
    assert untrained.dimension == real_encoder.dimension == 384


def test_the_special_tokens_that_are_said_are_those_of_the_tokenizer(real_encoder: Encoder, untrained: Encoder) -> None:
    said, found = (cast(SentenceTransformerEncoder, encoder).model.tokenizer for encoder in (real_encoder, untrained))
    assert said.added_tokens_decoder == found.added_tokens_decoder
    text = "passage: 青藏铁路全长 <mask> 千米</s>，<s> Hello  wörld ｘ <unk>"
    assert said(text)["input_ids"] == found(text)["input_ids"]


def test_everyday_words_find_the_official_ones(real_encoder: Encoder, untrained: Encoder) -> None:
    passages = [
        "居民生活用电价格每千瓦时上调两分。",
        "工业用电价格每千瓦时上调两分。",
        "居民家中突然停电，老人用手电筒照明。",
    ]
    question = "老百姓家里用电贵了多少？"
    learned, before = (
        encoder.encode_passages(passages) @ encoder.encode_query(question) for encoder in (real_encoder, untrained)
    )
    assert learned[0] - learned[1:].max() > before[0] - before[1:].max()


def test_an_index_of_the_weights_before_is_told_and_brought_up_to_date(tmp_path: Path, real_encoder: Encoder) -> None:
    write_article(tmp_path / "articles/a.md", "灯塔", "河口的灯塔有三十米高。")
    build_index(tmp_path / "articles", tmp_path / "index", real_encoder)
    edit_segment(kind="of other weights")(segment_of(tmp_path / "index"))
    edit_manifest(model_digest=packaged_model.WEIGHTS_DIGEST)(current_generation(tmp_path / "index"))
    with pytest.raises(IndexUnusable, match=r"other weights .*: bring the index index up to date with rag index"):
        Retriever.open(tmp_path / "index").ask("灯塔多高？")
    assert build_index(tmp_path / "articles", tmp_path / "index").encoded == 1
    assert Retriever.open(tmp_path / "index").ask("灯塔多高？").extracts
    assert build_index(tmp_path / "articles", tmp_path / "index").encoded == 0


def test_weights_that_are_missing_are_one_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ModelError, match=r"can't load the weights .*no-such.*: .*; install the package anew"):
        load_weights(tmp_path / "no-such.safetensors")
    (tmp_path / "damaged.safetensors").write_bytes(b"x" * 100)
    with pytest.raises(ModelError, match=r"can't load the weights .*damaged.*; install the package anew"):
        load_weights(tmp_path / "damaged.safetensors")


def test_a_question_is_nearest_to_the_passage_that_answers_it_in_any_language(real_encoder: Encoder) -> None:
    passages = real_encoder.encode_passages(["珠穆朗玛峰高8848.86米。", "The Nile flows into the Mediterranean Sea."])
    questions = map(real_encoder.encode_query, ["How high is Mount Everest?", "尼罗河流入哪个海？"])
    assert [int(np.argmax(passages @ question)) for question in questions] == [0, 1]
    assert np.linalg.norm(passages, axis=1) == pytest.approx(1, abs=1e-3)


def test_precision_moves_a_passage_by_less_than_a_ten_thousandth_and_no_question(real_encoder: Encoder) -> None:
    texts = ["商汤科技创办于2014年。", "The Nile flows into the Mediterranean Sea."]
    exact, half = (load_encoder(half_precision=half) for half in (False, True))
    passages = exact.encode_passages(texts), half.encode_passages(texts)
    assert (exact.half_precision, half.half_precision) == (False, True)
    assert not np.array_equal(*passages)
    assert (passages[0] * passages[1]).sum(axis=1).min() > 0.9999
    assert np.array_equal(exact.encode_query(texts[0]), half.encode_query(texts[0]))


def test_the_default_model_stays_loaded_in_the_precision_that_is_asked_for() -> None:
    faster = load_encoder()
    assert load_encoder() is load_encoder(half_precision=faster.half_precision) is faster
    other = load_encoder(half_precision=not faster.half_precision)
    assert other is not faster
    assert load_encoder().half_precision == faster.half_precision


def test_only_what_the_model_reads_whole_fits(real_encoder: Encoder) -> None:
    assert real_encoder.fits("天气" * 200)
    assert not real_encoder.fits("啊" * 600)


def test_tokens_stand_where_their_characters_do_in_the_text(real_encoder: Encoder) -> None:
    texts = ["SenseTime由商湯科技創辦。", "短"]
    lower = lower_layers(real_encoder)
    for text, tokens in zip(texts, lower.tokens(texts, PASSAGE_PROMPT), strict=True):
        assert "".join(text[start:end] for start, end in zip(tokens.starts, tokens.ends, strict=True)).strip() == text
        assert len(tokens.states) == len(tokens.starts)
    assert lower.tokens([], PASSAGE_PROMPT) == []


def test_no_call_changes_the_settings_under_which_another_thread_may_be_encoding(real_encoder: Encoder) -> None:
    """Were they changed while a folder is indexed and a question asked, the one would cut off the other's text."""
    shared = cast(Any, real_encoder).model.tokenizer.backend_tokenizer
    real_encoder.encode_query("短")
    before = shared.truncation, shared.padding
    calls: tuple[Callable[[], object], ...] = (
        lambda: real_encoder.fits("啊" * 600),
        lambda: real_encoder.encode_query("灯塔多高？"),
        lambda: lower_layers(real_encoder).tokens(["灯塔换上了新灯。", "短"], PASSAGE_PROMPT),
        lambda: real_encoder.encode_passages(["灯塔换上了新灯。"]),
    )
    for call in calls:
        call()
        assert (shared.truncation, shared.padding) == before


def test_filters_that_nothing_passes_are_told(tmp_path: Path, real_encoder: Encoder) -> None:
    write_article(tmp_path / "articles" / "lamp.md", "灯塔", "灯塔换上了新灯。", date="2021-03-05")
    build_index(tmp_path / "articles", tmp_path / "index", real_encoder)
    retriever = Retriever.open(tmp_path / "index", real_encoder)
    answer = retriever.ask("灯塔换了什么？", Filters(since=date(2099, 1, 1)))
    assert answer.filtered_out
    assert not answer.answered
    assert retriever.search("灯塔换了什么？", filters=Filters(since=date(2099, 1, 1))) == []
