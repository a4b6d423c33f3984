"""How often the right passage and the right words are found, set by set.

``python -m benchmarks.quality [SET ...] [--work FOLDER]``: builds (or brings up to date) an index of each set in the
work folder, asks all its questions, and prints a table in Markdown.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from benchmarks.datasets import DATA, SETS, Question, folder_of, questions_of
from rag.encoder import load_encoder
from rag.index import Index
from rag.indexing import build_index
from rag.ranking import find_candidates
from rag.retriever import Retriever
from rag.types import Answer

DEPTH = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sets", nargs="*", default=SETS)
    parser.add_argument("--work", type=Path, default=Path("build/quality"))
    options = parser.parse_args()
    if not DATA.is_dir():
        sys.exit(f"there is no data in {DATA}: name its folder in ARTICLE_RAG_DATA")
    encoder = load_encoder()
    print("| set | questions | | dense | lexical | fused | extracts hold the answer | marked | p50 ms |")
    print("|---|---|---|---|---|---|---|---|---|")
    for name in options.sets:
        build_index(folder_of(name), options.work / name, encoder)
        retriever = Retriever.open(options.work / name, encoder)
        asked = [question for question in questions_of(name) if question.article]
        for lang in dict.fromkeys(question.lang for question in asked):
            _print_row(f"{name} ({lang})", retriever, [question for question in asked if question.lang == lang])


def _print_row(label: str, retriever: Retriever, asked: list[Question]) -> None:
    ranks = {"dense": [], "lexical": [], "fused": []}
    shown, marked, times = [], [], []
    for question in asked:
        for way, rank in _ranks(retriever, question).items():
            ranks[way].append(rank)
        answer = retriever.ask(question.text)
        shown.append(_holds(answer, question, lambda extract: extract.text))
        marked.append(_holds(answer, question, lambda extract: extract.answer))
        times.append(answer.seconds.total)
    for depth in (1, DEPTH):
        found = [f"{np.mean([rank < depth for rank in ranks[way]]):.3f}" for way in ranks]
        rest = (
            f"{np.mean(shown):.3f} | {np.mean(marked):.3f} | {1000 * statistics.median(times):.0f}"
            if depth == 1
            else " | | "
        )
        print(f"| {label} | {len(asked)} | R@{depth} | {' | '.join(found)} | {rest} |", flush=True)


def _holds(answer: Answer, question: Question, words: Callable) -> bool:
    return any(
        extract.passage.article_id == question.article and question.right_words(words(extract))
        for extract in answer.extracts
    )


def _ranks(retriever: Retriever, question: Question) -> dict[str, int]:
    """Rank of the first right passage by each evidence alone and by both; ``DEPTH`` where it is not among the first."""
    index: Index = retriever.index
    vector = retriever.encoder.encode_queries([question.text])[0]
    candidates = find_candidates(index, question.text, vector, None, DEPTH)
    orders = {
        "dense": index.nearest(vector, DEPTH),
        "lexical": np.argsort(-candidates.matches.scores, kind="stable")[:DEPTH],
        "fused": [hit.passage.id for hit in retriever.search(question.text, DEPTH)],
    }
    return {
        way: next((at for at, row in enumerate(rows) if _right(index, int(row), question)), DEPTH)
        for way, rows in orders.items()
    }


def _right(index: Index, row: int, question: Question) -> bool:
    passage, info = index.store.passage(row)
    article = index.store.article(info.id)
    return article is not None and question.right_passage(passage, article)


if __name__ == "__main__":
    main()
