"""Train the head of ``rag.models.late_interaction``.

``python -m benchmarks.train_late_interaction [--out FILE] [--epochs 1]`` runs the packaged model once over the
questions and passages of ``train/reader.jsonl.gz``, and then trains, on these states, what draws a question's tokens
and those of the passage that answers together: by cross entropy over the passages of a batch, among them other passages
of the same article and such as nearly answer. Some ten minutes on two cores. The weights that it writes derive from
CMRC 2018, DRCD and ChineseSquad and are CC BY-SA 4.0.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from benchmarks.datasets import DATA
from rag.models.encoder import Encoder, Vectors
from rag.models.late_interaction import HEAD_FILE, Head
from rag.models.sentence_transformer import load_encoder

RANK = 64
BATCH = 24
MATES, NEAR = 2, 1
"""Passages of the same article, and such as nearly answer, that stand beside each right one in a batch."""
MAX_TOKENS = 300
RATE, DECAY, WARM_UP, SCALE = 1e-3, 0.02, 50, 3.4
"""Learning rate, weight decay, steps until the rate is full, and the logarithm of the scale of scores at the start."""
AT_ONCE = 64


class Trained(nn.Module):
    """``Head`` in training: at the start it changes nothing."""

    def __init__(self, dimension: int) -> None:
        super().__init__()
        self.down = nn.Linear(dimension, RANK, bias=False)
        self.up = nn.Linear(RANK, dimension, bias=False)
        self.weigh = nn.Linear(dimension, 1, bias=False)
        self.scale = nn.Parameter(torch.tensor(SCALE))
        nn.init.zeros_(self.up.weight)
        nn.init.zeros_(self.weigh.weight)

    def forward(self, asked: list[Vectors], passages: list[Vectors]) -> torch.Tensor:
        """Scores, shape (questions, passages)."""
        questions, real = _padded(asked)
        texts, present = _padded(passages)
        likeness = torch.einsum("qid,pjd->qpij", self._unit(questions), self._unit(texts))
        best = likeness.masked_fill(~present[None, :, None, :], -1).amax(-1)
        weights = torch.softmax(self.weigh(questions).squeeze(-1).masked_fill(~real, -1e4), -1)
        return (best * weights[:, None, :]).sum(-1) * self.scale.exp()

    def _unit(self, states: torch.Tensor) -> torch.Tensor:
        return functional.normalize(states + self.up(self.down(states)), dim=-1)


@dataclass(frozen=True, slots=True)
class Pairs:
    """States of all questions and passages, and which belong together.

    :param right: (question, passage that answers).
    :param mates: For each passage, the others of its article.
    :param near: For each question, passages that nearly answer it.
    """

    questions: list[Vectors]
    passages: list[Vectors]
    right: list[tuple[int, int]]
    mates: dict[int, list[int]]
    near: dict[int, list[int]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=HEAD_FILE)
    parser.add_argument("--epochs", type=int, default=1)
    options = parser.parse_args()
    encoder = load_encoder()
    pairs = _read(encoder)
    torch.manual_seed(0)
    model = Trained(encoder.dimension)
    _train(model, pairs, options.epochs)
    weights = {name: value.detach().numpy() for name, value in model.named_parameters()}
    head = Head(weights["down.weight"], weights["up.weight"], weights["weigh.weight"][0])
    head.save(options.out)


def _read(encoder: Encoder) -> Pairs:
    with gzip.open(DATA / "train" / "reader.jsonl.gz", "rt", encoding="utf-8") as stream:
        rows = [json.loads(line) for line in stream]
    questions = {row["question"]: 0 for row in rows}
    passages = {row["passage"]: row["doc_id"] for row in rows}
    number = {text: at for texts in (questions, passages) for at, text in enumerate(texts)}
    by_article: dict[str, list[int]] = {}
    for text, article in passages.items():
        by_article.setdefault(article, []).append(number[text])
    near: dict[int, list[int]] = {}
    for row in rows:
        if not row["answerable"]:
            near.setdefault(number[row["question"]], []).append(number[row["passage"]])
    return Pairs(
        [encoder.query_tokens(text).states.astype(np.float16) for text in questions],
        list(_passage_states(encoder, list(passages))),
        [(number[row["question"]], number[row["passage"]]) for row in rows if row["answerable"]],
        {number[text]: [at for at in by_article[article] if at != number[text]] for text, article in passages.items()},
        near,
    )


def _passage_states(encoder: Encoder, texts: list[str]) -> Iterator[Vectors]:
    for start in range(0, len(texts), AT_ONCE):
        for tokens in encoder.passage_tokens(texts[start : start + AT_ONCE]):
            yield tokens.states[:MAX_TOKENS].astype(np.float16)


def _padded(states: list[Vectors]) -> tuple[torch.Tensor, torch.Tensor]:
    """States as one tensor, and which of its tokens are real."""
    tensors = [torch.from_numpy(state).float() for state in states]
    lengths = torch.tensor([len(tensor) for tensor in tensors])
    padded = nn.utils.rnn.pad_sequence(tensors, batch_first=True)
    return padded, torch.arange(padded.shape[1])[None, :] < lengths[:, None]


def _train(model: Trained, pairs: Pairs, epochs: int) -> None:
    chance = random.Random(0)
    steps = epochs * (len(pairs.right) // BATCH)
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1.0, (step + 1) / WARM_UP) * max(0.02, 1 - step / steps)
    )
    for step in range(steps):
        if step % (steps // epochs) == 0:
            order = chance.sample(pairs.right, len(pairs.right))
        at = step % (steps // epochs) * BATCH
        loss = _loss(model, pairs, order[at : at + BATCH], chance)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % 20 == 0:
            print(f"step {step} of {steps}: loss {loss.item():.3f}", flush=True)


def _loss(model: Trained, pairs: Pairs, batch: list[tuple[int, int]], chance: random.Random) -> torch.Tensor:
    beside = [passage for _, passage in batch]
    for question, passage in batch:
        for others, most in ((pairs.mates[passage], MATES), (pairs.near.get(question, []), NEAR)):
            beside += chance.sample(others, min(most, len(others)))
    places = {passage: at for at, passage in enumerate(dict.fromkeys(beside))}
    scores = model([pairs.questions[question] for question, _ in batch], [pairs.passages[at] for at in places])
    return functional.cross_entropy(scores, torch.tensor([places[passage] for _, passage in batch]))


if __name__ == "__main__":
    main()
