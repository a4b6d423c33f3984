"""Pairs of a question and a passage from public question-answering sets, ``train/reader.jsonl.gz``.

Their passages are single paragraphs without a title. Here each gets a title and categories as articles have them, half
of them get line breaks between sentences as news have them, and all are cut as an index cuts them.
"""

from __future__ import annotations

import gzip
import json
import random
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import rjieba

from rag.core.articles import ArticleInfo
from rag.text.sentences import sentence_spans
from training.examples import Asked, Span, Text, cut

CATEGORIES = ("", "", "百科", "百科 知识", "新闻 国内", "新闻 国际", "科技", "财经 股市", "社会", "历史 人物")
MAX_TITLE = 30
BROKEN = 0.5
"""How many passages get line breaks, and after how many of their sentences."""


def read_pairs(path: Path, fits: Callable[[str], bool]) -> tuple[list[Text], list[Asked]]:
    """Read the pairs, and cut their passages.

    :param fits: Whether the encoder takes a text whole.
    """
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        rows = [json.loads(line) for line in stream]
    titles = _titles({row["passage"]: row["doc_id"] for row in rows})
    spans: dict[str, set[Span]] = defaultdict(set)
    for row in rows:
        spans[row["passage"]].update(_spans(row))
    texts: list[Text] = []
    paragraphs: dict[str, list[Span]] = {}
    numbers: dict[str, range] = {}
    for passage, answers in spans.items():
        paragraphs[passage] = _paragraphs(passage, answers)
        before = len(texts)
        texts += cut(titles[passage], [passage[slice(*where)] for where in paragraphs[passage]], fits)
        numbers[passage] = range(before, len(texts))
    questions: dict[tuple[str, str], Asked] = {}
    for row in rows:
        asked = questions.setdefault((row["doc_id"], row["question"]), Asked(row["question"], row["doc_id"]))
        _add(asked, row, paragraphs[row["passage"]], numbers[row["passage"]], texts)
    return texts, list(questions.values())


def _spans(row: dict[str, Any]) -> list[Span]:
    return [(answer["start"], answer["start"] + len(answer["text"])) for answer in row["answers"]]


def _paragraphs(passage: str, answers: set[Span]) -> list[Span]:
    """A passage as several paragraphs, now and then; never broken within an answer."""
    chance = random.Random(passage[:60])
    if chance.random() >= BROKEN:
        return [(0, len(passage))]
    ends = [end for _, end in sentence_spans(passage)[:-1] if chance.random() < BROKEN]
    ends = [end for end in ends if not any(start < end < stop for start, stop in answers)]
    return list(zip([0, *ends], [*ends, len(passage)], strict=True))


def _add(asked: Asked, row: dict[str, Any], paragraphs: list[Span], numbers: range, texts: list[Text]) -> None:
    for number in numbers:
        inside = [
            place
            for start, end in _spans(row)
            for paragraph, (begin, stop) in enumerate(paragraphs, 1)
            if begin <= start and end <= stop
            if (place := texts[number].place(paragraph, (start - begin, end - begin)))
        ]
        if inside:
            asked.answers[number] = inside
        elif number not in asked.near and not any(answer["text"] in texts[number].own for answer in row["answers"]):
            asked.near.append(number)


def _titles(documents: dict[str, str]) -> dict[str, ArticleInfo]:
    """A made-up title and categories for each passage: the words that mark its document, or how that begins.

    Articles have titles that say what "he" and "the company" are; the pairs have none.
    """
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    first: dict[str, str] = {}
    for passage, document in documents.items():
        first.setdefault(document, passage)
        counts[document].update(word for word, tag in rjieba.tag(passage) if tag.startswith("n") and len(word) > 1)
    spread = Counter(word for words in counts.values() for word in words)
    infos = {}
    for passage, document in documents.items():
        chance = random.Random(f"{document} {passage[:40]}")
        words = counts[document]
        best = sorted(words, key=lambda word: -words[word] * np.log(len(counts) / spread[word]))[:2]
        start, end = sentence_spans(first[document])[0]
        titles = ("".join(best[:1]), "".join(best[:1]), " ".join(best), first[document][start:end][:MAX_TITLE], "")
        filed = (tuple(chance.choice(CATEGORIES).split()),)
        infos[passage] = ArticleInfo(document, chance.choice(titles), "", "", None, filed, "", "")
    return infos
