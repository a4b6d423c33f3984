"""How often the right passage and the right words are found, set by set.

``python -m benchmarks.quality [--sets SET ...] [--sample N] [--json FILE] [--work FOLDER]``: builds (or brings up to
date) an index of each set in the work folder, asks its questions, at most ``N`` of each language, and prints a table in
Markdown, a row for each set and language. What the columns mean is told in ``rag.evaluation.measures``.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from benchmarks.datasets import ALL_SETS, DATA, folder_of, questions_of, sample
from rag.answering.retriever import Retriever
from rag.build import build_index
from rag.evaluation.evaluation import evaluate
from rag.evaluation.measures import Evaluation, Figures
from rag.evaluation.report import share
from rag.models.encoder import Encoder
from rag.models.sentence_transformer import load_encoder

WORK = Path(__file__).parents[1] / "build" / "quality"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--sets", nargs="+", choices=ALL_SETS, default=ALL_SETS, metavar="SET", help=", ".join(ALL_SETS)
    )
    parser.add_argument("--sample", type=int, metavar="N", help="questions of each language at most")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every set's evaluation here")
    parser.add_argument("--work", type=Path, default=WORK)
    options = parser.parse_args()
    if options.sample is not None and options.sample < 1:
        parser.error(f"--sample is {options.sample}: ask at least one question")
    if not DATA.is_dir():
        sys.exit(f"there is no data in {DATA}: name its folder in ARTICLE_RAG_DATA")
    encoder = load_encoder()
    print("| set | questions | R@1 | R@5 | R@20 | MRR | nDCG@10 | shown | first | precise | marked | F1 | p50 ms |")
    print("|---|---|---|---|---|---|---|---|---|---|---|---|---|")
    evaluations = {}
    for name in options.sets:
        retriever = open_set(name, options.work, encoder)
        evaluation = evaluate(sample(questions_of(name), options.sample), retriever)
        evaluations[name] = evaluation.to_json()
        _print_rows(name, evaluation)
    if options.json:
        options.json.write_text(json.dumps(evaluations, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def open_set(name: str, work: Path, encoder: Encoder) -> Retriever:
    """A retriever over a set's articles; its index is brought up to date."""
    build_index(folder_of(name), work / name, encoder, replace=True)
    return Retriever.open(work / name, encoder)


def _print_rows(name: str, evaluation: Evaluation) -> None:
    for figures in evaluation.languages:
        print(f"| {name} ({figures.lang}) | {' | '.join(_cells(figures))} |", flush=True)


def _cells(figures: Figures) -> list[str]:
    found, extracted = figures.retrieval, figures.extraction
    if not found or not extracted:
        return []
    recall = (found.recall_1, found.recall_5, found.recall_20, found.mrr, found.ndcg_10)
    values = (*recall, extracted.shown, extracted.first, extracted.precision, extracted.marked, extracted.f1)
    return [str(found.questions), *map(share, values), f"{1000 * figures.seconds['total'].p50:.0f}"]


if __name__ == "__main__":
    main()
