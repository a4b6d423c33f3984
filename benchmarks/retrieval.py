"""How often the right passage is found, beside plainer ways and another library, set by set.

``python -m benchmarks.retrieval [--sets SET ...] [--sample N] [--work FOLDER]``: builds (or brings up to date) an index
of each set in the work folder, asks its questions in every way of ``benchmarks.retrieval_rivals``, and prints two
tables in Markdown: recall at 1, recall at 5 and mean reciprocal rank; and the median time of a search. All ways have
the same passages and, for each question, the same vector, so that their times leave out encoding it, which has a column
of its own. txtai comes with the extra ``rivals``; where it is not installed it is left out.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.datasets import ALL_SETS, DATA, MAIN_LANGUAGES, XQUAD_LANGUAGES, folder_of, questions_of
from benchmarks.retrieval_rivals import Way, has_txtai, plain_bm25, plain_dense, reciprocal_rank_fusion, txtai_hybrid
from rag.answering.retriever import Retriever
from rag.build import build_index
from rag.evaluation.judging import Judge
from rag.evaluation.questions import Question
from rag.index.open_index import OpenIndex
from rag.index.opening import folder_index
from rag.models.encoder import Encoder, Vectors
from rag.models.reader import load_reader
from rag.models.sentence_transformer import load_encoder

DEPTH = 20
"""Passages asked for; a right one farther down counts as not found."""
SEED = 3
"""Of the sample of questions."""
SHOWN = MAIN_LANGUAGES
"""Languages with a row of their own; the others of a set share one, each with as many questions."""
LANGUAGES = {"xquad-zh": XQUAD_LANGUAGES, "xquad-en": ("en",), "news": None, "mixed": None}
"""In which these sets are asked, None for all; the rest in those of ``SHOWN`` that they have."""


class SharedEncoder:
    """An encoder that encodes a question once, whoever asks for it.

    :param encoder: The one that encodes.
    :ivar seconds: What encoding each question took.
    """

    def __init__(self, encoder: Encoder) -> None:
        self.name, self.digest, self.dimension = encoder.name, encoder.digest, encoder.dimension
        self.half_precision = encoder.half_precision
        self.fits, self.encode_passages = encoder.fits, encoder.encode_passages
        self.seconds: list[float] = []
        self._encoder = encoder
        self._known: dict[str, Vectors] = {}

    def encode_query(self, text: str) -> Vectors:
        """Unit vector of a question."""
        if text not in self._known:
            began = time.perf_counter()
            self._known[text] = self._encoder.encode_query(text)
            self.seconds.append(time.perf_counter() - began)
        return self._known[text]


@dataclass(frozen=True, slots=True)
class Search:
    """What one way found for one question.

    :param reciprocal_rank: One over the rank of the first right passage, from 1; 0 where none is found.
    :param seconds: What it took.
    """

    reciprocal_rank: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Row:
    """A set asked in one language, or in several together.

    :param searches: By the name of the way, for each question in turn.
    """

    label: str
    searches: dict[str, list[Search]]

    def measures(self, way: str) -> tuple[float, float, float]:
        """Recall at 1, recall at 5 and mean reciprocal rank."""
        ranks = np.array([search.reciprocal_rank for search in self.searches[way]])
        return float(np.mean(ranks >= 1)), float(np.mean(ranks >= 1 / 5)), float(np.mean(ranks))


def ways_of(retriever: Retriever) -> dict[str, Way]:
    """All ways over the passages of an index, by name."""
    index, encoder = folder_index(retriever.index), retriever.engine.encoder
    passages = map(index.store.passage, index.ids.tolist())
    texts = [article.indexed_text(passage.text) for passage, article in passages]
    vectors = index.all_vectors()
    dense, lexical = plain_dense(vectors, encoder), plain_bm25(texts)
    ways: dict[str, Way] = {
        "ours": lambda question, count: [hit.passage.id for hit in retriever.search(question, count)],
        "dense": dense,
        "BM25": lexical,
        "RRF of both": reciprocal_rank_fusion(dense, lexical),
    }
    if has_txtai():
        ways["txtai hybrid"] = txtai_hybrid(texts, vectors, encoder)
    return ways


def asked_of(name: str, sample: int | None = None) -> dict[str, list[Question]]:
    """The questions of a set that its articles answer, by the row of the table that they count for.

    :param sample: How many of each language at most, drawn by chance; None for all.
    """
    chance = random.Random(SEED)
    answered = questions_of(name, LANGUAGES.get(name, SHOWN))
    rows: dict[str, list[Question]] = {}
    for lang in dict.fromkeys(question.lang for question in answered):
        questions = [question for question in answered if question.lang == lang]
        if sample is not None and sample < len(questions):
            questions = chance.sample(questions, sample)
        rows.setdefault(lang if lang in SHOWN else "others", []).extend(questions)
    return rows


def right_passages(index: OpenIndex, question: Question) -> set[int]:
    """Ids of the passages that answer a question."""
    return set(Judge(question).right_passages(index))


def search_row(label: str, retriever: Retriever, ways: dict[str, Way], questions: Sequence[Question]) -> Row:
    """Ask questions in all ways, in turns, so that a machine that slows down slows all."""
    searches: dict[str, list[Search]] = {name: [] for name in ways}
    for question in questions:
        text, right = question.text.strip(), right_passages(retriever.index, question)
        retriever.engine.encoder.encode_query(text)
        for name, way in ways.items():
            began = time.perf_counter()
            ids = way(text, DEPTH)
            searches[name].append(Search(reciprocal_rank(ids, right), time.perf_counter() - began))
    return Row(label, searches)


def reciprocal_rank(ids: Sequence[int], right: set[int]) -> float:
    """One over the rank, from 1, of the first right passage; 0 where none is found."""
    return next((1 / rank for rank, passage_id in enumerate(ids, 1) if passage_id in right), 0.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--sets", nargs="+", choices=ALL_SETS, default=ALL_SETS, metavar="SET", help=", ".join(ALL_SETS)
    )
    parser.add_argument("--sample", type=int, metavar="N", help="questions of each set and language at most")
    parser.add_argument("--work", type=Path, default=Path("build/quality"), help="folder where the indexes are kept")
    options = parser.parse_args()
    if options.sample is not None and options.sample < 1:
        parser.error(f"--sample is {options.sample}: ask at least one question")
    if not DATA.is_dir():
        sys.exit(f"there is no data in {DATA}: name its folder in ARTICLE_RAG_DATA")
    if not has_txtai():
        print("txtai is not installed (pip install -e '.[rivals]'): its column is left out.\n")
    compare(options.sets, options.sample, options.work)


def compare(names: Sequence[str], sample: int | None, work: Path) -> None:
    """Print both tables, each row of the first as soon as it is known."""
    encoder = load_encoder()
    reader = load_reader(encoder)
    rows: list[Row] = []
    times: list[str] = []
    for name in names:
        build_index(folder_of(name), work / name, encoder, replace=True)
        shared = SharedEncoder(encoder)
        retriever = Retriever.open(work / name, shared, reader)
        ways = ways_of(retriever)
        if not rows:
            _print_head(["set", "questions", *ways], f"Recall at 1 and 5, and mean reciprocal rank to rank {DEPTH}.")
        here = []
        for lang, questions in asked_of(name, sample).items():
            here.append(search_row(f"{name} ({lang})", retriever, ways, questions))
            _print_measures(here[-1].label, len(questions), [here[-1].measures(way) for way in ways])
        times.append(_times(name, retriever.index, shared.seconds, here))
        rows += here
    means = [np.mean([row.measures(way) for row in rows], axis=0) for way in ways]
    _print_measures("mean of the rows", sum(len(row.searches["ours"]) for row in rows), means)
    load = f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}"
    _print_head(["set", "passages", "encoding", *ways], f"\nMedian milliseconds a question; {load}.")
    print("\n".join(times))


def _print_head(columns: Sequence[str], caption: str) -> None:
    print(f"{caption}\n\n| {' | '.join(columns)} |\n|{'---|' * len(columns)}", flush=True)


def _print_measures(label: str, questions: int, measures: Sequence[Sequence[float]]) -> None:
    cells = (" ".join(f"{value:.3f}" for value in values) for values in measures)
    print(f"| {label} | {questions} | {' | '.join(cells)} |", flush=True)


def _times(name: str, index: OpenIndex, encoding: Sequence[float], rows: Sequence[Row]) -> str:
    """A set's row of the second table."""
    seconds = [encoding]
    seconds += [[search.seconds for row in rows for search in row.searches[way]] for way in rows[0].searches]
    cells = (f"{1000 * statistics.median(values):.1f}" for values in seconds)
    return f"| {name} | {len(index)} | {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
