"""How well all reports on a question are found, and the values that they tell, beside plainer ways.

``python -m benchmarks.surveys INDEX [--english] [--fit]``: INDEX holds the articles of ``background/crud`` or some of
them. For each judged topic of ``dev/topics.jsonl``: the share of its articles that the survey lists (recall), of those
listed that are of it (precision; whatever was not judged counts as wrong), of its sentences that stand in what is
shown, and of its values that are told in the same normal form. Rivals take the articles of the first hits by meaning,
by words, and by the ranks of both; what they show is the sentence that shares most with the question.
With ``--fit`` the weights of ``rag.answering.survey.speaks`` are fitted: on each half of the topics, judged on the
other, and on all.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.datasets import DATA
from rag.answering.retrieval import rank
from rag.answering.retriever import Retriever
from rag.answering.survey import BATCH, LEAST_CERTAIN, MAX_HITS, SPEAKS
from rag.core.filters import Filters
from rag.core.hits import Hit
from rag.core.survey import Survey
from rag.evaluation.comparing import bare
from rag.models.encoded import encoded_query
from rag.text.sentences import sentence_spans
from rag.text.terms import terms
from rag.text.values import value_of

FIRST = 50
"""Hits that rivals take."""
FUSED = 60
"""What is added to ranks that are fused (Cormack et al., 2009)."""
SHARED = 0.8
"""Share of a judged sentence's pairs of characters that must stand in what is shown."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A judged topic: what each of its articles says."""

    id: str
    kind: str
    question: str
    told: dict[str, list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Shown:
    """What is shown of an article and its copies."""

    articles: frozenset[str]
    text: str
    value: str = ""


def topics(*, english: bool) -> list[Topic]:
    """The judged topics."""
    found = []
    for line in (DATA / "dev" / "topics.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        told: dict[str, list[dict[str, Any]]] = {}
        for one in row["relevant"]:
            told.setdefault(one["article"], []).append(one)
        found.append(Topic(row["id"], row["kind"], row["question_en" if english else "question"], told))
    return found


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("index", type=Path)
    parser.add_argument("--english", action="store_true")
    parser.add_argument("--fit", action="store_true")
    options = parser.parse_args()
    retriever = Retriever.open(options.index)
    judged = topics(english=options.english)
    if options.fit:
        _fit(retriever, judged)
        return
    retriever.survey(judged[0].question)  # so that all is loaded
    print(f"{retriever.index.manifest.articles:,} articles")
    print("| topics | articles: recall | precision | sentences | values | shown | seconds |")
    print("|---|---|---|---|---|---|---|")
    mine = []
    for topic in judged:
        began = time.perf_counter()
        found = _of_survey(retriever.survey(topic.question, timed=False))
        mine.append((topic, found, time.perf_counter() - began))
        _print(topic.id, mine[-1:])
    for kind in ("value", "reports"):
        _print(kind, [one for one in mine if one[0].kind == kind])
    _print("**all**", mine)
    for name, order in _RIVALS.items():
        _print(name, [(topic, *_timed(retriever, topic, order)) for topic in judged])


Row = tuple[Topic, list[Shown], float]


def _print(label: str, rows: Sequence[Row]) -> None:
    measures = [_measured(topic, shown) for topic, shown, _ in rows]
    cells = [_mean(each) for each in zip(*measures, strict=True)]
    seconds = statistics.median(seconds for *_, seconds in rows)
    count = statistics.mean(len(shown) for _, shown, _ in rows)
    print(f"| {label} | {' | '.join(cells)} | {count:.0f} | {seconds:.2f} |", flush=True)


def _mean(values: Iterable[float | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{statistics.mean(known):.2f}" if known else "–"


def _measured(topic: Topic, shown: Sequence[Shown]) -> tuple[float, float, float, float | None]:
    """Recall and precision of articles, recall of sentences, and of values where there are any."""
    covered = {article for one in shown for article in one.articles} & topic.told.keys()
    right = [one for one in shown if one.articles & topic.told.keys()]
    sentences = values = 0
    for article, told in topic.told.items():
        texts = [one for one in shown if article in one.articles]
        sentences += any(_stands(row["sentence"], one.text) for row in told for one in texts)
        values += any(one.value and one.value == _normal(row) for row in told for one in texts if "value" in row)
    recall, precision = len(covered) / len(topic.told), len(right) / max(len(shown), 1)
    return recall, precision, sentences / len(topic.told), values / len(topic.told) if topic.kind == "value" else None


def _stands(sentence: str, text: str) -> bool:
    wanted, there = bare(sentence), bare(text)
    pairs = {wanted[at : at + 2] for at in range(len(wanted) - 1)}
    shown = {there[at : at + 2] for at in range(len(there) - 1)}
    return there in wanted or len(pairs & shown) >= SHARED * len(pairs)


def _normal(row: dict[str, Any]) -> str:
    value = value_of(row["value"].split("受伤")[0].replace("因灾死亡", ""), datetime(2023, 8, 10))
    return value.normal if value else ""


def _of_survey(survey: Survey) -> list[Shown]:
    return [
        Shown(
            frozenset(
                (report.citation.article.id, *(place.article.id for place in report.citation.also_in)),
            ),
            report.extract.text,
            report.value.normal if report.value else "",
        )
        for report in survey.reports
    ]


Order = Callable[[Sequence[Hit]], list[Hit]]


def _timed(retriever: Retriever, topic: Topic, order: Order) -> tuple[list[Shown], float]:
    began = time.perf_counter()
    engine = retriever.engine
    vector = encoded_query(engine.encoder, topic.question)
    hits = rank(engine.index, engine.index.candidates(topic.question, vector, Filters(), MAX_HITS), 10_000)
    shown: dict[str, Shown] = {}
    for hit in order(hits)[:FIRST]:
        articles = frozenset((hit.article.id, *(copy.article.id for copy in hit.copies)))
        shown.setdefault(hit.article.id, Shown(articles, _nearest_sentence(topic.question, hit)))
    return [*shown.values()], time.perf_counter() - began


def _nearest_sentence(question: str, hit: Hit) -> str:
    text, asked = hit.passage.text, set(terms(question))
    spans = sentence_spans(text)
    best = max(spans, key=lambda span: len(asked & set(terms(text[slice(*span)]))), default=(0, len(text)))
    return text[slice(*best)]


def _by_meaning(hits: Sequence[Hit]) -> list[Hit]:
    return sorted(hits, key=lambda hit: -hit.dense)


def _by_words(hits: Sequence[Hit]) -> list[Hit]:
    return sorted(hits, key=lambda hit: -hit.lexical)


def _by_ranks(hits: Sequence[Hit]) -> list[Hit]:
    scores: dict[int, float] = {}
    for order in (_by_meaning(hits), _by_words(hits)):
        for at, hit in enumerate(order, 1):
            scores[hit.passage.id] = scores.get(hit.passage.id, 0) + 1 / (FUSED + at)
    return sorted(hits, key=lambda hit: -scores[hit.passage.id])


_RIVALS: dict[str, Order] = {
    f"first {FIRST} by meaning": _by_meaning,
    f"first {FIRST} by words": _by_words,
    f"first {FIRST} by both ranks": _by_ranks,
}


def _fit(retriever: Retriever, judged: Sequence[Topic]) -> None:
    """Weights on each half, with how they do on the other, and on all."""
    from sklearn.linear_model import LogisticRegression

    rows: list[tuple[int, list[float], bool, Topic, Hit]] = []
    for number, topic in enumerate(judged):
        engine = retriever.engine
        vector = encoded_query(engine.encoder, topic.question)
        hits = rank(engine.index, engine.index.candidates(topic.question, vector, Filters(), MAX_HITS), 9 * BATCH)
        for start in range(0, len(hits), BATCH):
            seen: set[int] = set()
            for one in engine.read(topic.question, hits[start : start + BATCH], start):
                if one.hit.passage.id in seen:
                    continue
                seen.add(one.hit.passage.id)
                found = {one.hit.article.id, *(copy.article.id for copy in one.hit.copies)}
                values = [
                    one.hit.score - hits[0].score,
                    one.features.answers,
                    max(one.features.words, LEAST_CERTAIN),
                ]
                rows.append((number, values, bool(found & topic.told.keys()), topic, one.hit))
        print(topic.id, end=" ", flush=True)
    print()
    for half in (0, 1, None):
        mine = [row for row in rows if row[0] % 2 == half or half is None]
        others = [row for row in rows if row[0] % 2 != half]
        model = LogisticRegression(max_iter=2_000).fit([row[1] for row in mine], [row[2] for row in mine])
        weights = ", ".join(f"{weight:.3f}" for weight in (*model.intercept_, *model.coef_[0]))
        print(f"fitted on {'all' if half is None else f'half {half + 1}'}: {weights}")
        for bound in (0.5, 0.55, SPEAKS, 0.65, 0.7):
            told = _judged(others, model.predict_proba([row[1] for row in others])[:, 1], bound)
            print(f"  {bound:g}: recall {told[0]:.3f}, precision {told[1]:.3f}")


def _judged(rows: Sequence[Any], probability: Sequence[float], bound: float) -> tuple[float, float]:
    recalls, precisions = [], []
    for number in dict.fromkeys(row[0] for row in rows):
        chosen: dict[str, set[str]] = {}
        for row, sure in zip(rows, probability, strict=True):
            if row[0] == number and sure >= bound:
                hit = row[4]
                chosen.setdefault(hit.article.id, set()).update(
                    (hit.article.id, *(copy.article.id for copy in hit.copies))
                )
        told = next(row[3].told for row in rows if row[0] == number)
        recalls.append(len(set().union(*chosen.values()) & told.keys()) / len(told) if chosen else 0.0)
        precisions.append(float(np.mean([bool(each & told.keys()) for each in chosen.values()])) if chosen else 0.0)
    return statistics.mean(recalls), statistics.mean(precisions)


if __name__ == "__main__":
    main()
