"""The passages that answer a question of a set, as an index of the set holds them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from benchmarks.datasets import folder_of
from rag.core.articles import Article
from rag.core.passages import Passage
from rag.corpus.articles import read_article, read_bytes
from rag.corpus.passages import cut_passages
from rag.evaluation.judging import Judge
from rag.evaluation.questions import Question
from rag.models.encoder import Encoder


def gold_passages(name: str, question: Question, encoder: Encoder) -> Iterator[tuple[Article, Passage]]:
    """Each passage that is right for a question, with its article."""
    judge = Judge(question)
    for path in question.articles:
        article, passages = article_of(name, path, encoder)  # type: ignore[arg-type]  # protocols hide their hash
        yield from ((article, passage) for passage in passages if judge.right_passage(passage, article))


@cache  # an encoder is one by its identity
def article_of(name: str, path: str, encoder: Encoder) -> tuple[Article, list[Passage]]:
    """An article of a set, and its passages."""
    folder = folder_of(name)
    article = read_article(path, read_bytes(folder / path, folder))
    return article, list(cut_passages(article, encoder.fits))
