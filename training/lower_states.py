"""Texts after the packaged model's lower layers, run once and kept on disk: training changes the upper ones alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sentence_transformers import SentenceTransformer
from torch import nn

from rag.core.files import cache_folder
from rag.models.encoder import Vectors
from rag.models.lower_layers import LOWER_LAYERS
from rag.models.packaged_model import packaged_model
from rag.models.weights import ENCODER_ADAPTERS, load_weights, merge
from rag.text.writing_systems import simplified

AT_ONCE, TOGETHER = 8, 16
MAX_TOKENS = 512


@dataclass(frozen=True, slots=True)
class LowerStates:
    """Texts after the lower layers, with all their tokens, the marks of the model and the prompt too.

    :param states: Of all texts, one after the other, shape (tokens of all, dimension).
    :param begins: Where each text begins there, and one past the last, shape (texts + 1,).
    :param vectors: What the encoder as it is shipped makes of each text, shape (texts, dimension).
    """

    states: NDArray[np.float16]
    begins: NDArray[np.int64]
    vectors: Vectors

    def __len__(self) -> int:
        return len(self.vectors)

    def of(self, number: int) -> torch.Tensor:
        """A text's states, shape (tokens, dimension)."""
        rows = self.states[self.begins[number] : self.begins[number + 1]]
        return torch.from_numpy(np.asarray(rows, np.float32))


def lower_states(texts: Sequence[str], prompt: str, stem: Path) -> LowerStates:
    """Run the lower layers over texts, or read what an earlier run wrote of as many.

    :param stem: Of the files: ``STEM.states.npy``, ``STEM.begins.npy`` and ``STEM.vectors.npy``.
    """
    files = [stem.with_suffix(f".{part}.npy") for part in ("states", "begins", "vectors")]
    if not files[-1].is_file() or len(np.load(files[-1], mmap_mode="r")) != len(texts):
        found: tuple[NDArray[Any], ...] = _run(texts, prompt)
        for file, values in zip(files, found, strict=True):
            np.save(file, values)
    states, begins, vectors = (np.load(file, mmap_mode="r") for file in files)
    return LowerStates(states, begins, np.array(vectors))


def _run(texts: Sequence[str], prompt: str) -> tuple[NDArray[np.float16], NDArray[np.int64], Vectors]:
    model = SentenceTransformer(str(packaged_model(cache_folder())), device="cpu")
    network = model[0].auto_model.eval()
    merge(network.encoder.layer[LOWER_LAYERS:], load_weights(ENCODER_ADAPTERS))
    plain = [prompt + simplified(text) for text in texts]
    ids = model.tokenizer(plain, truncation=True, max_length=MAX_TOKENS)["input_ids"]
    order = sorted(range(len(ids)), key=lambda number: len(ids[number]))
    found: dict[int, NDArray[np.float16]] = {}
    vectors = np.empty((len(ids), network.config.hidden_size), np.float32)
    for begin in range(0, len(order), AT_ONCE):
        chosen = order[begin : begin + AT_ONCE]
        rows = [torch.tensor(ids[number]) for number in chosen]
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
            tokens = nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=model.tokenizer.pad_token_id)
            states, mask = network.embeddings(input_ids=tokens), _mask(rows)
            for layer in network.encoder.layer[:LOWER_LAYERS]:
                states = layer(states, mask[:, None, None, :])
            vectors[chosen] = pooled(network.encoder.layer[LOWER_LAYERS:], states, mask).numpy()
        for number, state, row in zip(chosen, states, rows, strict=True):
            found[number] = state[: len(row)].half().numpy()
        if begin % (100 * AT_ONCE) == 0:
            print(f"{begin} of {len(order)} texts through the lower layers", flush=True)
    lengths = [len(found[number]) for number in range(len(ids))]
    begins = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
    return np.concatenate([found[number] for number in range(len(ids))]), begins, vectors


def through(layers: nn.ModuleList, rows: Sequence[torch.Tensor]) -> torch.Tensor:
    """Unit vectors of texts after the lower layers, those of about equal length together, shape (texts, dimension)."""
    order = sorted(range(len(rows)), key=lambda number: len(rows[number]))
    vectors = []
    for begin in range(0, len(order), TOGETHER):
        chosen = [rows[number] for number in order[begin : begin + TOGETHER]]
        with torch.autocast("cpu", torch.bfloat16):
            vectors.append(pooled(layers, nn.utils.rnn.pad_sequence(chosen, batch_first=True), _mask(chosen)))
    return torch.cat(vectors)[torch.tensor(order).argsort()]


def pooled(layers: nn.ModuleList, states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """The upper layers, and the mean of what they make of a text's tokens, as a unit vector."""
    for layer in layers:
        states = layer(states, mask[:, None, None, :])
    summed = (states.float() * mask[..., None]).sum(1)
    return nn.functional.normalize(summed / mask.sum(1, keepdim=True), dim=-1)


def _mask(rows: Sequence[torch.Tensor]) -> torch.Tensor:
    lengths = torch.tensor([len(row) for row in rows])
    return torch.arange(int(lengths.max()))[None, :] < lengths[:, None]


@dataclass(frozen=True, slots=True)
class TokenPlaces:
    """Where a text's own tokens stand, without the prompt and the marks of the model.

    :param kept: Their numbers among all that ``LowerStates`` has of the text, shape (own tokens,).
    :param starts: First character of each, shape (own tokens,); ``ends`` is one past its last.
    """

    kept: NDArray[np.int64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]

    def tokens(self, start: int, end: int) -> tuple[int, int] | None:
        """The first and last token of a stretch of characters; None where it has none."""
        inside = np.flatnonzero((self.starts < end) & (self.ends > start))
        return (int(inside[0]), int(inside[-1])) if len(inside) else None


def token_places(texts: Sequence[str], prompt: str) -> list[TokenPlaces]:
    """Where the tokens of texts stand, as ``lower_states`` has them."""
    tokenizer = SentenceTransformer(str(packaged_model(cache_folder())), device="cpu").tokenizer
    plain = [prompt + simplified(text) for text in texts]
    rows = tokenizer(plain, truncation=True, max_length=MAX_TOKENS, return_offsets_mapping=True)["offset_mapping"]
    found = []
    for row in rows:
        offsets = np.array(row, np.int64)
        own = (offsets[:, 1] > len(prompt)) & (offsets[:, 1] > offsets[:, 0])
        starts, ends = np.maximum(offsets[own] - len(prompt), 0).T
        found.append(TokenPlaces(np.flatnonzero(own), starts, ends))
    return found
