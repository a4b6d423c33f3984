"""Floors on public question sets and real articles, where their folder is at hand."""

from __future__ import annotations

import pytest

from benchmarks.cleaning import Tally, article_files, cases, misplaced, ours, question_cases
from benchmarks.datasets import DATA
from benchmarks.floors import faults_of
from benchmarks.quality import WORK
from rag.errors import ArticleError
from rag.evaluation.comparing import bare
from rag.models.encoder import Encoder

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


def test_no_figure_falls_below_its_floor(real_encoder: Encoder) -> None:
    assert list(faults_of(WORK, real_encoder)) == []
