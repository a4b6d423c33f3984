"""How well it is known that the articles do not answer; and the fit of how sure it is.

``python -m benchmarks.abstention [--fit] [--picture FILE] [--work FOLDER]`` asks up to 100 answerable and 100
unanswerable questions of each set and language, and prints: the area under the ROC curve for each kind of unanswerable
question, beside that of the best cosine alone; the share of answerable ones that are kept and of unanswerable ones that
are answered, at the threshold in use; and the share answered at the threshold that keeps 95 of 100 answerable ones.
``--fit`` fits the calibration anew, every set, language and kind weighing the same, on every other question of all sets
but ``REPORTED``, and writes it; the figures are then those of the other half. ``--picture`` draws how often answers of
each confidence are right.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from benchmarks.datasets import DATA, MAIN_LANGUAGES, SETS, elsewhere_of, questions_of, unanswerable_of
from benchmarks.quality import WORK, open_set
from rag.answering.calibration import FITTED, AnswerabilityFeatures, Calibration, fitted, weighed
from rag.answering.retrieval import Engine
from rag.core.filters import Filters
from rag.core.limits import ANSWER_THRESHOLD
from rag.evaluation.questions import ANSWERABLE as ANSWERABLE_KIND
from rag.evaluation.questions import Question
from rag.models.sentence_transformer import load_encoder

ANSWERABLE, UNANSWERABLE = 100, 100
KEPT = 0.95
BINS = 10
REPORTED = "articles"
"""The set that nothing is fitted on."""
ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Judged:
    """A question, and what was read in the hits.

    :param features: Of each hit that was read.
    :param dense: The best cosine.
    """

    name: str
    question: Question
    features: list[AnswerabilityFeatures]
    dense: float

    @property
    def group(self) -> tuple[str, str, str]:
        """Questions that were drawn together."""
        return self.name, self.question.lang, self.question.kind

    def confidence(self, calibration: Calibration) -> float:
        """Confidence that the articles answer."""
        return max(map(calibration.confidence, self.features), default=0.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fit", action="store_true", help="fit the calibration on every other question, and write it")
    parser.add_argument("--picture", type=Path, help="draw the reliability diagram here")
    parser.add_argument("--work", type=Path, default=WORK)
    options = parser.parse_args()
    if not DATA.is_dir():
        sys.exit(f"there is no data in {DATA}: name its folder in ARTICLE_RAG_DATA")
    encoder = load_encoder()
    judged: list[Judged] = []
    for name in (*SETS, "news", "xquad-en", "rgb"):
        engine = open_set(name, options.work, encoder).engine
        judged += [_judge(name, question, engine) for question in _sample(name)]
    calibration = fitted()
    if options.fit:
        calibration = fit([row for row in judged[::2] if row.name != REPORTED])
        FITTED.write_text(json.dumps(calibration.to_json(), indent=2) + "\n", encoding="utf-8")
        judged = judged[1::2]
    print_table(judged, calibration)
    if options.picture:
        draw(judged, calibration, options.picture)


def _sample(name: str) -> list[Question]:
    chance = random.Random(3)
    chosen: list[Question] = []
    for lang in MAIN_LANGUAGES:
        for questions, most in (
            (questions_of(name), ANSWERABLE),
            (unanswerable_of(name), UNANSWERABLE),
            (elsewhere_of(name), UNANSWERABLE),
        ):
            fitting = [question for question in questions if question.lang == lang]
            chosen += chance.sample(fitting, min(most, len(fitting)))
    return chosen


def _judge(name: str, question: Question, engine: Engine) -> Judged:
    found = engine.find(question.text, Filters(), 1)
    read = {one.hit.passage.id: one.features for one in found.answer_candidates}
    dense = max(hit.dense for hit in found.hits)
    return Judged(name, question, list(read.values()), dense)


def fit(judged: list[Judged]) -> Calibration:
    """A logistic function of the features of the hit that answers best; every group weighs the same.

    Which hit that is, the calibration itself tells, and so it is fitted in a few rounds. Hits that are looked up to be
    about another name or figure are left out: what that counts for is not fitted.
    """
    judged = [replace(row, features=plain) for row in judged if (plain := _not_looked_up(row.features))]
    groups = [row.group for row in judged]
    weights = [len(groups) / groups.count(group) for group in groups]
    labels = [row.question.answerable for row in judged]
    calibration = fitted()
    for _ in range(ROUNDS):
        features = [weighed(max(row.features, key=calibration.confidence)) for row in judged]
        model = LogisticRegression().fit(features, labels, sample_weight=weights)
        calibration = Calibration(*(round(float(weight), 4) for weight in (*model.coef_[0], model.intercept_[0])))
    return calibration


def _not_looked_up(features: list[AnswerabilityFeatures]) -> list[AnswerabilityFeatures]:
    return [one for one in features if not (one.unsupported_entity or one.quantity_mismatch)]


def print_table(judged: list[Judged], calibration: Calibration) -> None:
    """A row for each set, language and kind of unanswerable questions; and for a set's languages together."""
    print(f"threshold {ANSWER_THRESHOLD}")
    print("| set | kind | unanswerable | AUROC | of the best cosine | kept | answered | answered where 95 % are kept |")
    print("|---|---|---|---|---|---|---|---|")
    languages = Counter(name for name, _ in {(row.name, row.question.lang) for row in judged})
    together = [replace(row, question=replace(row.question, lang="all")) for row in judged if languages[row.name] > 1]
    groups: dict[tuple[str, str, str], list[Judged]] = {}
    for row in (*judged, *together):
        groups.setdefault(row.group, []).append(row)
    for (name, lang, kind), others in groups.items():
        answerable = groups.get((name, lang, ANSWERABLE_KIND))
        if kind != ANSWERABLE_KIND and answerable:
            cells = " | ".join(_cells(answerable, others, calibration))
            print(f"| {name} ({lang}) | {kind} | {len(others)} | {cells} |")


