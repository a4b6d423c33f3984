"""The reader's network: a question and a passage read together.

Both have gone through the lower layers of the embedding model apart, as each does to be searched; what those layers
made of them goes on through the upper ones side by side, so that each word of the passage meets each of the question.
The split is that of Cao et al., "DeFormer" (2020); to point at an answer's first and last token, and to tell from
a place before them whether there is any, is after Devlin et al., "BERT" (2019), section 4.3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn

QUESTION, OWN, TITLE = range(3)
"""What a token belongs to: the question, the passage's own text, or the title before it."""
CLOSED = -1e4
"""Logit of a token that can't be part of an answer, and what is added to the attention to one that is none."""
AT_ONCE = 8
"""Pairs read at once, of about equal length."""


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

    def __len__(self) -> int:
        return 1 + len(self.question) + len(self.passage)


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

    :param layers: Those layers.
    :param dimension: Of their states.
    """

    def __init__(self, layers: nn.ModuleList, dimension: int) -> None:
        super().__init__()
        self.layers = layers
        self.null = nn.Parameter(torch.zeros(dimension))
        self.kinds = nn.Parameter(torch.zeros(3, dimension))
        self.span = nn.Linear(dimension, 2)
        self.answer = nn.Linear(dimension, 1)

    def read(self, pairs: Sequence[Pair]) -> list[Logits]:
        """Read pairs, those of about equal length together."""
        order = sorted(range(len(pairs)), key=lambda at: len(pairs[at]))
        read: dict[int, Logits] = {}
        for begin in range(0, len(order), AT_ONCE):
            chosen = order[begin : begin + AT_ONCE]
            read |= zip(chosen, self([pairs[at] for at in chosen]), strict=True)
        return [read[at] for at in range(len(pairs))]

    def forward(self, pairs: Sequence[Pair]) -> list[Logits]:
        """Read pairs, all at once."""
        states, mask = self._joined(pairs)
        for layer in self.layers:
            states = layer(states, mask[:, None, None, :])
        with torch.autocast(states.device.type, enabled=False):
            spans, answers = self.span(states.float()), self.answer(states[:, 0].float())
        return [_logits(*row) for row in zip(spans, answers[:, 0], pairs, strict=True)]

    def _joined(self, pairs: Sequence[Pair]) -> tuple[torch.Tensor, torch.Tensor]:
        """The place that tells whether it answers, the question's tokens and the passage's; and which of them are real.

        :return: Shapes (pairs, longest, dimension) and (pairs, longest): 0 for those, and ``CLOSED`` for padding, which
            whatever computes the attention adds to what it gives a token.
        """
        rows = []
        for pair in pairs:
            passage = pair.passage + self.kinds[torch.where(pair.own, OWN, TITLE)]
            rows.append(torch.cat((self.null[None], pair.question + self.kinds[QUESTION], passage)))
        lengths = torch.tensor([len(pair) for pair in pairs], device=self.null.device)
        states = nn.utils.rnn.pad_sequence(rows, batch_first=True)
        dtype = next(self.layers.parameters()).dtype
        padding = torch.arange(states.shape[1], device=self.null.device)[None, :] >= lengths[:, None]
        return states.to(dtype), (CLOSED * padding).to(dtype)


def _logits(spans: torch.Tensor, answers: torch.Tensor, pair: Pair) -> Logits:
    places = spans[1 + len(pair.question) : len(pair)]
    first, last = places.masked_fill(~pair.own[:, None], CLOSED).unbind(-1)
    return Logits(first, last, answers)
