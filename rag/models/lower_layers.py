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

    :param model: The default model.
    :param half_precision: Whether to run in bfloat16.
    """

    def __init__(self, model: SentenceTransformer, *, half_precision: bool) -> None:
        import torch

        from rag.models.packed_sequences import packed

        network = model[0].auto_model
        self.device: torch.device = model.device
        self._dtype = torch.bfloat16 if half_precision else torch.float32
        self._model, self._embeddings = model, network.embeddings
        self._layers = packed(network.encoder.layer[:LOWER_LAYERS]).to(self._dtype)

    def tokens(self, texts: Sequence[str], prompt: str) -> list[Tokens]:
        """Texts, token by token."""
        import torch

        from rag.models.packed_sequences import run_packed

        if not texts:
            return []
        tokens = tokenized(self._model, [prompt + simplified(text) for text in texts])
        ids = torch.tensor(tokens["input_ids"], device=self.device)
        places = np.array(tokens["offset_mapping"], np.int64)
        real = np.array(tokens["attention_mask"], bool)  # and not padding
        lengths = real.sum(1).tolist()
        with torch.inference_mode():
            states = self._embeddings(input_ids=ids)[torch.from_numpy(real).to(self.device)]
            states = run_packed(self._layers, states.to(self._dtype), lengths).float()
        each = zip(torch.split(states, lengths), places, real, strict=True)
        return [_without_prompt(rows, place[mask], len(prompt)) for rows, place, mask in each]


def tokenized(model: SentenceTransformer, texts: Sequence[str]) -> Any:
    """Texts as a model's tokens, with their places, cut off where the model stops reading.

    The settings are those that sentence-transformers uses itself: a tokenizer keeps its settings from call to call, so
    that others would be taken over by a thread that is in the midst of encoding.
    """
    return model.tokenizer(
        list(texts), padding=True, truncation="longest_first", return_offsets_mapping=True, verbose=False
    )


def _without_prompt(states: torch.Tensor, places: Offsets, prompt: int) -> Tokens:
    """One text's tokens without marks of the model and prompt: of those none has a character of its own."""
    own = np.flatnonzero((places[:, 1] > prompt) & (places[:, 1] > places[:, 0]))
    starts, ends = np.maximum(places[own] - prompt, 0).T
    return Tokens(states[own], starts, ends)
