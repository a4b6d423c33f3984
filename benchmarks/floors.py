"""Floors under the figures of ``rag.evaluation`` on fixed samples of public sets, to see a change for the worse.

``python -m benchmarks.floors [--work FOLDER]`` evaluates the samples that ``floors.json`` names, over the first
``ARTICLES`` of each set, and fails, with a line for each, where a figure falls below its floor, where a citation does
not stand in its file, or where a set's articles are not those that the floors were taken on. ``--pin`` takes the floors
anew: what is measured, less ``TOLERANCE``.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.datasets import DATA, MAIN_LANGUAGES, SETS, folder_of, questions_of, sample, unanswerable_of
from benchmarks.quality import WORK
from rag.answering.retriever import Retriever
from rag.build import build_index
from rag.evaluation.evaluation import evaluate
from rag.evaluation.measures import Evaluation, Figures
from rag.evaluation.questions import Question
from rag.evaluation.results import Verdict
from rag.models.encoder import Encoder
from rag.models.sentence_transformer import load_encoder

FLOORS = Path(__file__).with_name("floors.json")
SEED = 20
ARTICLES, ANSWERABLE, UNANSWERABLE = 30, 12, 4
"""Articles and questions of each set at most, so that all sets together take half a minute."""
TOLERANCE = 0.085
"""One question of twelve. The sample is fixed, but other processors round otherwise, and near ties fall otherwise."""


@dataclass(frozen=True, slots=True)
class Floor:
    """What a set's sample must reach, and what it was drawn from.

    :param corpus: Digest of the set's articles.
    :param least: Floor of each measure, 0 to 1.
    """

    name: str
    corpus: str
    seed: int
    answerable: int
    unanswerable: int
    least: dict[str, float]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pin", action="store_true", help="write the floors anew")
    parser.add_argument("--work", type=Path, default=WORK)
    options = parser.parse_args()
    if not DATA.is_dir():
        sys.exit(f"there is no data in {DATA}: name its folder in ARTICLE_RAG_DATA")
    encoder = load_encoder()
    if options.pin:
        pin(options.work, encoder)
        return
    faults = list(faults_of(options.work, encoder))
    print("\n".join(faults) or "every figure is at its floor or above")
    sys.exit(bool(faults))


def pin(work: Path, encoder: Encoder) -> None:
    """Measure every sample and write what it must reach from now on."""
    floors = [pinned(name, work, encoder) for name in SETS]
    FLOORS.write_text(json.dumps([asdict(floor) for floor in floors], indent=2) + "\n", encoding="utf-8")


def pinned(name: str, work: Path, encoder: Encoder) -> Floor:
    """The floor of a set as it is now."""
    retriever = _open(name, work, encoder)
    evaluation = evaluate(_sample(name, SEED, ANSWERABLE, UNANSWERABLE), retriever)
    least = {measure: round(max(value - TOLERANCE, 0.0), 3) for measure, value in _values(evaluation.all).items()}
    return Floor(name, evaluation.corpus.digest, SEED, ANSWERABLE, UNANSWERABLE, least)


def faults_of(work: Path, encoder: Encoder) -> Iterator[str]:
    """What falls below the floors, a line each."""
    for row in json.loads(FLOORS.read_text(encoding="utf-8")):
        floor = Floor(**row)
        questions = _sample(floor.name, floor.seed, floor.answerable, floor.unanswerable)
        yield from compare(floor, evaluate(questions, _open(floor.name, work, encoder)))


def compare(floor: Floor, evaluation: Evaluation) -> Iterator[str]:
    """What of an evaluation falls below a floor, a line each."""
    if evaluation.corpus.digest != floor.corpus:
        yield (
            f"{floor.name}: its articles are not those that the floors were taken on (corpus "
            f"{evaluation.corpus.digest[:12]}, not {floor.corpus[:12]}): take them anew with --pin"
        )
        return
    values = _values(evaluation.all)
    for measure, least in floor.least.items():
        value = values.get(measure)
        if value is None or value < least:
            told = "is not measured" if value is None else f"is {value:.3f}"
            yield f"{floor.name}: {measure} {told}, below its floor of {least:.3f}"
    for verdict in Verdict:
        if verdict is not Verdict.VERIFIED and evaluation.all.citations[verdict]:
            yield f"{floor.name}: {evaluation.all.citations[verdict]} citations are {verdict}"


def _open(name: str, work: Path, encoder: Encoder) -> Retriever:
    """A retriever over the first articles of a set."""
    folder = work / "floors" / name
    shutil.rmtree(folder / "articles", ignore_errors=True)  # an earlier run may have had others
    (folder / "articles").mkdir(parents=True)
    for path in _articles(name):
        shutil.copyfile(path, folder / "articles" / path.name)
    build_index(folder / "articles", folder / "index", encoder, replace=True)
    return Retriever.open(folder / "index", encoder)


def _articles(name: str) -> list[Path]:
    return sorted(folder_of(name).glob("*.md"))[:ARTICLES]


def _sample(name: str, seed: int, answerable: int, unanswerable: int) -> list[Question]:
    """Questions about the first articles in the main languages, each with its share."""
    names = {path.name for path in _articles(name)}
    chosen: list[Question] = []
    for questions, size in (
        ([each for each in questions_of(name, MAIN_LANGUAGES) if names.issuperset(each.articles)], answerable),
        (unanswerable_of(name, MAIN_LANGUAGES), unanswerable),
    ):
        languages = {question.lang for question in questions}
        chosen += sample(questions, size // max(len(languages), 1), seed)
    return chosen


def _values(figures: Figures) -> dict[str, float]:
    """Every measure that has a floor, by name."""
    assert figures.retrieval
    assert figures.extraction
    values: dict[str, float | None] = {**asdict(figures.retrieval), **asdict(figures.extraction)}
    values.pop("questions")
    if figures.abstention:
        values["auroc"] = figures.abstention[0].auroc
    return {name: value for name, value in values.items() if value is not None}


if __name__ == "__main__":
    main()
