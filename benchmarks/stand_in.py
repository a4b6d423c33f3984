"""An encoder that stands in for a model where encoding would take hours: its vectors are made by chance."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import blake2b

import numpy as np

from rag.models.encoder import Encoder, Vectors


class StandIn:
    """One text always has one vector.

    :ivar real: A model that encodes from now on; None while chance does.
    :param fits: Whether a passage is as long as a model takes it.
    """

    def __init__(self, fits: Callable[[str], bool]) -> None:
        self.fits = fits
        self.name, self.digest, self.dimension, self.half_precision = "stand-in", "stand-in", 384, False
        self.real: Encoder | None = None

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of passages."""
        return self.real.encode_passages(texts) if self.real else np.stack([self._vector(text) for text in texts])

    def encode_query(self, text: str) -> Vectors:
        """The unit vector of a question."""
        return self.real.encode_query(text) if self.real else self._vector(text)

    def _vector(self, text: str) -> Vectors:
        seed = int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")
        vector = np.random.default_rng(seed).standard_normal(self.dimension, np.float32)
        return np.asarray(vector / np.linalg.norm(vector), np.float32)
