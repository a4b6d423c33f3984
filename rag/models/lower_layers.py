"""The default model's lower layers: what they make of a text's tokens is what the reader begins with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from rag.models.encoder import Offsets
from rag.text.writing_systems import simplified

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer

LOWER_LAYERS = 4
"""Of the default model's twelve, those through which question and passage go apart."""
QUESTION_PROMPT, PASSAGE_PROMPT = "query: ", "passage: "
_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Tokens:
    """A text as the reader sees it, token by token, without prompt and marks.

    :param states: What the lower layers make of each token, shape (tokens, dimension).
    :param starts: First character of each token in the text, shape (tokens,); ``ends`` is one past its last.
    """

    states: torch.Tensor
    starts: Offsets
    ends: Offsets


class LowerLayers:
    """Runs texts through the default model's tokenizer and lower layers.

    :param model: The default model; its lower layers are shared with whatever else runs it.
    :param half_precision: Whether to run in bfloat16.
    """

    def __init__(self, model: SentenceTransformer, *, half_precision: bool) -> None:
        network = model[0].auto_model
        self.device: torch.device = model.device
        self._embeddings, self._layers = network.embeddings, network.encoder.layer[:LOWER_LAYERS]
        self._model, self._half_precision = model, half_precision

    def tokens(self, texts: Sequence[str], prompt: str) -> list[Tokens]:
        """Texts, token by token; those of about equal length are run together."""
        order = sorted(range(len(texts)), key=lambda at: len(texts[at]))
        found: dict[int, Tokens] = {}
        for begin in range(0, len(order), _AT_ONCE):
            chosen = order[begin : begin + _AT_ONCE]
            found |= zip(chosen, self._run([texts[at] for at in chosen], prompt), strict=True)
        return [found[at] for at in range(len(texts))]

    def _run(self, texts: Sequence[str], prompt: str) -> list[Tokens]:
        import torch

        tokens = tokenized(self._model, [prompt + simplified(text) for text in texts])
        ids, mask = (torch.tensor(tokens[name], device=self.device) for name in ("input_ids", "attention_mask"))
        with torch.inference_mode(), torch.autocast(self.device.type, torch.bfloat16, enabled=self._half_precision):
            states = self._embeddings(input_ids=ids)
            for layer in self._layers:
                states = layer(states, mask.bool()[:, None, None, :])
        places = np.array(tokens["offset_mapping"], np.int64)
        rows = zip(states.float(), places, strict=True)
        return [_without_prompt(state, place, len(prompt)) for state, place in rows]


def tokenized(model: SentenceTransformer, texts: Sequence[str]) -> Any:
    """Texts as a model's tokens, with their places, cut off where the model stops reading.

    The settings are those that sentence-transformers uses itself: a tokenizer keeps its settings from call to call, so
    that others would be taken over by a thread that is in the midst of encoding.
    """
    return model.tokenizer(
        list(texts), padding=True, truncation="longest_first", return_offsets_mapping=True, verbose=False
    )


def _without_prompt(states: torch.Tensor, places: Offsets, prompt: int) -> Tokens:
    """One text's tokens without padding, marks of the model and prompt: of those none has a character of its own."""
    own = np.flatnonzero((places[:, 1] > prompt) & (places[:, 1] > places[:, 0]))
    starts, ends = np.maximum(places[own] - prompt, 0).T
    return Tokens(states[own], starts, ends)
