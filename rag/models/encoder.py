"""What the rest of the house needs of an embedding model: the ``Encoder`` protocol."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Offsets = NDArray[np.int64]

LOWER_LAYERS = 4
"""Layers of the default model whose states ``Tokens.lower_states`` holds: the reader reads on from there."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """A text as the model sees it, token by token, without prompt and marks.

    :param vector: The whole text's unit vector, shape (dimension,). A question's is what passages are found by; a
        passage's may be another than ``encode_passages`` gives, since what reads it need not have been trained alike.
    :param states: What the model makes of each token in the context of the others, shape (tokens, dimension).
    :param starts: First character of each token in the text, shape (tokens,); ``ends`` is one past its last.
    :param lower_states: What the first ``LOWER_LAYERS`` layers make of each token, shape (tokens, dimension); None for
        a model that no reader was trained for.
    """

    vector: Vectors
    states: Vectors
    starts: Offsets
    ends: Offsets
    lower_states: Vectors | None = None


class Encoder(Protocol):
    """What the rest of the house needs of an embedding model.

    :ivar name: The model as the user named it.
    :ivar digest: Identity of its weights: vectors of two digests are never compared.
    :ivar dimension: Length of a vector.
    :ivar half_precision: Whether passages are encoded in bfloat16: an index holds vectors of one precision.
    :ivar is_default: Whether it is the default model, from the package or from the hub, where its weights are not
        rounded to 4 bits: what was trained for the one serves the other.
    """

    name: str
    digest: str
    dimension: int
    half_precision: bool
    is_default: bool

    def fits(self, text: str) -> bool:
        """Whether a passage is encoded whole, within the model's token limit."""

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of passages, shape (len(texts), dimension)."""

    def query_tokens(self, text: str) -> Tokens:
        """A question, token by token, and its unit vector."""

    def passage_tokens(self, texts: Sequence[str]) -> list[Tokens]:
        """Passages, token by token."""

    def reader_layers(self) -> Any:
        """A copy of the default model's upper layers, as torch modules: what a reader is made of."""
