"""The reader's network, with tiny layers of random weights: what it says of a pair hangs on that pair alone."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from transformers import BertConfig, BertModel

from rag.models import packed_sequences
from rag.models.joint_layers import CLOSED, JointLayers, Logits, Pair
from rag.models.lower_layers import LowerLayers, Tokens
from rag.models.packed_sequences import PackedLayers
from rag.models.reader import TrainedReader, pair_of
from rag.models.sentence_transformer import round_products
from rag.models.weights import load_weights, merge
from training.network import save_whole

DIMENSION = 16
RANK = 3
TITLE = 3
"""Tokens of each passage that are of its title."""
MATRICES = ("attention.self.query", "attention.output.dense", "intermediate.dense", "output.dense")

ADAPTER = {"down": (RANK, DIMENSION), "up": (DIMENSION, RANK)}


@pytest.fixture
def model() -> Iterator[BertModel]:
    config = BertConfig(
        vocab_size=2, hidden_size=DIMENSION, num_hidden_layers=2, num_attention_heads=2, intermediate_size=2 * DIMENSION
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        yield BertModel(config).eval()


@pytest.fixture
def network(model: BertModel) -> JointLayers:
    network = JointLayers(model.encoder.layer, DIMENSION)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter)
    return network.eval()


def pair(question: int, passage: int) -> Pair:
    return Pair(torch.randn(question, DIMENSION), torch.randn(passage, DIMENSION), torch.arange(passage) >= TITLE)


@pytest.fixture
def pairs(network: JointLayers) -> list[Pair]:
    """Pairs of all lengths, one without a question and one without a passage."""
    return [pair(4, 5 + 3 * (at * 7 % 11)) for at in range(11)] + [pair(0, 6), pair(5, 0)]


def same(one: Logits, other: Logits) -> bool:
    rows = zip((one.first, one.last, one.answers), (other.first, other.last, other.answers), strict=True)
    return all(torch.allclose(mine, yours, atol=1e-4) for mine, yours in rows)


@torch.inference_mode()
@pytest.mark.parametrize("order", [1, -1, 3])
def test_pairs_are_read_alike_alone_and_together_in_any_order(
    network: JointLayers, pairs: list[Pair], order: int
) -> None:
    alone = [network([one])[0] for one in pairs]
    assert not same(alone[0], Logits(alone[0].first, alone[0].last, alone[1].answers))
    places = sorted(range(len(pairs)), key=lambda at: order * at % len(pairs))
    for at, logits in zip(places, network([pairs[at] for at in places]), strict=True):
        assert same(logits, alone[at])
    assert network([]) == []


@torch.inference_mode()
def test_there_are_logits_for_each_token_of_the_passage(network: JointLayers, pairs: list[Pair]) -> None:
    for one, logits in zip(pairs, network(pairs), strict=True):
        assert logits.first.shape == logits.last.shape == (len(one.passage),)
        assert logits.answers.shape == ()


@torch.inference_mode()
def test_logits_are_those_of_the_passage_token_by_token(network: JointLayers) -> None:
    """The layers know no places of their own: with its tokens in another order, so are the passage's logits."""
    read, order = pair(4, 9), torch.tensor([*range(TITLE), 8, 3, 7, 4, 6, 5])
    one, two = network([read])[0], network([Pair(read.question, read.passage[order], read.own)])[0]
    assert torch.allclose(one.first[order], two.first, atol=1e-4)
    assert torch.allclose(one.last[order], two.last, atol=1e-4)
    assert not torch.allclose(one.first, two.first, atol=1e-2)
    assert not torch.allclose(one.first, one.last, atol=1e-2)


@torch.inference_mode()
def test_title_is_no_answer_but_is_read(network: JointLayers) -> None:
    read = pair(4, 9)
    logits = network([read])[0]
    for places in (logits.first, logits.last):
        assert (places[:TITLE] == CLOSED).all()
        assert (places[TITLE:] > CLOSED / 2).all()
    other = torch.cat((torch.randn(TITLE, DIMENSION), read.passage[TITLE:]))
    assert not same(logits, network([Pair(read.question, other, read.own)])[0])
    untitled = network([Pair(read.question, read.passage, torch.ones(9, dtype=torch.bool))])[0]
    assert not torch.allclose(logits.answers, untitled.answers, atol=1e-3)


