"""Transformer layers over texts of several lengths at once, one after the other instead of each padded to the longest.

All but the attention looks at one token at a time, so that it does not matter to it which text that is of. A fifth of
the tokens of six passages would be padding (measurements: time). A layer is that of Devlin et al., "BERT" (2019), as
transformers names its values; query, key and value are one product.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

ROWS = 32
"""Tokens are padded to a multiple of so many: torch's library (oneDNN) prepares each product anew for a number of rows
that it has not met of late, which took a third of the time of reading (measurements: time). In full precision another
one multiplies, which prepares nothing: there padding would cost a question a fifth of its time."""


class PackedLayers:
    """Layers of a model, ready to run.

    :param layers: As transformers' BERT has them. What is changed of them later changes nothing here.
    """

    def __init__(self, layers: Iterable[nn.Module]) -> None:
        self._layers = [_Layer.of(layer) for layer in layers]
        self._rows = ROWS

    @classmethod
    @torch.no_grad()
    def settled(cls, layers: Iterable[nn.Module], products: torch.dtype) -> PackedLayers:
        """Of layers that learn no more, with what is multiplied in another precision."""
        made = cls(layers)
        made._layers = [layer.settled(products) for layer in made._layers]
        made._rows = ROWS if products == torch.bfloat16 else 1
        return made

    def run(self, states: Tensor, lengths: Sequence[int]) -> Tensor:
        """What the layers make of texts.

        :param states: Of all their tokens, one text after the other, shape (tokens of all, dimension).
        :param lengths: How many tokens each has.
        :return: In the same shape.
        """
        missing = -len(states) % self._rows
        together = functional.pad(states, (0, 0, 0, missing))
        for layer in self._layers:
            together = layer.run(together, lengths, missing)
        return together[: len(states)]


@dataclass(frozen=True, slots=True)
class _Product:
    """States times a matrix.

    :param is_ordered: Whether the matrix lies as torch's library (oneDNN) multiplies it: else it is laid so at each
        product, which takes a quarter of the time (measurements: time).
    """

    weight: Tensor
    bias: Tensor
    is_ordered: bool = False

    @classmethod
    def of(cls, *linear: Any) -> _Product:
        """Of linear modules, one below the other."""
        return cls(torch.cat([each.weight for each in linear]), torch.cat([each.bias for each in linear]))

    def settled(self, products: torch.dtype) -> _Product:
        """The same, to be multiplied in another precision, as fast as can be."""
        weight, bias = self.weight.to(products), self.bias.to(products)
        if products != torch.bfloat16 or not can_order(weight.device):
            return _Product(weight, bias)
        return _Product(torch.ops.mkldnn._reorder_linear_weight(weight), bias, is_ordered=True)

    def times(self, states: Tensor) -> Tensor:
        """Shape (rows, inputs) → (rows, outputs)."""
        states = states.to(self.weight.dtype)
        if self.is_ordered:
            return self._ordered(states, "none", "")
        return functional.linear(states, self.weight, self.bias)

    def gelu(self, states: Tensor) -> Tensor:
        """The same, and GELU of it."""
        if self.is_ordered:
            return self._ordered(states.to(self.weight.dtype), "gelu", "none")
        return functional.gelu(self.times(states))

    def _ordered(self, states: Tensor, then: str, how: str) -> Tensor:
        found: Tensor = torch.ops.mkldnn._linear_pointwise(states, self.weight, self.bias, then, [], how)
        return found


def can_order(device: torch.device) -> bool:
    """Whether matrices in bfloat16 can lie as oneDNN multiplies them: what is called for it is torch's own affair."""
    calls = ("_reorder_linear_weight", "_linear_pointwise", "_is_mkldnn_bf16_supported")
    has_calls = all(hasattr(torch.ops.mkldnn, name) for name in calls)
    return device.type == "cpu" and has_calls and torch.ops.mkldnn._is_mkldnn_bf16_supported()


@dataclass(frozen=True, slots=True)
class _Layer:
    """One layer.

    :param attention: Query, key and value.
    """

    heads: int
    attention: _Product
    attended: _Product
    attended_norm: nn.LayerNorm
    inner: _Product
    outer: _Product
    outer_norm: nn.LayerNorm

    @classmethod
    def of(cls, layer: Any) -> _Layer:
        """Of a layer as transformers has it."""
        own, output = layer.attention.self, layer.attention.output
        return cls(
            own.num_attention_heads,
            _Product.of(own.query, own.key, own.value),
            _Product.of(output.dense),
            output.LayerNorm,
            _Product.of(layer.intermediate.dense),
            _Product.of(layer.output.dense),
            layer.output.LayerNorm,
        )

    def settled(self, products: torch.dtype) -> _Layer:
        """The same, with what is multiplied in another precision."""
        four = (each.settled(products) for each in (self.attention, self.attended, self.inner, self.outer))
        attention, attended, inner, outer = four
        return replace(self, attention=attention, attended=attended, inner=inner, outer=outer)

    def run(self, states: Tensor, lengths: Sequence[int], missing: int) -> Tensor:
        """One step; the last rows are of no text."""
        three = self.attention.times(states).view(len(states), 3, self.heads, -1).permute(1, 2, 0, 3)
        attended = functional.pad(_attended(three, lengths), (0, 0, 0, missing))
        states = self.attended_norm(self.attended.times(attended) + states)
        return self.outer_norm(self.outer.times(self.inner.gelu(states)) + states)


def _attended(three: Tensor, lengths: Sequence[int]) -> Tensor:
    """The attention within each text: shape (3, heads, rows, size) → (tokens of all, heads × size)."""
    if not three.requires_grad:
        return _each_attended(three, lengths)
    with torch.autocast(three.device.type, enabled=False):  # in training bfloat16 takes seven times as long
        return _each_attended(three.float(), lengths).to(three.dtype)


def _each_attended(three: Tensor, lengths: Sequence[int]) -> Tensor:
    texts = torch.split(three[:, None, :, : sum(lengths)], list(lengths), dim=3)
    attended = [functional.scaled_dot_product_attention(*text) for text in texts]
    return torch.cat(attended, dim=2)[0].transpose(0, 1).flatten(1)
