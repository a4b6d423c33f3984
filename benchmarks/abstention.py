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

from benchmarks.datasets import MAIN_LANGUAGES, SETS, folder_of, questions_of, unanswerable_of
from rag.encoder import Encoder, load_encoder
from rag.evaluation import Question
from rag.extracts import ANSWERS_AT, confidence_of, evidence
from rag.index import Index
from rag.indexing import build_index
from rag.reader import read
from rag.retriever import READ, find
from rag.types import Filters

ANSWERABLE, UNANSWERABLE = 150, 120


@dataclass(frozen=True, slots=True)
class Judged:
    """A question with the evidence on it: how well the best sentence agrees, and how many of both are in Chinese."""

    name: str
    question: Question
    agreement: float
    in_chinese: int

    @property
    def answered(self) -> bool:
        """Whether the articles are said to answer."""
        return confidence_of(self.agreement, self.in_chinese) >= ANSWERS_AT

    @property
    def group(self) -> tuple[str, str, str]:
        """Questions that were drawn together."""
        return self.name, self.question.lang, self.question.kind


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, default=Path("build/quality"))
    options = parser.parse_args()
    encoder = load_encoder()
    judged: list[Judged] = []
    for name in (*SETS, "xquad-en"):
        build_index(folder_of(name), options.work / name, encoder)
        with Index.open(options.work / name) as index:
            judged += [_judge(name, question, index, encoder) for question in _sample(name)]
    _print_table(judged)
    _print_fit(judged)


def _sample(name: str) -> list[Question]:
    chance = random.Random(3)
    chosen: list[Question] = []
    for lang in MAIN_LANGUAGES:
        for questions, most in ((questions_of(name), ANSWERABLE), (unanswerable_of(name), UNANSWERABLE)):
            fitting = [question for question in questions if question.lang == lang]
            chosen += chance.sample(fitting, min(most, len(fitting)))
    return chosen


def _judge(name: str, question: Question, index: Index, encoder: Encoder) -> Judged:
    found = find(index, encoder, question.text, Filters(), READ)
    hits = found.ranked.hits[:READ]
    best = read(found.matches, hits, found.ranked.interactions[:READ])[0]
    return Judged(name, question, *evidence(question.text, hits, best))


def _print_table(judged: list[Judged]) -> None:
    print("| set | kind | unanswerable | AUROC | answerable kept | unanswerable answered |")
    print("|---|---|---|---|---|---|")
    groups = dict.fromkeys(row.group for row in judged)
    for name, lang, kind in groups:
        answerable = [row for row in judged if row.group == (name, lang, "answerable")]
        others = [row for row in judged if row.group == (name, lang, kind)]
        if kind == "answerable" or not answerable:
            continue
        labels = [row.question.answerable for row in (*answerable, *others)]
        sure = [confidence_of(row.agreement, row.in_chinese) for row in (*answerable, *others)]
        kept, false = (np.mean([row.answered for row in rows]) for rows in (answerable, others))
        area = roc_auc_score(labels, sure)
        print(f"| {name} ({lang}) | {kind} | {len(others)} | {area:.3f} | {kept:.2f} | {false:.2f} |")


def _print_fit(judged: list[Judged]) -> None:
    """One slope and a middle for each count of Chinese texts; every group weighs the same."""
    pairs = np.eye(3)[[row.in_chinese for row in judged]]
    features = np.column_stack(([row.agreement for row in judged], pairs))
    labels = [row.question.answerable for row in judged]
    groups = [row.group for row in judged]
    weights = np.array([len(groups) / groups.count(group) for group in groups])
    fit = LogisticRegression(C=1e6, fit_intercept=False, max_iter=10_000).fit(features, labels, sample_weight=weights)
    slope, *offsets = fit.coef_[0]
    middles = ", ".join(f"{-offset / slope:.4f}" for offset in offsets)
    print(f"fitted anew: slope {slope:.1f}, middles {middles}")


if __name__ == "__main__":
    main()
