"""Networks in training: how a run is asked for, what is trained, and how it is kept."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn

from benchmarks.datasets import DATA


def arguments_of(doc: str | None, steps: int, out: Path) -> argparse.ArgumentParser:
    """What every training script takes.

    :param doc: What it says of itself.
    :param steps: As many as it takes unless told.
    :param out: Where the package keeps what it trains.
    """
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True, help="where checkpoints go")
    parser.add_argument("--steps", type=int, default=steps)
    parser.add_argument("--out", type=Path, default=out, help="where the finished weights go")
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint in the work folder")
    return parser


def parsed(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """The command line's arguments; the work folder is there, and so is what is trained on."""
    options = parser.parse_args()
    if not DATA.is_dir():
        sys.exit(f"there is no data in {DATA}: name its folder in ARTICLE_RAG_DATA")
    options.work.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    return options


def trained_values(network: nn.Module) -> dict[str, torch.Tensor]:
    """All that training changes, by name."""
    return {name: parameter for name, parameter in network.named_parameters() if parameter.requires_grad}


def save(values: Mapping[str, torch.Tensor], path: Path) -> None:
    """Write what ``rag.models.weights`` loads, in half precision."""
    save_file({_plain(name): value.detach().half().contiguous() for name, value in values.items()}, path)


def _plain(name: str) -> str:
    """``layers.0.output.dense.lora_A.default.weight`` → ``layers.0.output.dense.down``."""
    return name.replace(".lora_A.default.weight", ".down").replace(".lora_B.default.weight", ".up")


def save_whole(network: nn.Module, path: Path) -> None:
    """Write all values of a network: matrices in 8 bits with a scale for each row, the others in half precision."""
    tensors: dict[str, torch.Tensor] = {}
    for name, value in network.state_dict().items():
        if value.dim() == 2 and min(value.shape) > 8:
            scale = value.abs().amax(1, keepdim=True).clamp_min(1e-8) / 127
            tensors[name] = (value / scale).round().to(torch.int8)
            tensors[f"{name}.scale"] = scale.half()
        else:
            tensors[name] = value.half()
    save_file({name: value.contiguous() for name, value in tensors.items()}, path)
