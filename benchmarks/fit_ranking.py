"""Fit the weights of ``rag.answering.retrieval`` on the development questions.

``python -m benchmarks.fit_ranking [--sets …] [--sample 60] [--work FOLDER]`` reads the first hits of every question
once, and prints recall at 1 and at 5 for combinations of the weights of words, of names and of the reader: the mean of
the rows on one half of the questions, by which they are ordered, and on the other; and for the best each row of the
other half. No set has weights of its own, and a lower one is taken where it is as good.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.datasets import ALL_SETS, folder_of, sample
from benchmarks.retrieval import asked_of, right_passages
from rag.answering.retrieval import Engine, rank
from rag.build import build_index
from rag.core.filters import Filters
from rag.core.limits import READ_DEPTH
from rag.evaluation.questions import Question
from rag.index.opening import open_index
from rag.models.reader import load_reader
from rag.models.sentence_transformer import load_encoder

DEPTH = 12
LEXICAL_WEIGHTS = (0.2, 0.35, 0.5)
ANCHOR_WEIGHTS = (0.0, 0.02, 0.04, 0.06, 0.1)
READER_WEIGHTS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)

Weights = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Evidence:
    """The first hits of a question: evidence of meaning, of words, of names, of the reader; and which are right.

    All of shape (hits,); ``words`` is what the weight of words is multiplied by.
    """

    meaning: NDArray[np.float64]
    words: NDArray[np.float64]
    anchored: NDArray[np.float64]
    answers: NDArray[np.float64]
    right: NDArray[np.bool_]

    def rank(self, weights: Weights) -> int:
        """Rank of the first right hit, from 0; ``DEPTH`` where there is none."""
        words, names, reader = weights
        scores = self.meaning + words * self.words + names * self.anchored
        first = np.argsort(-scores, kind="stable")
        scores[first[:READ_DEPTH]] += reader * self.answers[first[:READ_DEPTH]]
        order = self.right[np.argsort(-scores, kind="stable")]
        return int(np.argmax(order)) if order.any() else DEPTH


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", nargs="+", default=ALL_SETS, metavar="SET")
    parser.add_argument("--sample", type=int, default=60)
    parser.add_argument("--work", type=Path, default=Path("build/quality"))
    options = parser.parse_args()
    encoder = load_encoder()
    reader = load_reader(encoder)
    rows: dict[str, list[Evidence]] = {}
    for name in options.sets:
        build_index(folder_of(name), options.work / name, encoder, replace=True)
        with open_index(options.work / name) as index:
            engine = Engine(index, encoder, reader)
            for lang, questions in asked_of(name).items():
                chosen = sample(questions, options.sample)
                rows[f"{name} ({lang})"] = [_evidence(engine, question) for question in chosen]
    _print(rows)


def _print(rows: dict[str, list[Evidence]]) -> None:
    halves = [[row[half::2] for row in rows.values()] for half in (0, 1)]
    grid = list(itertools.product(LEXICAL_WEIGHTS, ANCHOR_WEIGHTS, READER_WEIGHTS))
    means = {
        weights: [np.mean([_recalls(row, weights) for row in half], axis=0) for half in halves] for weights in grid
    }
    order = sorted(grid, key=lambda weights: -float(means[weights][0].sum()))
    print("| words | names | reader | fitted half | other half |\n|---|---|---|---|---|")
    for weights in order:
        cells = [f"{first:.3f} {fifth:.3f}" for first, fifth in means[weights]]
        print(f"| {' | '.join(map(str, weights))} | {' | '.join(cells)} |")
    print(f"\n{order[0]}, the other half")
    for label, row in zip(rows, halves[1], strict=True):
        print("{} ({}): {:.3f} {:.3f}".format(label, len(row), *_recalls(row, order[0])))


def _evidence(engine: Engine, question: Question) -> Evidence:
    index, asked = engine.index, question.text
    candidates = index.candidates(asked, engine.encoder.encode_query(asked), Filters(), DEPTH)
    hits = rank(index, candidates, DEPTH)
    found = {one.hit.passage.id: one.features.likely for one in engine.read(asked, hits)}
    right = right_passages(index, question)
    return Evidence(
        np.array([hit.dense + hit.language_bias_correction for hit in hits]),
        np.array([candidates.matches.query_coverage * hit.lexical for hit in hits]),
        np.array([hit.anchored for hit in hits]),
        np.array([found.get(hit.passage.id, 0.0) for hit in hits]),
        np.array([hit.passage.id in right for hit in hits]),
    )


def _recalls(row: Sequence[Evidence], weights: Weights) -> tuple[float, float]:
    ranks = [one.rank(weights) for one in row]
    return float(np.mean([at < 1 for at in ranks])), float(np.mean([at < 5 for at in ranks]))


if __name__ == "__main__":
    main()
