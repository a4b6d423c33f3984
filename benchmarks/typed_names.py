"""How often a Chinese name is found as people type it in Latin letters: ``typed_names.jsonl``, 60 names in the news.

``python -m benchmarks.typed_names [--work FOLDER]`` types each in three to five ways (joined, in lower case, with
spaces, with tones; of foreigners and companies what English calls them), asks for nothing else, and prints for each way
of ``benchmarks.retrieval`` the share whose first five passages have one that holds the name.

``--noise SET ...`` asks the questions of these sets instead, with what the names add to a passage's score and without,
before anything is read: how many find the right passage earlier by them, and how many later.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.datasets import ALL_SETS, folder_of, rows_of
from benchmarks.retrieval import SharedEncoder, asked_of, reciprocal_rank, right_passages, ways_of
from rag.answering.retrieval import Engine, rank
from rag.answering.retriever import Retriever
from rag.build import build_index
from rag.core.filters import Filters
from rag.evaluation.questions import Question
from rag.index.opening import folder_index
from rag.models.encoder import Encoder
from rag.models.reader import load_reader
from rag.models.sentence_transformer import load_encoder

NAMES = Path(__file__).with_name("typed_names.jsonl")
DEPTH = 5
RANKED = 20
"""Passages ranked for a question, with names and without."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--noise", nargs="+", choices=ALL_SETS, metavar="SET", help=", ".join(ALL_SETS))
    parser.add_argument("--work", type=Path, default=Path("build/quality"))
    options = parser.parse_args()
    encoder = load_encoder()
    if not options.noise:
        print_found(_open("news", options.work, encoder))
        return
    print("| set | questions | earlier by names | later | R@1 without, with | R@5 |\n|---|---|---|---|---|---|")
    for name in options.noise:
        engine = _open(name, options.work, encoder).engine
        for lang, questions in asked_of(name).items():
            print(f"| {name} ({lang}) | {len(questions)} | {_noise(questions, engine)} |", flush=True)


def _open(name: str, work: Path, encoder: Encoder) -> Retriever:
    build_index(folder_of(name), work / name, encoder, replace=True)
    return Retriever.open(work / name, SharedEncoder(encoder), load_reader(encoder))


def print_found(retriever: Retriever) -> None:
    """How often the names alone are found, by kind and way."""
    index = folder_index(retriever.index)
    passages = map(index.store.passage, index.ids.tolist())
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


def _noise(questions: Sequence[Question], engine: Engine) -> str:
    """Cells of a row: what the names in a set's questions change of the order in which passages are found."""
    ranks = np.array([_ranks(question, engine) for question in questions])
    without, with_names = ranks.T
    cells = [f"{np.sum(with_names > without)}", f"{np.sum(with_names < without)}"]
    cells += [" ".join(f"{np.mean(each >= 1 / depth):.3f}" for each in (without, with_names)) for depth in (1, DEPTH)]
    return " | ".join(cells)


def _ranks(question: Question, engine: Engine) -> tuple[float, float]:
    """Reciprocal ranks of the first right passage, without the names and with them."""
    text, index = question.text.strip(), engine.index
    right = right_passages(index, question)
    candidates = index.candidates(text, engine.encoder.encode_query(text), Filters(), RANKED)
    nameless = replace(candidates, anchored=np.zeros_like(candidates.anchored))
    found = ([hit.passage.id for hit in rank(index, each, RANKED)] for each in (nameless, candidates))
    without, with_names = (reciprocal_rank(ids, right) for ids in found)
    return without, with_names


if __name__ == "__main__":
    main()
