"""The encoder in its form with sentence-transformers, and how one is loaded by name."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rag.core import arguments
from rag.core.files import cache_folder
from rag.errors import ModelError
from rag.models.device import given_device, has_fast_bfloat16
from rag.models.encoder import Encoder, Vectors
from rag.models.known_models import DEFAULT_MODEL
from rag.models.lower_layers import LOWER_LAYERS, embedded, tokenized
from rag.models.packaged_model import HUB_NAME, PACKAGE, SPECIAL_TOKENS, WEIGHTS_DIGEST, packaged_file, packaged_model
from rag.models.weights import ENCODER_ADAPTERS, encoder_digest, load_weights, merge
from rag.text.writing_systems import simplified

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer

    from rag.models.packed_sequences import PackedLayers

# Torch's libraries keep what they prepare for each shape of input, 1,024 times unless told (measurements: time).
for _cache in ("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "LRU_CACHE_CAPACITY"):
    os.environ.setdefault(_cache, "128")

BATCH = 8
"""Passages encoded at once. 8 beats 32 by a fifth on two cores: less padding, and what is worked on stays in cache."""
MAX_TOKENS = 512
"""Of a passage, whatever more a model may read: the reader reads no more."""
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
    """Load an embedding model. The default one stays loaded: who builds an index with it asks with it next.

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
    which = source, digest, device
    if name == DEFAULT_MODEL and (kept := _KEPT.get(which)) and kept.is_as_if_loaded(half_precision):
        return kept
    is_default = name in (DEFAULT_MODEL, HUB_NAME)
    try:
        encoder = SentenceTransformerEncoder(
            name, source, digest, is_default=is_default, device=device, half_precision=half_precision
        )
    except ModelError as error:
        if (name, source) != (DEFAULT_MODEL, HUB_NAME):
            raise
        raise ModelError(
            f"the package {PACKAGE} with the default model is not installed (pip install {PACKAGE}==0.3.0), "
            f"and {HUB_NAME} can't be had from the hub"
        ) from error
    if name == DEFAULT_MODEL:
        _KEPT.clear()
        _KEPT[which] = encoder
    return encoder


