"""What the rest of the house needs of an embedding model: the ``Encoder`` protocol."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Offsets = NDArray[np.int64]


class Encoder(Protocol):
    """What the rest of the house needs of an embedding model.

    :ivar name: The model as the user named it.
    :ivar digest: Identity of its weights: vectors of two digests are never compared.
    :ivar dimension: Length of a vector.
    :ivar half_precision: Whether passages are encoded in bfloat16: an index holds vectors of one precision.
    """

    name: str
    digest: str
    dimension: int
    half_precision: bool

    def fits(self, text: str) -> bool:
        """Whether a passage is encoded whole, within the model's token limit."""

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of passages, shape (len(texts), dimension)."""

    def encode_query(self, text: str) -> Vectors:
        """Unit vector of a question, shape (dimension,)."""
