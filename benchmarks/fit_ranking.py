"""Fit the weights of ``rag.answering.retrieval`` on the development questions.

``python -m benchmarks.fit_ranking [--sets …] [--sample 150] [--work FOLDER]`` looks once at the first hits of every
question as closely as can be, and prints recall at 1 and at 5, set by set and their mean, for each pair of weights of
words and of late interaction. No set has weights of its own: what is best on the mean is taken, and a lower one where
it is as good.
"""

from __future__ import annotations

import argparse
import itertools
import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.datasets import ALL_SETS, folder_of, questions_of
from benchmarks.retrieval import right_passages
from rag.answering.retrieval import find_candidates, rank, rerank
from rag.build import build_index
from rag.evaluation.questions import Question
from rag.index.index import Index
from rag.models.encoder import Encoder
from rag.models.sentence_transformer import load_encoder

DEPTH = 10
LEXICAL_WEIGHTS = (0.0, 0.1, 0.2, 0.35, 0.5)
LATE_WEIGHTS = (0.0, 0.5, 1.0, 2.0, 4.0)


@dataclass(frozen=True, slots=True)
class Evidence:
    """The first hits of a question: evidence of meaning, of words and of tokens, and whether each is right.

    All of shape (hits,); ``words`` is what the weight of words is multiplied by.
    """

    meaning: NDArray[np.float64]
    words: NDArray[np.float64]
    late: NDArray[np.float64]
    right: NDArray[np.bool_]

    def rank(self, lexical_weight: float, late_weight: float) -> int:
        """Rank of the first right hit, from 0; ``DEPTH`` where there is none."""
        scores = self.meaning + lexical_weight * self.words + late_weight * self.late
        order = self.right[np.argsort(-scores, kind="stable")]
        return int(np.argmax(order)) if order.any() else DEPTH


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", nargs="+", default=ALL_SETS, metavar="SET")
    parser.add_argument("--sample", type=int, default=150)
    parser.add_argument("--work", type=Path, default=Path("build/quality"))
    options = parser.parse_args()
    encoder = load_encoder()
    rows: dict[tuple[str, str], list[Evidence]] = {}
    for name in options.sets:
        build_index(folder_of(name), options.work / name, encoder)
        with Index.open(options.work / name) as index:
            for question in _sample(questions_of(name), options.sample):
                rows.setdefault((name, question.lang), []).append(_evidence(index, encoder, question))
    print("| words | late | mean | " + " | ".join(f"{name} ({lang})" for name, lang in rows) + " |")
    print("|---|---|---|" + "---|" * len(rows))
    for weights in itertools.product(LEXICAL_WEIGHTS, LATE_WEIGHTS):
        found = [_recalls([one.rank(*weights) for one in row]) for row in rows.values()]
        cells = [f"{first:.3f} {fifth:.3f}" for first, fifth in (np.mean(found, axis=0), *found)]
        print(f"| {weights[0]} | {weights[1]} | {' | '.join(cells)} |")


def _sample(questions: list[Question], count: int) -> list[Question]:
    chance = random.Random(0)
    languages = dict.fromkeys(question.lang for question in questions)
    groups = ([question for question in questions if question.lang == lang] for lang in languages)
    return [question for group in groups for question in chance.sample(group, min(count, len(group)))]


def _evidence(index: Index, encoder: Encoder, question: Question) -> Evidence:
    asked = encoder.query_tokens(question.text)
    candidates = find_candidates(index, question.text, asked.vector, None, DEPTH)
    hits = rerank(encoder, asked, rank(index, candidates, DEPTH), DEPTH).hits
    right = right_passages(index, question)
    return Evidence(
        np.array([hit.dense + hit.language_bias_correction for hit in hits]),
        np.array([candidates.matches.query_coverage * hit.lexical for hit in hits]),
        np.array([hit.late for hit in hits]),
        np.array([hit.passage.id in right for hit in hits]),
    )


def _recalls(ranks: list[int]) -> tuple[float, float]:
    return float(np.mean([at < 1 for at in ranks])), float(np.mean([at < 5 for at in ranks]))


if __name__ == "__main__":
    main()
