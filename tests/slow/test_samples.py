"""The sample articles answer the questions written for them, with the real model."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.answering.retriever import Retriever
from rag.core.answers import Check
from rag.evaluation.evaluation import evaluate
from rag.evaluation.questions import read_questions
from rag.evaluation.results import Result

SAMPLES = Path(__file__).parents[2] / "samples"
pytestmark = pytest.mark.model

QUESTIONS = Path(__file__).parents[1] / "data" / "sample_questions.jsonl"


@pytest.fixture(scope="module")
def results(samples_retriever: Retriever) -> list[Result]:
    """What came of each question that an article answers."""
    asked = read_questions(QUESTIONS, samples_retriever.index.store.digests())
    assert not asked.bad_lines
    answerable = [question for question in asked.questions if question.answerable]
    return list(evaluate(answerable, samples_retriever).results)


def test_the_right_passage_is_among_the_first_five(results: list[Result]) -> None:
    missed = [result.question.text for result in results if result.rank is None or result.rank > 5]
    assert len(missed) <= 0.1 * len(results), missed


def test_the_extracts_hold_the_answer(results: list[Result]) -> None:
    missed = [result.question.text for result in results if not result.shown]
    assert len(missed) <= 0.2 * len(results), missed


def test_every_citation_stands_in_its_file_as_quoted(samples_retriever: Retriever) -> None:
    answer = samples_retriever.ask("Who stayed in orbit while Armstrong and Aldrin were on the Moon?")
    assert answer.answered
    for extract, citation in zip(answer.extracts, answer.citations, strict=True):
        article = samples_retriever.index.store.article(citation.article.id)
        assert article is not None
        cited = [article.paragraphs[span.paragraph - 1].text[span.start : span.end] for span in citation.spans]
        assert "\n".join(cited) == extract.text
        assert citation.check(SAMPLES) is Check.UNCHANGED


@pytest.mark.parametrize("question", ["怎么做红烧肉？", "What did the parliament of Norway decide on fishing quotas?"])
def test_a_question_about_something_else_is_not_answered(samples_retriever: Retriever, question: str) -> None:
    answer = samples_retriever.ask(question)
    assert not answer.answered
    assert answer.extracts == ()
    assert answer.near_misses
