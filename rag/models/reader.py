"""The reader that the package ships: ``reader.safetensors``, of which READER.md tells all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np

from rag.models.device import has_fast_bfloat16
from rag.models.encoder import Encoder, Vectors
from rag.models.lower_layers import LOWER_LAYERS, LowerLayers, Tokens
from rag.models.sentence_transformer import SentenceTransformerEncoder, load_encoder
from rag.models.span_prediction import SpanScores
from rag.models.weights import damaged, load_weights

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

    from rag.models.joint_layers import JointLayers, Logits, Pair

WEIGHTS = Path(__file__).with_name("reader.safetensors")
_READERS: WeakKeyDictionary[SentenceTransformerEncoder, TrainedReader] = WeakKeyDictionary()


class TrainedReader:
    """Reads a question and passages together.

    :param lower: What they go through apart.
    :param network: What they go through together, in whatever precision it is to run.
    """

    def __init__(self, lower: LowerLayers, network: JointLayers) -> None:
        self._lower, self._network = lower, network.eval()
        network.settle()

    def read(self, question: str, passages: Sequence[str], title_offsets: Sequence[int]) -> list[SpanScores]:
        """Read passages for one question.

        :param passages: With their titles, as they are encoded.
        :param title_offsets: For each, how many characters stand before its shown text.
        """
        import torch

        if not passages:
            return []
        asked, tokens = self._lower.question_and_passages(question, passages)
        pairs = [pair_of(asked, *row) for row in zip(tokens, title_offsets, strict=True)]
        with torch.inference_mode():
            read = self._network(pairs)
        return [_scores(*row) for row in zip(read, tokens, title_offsets, strict=True)]


def load_reader(encoder: Encoder, device: str | None = None) -> TrainedReader:
    """The trained reader. It begins with the default model's lower layers, whatever encoder finds the passages.

    There is one for each model that is loaded.

    :param encoder: If it is the default model, it is not loaded a second time.
    :param device: Where the reader runs, as for ``load_encoder``, if they are not.
    :raises ModelError: Its file is damaged, or the default model can't be loaded.
    """
    is_default = isinstance(encoder, SentenceTransformerEncoder) and encoder.is_default
    default = encoder if is_default else load_encoder(device=device)
    assert isinstance(default, SentenceTransformerEncoder)
    if default not in _READERS:
        is_fast = has_fast_bfloat16(default.model.device)
        lower = LowerLayers(default.model, half_precision=is_fast)
        _READERS[default] = TrainedReader(lower, _network(default.model, half_precision=is_fast))
    return _READERS[default]


def _network(model: SentenceTransformer, *, half_precision: bool) -> JointLayers:
    import torch

    from rag.models.joint_layers import JointLayers

    layers = model[0].auto_model.encoder.layer[LOWER_LAYERS:]
    network = JointLayers(layers, int(model[0].auto_model.config.hidden_size))
    try:
        network.load_state_dict(load_weights(WEIGHTS))
    except RuntimeError as error:  # values are missing, or of another shape
        raise damaged(WEIGHTS, error) from error
    network.to(model.device)
    if half_precision:
        network.layers.to(torch.bfloat16)
    return network


def pair_of(question: Tokens, passage: Tokens, title_offset: int) -> Pair:
    """A question and a passage as the network takes them.

    :param title_offset: How many characters stand before the passage's shown text in what was encoded.
    """
    import torch

    from rag.models.joint_layers import Pair

    own = torch.from_numpy(passage.ends > title_offset).to(passage.states.device)
    return Pair(question.states, passage.states, own)


def _scores(logits: Logits, passage: Tokens, title_offset: int) -> SpanScores:
    own = passage.ends > title_offset
    first, last = (_log_softmax(each.numpy(force=True)[own]) for each in (logits.first, logits.last))
    starts, ends = passage.starts[own] - title_offset, passage.ends[own] - title_offset
    return SpanScores(first, last, float(logits.answers), starts, ends)


def _log_softmax(logits: Vectors) -> Vectors:
    if not len(logits):
        return logits
    shifted = logits - logits.max()
    return np.asarray(shifted - np.log(np.exp(shifted).sum()), np.float32)