class SentenceTransformerEncoder:
    """Any sentence-transformers model, with its own prompts and its own token limit.

    :param name: The name that an index records.
    :param source: What ``SentenceTransformer`` loads: a folder, or a name on the hub.
    :param digest: Identity of the weights where it is known; else it is computed from them.
    :param is_default: Whether it is the default model.
    :param device: As for ``load_encoder``, like ``half_precision``.
    :raises ModelError: It can't be loaded.
    :ivar model: The model, with what the default one learned.
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
        self.model = _load(source, device, SPECIAL_TOKENS if is_default and source != HUB_NAME else None)
        if is_default:
            merge(self.model[0].auto_model.encoder.layer[LOWER_LAYERS:], load_weights(ENCODER_ADAPTERS))
        # A question's vector is compared within that question alone: it may be as fast as it can be here.
        self._asks_in_half = has_fast_bfloat16(self.model.device)
        self.half_precision = self._asks_in_half if half_precision is None else half_precision
        self.digest = digest or _weights_digest(self.model)
        self.dimension = int(self.model.get_embedding_dimension() or 0)
        prompts = self.model.prompts
        self._query_prompt = prompts.get("query", "")
        self._passage_prompt = prompts.get("document") or prompts.get("passage", "")
        # A text that was cut off has as many tokens as the model reads: it must never seem to fit.
        most = int(min(self.model.max_seq_length or MAX_TOKENS, MAX_TOKENS))
        self._room = most - max(self._length(self._passage_prompt), 1)
        if self.half_precision and self._asks_in_half:
            round_products(self.model)
        self._layers = {half: self._packed(half) for half in {self._asks_in_half, self.half_precision} if is_default}
        self._threads = 1
        self._settle_threads()

    def is_as_if_loaded(self, half_precision: bool | None) -> bool:
        """Whether it would be the same if it were loaded in this precision; None for what is faster here."""
        return self.half_precision == (self._asks_in_half if half_precision is None else half_precision)

    def fits(self, text: str) -> bool:
        """Whether a passage is encoded whole, within the model's token limit."""
        return self._length(text) <= self._room

    def _length(self, text: str) -> int:
        """Of a text in the model's tokens; a model of static embeddings has a tokenizer of another kind."""
        tokenizer = self.model.tokenizer
        return len(tokenized(self.model, [text])["input_ids"][0] if callable(tokenizer) else tokenizer.encode(text).ids)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of passages, shape (len(texts), dimension)."""
        if not texts:
            return np.empty((0, self.dimension), np.float32)
        self._take_threads()
        found = self._run(texts, self._passage_prompt, self.half_precision)
        return np.asarray(found, np.float32)

    def encode_query(self, text: str) -> Vectors:
        """Unit vector of a question, shape (dimension,)."""
        with self._one_thread():
            found = self._run([text], self._query_prompt, self._asks_in_half)
        return np.asarray(found[0], np.float32)

    def _run(self, texts: Sequence[str], prompt: str, half_precision: bool) -> Any:
        """Unit vectors of texts in simplified characters, of which models have seen more (measurements: passages)."""
        import torch

        if self._layers:
            with torch.inference_mode():
                parts = (texts[start : start + BATCH] for start in range(0, len(texts), BATCH))
                pooled = [self._pooled(part, prompt, self._layers[half_precision]) for part in parts]
                return torch.cat(pooled).numpy(force=True)
        plain = [simplified(text) for text in texts]
        with torch.autocast(self.model.device.type, torch.bfloat16, enabled=half_precision):
            return self.model.encode(
                plain, prompt=prompt, batch_size=BATCH, show_progress_bar=False, normalize_embeddings=True
            )

    def _packed(self, half_precision: bool) -> PackedLayers:
        """All layers: run so they take two thirds of sentence-transformers' time (measurements: time)."""
        import torch

        from rag.models.packed_sequences import PackedLayers

        products = torch.bfloat16 if half_precision else torch.float32
        return PackedLayers.settled(self.model[0].auto_model.encoder.layer, products)

    def _pooled(self, texts: Sequence[str], prompt: str, layers: PackedLayers) -> torch.Tensor:
        """As the default model's modules have it, the mean of a text's states as a unit vector."""
        import torch

        begun = embedded(self.model, [prompt + text for text in texts])
        states = torch.split(layers.run(begun.states, begun.lengths), begun.lengths)
        return torch.nn.functional.normalize(torch.stack([rows.mean(0) for rows in states]))

    def _settle_threads(self) -> None:
        """On a small machine, take one thread where that is faster than torch's own number, in a few short runs.

        Two virtual processors may be one core's worth or two: no listing tells, so they are timed, over as much text as
        a question has read.
        """
        import torch

        if self.model.device.type != "cpu" or (os.cpu_count() or 1) > SMALL_MACHINE or torch.get_num_threads() == 1:
            return
        numbers = (1, torch.get_num_threads())
        self._threads = min(numbers, key=lambda threads: min(self._time(threads) for _ in range(3)))
        torch.set_num_threads(self._threads)

    @contextmanager
    def _one_thread(self) -> Iterator[None]:
        """On a small machine, compute in one thread: on what is as short as a question, several wait for each other."""
        import torch

        if self._threads > 1:
            torch.set_num_threads(1)
        try:
            yield
        finally:
            self._take_threads()

    def _take_threads(self) -> None:
        """As many as were found best: torch's own number may be that of a question in another thread."""
        import torch

        if self._threads > 1:
            torch.set_num_threads(self._threads)

    def _time(self, threads: int) -> float:
        import torch

        torch.set_num_threads(threads)
        start = time.perf_counter()
        self.encode_passages(["The quick brown fox jumps over the lazy dog. 天地玄黄，宇宙洪荒。" * 6] * 3)
        return time.perf_counter() - start


_KEPT: dict[tuple[str, str | None, str | None], SentenceTransformerEncoder] = {}
"""The default model that was loaded last, by its folder, the digest of its weights, and its device."""


def _load(source: str, device: str | None, special_tokens: Mapping[int, str] | None) -> SentenceTransformer:
    from sentence_transformers import SentenceTransformer
    from tokenizers import AddedToken
    from transformers.utils import logging

    logging.disable_progress_bar()
    tokens = {at: AddedToken(token, normalized=False, special=True) for at, token in (special_tokens or {}).items()}
    try:
        return SentenceTransformer(
            source, device=device, processor_kwargs={"added_tokens_decoder": tokens} if tokens else None
        )
    except Exception as error:  # the library raises whatever its many back ends raise
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise ModelError(f"can't load the model {source}: {reason[0]}") from error


def round_products(model: torch.nn.Module) -> None:
    """Keep in bfloat16 what is multiplied in it: else it is rounded anew for each question, to the same vector."""
    import torch

    for module in model.modules():
        if isinstance(module, torch.nn.Linear):
            module.to(torch.bfloat16)


def _weights_digest(model: SentenceTransformer) -> str:
    """Digest of names, shapes and values of all the model's tensors."""
    import torch

    digest = hashlib.blake2b(digest_size=16)
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(f"{name}{tuple(tensor.shape)}{tensor.dtype}".encode())
        digest.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()
