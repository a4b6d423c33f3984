"""What an encoder returned, looked at before it is used: any program may bring an encoder of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rag.core.arguments import shown
from rag.errors import ModelError
from rag.models.encoder import Encoder, Vectors


def encoded_passages(encoder: Encoder, texts: Sequence[str]) -> Vectors:
    """Vectors of passages, shape (len(texts), dimension).

    :raises ModelError: They are none, or of another shape.
    """
    vectors = encoder.encode_passages(texts)
    return _numbers(encoder, "encode_passages", vectors, (len(texts), encoder.dimension))


def encoded_query(encoder: Encoder, text: str) -> Vectors:
    """Vector of a question, shape (dimension,).

    :raises ModelError: It is none, or of another shape.
    """
    return _numbers(encoder, "encode_query", encoder.encode_query(text), (encoder.dimension,))


def _numbers(encoder: Encoder, method: str, values: Any, shape: tuple[int, ...]) -> Vectors:
    """Finite numbers of one shape."""
    wanted = f"numbers of shape {shape}, none of them nan or infinite"
    try:
        array = np.asarray(values)
    except (ValueError, TypeError, RuntimeError):  # rows of different lengths, or a tensor on a GPU
        raise _wrong(encoder, method, values, wanted) from None
    if array.dtype.kind not in "fiu" or array.shape != shape:
        raise _wrong(encoder, method, f"{array.dtype} of shape {array.shape}", wanted)
    if not np.isfinite(array).all():
        raise _wrong(encoder, method, "nan or infinite numbers", wanted)
    return np.asarray(array, np.float32)


def _wrong(encoder: Encoder, method: str, values: object, wanted: str) -> ModelError:
    told = values if isinstance(values, str) else shown(values)
    return ModelError(f"{method}() of the model {shown(encoder.name)} returned {told}: it should return {wanted}")
