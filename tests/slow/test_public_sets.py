"""Floors on public question sets and real articles, where their folder is at hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.datasets import DATA, bare, folder_of, questions_of
from rag.articles import article_id, article_paths, read_article, read_bytes
from rag.encoder import Encoder
from rag.indexing import build_index
from rag.retriever import Retriever

pytestmark = [
    pytest.mark.model,
    pytest.mark.skipif(not DATA.is_dir(), reason="no public question sets here: name their folder in ARTICLE_RAG_DATA"),
]


def test_real_articles_are_cleaned_as_a_careful_person_cleans_them() -> None:
    folder = DATA / "articles"
    for path in article_paths(folder):
        gold = DATA / "articles_clean" / f"{path.stem}.txt"
        if not gold.is_file():
            continue
        article = read_article(article_id(path, folder), read_bytes(path, folder))
        expected = [bare(line) for line in gold.read_text(encoding="utf-8").splitlines() if line.strip()]
        found = [bare(paragraph.text) for paragraph in article.paragraphs]
        assert [paragraph for paragraph in expected if paragraph not in found] == [], path.name


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
