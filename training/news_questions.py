"""Everyday questions over real news, ``train/news_questions.jsonl.gz``: most by hand, in 19 languages.

Their articles have titles and paragraphs. Here each gets categories as feeds file them, and is cut as an index cuts it.
"""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from rag.core.articles import ArticleInfo
from rag.evaluation.comparing import bare
from rag.evaluation.judging import EVIDENCE_BEGINS
from training.examples import Asked, Text, cut

ARTICLES, QUESTIONS = "news_articles.jsonl.gz", "news_questions.jsonl.gz"
CATEGORIES = ("", "", "新闻", "新闻 综合", "新闻 国内", "新闻 国际", "新闻 社会", "财经 新浪财经", "地方 民生")


def read_news(folder: Path, fits: Callable[[str], bool]) -> tuple[list[Text], list[Asked]]:
    """Read all articles, cut as an index cuts them, and their questions.

    :param folder: Where ``ARTICLES`` and ``QUESTIONS`` lie.
    :param fits: Whether the encoder takes a text whole.
    """
    texts: list[Text] = []
    numbers: dict[str, range] = {}
    for row in _rows(folder / ARTICLES):
        filed = (tuple(random.Random(row["id"]).choice(CATEGORIES).split()),)
        info = ArticleInfo(row["id"], row["title"], "", "", None, filed, "", "")
        before = len(texts)
        texts += cut(info, row["paragraphs"], fits)
        numbers[row["id"]] = range(before, len(texts))
    return texts, [_asked(row, texts, numbers[row["article"]]) for row in _rows(folder / QUESTIONS)]


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        for line in stream:
            yield json.loads(line)


def _asked(row: dict[str, Any], texts: list[Text], numbers: range) -> Asked:
    """A question with all passages that hold its evidence and an answer; where none does, that hold an answer."""
    asked = Asked(row["question"], row["article"])
    answers, evidence = row["answers"], bare(row["evidence"])[:EVIDENCE_BEGINS]
    holding = [number for number in numbers if any(answer in texts[number].own for answer in answers)]
    exact = [number for number in holding if evidence and evidence in bare(texts[number].own)]
    for number in exact or holding:
        own = texts[number].own
        asked.answers[number] = [(at, at + len(answer)) for answer in answers if (at := own.find(answer)) >= 0]
    asked.near = [number for number in numbers if number not in holding]
    return asked
