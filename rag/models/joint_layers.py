"""The reader's network: a question and a passage read together.

Both have gone through the lower layers of the embedding model apart, as each does to be searched; what those layers
made of them goes on through the upper ones side by side, so that each word of the passage meets each of the question.
The split is that of Cao et al., "DeFormer" (2020); to point at an answer's first and last token, and to tell from
a place before them whether there is any, is after Devlin et al., "BERT" (2019), section 4.3.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn

from rag.models.packed_sequences import PackedLayers

QUESTION, OWN, TITLE = range(3)
"""What a token belongs to: the question, the passage's own text, or the title before it."""
CLOSED = -1e4
"""Logit of a token that can't be part of an answer."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A question and a passage after the lower layers.

    :param question: Shape (question's tokens, dimension).
    :param passage: Shape (passage's tokens, dimension).
    :param own: Which of the passage's tokens are of its own text and not of its title, shape (passage's tokens,).
    """

    question: torch.Tensor
    passage: torch.Tensor
    own: torch.Tensor


@dataclass(frozen=True, slots=True)
class Logits:
    """What the network says of a pair.

    :param first: For each of the passage's tokens, that it is the answer's first, shape (passage's tokens,).
    :param last: The same for its last.
    :param answers: That the passage answers, shape ().
    """

    first: torch.Tensor
    last: torch.Tensor
    answers: torch.Tensor


class JointLayers(nn.Module):
    """The upper layers of the embedding model, adapted, and what reads answers from their states.

    :param layers: Those layers; they are copied.
    :param dimension: Of their states.
    """

    def __init__(self, layers: nn.ModuleList, dimension: int) -> None:
        super().__init__()
        self.layers = copy.deepcopy(layers)
        self._settled: PackedLayers | None = None
        self.null = nn.Parameter(torch.zeros(dimension))
        self.kinds = nn.Parameter(torch.zeros(3, dimension))
        self.span = nn.Linear(dimension, 2)
        self.answer = nn.Linear(dimension, 1)

    def settle(self) -> None:
        """Make ready for reading: neither its values nor where it runs are changed any more."""
        self._settled = PackedLayers.settled(self.layers, next(self.layers.parameters()).dtype)

    def forward(self, pairs: Sequence[Pair]) -> list[Logits]:
        """Read pairs, each by itself."""
        if not pairs:
            return []
        rows = [self._joined(pair) for pair in pairs]
        lengths = [len(row) for row in rows]
        layers = self._settled or PackedLayers(self.layers)
        states = layers.run(torch.cat(rows).to(next(self.layers.parameters()).dtype), lengths)
        with torch.autocast(states.device.type, enabled=False):
            return [self._logits(*row) for row in zip(torch.split(states.float(), lengths), pairs, strict=True)]

    def _joined(self, pair: Pair) -> torch.Tensor:
        """The place that tells whether it answers, the question's tokens and the passage's."""
        passage = pair.passage + self.kinds[torch.where(pair.own, OWN, TITLE)]
        return torch.cat((self.null[None], pair.question + self.kinds[QUESTION], passage))

    def _logits(self, states: torch.Tensor, pair: Pair) -> Logits:
        spans, answers = self.span(states[1 + len(pair.question) :]), self.answer(states[0])[0]
        first, last = spans.masked_fill(~pair.own[:, None], CLOSED).unbind(-1)
        return Logits(first, last, answers)
