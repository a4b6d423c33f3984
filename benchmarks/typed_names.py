"""How often a Chinese name is found as people type it in Latin letters: ``typed_names.jsonl``, 60 names in the news.

``python -m benchmarks.typed_names [--work FOLDER]`` types each in three to five ways (joined, in lower case, with
spaces, with tones; of foreigners and companies what English calls them), asks for nothing else, and prints for each way
of ``benchmarks.retrieval`` the share whose first five passages have one that holds the name.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path

import numpy as np

from benchmarks.datasets import folder_of, rows_of
from benchmarks.retrieval import SharedEncoder, ways_of
from rag.answering.retriever import Retriever
from rag.build import build_index
from rag.models.reader import load_reader
from rag.models.sentence_transformer import load_encoder

NAMES = Path(__file__).with_name("typed_names.jsonl")
DEPTH = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path("build/quality"))
    options = parser.parse_args()
    encoder = load_encoder()
    build_index(folder_of("news"), options.work / "news", encoder)
    retriever = Retriever.open(options.work / "news", SharedEncoder(encoder), load_reader(encoder))
    index = retriever.index
    passages = map(index.store.passage, range(len(index)))
    texts = [article.indexed_text(passage.text) for passage, article in passages]
    ways = ways_of(retriever)
    found: dict[str, dict[str, list[bool]]] = defaultdict(lambda: defaultdict(list))
    for row in rows_of(NAMES):
        for typed in row["typed"]:
            for name, way in ways.items():
                found[row["kind"]][name].append(any(row["name"] in texts[at] for at in way(typed, DEPTH)))
    print(f"| kind | typed | {' | '.join(ways)} |\n|{'---|' * (2 + len(ways))}")
    for kind, by_way in found.items():
        cells = [f"{np.mean(right):.2f}" for right in by_way.values()]
        print(f"| {kind} | {len(by_way['ours'])} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
