"""How well it is known that the articles do not answer; and the fit of its constants.

``python -m benchmarks.abstention [--work FOLDER]`` asks up to 150 answerable and 120 unanswerable questions of each set
and language, and prints: the area under the ROC curve for each kind of unanswerable question; the share of answerable
ones that are kept and of unanswerable ones that are answered, at the threshold in use; the constants of
``rag.extracts`` fitted anew, every set, language and kind weighing the same.
"""

from __future__ import annotations

import argparse
import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from benchmarks.datasets import SETS, Question, folder_of, questions_of, unanswerable_of
from rag import extracts
from rag.encoder import load_encoder
from rag.indexing import build_index
from rag.retriever import Retriever

ANSWERABLE, UNANSWERABLE = 150, 120


@dataclass(frozen=True, slots=True)
class Judged:
    """A question, and how sure it was that the articles answer it."""

    name: str
    question: Question
    confidence: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("build/quality"))
    options = parser.parse_args()
    encoder = load_encoder()
    judged: list[Judged] = []
    for name in SETS:
        build_index(folder_of(name), options.work / name, encoder)
        retriever = Retriever.open(options.work / name, encoder)
        judged += [Judged(name, question, _confidence(retriever, question)) for question in _sample(name)]
    _print_table(judged)
    _print_fit(judged)


def _sample(name: str) -> list[Question]:
    chance = random.Random(3)
    chosen: list[Question] = []
    for questions, most in ((questions_of(name), ANSWERABLE), (unanswerable_of(name), UNANSWERABLE)):
        for lang in ("zh", "zh-Hant", "en"):
            fitting = [question for question in questions if question.lang == lang]
            fitting = [question for question in fitting if (question.article is None) == (most == UNANSWERABLE)]
            chosen += chance.sample(fitting, min(most, len(fitting)))
    return chosen


def _confidence(retriever: Retriever, question: Question) -> float:
    return retriever.ask(question.text).confidence or 0.0


def _print_table(judged: list[Judged]) -> None:
    print("| set | kind | unanswerable | AUROC | answerable kept | unanswerable answered |")
    print("|---|---|---|---|---|---|")
    groups = dict.fromkeys((row.name, row.question.lang) for row in judged)
    for name, lang in groups:
        rows = [row for row in judged if (row.name, row.question.lang) == (name, lang)]
        answerable = np.array([row.confidence for row in rows if row.question.article])
        for kind in dict.fromkeys(row.question.kind for row in rows if row.question.article is None):
            others = np.array(
                [row.confidence for row in rows if row.question.article is None and row.question.kind == kind]
            )
            if len(answerable) == 0 or len(others) == 0:
                continue
            labels = [1] * len(answerable) + [0] * len(others)
            area = roc_auc_score(labels, np.concatenate((answerable, others)))
            kept, false = (float(np.mean(values >= extracts.ANSWERS_AT)) for values in (answerable, others))
            print(f"| {name} ({lang}) | {kind} | {len(others)} | {area:.3f} | {kept:.2f} | {false:.2f} |")


def _print_fit(judged: list[Judged]) -> None:
    """Undo the logistic function in use to get the evidence back, and fit it anew."""
    logit = np.log([(row.confidence + 1e-12) / (1 - row.confidence + 1e-12) for row in judged])
    across = np.array([row.question.lang == "en" and row.name != "articles" for row in judged], float)
    labels = [row.question.article is not None for row in judged]
    groups = [(row.name, row.question.lang, row.question.kind) for row in judged]
    weights = np.array([1 / groups.count(group) for group in groups])
    fit = LogisticRegression(C=1e6).fit(np.stack((logit, across), 1), labels, sample_weight=weights * len(weights))
    scale, more, offset = *fit.coef_[0], fit.intercept_[0]
    slope = extracts.SLOPE * scale
    middle = extracts.MIDDLE - offset / slope
    print(f"fitted anew: slope {slope:.1f}, middle {middle:.4f}, across {extracts.ACROSS_SCRIPTS * scale + more:.2f}")


if __name__ == "__main__":
    main()
