"""Whether a follow-up finds its passage, and whether a new topic is left alone.

``python -m benchmarks.conversations [--questions tests/conversations.jsonl] [--work FOLDER] [--misses]`` puts the
sample articles and the public sets that the conversations are about into one folder and one index, so that a question
may be dragged to a wrong subject. It prints, for follow-ups and for changes of topic: the share whose passage is among
the first five, and comes first, for the query of ``rag.answering.query_rewriting``, the bare question, and the question
before and it in one string; and the share of questions that are left as they were asked.

Each row is of one ``set``: the ``first`` 90 dialogues; ``development``, later ones by which rules are chosen; and
``held-out``, which were written with those but only tell how well the rules do: what fails of them is never printed.
Most of the later ones hold a word that points back though the question has its own subject ("海底捞这次…"), or have
another name beside the word that does point back ("他和马云…").
"""

from __future__ import annotations

import argparse
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.datasets import folder_of, rows_of
from rag.answering.retriever import Retriever
from rag.build import build_index
from rag.core.answers import Answer
from rag.evaluation.comparing import bare
from rag.models.sentence_transformer import load_encoder

ROOT = Path(__file__).resolve().parents[1]
DEPTH = 5
HELD_OUT = "held-out"
NOT_FOUND = 99
WAYS: dict[str, Callable[[str, Answer, str], str]] = {
    "ours": lambda question, before, query: query,
    "bare question": lambda question, before, query: question,
    "concatenation": lambda question, before, query: f"{before.question} {question}",
}


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of one conversation's last question.

    :param ranks: Of the first right passage by each way, from 0.
    """

    row: dict[str, Any]
    query: str
    ranks: dict[str, int]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=Path, default=ROOT / "tests" / "conversations.jsonl")
    parser.add_argument("--work", type=Path, default=Path("build/conversations"))
    parser.add_argument("--misses", action="store_true", help="print what was not found")
    options = parser.parse_args()
    rows = list(rows_of(options.questions))
    encoder = load_encoder()
    articles = _gather({row["corpus"] for row in rows}, options.work / "articles")
    build_index(articles, options.work / "index", encoder, replace=True)
    retriever = Retriever.open(options.work / "index", encoder)
    print(f"{retriever.index.manifest.articles} articles, {len(retriever.index)} passages")
    judged = [_judge(row, retriever) for row in rows]
    _print_table(judged)
    if options.misses:
        for one in judged:
            dragged = one.row["kind"] != "follow-up" and one.query != one.row["question"]
            if one.row["set"] != HELD_OUT and (one.ranks["ours"] >= DEPTH or dragged):
                print(one.row["id"], one.row["history"][-1], "→", one.row["question"], "⇒", one.query, one.ranks)


def _gather(names: set[str], folder: Path) -> Path:
    """All the articles in one folder, each set in its own below it."""
    for name in sorted(names):
        shutil.copytree(ROOT / "samples" if name == "samples" else folder_of(name), folder / name, dirs_exist_ok=True)
    return folder


def _judge(row: dict[str, Any], retriever: Retriever) -> Judged:
    history: list[Answer] = []
    for earlier in row["history"]:
        history.append(retriever.ask(earlier, history=history))
    query = retriever.ask(row["question"], history=history).query
    queries = {name: way(row["question"], history[-1], query) for name, way in WAYS.items()}
    return Judged(row, query, {name: _rank(row, text, retriever) for name, text in queries.items()})


def _rank(row: dict[str, Any], query: str, retriever: Retriever) -> int:
    wanted = [bare(answer) for answer in row["answers"]]
    for rank, hit in enumerate(retriever.search(query, DEPTH)):
        places = [(hit.article.id, hit.passage.text), *((copy.article.id, copy.passage.text) for copy in hit.copies)]
        if any(
            article == f"{row['corpus']}/{row['article']}" and any(answer in bare(text) for answer in wanted)
            for article, text in places
        ):
            return rank
    return NOT_FOUND


def _print_table(judged: list[Judged]) -> None:
    print("| kind | set | | " + " | ".join(WAYS) + " | left as asked |")
    print("|---|---|---|" + "---|" * (len(WAYS) + 1))
    for kind, name in dict.fromkeys((one.row["kind"], one.row["set"]) for one in judged):
        of_kind = [one for one in judged if (one.row["kind"], one.row["set"]) == (kind, name)]
        alone = np.mean([one.query == one.row["question"] for one in of_kind])
        for label, depth in ((f"in the first {DEPTH}", DEPTH), ("first", 1)):
            shares = (f"{np.mean([one.ranks[name] < depth for one in of_kind]):.3f}" for name in WAYS)
            print(f"| {kind} ({len(of_kind)}) | {name} | {label} | {' | '.join(shares)} | {alone:.3f} |")


if __name__ == "__main__":
    main()
