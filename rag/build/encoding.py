"""Which encoder an index is built with, and whether the vectors that it has are of that one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

from rag.core.progress import Reporter
from rag.index.manifest import Manifest
from rag.models.encoder import Encoder, Vectors
from rag.models.known_models import DEFAULT_MODEL, check_model, note_model
from rag.models.sentence_transformer import default_digest, load_encoder


def is_model_of(model: str | Encoder | None, made: Manifest) -> bool:
    """Whether an index's vectors are those of a model, as far as that can be told without loading it."""
    if model is not None and not isinstance(model, str):
        return has_vectors_of(model, made)
    known = default_digest() if made.model == DEFAULT_MODEL else None
    return model in (None, made.model) and known in (None, made.model_digest)


def has_vectors_of(encoder: Encoder, made: Manifest) -> bool:
    """Whether an index's vectors are as the encoder makes them."""
    return (made.model_digest, made.half_precision) == (encoder.digest, encoder.half_precision)


def encoder_for(model: str | Encoder | None, made: Manifest | None, device: str | None, report: Reporter) -> Encoder:
    """The encoder; one that is loaded for the model of an index encodes in the precision of that."""
    if model is None:
        model = made.model if made else DEFAULT_MODEL
        check_model(model)
    if not isinstance(model, str):
        return model
    made = made if made and made.model == model else None

    def load() -> Encoder:
        half_precision = made.half_precision if made else None
        encoder = load_encoder(
            model, lambda done, total: report("model", done, total), device=device, half_precision=half_precision
        )
        note_model(encoder.name)
        return encoder

    is_known = made is not None and model == DEFAULT_MODEL and made.model_digest == default_digest()
    return _Unloaded(made, load) if made and is_known else load()


class _Unloaded:
    """The encoder of an index, loaded once something has to be cut or encoded: to take articles out needs none."""

    def __init__(self, made: Manifest, load: Callable[[], Encoder]) -> None:
        self.name, self.digest, self.dimension = made.model, made.model_digest, made.dimension
        self.half_precision = made.half_precision
        self._load = load

    @cached_property
    def _encoder(self) -> Encoder:
        return self._load()

    def fits(self, text: str) -> bool:
        """Whether a passage is encoded whole."""
        return self._encoder.fits(text)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of passages."""
        return self._encoder.encode_passages(texts)

    def encode_query(self, text: str) -> Vectors:
        """Unit vector of a question."""
        return self._encoder.encode_query(text)
