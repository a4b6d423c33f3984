"""Low-rank adapters (Hu et al., 2021) of the packaged model's upper layers: the encoder's own, and the reader's."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.errors import ModelError

if TYPE_CHECKING:
    import torch

ENCODER_ADAPTERS = Path(__file__).with_name("encoder.safetensors")
"""What was trained on questions over news, of which ENCODER.md tells all."""


def load_adapters(path: Path) -> dict[str, torch.Tensor]:
    """The tensors of a file of adapters.

    :raises ModelError: The file is missing or damaged.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except (OSError, SafetensorError) as error:
        raise ModelError(f"can't load the weights {path}: {error}; install the package anew") from error


@cache
def encoder_digest() -> str:
    """Identity of the encoder's adapters.

    :raises ModelError: Their file is missing.
    """
    try:
        return hashlib.sha256(ENCODER_ADAPTERS.read_bytes()).hexdigest()[:16]
    except OSError as error:
        raise ModelError(f"can't load the weights {ENCODER_ADAPTERS}: {error}; install the package anew") from error


def merge(layers: Iterable[Any], tensors: dict[str, torch.Tensor]) -> None:
    """Add adapters to the matrices of layers.

    :param tensors: For each matrix that has one, by ``layers.NUMBER.NAME``, ``….down`` of shape (rank, inputs) and
        ``….up`` of shape (outputs, rank); others are left alone.
    """
    import torch

    names: dict[str, set[str]] = defaultdict(set)
    for key in tensors:
        if key.startswith("layers."):
            _, place, name = key.rpartition(".")[0].split(".", 2)
            names[place].add(name)
    for number, layer in enumerate(layers):
        for name in names[str(number)]:
            matrix = layer.get_submodule(name).weight
            with torch.no_grad():
                pair = (tensors[f"layers.{number}.{name}.{part}"] for part in ("up", "down"))
                up, down = (tensor.to(matrix.device).float() for tensor in pair)
                matrix += up @ down
