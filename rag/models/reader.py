"""The reader that the package ships: ``reader.safetensors``, of which READER.md tells all."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from rag.models.adapters import load_adapters, merge
from rag.models.device import has_fast_bfloat16
from rag.models.encoder import Encoder, Tokens, Vectors
from rag.models.span_prediction import SpanScores

if TYPE_CHECKING:
    import torch

    from rag.models.joint_layers import JointLayers, Logits, Pair

WEIGHTS = Path(__file__).with_name("reader.safetensors")


class TrainedReader:
    """Reads a question and a passage together.

    :param network: The network, in whatever precision it is to run.
    """

    def __init__(self, network: JointLayers) -> None:
        self._network = network.eval()

    def read(self, question: Tokens, passages: Sequence[Tokens], title_offsets: Sequence[int]) -> list[SpanScores]:
        """Read passages for one question; both as the model's lower layers leave them.

        :param title_offsets: For each passage, how many characters stand before its shown text in what was encoded.
        """
        import torch

        device = self._network.null.device
        pairs = [pair_of(question, *row, device) for row in zip(passages, title_offsets, strict=True)]
        with torch.inference_mode():
            read = self._network.read(pairs)
        return [_scores(*row) for row in zip(read, passages, title_offsets, strict=True)]


def load_reader(encoder: Encoder) -> TrainedReader | None:
    """The trained reader, if this is the default model; else None.

    :raises ModelError: Its file is damaged.
    """
    import torch

    from rag.models.joint_layers import JointLayers

    if not encoder.is_default:
        return None
    tensors = load_adapters(WEIGHTS)
    layers = encoder.reader_layers()
    merge(layers, tensors)
    network = JointLayers(layers, encoder.dimension)
    heads = {name: value.float() for name, value in tensors.items() if not name.startswith("layers.")}
    network.load_state_dict(heads, strict=False)
    device = next(layers.parameters()).device
    network.to(device)  # all of it where the encoder is
    if has_fast_bfloat16(device):
        network.layers.to(torch.bfloat16)
    return TrainedReader(network)


def pair_of(question: Tokens, passage: Tokens, title_offset: int, device: torch.device | str = "cpu") -> Pair:
    """A question and a passage as the network takes them.

    :param title_offset: How many characters stand before the passage's shown text in what was encoded.
    :param device: Where the network is.
    """
    import torch

    from rag.models.joint_layers import Pair

    assert question.lower_states is not None
    assert passage.lower_states is not None
    asked, read, own = question.lower_states, passage.lower_states, passage.ends > title_offset
    placed = [torch.from_numpy(values).to(device) for values in (asked, read, own)]
    return Pair(placed[0].float(), placed[1].float(), placed[2])


def _scores(logits: Logits, passage: Tokens, title_offset: int) -> SpanScores:
    own = passage.ends > title_offset
    first, last = (_log_softmax(each.numpy(force=True)) for each in (logits.first, logits.last))
    return SpanScores(
        first=first[1:][own],
        last=last[1:][own],
        answers=float(logits.answers),
        starts=passage.starts[own] - title_offset,
        ends=passage.ends[own] - title_offset,
    )


def _log_softmax(logits: Vectors) -> Vectors:
    shifted = logits - logits.max()
    return np.asarray(shifted - np.log(np.exp(shifted).sum()), np.float32)
