"""Which encoder an index is built with, and whether the vectors that it has are of that one."""

from __future__ import annotations

from rag.core.progress import Reporter
from rag.index.manifest import Manifest
from rag.index.snapshot import Snapshot
from rag.models.encoder import Encoder
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


def encoder_for(model: str | Encoder | None, old: Snapshot | None, device: str | None, report: Reporter) -> Encoder:
    """The encoder; one that is loaded for the model of the old index encodes in the precision of that."""
    if model is None:
        model = old.manifest.model if old else DEFAULT_MODEL
        check_model(model)
    if not isinstance(model, str):
        return model
    half_precision = old.manifest.half_precision if old and old.manifest.model == model else None
    encoder = load_encoder(
        model, lambda done, total: report("model", done, total), device=device, half_precision=half_precision
    )
    note_model(encoder.name)
    return encoder
