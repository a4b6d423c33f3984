"""Late interaction: the similarity of each token of a passage to each token of a question.

A passage's one vector tells what it is about; which of two passages on one subject answers is told by its tokens in
their context. The form is ColBERT's MaxSim (Khattab and Zaharia, 2020): each token of the question takes the passage's
most similar token. The states are those of the index's own encoder, and a small trained head draws together what asks
and what answers: "哪里" and "位于". ``python -m benchmarks.train_late_interaction`` trains it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from rag.models.encoder import Offsets, Tokens, Vectors

HEAD_FILE = Path(__file__).with_name("late_interaction.npz")


@dataclass(frozen=True, slots=True)
class Interaction:
    """Similarities of a question's and a passage's tokens.

    :param similarity: Cosine of each pair of tokens times the weight of the question's, shape (question's tokens,
        passage's tokens). The weights sum to 1.
    :param starts: First character of each of the passage's tokens in its shown text, shape (passage's tokens,);
        below 0 for those of the title, which stands before it. ``ends`` is one past its last.
    """

    similarity: Vectors
    starts: Offsets
    ends: Offsets

    def maxsim(self) -> float:
        """The sum, over the question's tokens, of the highest similarity to one of passage or title: at most 1."""
        return float(self.similarity.max(axis=1).sum()) if self.similarity.size else 0.0

    def maxsim_of(self, start: int, end: int) -> float:
        """The same for a stretch of the shown text; 0 where it has no token."""
        inside = (self.starts < end) & (self.ends > start)
        return float(self.similarity[:, inside].max(axis=1).sum()) if inside.any() and self.similarity.size else 0.0


@dataclass(frozen=True, slots=True)
class TokenMatch:
    """A passage whose tokens were compared with a question's.

    :param tokens: The passage as it was encoded, with its title.
    :param title_offset: Characters in that before the shown text.
    """

    tokens: Tokens
    title_offset: int
    interaction: Interaction


@dataclass(frozen=True, slots=True)
class Head:
    """What was trained, for one model's states.

    A state ``h`` is compared as ``h + up @ down @ h``; the weight of a question's token is the softmax, over the
    question, of ``weigh @ h``.

    :param down: Shape (rank, dimension).
    :param up: Shape (dimension, rank).
    :param weigh: Shape (dimension,).
    """

    down: Vectors
    up: Vectors
    weigh: Vectors

    def save(self, path: Path) -> None:
        """Write plain arrays, in half precision."""
        arrays = {name: getattr(self, name).astype(np.float16) for name in ("down", "up", "weigh")}
        np.savez_compressed(path, **arrays)

    @classmethod
    def load(cls, path: Path) -> Head:
        """Read what ``save`` wrote."""
        with np.load(path, allow_pickle=False) as file:
            return cls(*(file[name].astype(np.float32) for name in ("down", "up", "weigh")))

    @classmethod
    def plain(cls, dimension: int) -> Head:
        """One that leaves states and weights as they are, for a model that none was trained for."""
        return cls(
            np.zeros((0, dimension), np.float32), np.zeros((dimension, 0), np.float32), np.zeros(dimension, np.float32)
        )


@cache
def trained_head() -> Head:
    """The head that was trained for the default model."""
    return Head.load(HEAD_FILE)


def interactions(
    question: Tokens, passages: Sequence[Tokens], title_offsets: Sequence[int], head: Head
) -> list[Interaction]:
    """Compare a question with passages.

    :param title_offsets: For each passage, the characters before its shown text in what was encoded.
    """
    query = _unit(question.states, head)
    weights = np.exp(question.states @ head.weigh)
    query *= (weights / max(weights.sum(), 1e-9))[:, None]
    return [
        Interaction(query @ _unit(passage.states, head).T, passage.starts - title_offset, passage.ends - title_offset)
        for passage, title_offset in zip(passages, title_offsets, strict=True)
    ]


def _unit(states: Vectors, head: Head) -> Vectors:
    moved = states + (states @ head.down.T) @ head.up.T
    return np.asarray(moved / np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-9), np.float32)
