"""What the three states of an answer are worth: how many questions come to each, and how often an extract holds it.

``python -m benchmarks.states [--sets SET ...] [--sample N] [--work FOLDER]``: asks the sets' questions, answerable ones
and others, and tells for several bounds between "answered" and "perhaps" how many of 100 shown in each state hold the
answer, on each half of the questions: the bound is chosen on the first and judged on the second.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.datasets import ALL_SETS, MAIN_LANGUAGES, questions_of, sample, unanswerable_of
from benchmarks.quality import WORK, open_set
from rag.core.limits import ANSWER_THRESHOLD, SURE
from rag.evaluation.evaluation import evaluate
from rag.evaluation.results import Result
from rag.models.sentence_transformer import load_encoder

BOUNDS = (0.4, 0.5, 0.6, 0.7, 0.8)
SETS = ("news", "cmrc", "drcd", "xquad-zh", "xquad-en")


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", nargs="+", choices=ALL_SETS, default=SETS, metavar="SET")
    parser.add_argument("--sample", type=int, default=100, metavar="N")
    parser.add_argument("--work", type=Path, default=WORK)
    options = parser.parse_args()
    encoder = load_encoder()
    every: list[Result] = []
    print("| set | questions | answered | holds | perhaps | holds | not here | holds none |")
    print("|---|---|---|---|---|---|---|---|")
    for name in options.sets:
        retriever = open_set(name, options.work, encoder)
        questions = sample(questions_of(name, MAIN_LANGUAGES), options.sample)
        others = sample(unanswerable_of(name, MAIN_LANGUAGES), options.sample // 3)
        results = list(evaluate([*questions, *others], retriever).results)
        every += results
        _print_states(name, results, SURE)
    for half in (0, 1):
        mine = [one for one in every if _half(one) == half]
        for bound in BOUNDS:
            _print_states(f"half {half + 1}, {bound:g}", mine, bound)


def _half(result: Result) -> int:
    """Which half a question is in: by its words, so that it is the same in every run."""
    return hashlib.sha256(result.question.text.encode()).digest()[0] % 2


def _print_states(label: str, results: Sequence[Result], bound: float) -> None:
    sure = [one for one in results if one.answered and one.confidence >= bound]
    maybe = [one for one in results if one.answered and ANSWER_THRESHOLD <= one.confidence < bound]
    none = [one for one in results if not one.answered]
    cells = [str(len(results))]
    for group in (sure, maybe):
        cells += [_share(len(group), len(results)), _mean([one.shown for one in group])]
    cells += [_share(len(none), len(results)), _mean([not one.question.answerable for one in none])]
    print(f"| {label} | {' | '.join(cells)} |", flush=True)


def _share(part: int, whole: int) -> str:
    return f"{part / max(whole, 1):.2f}"


def _mean(values: Sequence[bool]) -> str:
    return f"{np.mean(values):.2f}" if values else "–"


if __name__ == "__main__":
    main()
