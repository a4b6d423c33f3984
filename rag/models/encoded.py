"""What an encoder returned, looked at before it is used: any program may bring an encoder of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rag.core.arguments import shown
from rag.errors import ModelError
from rag.models.encoder import Encoder, Tokens, Vectors


def encoded_passages(encoder: Encoder, texts: Sequence[str]) -> Vectors:
    """Vectors of passages, shape (len(texts), dimension).

    :raises ModelError: They are none, or of another shape.
    """
    vectors = encoder.encode_passages(texts)
    return _numbers(encoder, "encode_passages", vectors, (len(texts), encoder.dimension))


def query_in_tokens(encoder: Encoder, text: str) -> Tokens:
    """A question, token by token.

    :raises ModelError: It is no ``Tokens``, or its parts do not fit together.
    """
    return _checked(encoder, "query_tokens", encoder.query_tokens(text))


def passages_in_tokens(encoder: Encoder, texts: Sequence[str]) -> list[Tokens]:
    """Passages, token by token.

    :raises ModelError: They are not one ``Tokens`` a text, or its parts do not fit together.
    """
    passages = encoder.passage_tokens(texts)
    if not isinstance(passages, Sequence) or len(passages) != len(texts):
        raise _wrong(encoder, "passage_tokens", passages, f"a list of {len(texts)} rag.models.encoder.Tokens")
    return [_checked(encoder, "passage_tokens", tokens) for tokens in passages]


def _checked(encoder: Encoder, method: str, tokens: object) -> Tokens:
    if not isinstance(tokens, Tokens):
        raise _wrong(encoder, method, tokens, "rag.models.encoder.Tokens")
    count = np.shape(tokens.starts)[:1]
    lower = tokens.lower_states
    return Tokens(
        _numbers(encoder, method, tokens.vector, (encoder.dimension,)),
        _numbers(encoder, method, tokens.states, (*count, encoder.dimension)),
        _numbers(encoder, method, tokens.starts, count, np.int64),
        _numbers(encoder, method, tokens.ends, count, np.int64),
        lower if lower is None else _numbers(encoder, method, lower, (*count, encoder.dimension)),
    )


def _numbers(encoder: Encoder, method: str, values: Any, shape: tuple[int, ...], kind: type = np.float32) -> Any:
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
    return np.asarray(array, kind)


def _wrong(encoder: Encoder, method: str, values: object, wanted: str) -> ModelError:
    told = values if isinstance(values, str) else shown(values)
    return ModelError(f"{method}() of the model {shown(encoder.name)} returned {told}: it should return {wanted}")
