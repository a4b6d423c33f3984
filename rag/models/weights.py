"""What was trained: the encoder's adapters (Hu et al., 2021), and the reader's layers in 8 bits."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.errors import ModelError, shortened

if TYPE_CHECKING:
    import torch

ENCODER_ADAPTERS = Path(__file__).with_name("encoder.safetensors")
"""What was trained on questions over news, of which ENCODER.md tells all."""
SCALE = ".scale"
"""Ends the name of what the rows of a matrix in 8 bits are multiplied by."""


def load_weights(path: Path) -> dict[str, torch.Tensor]:
    """The tensors of a file in full precision: matrices in 8 bits are multiplied by the scales of their rows.

    :raises ModelError: The file is missing or damaged.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        tensors = load_file(path)
    except (OSError, SafetensorError) as error:
        raise damaged(path, error) from error
    scales = {name.removesuffix(SCALE): tensors.pop(name).float() for name in [*tensors] if name.endswith(SCALE)}
    return {name: value.float() * scales.get(name, 1) for name, value in tensors.items()}


def damaged(path: Path, error: Exception) -> ModelError:
    """What is said of a file of weights that can't be used."""
    return ModelError(f"can't load the weights {path}: {shortened(str(error))}; install the package anew")


@cache
def encoder_digest() -> str:
    """Identity of the encoder's adapters.

    :raises ModelError: Their file is missing.
    """
    try:
        return hashlib.sha256(ENCODER_ADAPTERS.read_bytes()).hexdigest()[:16]
    except OSError as error:
        raise damaged(ENCODER_ADAPTERS, error) from error


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
                up, down = (tensor.to(matrix.device) for tensor in pair)
                matrix += up @ down
