"""How long a question takes, stage by stage, and how fast passages are encoded, beside a plain script.

``python -m benchmarks.speed INDEX [--questions 200] [--passages 400]``: asks the titles of indexed articles as
questions. The plain script is ``SentenceTransformer.encode`` with its defaults and ``faiss.IndexFlatIP``, on the same
weights and texts, in turns with ours so that a machine that slows down slows both. What the processor could do at best
stands beside: the products that the models make of a text, over the rate at which it multiplies two large matrices.
"""

from __future__ import annotations

import argparse
import math
import os
import random
import resource
import statistics
import time
import timeit
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from torch.utils.flop_counter import FlopCounterMode

from rag.answering.retriever import Retriever
from rag.build.segments import CHUNK
from rag.core.files import cache_folder
from rag.index.index import Index
from rag.index.opening import folder_index
from rag.models.encoded import encoded_query
from rag.models.encoder import Encoder
from rag.models.packaged_model import packaged_model
from rag.models.reader import load_reader
from rag.models.sentence_transformer import load_encoder
from rag.text.writing_systems import size

TURNS = 4
LARGE, COUNTED = 3072, 40
"""Rows of the matrices by which the processor's rate is told, and questions of which operations are counted."""
Encode = Callable[[list[str]], object]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("index", type=Path)
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--passages", type=int, default=400)
    options = parser.parse_args()
    default_threads = torch.get_num_threads()
    encoder = load_encoder()
    threads = torch.get_num_threads()
    before = _peak_memory()
    reader = load_reader(encoder)
    print(f"the reader takes {_peak_memory() - before:.0f} MB of memory beside the model's {before:.0f}")
    retriever = Retriever.open(options.index, encoder, reader)
    plain = SentenceTransformer(str(packaged_model(cache_folder())), device="cpu")
    index = folder_index(retriever.index)
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}; {len(index):,} passages")
    print(f"threads: ours {threads}, plain script {default_threads}")
    infos = index.store.infos()
    asked = random.Random(0).sample(infos, min(options.questions, len(infos)))
    questions = [info.title for info in asked]
    time_questions(retriever, questions)
    _time_plain_questions(plain, index, questions, default_threads)
    texts = _passages(index, options.passages)
    torch.set_num_threads(threads)
    _print_at_best(retriever, encoder, questions, texts)
    _time_encoding(
        lambda part: _ours(encoder.encode_passages, part, threads),
        lambda part: _plain(plain, part, default_threads),
        texts,
    )


def _peak_memory() -> float:
    """Of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def time_questions(retriever: Retriever, questions: list[str]) -> None:
    """Print how long questions take, stage by stage."""
    for question in questions[:5]:
        retriever.ask(question)
    spent = [retriever.ask(question).seconds for question in questions]
    print("| stage | p50 ms | p95 ms |\n|---|---|---|")
    for stage in ("encode", "search", "rank", "read", "extract", "total"):
        _print_row(stage, [getattr(seconds, stage) for seconds in spent])


def _time_plain_questions(plain: SentenceTransformer, index: Index, questions: list[str], threads: int) -> None:
    flat = faiss.IndexFlatIP(index.manifest.dimension)
    flat.add(index.all_vectors())
    torch.set_num_threads(threads)
    spent = []
    for question in questions:
        began = time.perf_counter()
        flat.search(plain.encode([question], prompt_name="query"), 5)
        spent.append(time.perf_counter() - began)
    _print_row("plain script: encode and search", spent)


def _print_at_best(retriever: Retriever, encoder: Encoder, questions: list[str], texts: list[str]) -> None:
    """Print how long the models' products would take if nothing else took time; attention (a twentieth) is not in."""
    matrix = torch.randn(LARGE, LARGE, dtype=torch.bfloat16 if encoder.half_precision else torch.float32)
    rate = 2 * LARGE**3 / statistics.median(timeit.repeat(lambda: matrix @ matrix, number=1, repeat=5))
    counted = questions[:COUNTED]
    encoded = [_operations(partial(encoded_query, encoder, question)) for question in counted]
    asked = [_operations(partial(retriever.ask, question)) for question in counted]
    read = [both - one for both, one in zip(asked, encoded, strict=True)]
    passages = _operations(partial(encoder.encode_passages, sorted(texts[:CHUNK], key=size))) / len(texts[:CHUNK])
    print(f"the processor multiplies at {rate / 1e9:.0f} thousand million operations a second; at best, at that rate:")
    for name, operations in (("encode", encoded), ("read", read)):
        middle, most = np.percentile(operations, (50, 95)) / 1e9
        print(f"| {name}: {middle:.1f} and {most:.1f} thousand million operations | ", end="")
        print(f"{1e12 * middle / rate:.1f} | {1e12 * most / rate:.1f} |")
    print(f"passages: {passages / 1e9:.1f} thousand million operations each, {rate / passages:.1f} a second")


def _operations(run: Callable[[], object]) -> float:
    ordered = getattr(torch.ops.mkldnn, "_linear_pointwise", None)  # not in every torch
    with FlopCounterMode(display=False, custom_mapping={ordered: _of_product} if ordered else {}) as counter:
        run()
    return float(counter.get_total_flops())


def _of_product(states: Sequence[int], matrix: Sequence[int], *_: Any, **__: Any) -> int:
    """Of one product, by the shapes of what is multiplied; torch does not count these."""
    return 2 * math.prod(states) * matrix[0]


def _print_row(name: str, seconds: list[float]) -> None:
    print(f"| {name} | {1000 * statistics.median(seconds):.1f} | {1000 * np.percentile(seconds, 95):.1f} |")


def _passages(index: Index, count: int) -> list[str]:
    rows = random.Random(1).sample(range(len(index)), min(count, len(index)))
    pairs = (index.store.passage(row) for row in rows)
    return [info.indexed_text(passage.text) for passage, info in pairs]


def _ours(encode: Encode, texts: list[str], threads: int) -> None:
    torch.set_num_threads(threads)
    encode(sorted(texts, key=size))


def _plain(plain: SentenceTransformer, texts: list[str], threads: int) -> None:
    torch.set_num_threads(threads)
    vectors = plain.encode(texts, prompt_name="document")
    faiss.IndexFlatIP(vectors.shape[1]).add(vectors)


def _time_encoding(ours: Encode, plain: Encode, texts: list[str]) -> None:
    part = min(len(texts) // TURNS, CHUNK)
    rates: dict[str, list[float]] = {"ours": [], "plain script": []}
    for turn in range(TURNS):
        for name, encode in (("ours", ours), ("plain script", plain)):
            began = time.perf_counter()
            encode(texts[turn * part : (turn + 1) * part])
            rates[name].append(part / (time.perf_counter() - began))
    for name, values in rates.items():
        print(
            f"{name}: median {statistics.median(values):.1f} passages a second ({min(values):.1f} to {max(values):.1f})"
        )
    ratios = [a / b for a, b in zip(*rates.values(), strict=True)]
    print(f"ratio: median {statistics.median(ratios):.2f}")


if __name__ == "__main__":
    main()
