"""Questions and a retriever → ``Evaluation``: all results, their figures, and what they were measured on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any

from rag import arguments
from rag.errors import EvaluationError, IndexBusy
from rag.evaluation.measures import Figures, figures
from rag.evaluation.questions import Question
from rag.evaluation.remembering import RememberingEngine
from rag.evaluation.results import Result, judge_question
from rag.extracts import ANSWERS_AT
from rag.files import folder_name
from rag.index import Index
from rag.retriever import Retriever


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
    def of(cls, index: Index) -> Corpus:
        """What an index holds."""
        manifest = index.manifest
        digest = corpus_digest(index.store.digests())
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
        """Everything as plain values for ``json.dumps``; each result with its rank and miss."""
        plain: dict[str, Any] = _plain(asdict(self))
        for mine, result in zip(plain["results"], self.results, strict=True):
            mine["rank"], mine["miss"] = result.rank, result.miss.name.lower() if result.miss else None
        return plain


def evaluate(
    questions: Iterable[Question],
    retriever: Retriever,
    progress: Callable[[int, int], None] | None = None,
    threshold: float = ANSWERS_AT,
) -> Evaluation:
    """Ask every question and judge what comes.

    :param progress: Called after each question with those done and their number.
    :param threshold: How sure it must be that the articles answer, 0 to 1, to say that they do.
    :raises EvaluationError: There is no question.
    :raises IndexBusy: The index was brought up to date meanwhile: its passages are no longer those judged.
    :raises QuestionError: The threshold is not from 0 to 1.
    :raises ArgumentError: An argument is of the wrong type.
    """
    if isinstance(questions, Iterable) and not isinstance(questions, str):
        questions = tuple(questions)
    arguments.several("questions", questions, Question, "questions, as read_questions reads them")
    arguments.instance("retriever", retriever, Retriever, "a rag.Retriever")
    arguments.callback("progress", progress)
    if not questions:
        raise EvaluationError("there is no question to evaluate")
    engine = retriever.engine
    index = engine.index
    asked = Retriever(index.generation.parent, RememberingEngine.of(engine))
    results = []
    for done, question in enumerate(questions, 1):
        results.append(judge_question(question, asked, threshold))
        if asked.index is not index:
            raise IndexBusy(
                f"the index {folder_name(index.generation.parent)} was brought up to date meanwhile: evaluate it again"
            )
        if progress:
            progress(done, len(questions))
    languages = dict.fromkeys(question.lang for question in questions)
    return Evaluation(
        corpus=Corpus.of(index),
        all=figures(results),
        languages=tuple(
            figures([result for result in results if result.question.lang == lang], lang) for lang in languages
        ),
        results=tuple(results),
    )


def _plain(value: Any) -> Any:
    """Names of enumerations in lower case instead of what is shown, sets in order."""
    if isinstance(value, dict):
        return {_plain(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, frozenset):
        return sorted(value)
    return value.name.lower() if isinstance(value, Enum) else value
