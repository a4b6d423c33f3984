"""The encoder in its form with sentence-transformers, and how one is loaded by name."""

from __future__ import annotations

import copy
import hashlib
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rag.core import arguments
from rag.core.files import cache_folder
from rag.errors import ModelError
from rag.models.adapters import ENCODER_ADAPTERS, encoder_digest, load_adapters, merge
from rag.models.device import given_device, has_fast_bfloat16
from rag.models.encoder import LOWER_LAYERS, Encoder, Offsets, Tokens, Vectors
from rag.models.known_models import DEFAULT_MODEL
from rag.models.packaged_model import HUB_NAME, PACKAGE, WEIGHTS_DIGEST, packaged_file, packaged_model
from rag.text.writing_systems import simplified

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

# Torch's libraries keep what they prepare for each shape of input, 1,024 times unless told (measurements: time).
for _cache in ("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "LRU_CACHE_CAPACITY"):
    os.environ.setdefault(_cache, "128")

BATCH = 8
"""Passages encoded at once. 8 beats 32 by a fifth on two cores: less padding, and what is worked on stays in cache."""
_LOWER = "lower_embeddings"
SMALL_MACHINE = 4
"""Up to this many processors, the number of threads is measured; above, torch's own choice stands."""


def given_model(name: str, model: object) -> str:
    """The name of a model that a program gives; of a folder the whole path, which an index finds from anywhere.

    :param name: Of the argument.
    :raises ArgumentError: It is none.
    """
    text = os.fspath(model) if isinstance(model, Path) else model
    if not isinstance(text, str) or not text.strip():
        raise arguments.refused(name, model, "a model's name or folder")
    text = arguments.text(name, text, arguments.MAX_PATH)
    return str(Path(text).resolve()) if text != DEFAULT_MODEL and Path(text).is_dir() else text


def default_digest() -> str | None:
    """Identity of the default model's weights, without loading them; None where the package is not installed.

    :raises ModelError: What it learned is missing.
    """
    return f"{WEIGHTS_DIGEST}-{encoder_digest()}" if packaged_file() else None


def load_encoder(
    name: str | Path = DEFAULT_MODEL,
    progress: Callable[[int, int], None] | None = None,
    *,
    device: str | None = None,
    half_precision: bool | None = None,
) -> Encoder:
    """Load an embedding model.

    :param name: ``multilingual-e5-small`` for the packaged model; else a folder, or a name on the hub, of any
        sentence-transformers model.
    :param progress: Called while the packaged model is converted, on first use, with steps done and their number.
    :param device: Where it runs, as torch names it: cpu, cuda, cuda:1, mps. None for what sentence-transformers
        chooses: a GPU where torch has one.
    :param half_precision: Whether passages are encoded in bfloat16; None for what is faster on the device. An index
        holds vectors of one precision: its manifest tells which.
    :raises ModelError: It can't be found or loaded.
    :raises ArgumentError: The name is none, the progress can't be called, or torch can't use the device here.
    """
    name = given_model("name", name)
    arguments.callback("progress", progress)
    device = given_device("device", device)
    if half_precision is not None:
        arguments.switch("half_precision", half_precision)
    source, digest = name, None
    if name == DEFAULT_MODEL:
        source = HUB_NAME
        if packaged_file() is not None:
            source, digest = str(packaged_model(cache_folder(), progress)), default_digest()
    is_default = name in (DEFAULT_MODEL, HUB_NAME)
    try:
        return SentenceTransformerEncoder(
            name, source, digest, is_default=is_default, device=device, half_precision=half_precision
        )
    except ModelError as error:
        if (name, source) != (DEFAULT_MODEL, HUB_NAME):
            raise
        raise ModelError(
            f"the package {PACKAGE} with the default model is not installed (pip install {PACKAGE}==0.3.0), "
            f"and {HUB_NAME} can't be had from the hub"
        ) from error


class SentenceTransformerEncoder:
    """Any sentence-transformers model, with its own prompts and its own token limit.

    :param name: The name that an index records.
    :param source: What ``SentenceTransformer`` loads: a folder, or a name on the hub.
    :param digest: Identity of the weights where it is known; else it is computed from them.
    :param is_default: Whether it is the default model.
    :param device: As for ``load_encoder``, like ``half_precision``.
    :raises ModelError: It can't be loaded.
    """

    def __init__(
        self,
        name: str,
        source: str,
        digest: str | None = None,
        *,
        is_default: bool = False,
        device: str | None = None,
        half_precision: bool | None = None,
    ) -> None:
        self.name = name
        self.is_default = is_default
        self._model = _load(source, device)
        # Whatever is asked and read is compared within one question: that may be as fast as it can be here.
        self._asks_in_half = has_fast_bfloat16(self._model.device)
        self.half_precision = self._asks_in_half if half_precision is None else half_precision
        self._adapted = _adapted(self._model) if is_default else self._model
        self.digest = digest or _weights_digest(self._adapted)
        if is_default:
            _keep_lower_states(self._model)
        self.dimension = int(self._model.get_embedding_dimension() or 0)
        prompts = self._model.prompts
        self._query_prompt = prompts.get("query", "")
        self._passage_prompt = prompts.get("document") or prompts.get("passage", "")
        most = int(self._model.max_seq_length or 512)
        # A text that was cut off has as many tokens as the model reads: it must never seem to fit.
        self._room = most - max(len(self._tokenized([self._passage_prompt])["input_ids"][0]), 1)
        self._settle_threads()

    def fits(self, text: str) -> bool:
        """Whether a passage is encoded whole, within the model's token limit."""
        return len(self._tokenized([text])["input_ids"][0]) <= self._room

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of passages, shape (len(texts), dimension)."""
        if not texts:
            return np.empty((0, self.dimension), np.float32)
        wanted = {"normalize_embeddings": True, "convert_to_numpy": True}
        found = self._run(self._adapted, texts, self._passage_prompt, self.half_precision, **wanted)
        return np.asarray(found, np.float32)

    def query_tokens(self, text: str) -> Tokens:
        """A question, token by token."""
        return self.query_tokens_of([text])[0]

    def passage_tokens(self, texts: Sequence[str]) -> list[Tokens]:
        """Passages, token by token."""
        return self._in_tokens(texts, self._passage_prompt)

    def query_tokens_of(self, texts: Sequence[str]) -> list[Tokens]:
        """Questions, token by token."""
        found = self._in_tokens(texts, self._query_prompt)
        if self._adapted is self._model:
            return found
        wanted = {"normalize_embeddings": True, "convert_to_numpy": True}
        vectors = self._run(self._adapted, texts, self._query_prompt, self._asks_in_half, **wanted)
        return [
            replace(tokens, vector=np.asarray(vector, np.float32))
            for tokens, vector in zip(found, vectors, strict=True)
        ]

    def reader_layers(self) -> Any:
        """A copy of the default model's upper layers, as torch modules: what a reader is made of."""
        return copy.deepcopy(self._model[0].auto_model.encoder.layer[LOWER_LAYERS:])

    def _tokenized(self, texts: Sequence[str]) -> Any:
        """Texts as the model's tokens, cut off where the model stops reading.

        The settings are those that sentence-transformers uses itself: a tokenizer keeps its settings from call to
        call, so that others would be taken over by a thread that is in the midst of encoding.
        """
        return self._model.tokenizer(
            list(texts), padding=True, truncation="longest_first", return_offsets_mapping=True, verbose=False
        )

    def _in_tokens(self, texts: Sequence[str], prompt: str) -> list[Tokens]:
        if not texts:
            return []
        rows = self._run(self._model, texts, prompt, self._asks_in_half, output_value=None, convert_to_numpy=False)
        tokens = self._tokenized([prompt + simplified(text) for text in texts])
        masks = np.array(tokens["attention_mask"], bool)
        offsets = [np.array(at)[mask] for at, mask in zip(tokens["offset_mapping"], masks, strict=True)]
        return [self._without_prompt(row, at, len(prompt)) for row, at in zip(rows, offsets, strict=True)]

    def _without_prompt(self, row: dict[str, Any], offsets: Offsets, prompt: int) -> Tokens:
        """One text's tokens without padding, marks of the model and prompt."""
        vector = row["sentence_embedding"].float().numpy(force=True)
        states = row["token_embeddings"].float().numpy(force=True)[row["attention_mask"].bool().numpy(force=True)]
        own = (offsets[:, 1] > prompt) & (offsets[:, 1] > offsets[:, 0])
        starts, ends = np.maximum(offsets[own] - prompt, 0).T
        lower = row[_LOWER].float().numpy(force=True)[: len(own)][own] if _LOWER in row else None
        return Tokens(vector / np.linalg.norm(vector), states[own], starts, ends, lower)

    def _run(
        self, model: SentenceTransformer, texts: Sequence[str], prompt: str, half_precision: bool, **wanted: Any
    ) -> Any:
        """Give texts to the model, in simplified characters, of which it has seen more (measurements: passages)."""
        import torch

        with torch.autocast(model.device.type, torch.bfloat16, enabled=half_precision):
            plain = [simplified(text) for text in texts]
            return model.encode(plain, prompt=prompt, batch_size=BATCH, show_progress_bar=False, **wanted)

    def _settle_threads(self) -> None:
        """On a small machine, take one thread where that is faster than torch's own number, in a few short runs.

        Two virtual processors may be one core's worth or two: no listing tells, so they are timed.
        """
        import torch

        if self._model.device.type != "cpu" or (os.cpu_count() or 1) > SMALL_MACHINE:
            return
        numbers = sorted({1, torch.get_num_threads()})
        torch.set_num_threads(min(numbers, key=lambda threads: min(self._time(threads) for _ in range(3))))

    def _time(self, threads: int) -> float:
        import torch

        torch.set_num_threads(threads)
        start = time.perf_counter()
        self.encode_passages(["The quick brown fox jumps over the lazy dog. 天地玄黄，宇宙洪荒。" * 2] * 2)
        return time.perf_counter() - start


def _load(source: str, device: str | None) -> SentenceTransformer:
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()
    try:
        return SentenceTransformer(source, device=device)
    except Exception as error:  # the library raises whatever its many back ends raise
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise ModelError(f"can't load the model {source}: {reason[0]}") from error


def _adapted(model: SentenceTransformer) -> SentenceTransformer:
    """The default model with what it learned to find passages by; all but the upper layers is shared with it.

    What compares and reads tokens has learned on the model as it was, and goes on with that.
    """
    network = model[0].auto_model
    shared = (network.embeddings, *network.encoder.layer[:LOWER_LAYERS], model[0].processor, model.tokenizer)
    adapted = copy.deepcopy(model, {id(part): part for part in shared})
    merge(adapted[0].auto_model.encoder.layer[LOWER_LAYERS:], load_adapters(ENCODER_ADAPTERS))
    return adapted


def _keep_lower_states(model: SentenceTransformer) -> None:
    """Have the model hand out what its lower layers make of each token beside what the last one makes of it."""
    kept = threading.local()  # the model may be run from several threads at once
    layer = model[0].auto_model.encoder.layer[LOWER_LAYERS - 1]
    layer.register_forward_hook(lambda _layer, _given, states: setattr(kept, "states", states))
    model[0].register_forward_hook(lambda _module, _given, features: {**features, _LOWER: kept.states})


def _weights_digest(model: SentenceTransformer) -> str:
    """Digest of names, shapes and values of all the model's tensors."""
    import torch

    digest = hashlib.blake2b(digest_size=16)
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(f"{name}{tuple(tensor.shape)}{tensor.dtype}".encode())
        digest.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()