@torch.inference_mode()
def test_question_changes_what_is_read_of_the_passage(network: JointLayers) -> None:
    read = pair(4, 9)
    other = Pair(torch.randn(4, DIMENSION), read.passage, read.own)
    one, two = network([read])[0], network([other])[0]
    assert not torch.allclose(one.first, two.first, atol=1e-3)
    assert not torch.allclose(one.answers, two.answers, atol=1e-3)


@torch.inference_mode()
def test_merged_adapters_are_the_sum_of_both_paths(model: BertModel) -> None:
    """A matrix to which an adapter was added does what the matrix does, and what the adapter does, together."""
    plain = model.encoder.layer[:1]
    merged = copy.deepcopy(plain)
    adapters: dict[str, torch.Tensor] = {}
    for name in MATRICES:
        outputs, inputs = plain[0].get_submodule(name).weight.shape
        shapes = {"down": (RANK, inputs), "up": (outputs, RANK)}
        adapters |= {f"layers.0.{name}.{part}": torch.randn(shape) for part, shape in shapes.items()}
    merge(merged, adapters)

    def beside(name: str) -> Any:
        up, down = adapters[f"layers.0.{name}.up"], adapters[f"layers.0.{name}.down"]
        return lambda _module, given, output: output + given[0] @ down.T @ up.T

    states = torch.randn(1, 7, DIMENSION)
    before = plain[0](states)
    for name in MATRICES:
        plain[0].get_submodule(name).register_forward_hook(beside(name))
    both = plain[0](states)
    assert torch.allclose(merged[0](states), both, atol=1e-4)
    assert not torch.allclose(both, before, atol=1e-2)


