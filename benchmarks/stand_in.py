"""An encoder that stands in for a model where encoding would take hours: its vectors are made by chance."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np

from rag.models.encoder import Encoder, Vectors


class StandIn:
    """Has passages as long as a model has them; one text always has one vector.

    :ivar is_real: Whether the model itself encodes from now on.
    :param encoder: The model.
    """

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self.name, self.digest, self.half_precision = "stand-in", "stand-in", encoder.half_precision
        self.dimension = encoder.dimension
        self.is_real = False

    def fits(self, text: str) -> bool:
        """Whether the model takes a passage whole."""
        return self._encoder.fits(text)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors by chance, or of the model."""
        return (
            self._encoder.encode_passages(texts) if self.is_real else np.stack([self._vector(text) for text in texts])
        )

    def encode_query(self, text: str) -> Vectors:
        """The same of a question."""
        return self._encoder.encode_query(text) if self.is_real else self._vector(text)

    def _vector(self, text: str) -> Vectors:
        seed = int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")
        vector = np.random.default_rng(seed).standard_normal(self.dimension, np.float32)
        return np.asarray(vector / np.linalg.norm(vector), np.float32)
