"""Floors on public question sets and real articles, where their folder is at hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.cleaning import Tally, article_files, cases, misplaced, ours, question_cases
from benchmarks.datasets import DATA, bare, folder_of, questions_of
from rag.encoder import Encoder
from rag.errors import ArticleError
from rag.indexing import build_index
from rag.retriever import Retriever

pytestmark = [
    pytest.mark.model,
    pytest.mark.skipif(not DATA.is_dir(), reason="no public question sets here: name their folder in ARTICLE_RAG_DATA"),
]


F1_FLOORS = {"aeb_en, pages": 0.98, "readability, pages": 0.975}
F1_FLOOR = 0.995
"""The readability set counts lines such as 责任编辑 and share bars as text."""


def test_public_pages_are_cleaned_to_their_text() -> None:
    tallies: dict[str, Tally] = {}
    for name, case in cases():
        tallies.setdefault(name, Tally()).add(case, [bare(text) for text in ours(case)])
    for name, tally in tallies.items():
        assert tally.leaked == 0, name
        assert tally.kept == tally.must, name
        assert not tally.paragraphs or tally.f1 >= F1_FLOORS.get(name, F1_FLOOR), name


def test_paragraphs_of_question_sets_come_out_whole() -> None:
    tally = Tally()
    for _, case in question_cases():
        tally.add(case, [bare(text) for text in ours(case)])
    assert tally.whole >= 0.995 * tally.paragraphs
    assert tally.precision >= 0.9999


def test_every_paragraph_begins_on_the_line_that_it_names() -> None:
    for path in article_files():
        try:
            wrong, _ = misplaced(path.name, path.read_bytes())
        except ArticleError:
            continue
        assert wrong == [], path


def test_real_articles_answer_the_questions_asked_of_them(real_encoder: Encoder, tmp_path: Path) -> None:
    report = build_index(folder_of("articles"), tmp_path, real_encoder)
    assert (report.articles, report.failures) == (16, ())
    retriever = Retriever.open(tmp_path, real_encoder)
    asked = [question for question in questions_of("articles") if question.article]
    found = shown = 0
    for question in asked:
        hits = retriever.search(question.text, 5)
        found += any(
            hit.article.id == question.article and question.evidence[0][:40] in bare(hit.passage.text) for hit in hits
        )
        extracts = retriever.ask(question.text).extracts
        shown += any(
            extract.passage.article_id == question.article and question.right_words(extract.text)
            for extract in extracts
        )
    assert found >= 0.95 * len(asked)
    assert shown >= 0.75 * len(asked)
