"""The default model's lower layers: what they make of a text's tokens is what the reader begins with."""

from __future__ import annotations

import copy
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

        from rag.models.packed_sequences import PackedLayers

        self._dtype = torch.bfloat16 if half_precision else torch.float32
        self._model = model
        lower = copy.deepcopy(model[0].auto_model.encoder.layer[:LOWER_LAYERS]).to(self._dtype)
        self._layers = PackedLayers.settled(lower, self._dtype)

    def tokens(self, texts: Sequence[str], prompt: str) -> list[Tokens]:
        """Texts, token by token."""
        return self._run([prompt] * len(texts), texts)

    def question_and_passages(self, question: str, passages: Sequence[str]) -> tuple[Tokens, list[Tokens]]:
        """A question and passages, token by token."""
        asked, *found = self._run([QUESTION_PROMPT, *[PASSAGE_PROMPT] * len(passages)], [question, *passages])
        return asked, found

    def _run(self, prompts: Sequence[str], texts: Sequence[str]) -> list[Tokens]:
        import torch

        if not texts:
            return []
        with torch.inference_mode():
            begun = embedded(self._model, [prompt + text for prompt, text in zip(prompts, texts, strict=True)])
            states = self._layers.run(begun.states.to(self._dtype), begun.lengths).float()
        each = zip(torch.split(states, begun.lengths), begun.places, prompts, strict=True)
        return [_without_prompt(rows, places, len(prompt)) for rows, places, prompt in each]


@dataclass(frozen=True, slots=True)
class Embedded:
    """Texts before the first layer.

    :param states: Of all their tokens, one text after the other, shape (tokens of all, dimension).
    :param lengths: How many tokens each has.
    :param places: For each, the first character of each token and one past its last, shape (tokens, 2).
    """

    states: torch.Tensor
    lengths: list[int]
    places: list[Offsets]


def embedded(model: SentenceTransformer, texts: Sequence[str]) -> Embedded:
    """Texts in simplified characters, of which models have seen more (measurements: passages), as a BERT begins."""
    import torch

    tokens = tokenized(model, [simplified(text) for text in texts])
    real = np.array(tokens["attention_mask"], bool)  # and not padding
    ids = torch.tensor(tokens["input_ids"], device=model.device)
    states = model[0].auto_model.embeddings(input_ids=ids)[torch.from_numpy(real).to(model.device)]
    places = [place[mask] for place, mask in zip(np.array(tokens["offset_mapping"], np.int64), real, strict=True)]
    return Embedded(states, real.sum(1).tolist(), places)


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
