"""Transformer layers over texts of several lengths at once, one after the other instead of each padded to the longest.

All but the attention looks at one token at a time, so that it does not matter to it which text that is of. A fifth of
the tokens of six passages would be padding (measurements: time).
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import torch
from torch import nn
from transformers import AttentionInterface

_NAME = "packed"
ROWS = 64
"""Tokens are padded to a multiple of so many: torch's library prepares each product anew for a number of rows that it
has not met of late, which took a third of the time of reading (measurements: time)."""


def packed(layers: nn.ModuleList) -> nn.ModuleList:
    """A copy of a model's layers, for ``run_packed``."""
    layers = copy.deepcopy(layers)
    for layer in layers:
        attention: Any = layer.get_submodule("attention.self")
        attention.config._attn_implementation = _NAME
    return layers


def run_packed(layers: nn.ModuleList, states: torch.Tensor, lengths: Sequence[int]) -> torch.Tensor:
    """What layers make of texts.

    :param states: Of all their tokens, one text after the other, shape (tokens of all, dimension).
    :param lengths: How many tokens each has.
    :return: In the same shape.
    """
    missing = -len(states) % ROWS
    together = nn.functional.pad(states, (0, 0, 0, missing))[None]
    of_each = [*lengths, missing] if missing else list(lengths)
    for layer in layers:
        together = layer(together, lengths=of_each)
    return together[0, : len(states)]


def _attend(
    _module: nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    _mask: None,
    *,
    lengths: list[int],
    **_: Any,
) -> tuple[torch.Tensor, None]:
    """The attention within each text: shapes (1, heads, tokens of all, size) → (1, tokens of all, heads, size)."""
    together = (query, key, value)
    if not query.requires_grad:
        return _attended(together, lengths), None
    with torch.autocast(query.device.type, enabled=False):  # in training bfloat16 takes seven times as long
        return _attended([each.float() for each in together], lengths).to(query.dtype), None


def _attended(together: Sequence[torch.Tensor], lengths: list[int]) -> torch.Tensor:
    apart = zip(*(torch.split(each, lengths, dim=2) for each in together), strict=True)
    attended = [nn.functional.scaled_dot_product_attention(*each) for each in apart]
    return torch.cat(attended, dim=2).transpose(1, 2)


AttentionInterface.register(_NAME, _attend)
