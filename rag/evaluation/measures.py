"""Results → figures, and both with what they were measured on. Measures are those of ir-measures and scikit-learn."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from enum import Enum
from typing import Any

import ir_measures
import numpy as np
from ir_measures import RR, Qrel, ScoredDoc, Success, nDCG
from sklearn.metrics import roc_auc_score, roc_curve

from rag.core.progress import Seconds
from rag.evaluation.results import Miss, Result, Verdict
from rag.index.open_index import OpenIndex

DEPTHS = (1, 5, 20)
"""Recall is given at these."""
KEPT = 0.95
"""Share of answerable questions that must be kept where one threshold is compared with another."""
STAGES = (*(stage.name for stage in fields(Seconds)), "total")
_NAMES: dict[str, Any] = {f"recall_{depth}": Success @ depth for depth in DEPTHS} | {"mrr": RR, "ndcg_10": nDCG @ 10}
_NONE = "none"
"""Stands for the right passage where the index has none, so that the question counts as not found."""


@dataclass(frozen=True, slots=True)
class Retrieval:
    """How well passages are found, over the answerable questions of a group; each figure from 0 to 1.

    :param questions: How many.
    :param recall_1: Share with a right passage first (Success@1).
    :param recall_5: Among the first five, and so on.
    :param mrr: Mean of 1 / rank of the first right passage, 0 where it is not among the first 20.
    :param ndcg_10: Normalised discounted cumulative gain of the first 10, over all right passages of the index.
    """

    questions: int
    recall_1: float
    recall_5: float
    recall_20: float
    mrr: float
    ndcg_10: float


@dataclass(frozen=True, slots=True)
class Extraction:
    """How well extracts answer, over the answerable questions of a group; each figure from 0 to 1.

    :param shown: Share with an extract that holds the answer.
    :param first: Share whose first extract does.
    :param precision: Share of all extracts of these questions that do; None where there are none.
    :param marked: Share with an extract whose marked words hold it, or are a part of it.
    :param f1: Mean F1 of the marked words, over those whose answer is known in words; None where there are none.
    """

    shown: float
    first: float
    precision: float | None
    marked: float
    f1: float | None


@dataclass(frozen=True, slots=True)
class Abstention:
    """How well questions that nothing answers are told from answerable ones, for one kind of them.

    :param kind: None for all kinds together.
    :param questions: Unanswerable ones.
    :param auroc: Area under the ROC curve of confidence; None without answerable questions.
    :param kept: Share of answerable questions that are answered, at the threshold in use; None where there are none.
    :param answered: Share of unanswerable questions that are answered, at the threshold in use.
    :param answered_at_95: The same at the threshold that keeps 95 % of answerable questions; None as ``auroc``.
    """

    kind: str | None
    questions: int
    auroc: float | None
    kept: float | None
    answered: float
    answered_at_95: float | None


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Time that half, and that 95 of 100, of the questions stay below, in seconds."""

    p50: float
    p95: float


@dataclass(frozen=True, slots=True)
class Figures:
    """All figures of a group of questions.

    :param lang: The group's language; None for all together.
    :param retrieval: None where no question is answerable, as is ``extraction``.
    :param abstention: One for all kinds of unanswerable questions together, and where there are several for each.
    :param citations: How many of the citations came to each verdict.
    :param misses: How many questions went wrong in each way.
    :param seconds: By stage.
    """

    lang: str | None
    questions: int
    retrieval: Retrieval | None
    extraction: Extraction | None
    abstention: tuple[Abstention, ...]
    citations: dict[Verdict, int]
    misses: dict[Miss, int]
    seconds: dict[str, Percentiles]


@dataclass(frozen=True, slots=True)
class Corpus:
    """What was asked: figures of two evaluations compare where its digests are the same.

    :param digest: SHA-256 over ids and file digests of all articles in the index, in hex.
    :param model_digest: Of the model's weights.
    """

    articles: int
    passages: int
    digest: str
    model: str
    model_digest: str

    @classmethod
    def of(cls, index: OpenIndex) -> Corpus:
        """What an index holds."""
        manifest = index.manifest
        digest = corpus_digest(index.digests())
        return cls(manifest.articles, manifest.passages, digest, manifest.model, manifest.model_digest)


