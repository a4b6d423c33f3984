"""The sample articles answer the questions written for them, with the real model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rag.answering.retriever import Retriever
from rag.core.types import Check

SAMPLES = Path(__file__).parents[2] / "samples"
pytestmark = pytest.mark.model

QUESTIONS = Path(__file__).parents[1] / "data" / "sample_questions.jsonl"


@pytest.fixture(scope="module")
def questions() -> list[dict[str, Any]]:
    return [json.loads(line) for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]


def bare(text: str) -> str:
    return "".join(text.split())


def test_the_right_passage_is_among_the_first_five(
    samples_retriever: Retriever, questions: list[dict[str, Any]]
) -> None:
    asked = [question for question in questions if question["article"]]
    missed = [
        question["question"]
        for question in asked
        if not any(
            hit.article.id == question["article"] and bare(question["evidence"])[:40] in bare(hit.passage.text)
            for hit in samples_retriever.search(question["question"], 5)
        )
    ]
    assert len(missed) <= 0.1 * len(asked), missed


def test_the_extracts_hold_the_answer(samples_retriever: Retriever, questions: list[dict[str, Any]]) -> None:
    asked = [question for question in questions if question["article"]]
    shown = [
        any(
            extract.passage.article_id == question["article"] and bare(answer) in bare(extract.text)
            for extract in samples_retriever.ask(question["question"]).extracts
            for answer in question["answers"]
        )
        for question in asked
    ]
    assert sum(shown) / len(shown) >= 0.8


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
