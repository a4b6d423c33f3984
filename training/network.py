"""The reader's network in training: the packaged model's upper layers with low-rank adapters."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from peft import LoraConfig, inject_adapter_in_model
from safetensors.torch import save_file
from torch import nn

from rag.models.encoder import Encoder
from rag.models.joint_layers import JointLayers

RANK = 32
"""Of the adapters: 8 layers with 6 matrices each, 1.77 million trained numbers in all."""


def new_network(encoder: Encoder) -> JointLayers:
    """The network before training: at the start its layers are the model's own."""
    layers = encoder.reader_layers()
    layers.requires_grad_(False)
    config = LoraConfig(r=RANK, lora_alpha=RANK, target_modules=["query", "key", "value", "dense"])
    return JointLayers(inject_adapter_in_model(config, layers), encoder.dimension)


def trained_values(network: nn.Module) -> dict[str, torch.Tensor]:
    """All that training changes, by name."""
    return {name: parameter for name, parameter in network.named_parameters() if parameter.requires_grad}


def save(values: Mapping[str, torch.Tensor], path: Path) -> None:
    """Write what ``rag.models.adapters`` loads, in half precision."""
    save_file({_plain(name): value.detach().half().contiguous() for name, value in values.items()}, path)


def _plain(name: str) -> str:
    """``layers.0.output.dense.lora_A.default.weight`` → ``layers.0.output.dense.down``."""
    return name.replace(".lora_A.default.weight", ".down").replace(".lora_B.default.weight", ".up")
