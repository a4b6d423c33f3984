"""Questions and a retriever → ``Evaluation``: every question is asked, and what comes is judged."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from rag.answering.retriever import Retriever
from rag.core import arguments
from rag.core.answers import PastTurn
from rag.core.limits import ANSWER_THRESHOLD
from rag.core.options import SearchOptions
from rag.errors import EvaluationError, IndexBusy
from rag.evaluation.citations import verdicts
from rag.evaluation.measures import Corpus, Evaluation, figures, grouped
from rag.evaluation.questions import Question
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
    options = SearchOptions(threshold=threshold, k=DEPTH)
    index, known = retriever.index, dict[tuple[str, ...], PastTurn]()
    folders, results = index.manifest.folders, []
    for done, question in enumerate(questions, 1):
        found = retriever.find(question.text, options, _turns(question.history, retriever, known))
        answer = found.answer()
        if retriever.index is not index:
            raise IndexBusy(f"the index {index.name} was brought up to date meanwhile: evaluate it again")
        results.append(judge_question(question, index, found.hits, answer, verdicts(answer, folders)))
        if progress:
            progress(done, len(questions))
    languages = grouped(results, lambda result: result.question.lang)
    return Evaluation(
        corpus=Corpus.of(index),
        all=figures(results),
        languages=tuple(figures(group, lang) for lang, group in languages.items()),
        results=tuple(results),
    )


def _turns(questions: tuple[str, ...], retriever: Retriever, known: dict[tuple[str, ...], PastTurn]) -> list[PastTurn]:
    """What was asked before. Each question is asked once after the same ones, however many come after it."""
    turns: list[PastTurn] = []
    for at, question in enumerate(questions, 1):
        asked = questions[:at]
        if asked not in known:
            known[asked] = retriever.find(question, history=turns).answer().turn
        turns.append(known[asked])
    return turns