def corpus_digest(digests: Mapping[str, str]) -> str:
    """SHA-256, in hex, over the sorted pairs of article id and file digest."""
    return hashlib.sha256(json.dumps(sorted(digests.items())).encode("ascii")).hexdigest()


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How well an index answered a set of questions.

    :param all: Figures of all questions together.
    :param languages: Figures by language, in the order in which they come.
    :param results: One for each question, in order.
    """

    corpus: Corpus
    all: Figures
    languages: tuple[Figures, ...]
    results: tuple[Result, ...]

    def to_json(self) -> dict[str, Any]:
        """Everything as plain values for ``json.dumps``; each result with its rank, miss and whether it was shown."""
        plain: dict[str, Any] = _plain(asdict(self))
        for mine, result in zip(plain["results"], self.results, strict=True):
            mine["rank"], mine["shown"] = result.rank, result.shown
            mine["miss"] = result.miss.name.lower() if result.miss else None
        return plain


def _plain(value: Any) -> Any:
    """Names of enumerations in lower case instead of what is shown, sets in order."""
    if isinstance(value, dict):
        return {_plain(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, frozenset):
        return sorted(value)
    return value.name.lower() if isinstance(value, Enum) else value


def figures(results: Sequence[Result], lang: str | None = None) -> Figures:
    """The figures of a group of questions, one at least."""
    answerable = [result for result in results if result.question.answerable]
    verdicts = Counter(verdict for result in results for verdict in result.citations)
    misses = Counter(result.miss for result in results)
    return Figures(
        lang=lang,
        questions=len(results),
        retrieval=_retrieval(answerable) if answerable else None,
        extraction=_extraction(answerable) if answerable else None,
        abstention=_abstentions(results),
        citations={verdict: verdicts[verdict] for verdict in Verdict},
        misses={miss: misses[miss] for miss in Miss},
        seconds={stage: _percentiles(results, stage) for stage in STAGES},
    )


def grouped(results: Iterable[Result], label: Callable[[Result], str]) -> dict[str, list[Result]]:
    """Results by a label of their own, in the order in which the labels come."""
    groups: dict[str, list[Result]] = {}
    for result in results:
        groups.setdefault(label(result), []).append(result)
    return groups


def recall_curve(results: Iterable[Result], depth: int) -> list[float]:
    """Recall at 1, 2 … ``depth`` over the answerable among the results; empty where there are none."""
    ranks = [result.rank for result in results if result.question.answerable]
    return [sum(rank is not None and rank <= k for rank in ranks) / len(ranks) for k in range(1, depth + 1) if ranks]


def abstention_curve(answerable: Sequence[Result], unanswerable: Sequence[Result]) -> tuple[Any, Any] | None:
    """The ROC curve of confidence: shares of unanswerable and of answerable questions answered, threshold by threshold.

    None where one of the two is empty.
    """
    labels, sure = _labelled(answerable, unanswerable)
    return roc_curve(labels, sure)[:2] if sure else None


def _retrieval(results: Sequence[Result]) -> Retrieval:
    """Recall, MRR and nDCG over qrels made of all right passages of the index."""
    qrels, run = [], []
    for number, result in enumerate(results):
        right = [str(passage) for passage in result.right] or [_NONE]
        qrels += [Qrel(str(number), passage, 1) for passage in right]
        # By rank, since trec_eval puts equal scores in an order of its own.
        run += [ScoredDoc(str(number), str(passage), -rank) for rank, passage in enumerate(result.ranked)]
    values = ir_measures.calc_aggregate(list(_NAMES.values()), qrels, run)
    return Retrieval(len(results), **{name: float(values[measure]) for name, measure in _NAMES.items()})


def _extraction(results: Sequence[Result]) -> Extraction:
    overlaps = [result.f1 for result in results if result.f1 is not None]
    extracts = [holds for result in results for holds in result.holding]
    return Extraction(
        shown=float(np.mean([result.shown for result in results])),
        first=float(np.mean([any(result.holding[:1]) for result in results])),
        precision=float(np.mean(extracts)) if extracts else None,
        marked=float(np.mean([result.marked for result in results])),
        f1=float(np.mean(overlaps)) if overlaps else None,
    )


def _abstentions(results: Sequence[Result]) -> tuple[Abstention, ...]:
    answerable = [result for result in results if result.question.answerable]
    others = [result for result in results if not result.question.answerable]
    kinds = grouped(others, lambda result: result.question.kind)
    every = [(None, others)] if len(kinds) > 1 else []
    return tuple(_abstention(kind, answerable, group) for kind, group in (*every, *kinds.items()))


def _abstention(kind: str | None, answerable: Sequence[Result], others: Sequence[Result]) -> Abstention:
    labels, sure = _labelled(answerable, others)
    return Abstention(
        kind=kind,
        questions=len(others),
        auroc=float(roc_auc_score(labels, sure)) if sure else None,
        kept=float(np.mean([result.answered for result in answerable])) if answerable else None,
        answered=float(np.mean([result.answered for result in others])),
        answered_at_95=_answered_where_kept(labels, sure) if sure else None,
    )


def _labelled(answerable: Sequence[Result], others: Sequence[Result]) -> tuple[list[bool], list[float]]:
    """Whether each question is answerable, and the confidence in its answer; empty where they can't be compared."""
    if not (answerable and others):
        return [], []
    sure = [result.confidence for result in (*answerable, *others)]
    return [True] * len(answerable) + [False] * len(others), sure


def _answered_where_kept(labels: Sequence[bool], sure: Sequence[float]) -> float:
    """Share of unanswerable questions at or above the highest threshold that keeps ``KEPT`` of the answerable."""
    confidence, answerable = np.array(sure), np.array(labels)
    threshold = np.quantile(confidence[answerable], 1 - KEPT, method="lower")
    return float(np.mean(confidence[~answerable] >= threshold))


def _percentiles(results: Sequence[Result], stage: str) -> Percentiles:
    spent = [getattr(result.seconds, stage) for result in results]
    return Percentiles(*(float(value) for value in np.percentile(spent, [50, 95])))