def _cells(answerable: list[Judged], others: list[Judged], calibration: Calibration) -> list[str]:
    labels = [True] * len(answerable) + [False] * len(others)
    sure = np.array([row.confidence(calibration) for row in (*answerable, *others)])
    kept, false = sure[: len(answerable)], sure[len(answerable) :]
    areas = (roc_auc_score(labels, values) for values in (sure, [row.dense for row in (*answerable, *others)]))
    at_95 = np.mean(false >= np.quantile(kept, 1 - KEPT, method="lower"))
    shares = (np.mean(kept >= ANSWER_THRESHOLD), np.mean(false >= ANSWER_THRESHOLD), at_95)
    return [*(f"{area:.3f}" for area in areas), *(f"{share:.2f}" for share in shares)]


def draw(judged: list[Judged], calibration: Calibration, path: Path) -> None:
    """Of the questions of each confidence, how many the articles answer; the nearer to the diagonal, the truer."""
    from matplotlib.figure import Figure

    sure = np.array([row.confidence(calibration) for row in judged])
    answerable = np.array([row.question.answerable for row in judged])
    bins = np.minimum((sure * BINS).astype(int), BINS - 1)
    figure = Figure(figsize=(4.5, 4.5), layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="0.7", linestyle="--")
    held = [at for at in range(BINS) if (bins == at).any()]
    shares = [answerable[bins == at].mean() for at in held]
    axes.plot([sure[bins == at].mean() for at in held], shares, marker="o")
    for at, share in zip(held, shares, strict=True):
        axes.annotate(str((bins == at).sum()), (sure[bins == at].mean(), share), fontsize=7, xytext=(4, -9),
                      textcoords="offset points")  # fmt: skip
    axes.set(xlabel="how sure it is that the articles answer", ylabel="share that they do answer",
             title="Reliability (with numbers of questions)")  # fmt: skip
    figure.savefig(path, dpi=120)


if __name__ == "__main__":
    main()