def each_alone(model: BertModel, texts: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    """What transformers makes of texts, layer by layer."""
    found = []
    for text in texts:
        states = text[None]
        for layer in model.encoder.layer:
            states = layer(states, None)
        found.append(states[0].float())
    return found


@torch.inference_mode()
@pytest.mark.parametrize("lengths", [[5, 1, 9], [64], [70, 3]])
def test_packed_texts_are_what_the_model_makes_of_each_alone(model: BertModel, lengths: list[int]) -> None:
    texts = [torch.randn(length, DIMENSION) for length in lengths]
    for layers in (PackedLayers(model.encoder.layer), PackedLayers.settled(model.encoder.layer, torch.float32)):
        together = layers.run(torch.cat(texts), lengths)
        for alone, states in zip(each_alone(model, texts), together.split(lengths), strict=True):
            assert torch.allclose(alone, states, atol=1e-5)


@torch.inference_mode()
@pytest.mark.parametrize("are_ordered", [True, False])
def test_packed_in_half_precision_they_are_as_near_as_the_model_is(
    model: BertModel, monkeypatch: pytest.MonkeyPatch, are_ordered: bool
) -> None:
    """Whether or not torch's library has laid the matrices as it multiplies them."""
    if not are_ordered:
        monkeypatch.setattr(packed_sequences, "can_order", lambda _: False)
    texts = [torch.randn(length, DIMENSION) for length in (5, 1, 9)]
    right = each_alone(model, texts)
    with torch.autocast("cpu", torch.bfloat16):
        halved = each_alone(model, texts)
    layers = PackedLayers.settled(model.encoder.layer, torch.bfloat16)
    packed = layers.run(torch.cat(texts), [5, 1, 9]).split([5, 1, 9])
    error = max(float((one - other).abs().max()) for one, other in zip(halved, right, strict=True))
    assert all(torch.allclose(one, other, atol=2 * error) for one, other in zip(packed, right, strict=True))


@torch.inference_mode()
def test_products_rounded_once_give_the_states_of_those_rounded_each_time(model: BertModel) -> None:
    texts = torch.randint(2, (3, 8))
    with torch.autocast("cpu", torch.bfloat16):
        each_time = model(texts).last_hidden_state
        round_products(model)
        assert torch.equal(model(texts).last_hidden_state, each_time)
    assert {value.dtype for value in model.parameters()} == {torch.bfloat16, torch.float32}


def test_in_training_pairs_are_read_alike(network: JointLayers, pairs: list[Pair]) -> None:
    with torch.inference_mode():
        read = network(pairs)
    trained = network.requires_grad_(True)(pairs)
    assert all(same(one, other) for one, other in zip(read, trained, strict=True))
    torch.stack([logits.answers for logits in trained]).sum().backward()  # type: ignore[no-untyped-call]
    assert all(layer.attention.self.query.weight.grad.any() for layer in network.layers)  # type: ignore[union-attr]


class OneTokenACharacter(LowerLayers):
    """Random states instead of a model's."""

    def __init__(self) -> None:
        pass

    def question_and_passages(self, question: str, passages: Sequence[str]) -> tuple[Tokens, list[Tokens]]:
        asked, *found = (self._random(text, len(text)) for text in (question, *passages))
        return asked, found

    def _random(self, text: str, size: int) -> Tokens:
        states = torch.randn((size, DIMENSION), generator=torch.Generator().manual_seed(len(text)))
        return Tokens(states, np.arange(size), np.arange(1, size + 1))


class TestTrainedReader:
    QUESTION, PASSAGES = "灯塔多高", ["灯塔记\n高三十米", "灯塔记\n他守了三十一年"]
    TITLES = (4, 4)

    def test_tokens_of_the_text_alone_are_scored_where_they_stand_in_it(self, network: JointLayers) -> None:
        reader = TrainedReader(OneTokenACharacter(), network)
        for scores, size in zip(reader.read(self.QUESTION, self.PASSAGES, self.TITLES), (4, 7), strict=True):
            assert scores.starts.tolist() == list(range(size))
            assert scores.ends.tolist() == list(range(1, size + 1))
            assert np.exp(scores.first).sum() == pytest.approx(1, abs=1e-3)
            assert np.exp(scores.last).sum() == pytest.approx(1, abs=1e-3)

    def test_reads_without_dropout_and_without_gradients(self, network: JointLayers) -> None:
        reader = TrainedReader(OneTokenACharacter(), network.train())
        one, two = (reader.read(self.QUESTION, self.PASSAGES, self.TITLES) for _ in range(2))
        assert [scores.answers for scores in one] == [scores.answers for scores in two]
        assert all(parameter.grad is None for parameter in network.parameters())

    def test_nothing_to_read_is_nothing_read(self, network: JointLayers) -> None:
        reader = TrainedReader(OneTokenACharacter(), network)
        assert reader.read(self.QUESTION, [], []) == []
        (scores,) = reader.read(self.QUESTION, ["灯塔记"], [3])
        assert len(scores.first) == 0


def test_values_kept_in_eight_bits_are_nearly_the_same(network: JointLayers, tmp_path: Path) -> None:
    save_whole(network, tmp_path / "network.safetensors")
    kept, values = load_weights(tmp_path / "network.safetensors"), network.state_dict()
    assert kept.keys() == values.keys()
    for name, value in values.items():
        assert torch.allclose(kept[name], value, atol=float(value.abs().max()) / 200)


@torch.inference_mode()
def test_all_is_done_on_the_device_of_the_network(network: JointLayers, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a GPU, which no test needs: torch's device without values takes no tensor of another one either."""
    with pytest.raises(RuntimeError, match="device"):
        torch.cat((torch.zeros(1, device="meta"), torch.zeros(1)))
    monkeypatch.setattr(torch, "autocast", lambda *_, **__: nullcontext())  # it knows no such device
    tokens = Tokens(torch.zeros((6, DIMENSION), device="meta"), np.arange(6), np.arange(1, 7))
    network.to("meta")
    pair = pair_of(tokens, tokens, 2)
    assert {each.device.type for each in (pair.question, pair.passage, pair.own)} == {"meta"}
    (logits,) = network([pair])
    assert {each.device.type for each in (logits.first, logits.last, logits.answers)} == {"meta"}
    merge(network.layers, {f"layers.0.{MATRICES[0]}.{name}": torch.zeros(shape) for name, shape in ADAPTER.items()})
