"""Questions and a retriever → ``Evaluation``: every question is asked, and what comes is judged."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from rag.answering.retriever import Retriever
from rag.core import arguments
from rag.core.answers import Answer
from rag.core.files import folder_name
from rag.core.limits import ANSWER_THRESHOLD
from rag.core.types import Hit
from rag.errors import EvaluationError, IndexBusy
from rag.evaluation.citations import verdicts
from rag.evaluation.measured import Corpus, Evaluation
from rag.evaluation.measures import figures
from rag.evaluation.questions import Question
from rag.evaluation.remembering import RememberingEngine
from rag.evaluation.results import DEPTH, judge_question


def evaluate(
    questions: Iterable[Question],
    retriever: Retriever,
    progress: Callable[[int, int], None] | None = None,
    threshold: float = ANSWER_THRESHOLD,
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
    folder, results = Path(index.manifest.folder), []
    for done, question in enumerate(questions, 1):
        hits, answer = _ask(question, asked, threshold)
        if asked.index is not index:
            raise IndexBusy(
                f"the index {folder_name(index.generation.parent)} was brought up to date meanwhile: evaluate it again"
            )
        results.append(judge_question(question, index, hits, answer, verdicts(answer, folder)))
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


def _ask(question: Question, retriever: Retriever, threshold: float) -> tuple[list[Hit], Answer]:
    """Ask what was asked before, then ask and search; asked first, since what comes second finds its texts encoded."""
    history: list[Answer] = []
    for earlier in question.history:
        history.append(retriever.ask(earlier, history=history))
    answer = retriever.ask(question.text, history=history, threshold=threshold)
    return retriever.search(question.text, DEPTH, history=history), answer
