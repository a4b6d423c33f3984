"""Questions to train on, and the passages that answer them or do not.

``train/reader.jsonl.gz`` has pairs of a question and a passage. Here its passages are cut as an index cuts them, each
gets a title and categories as articles have them, and each question is told what answers it and what nearly does.
"""

from __future__ import annotations

import gzip
import json
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import rjieba

from rag.encoder import Tokens
from rag.lexical import LexicalIndex
from rag.passages import cut_passages, searched_text
from rag.sentences import sentence_spans
from rag.types import Article, ArticleInfo, Kind, Paragraph

CATEGORIES = ("", "", "百科", "百科 知识", "新闻 国内", "新闻 国际", "科技", "财经 股市", "社会", "历史 人物")
MINED = 6
"""Passages that are nearest to a question by meaning, and as many by words, from which its hard negatives are drawn."""
LONGEST_TITLE = 30


@dataclass(frozen=True, slots=True)
class Text:
    """A passage as an index encodes it.

    :param shift: Characters that stand before its own text: title and categories.
    """

    whole: str
    shift: int
    document: str

    @property
    def own(self) -> str:
        """The passage without its title."""
        return self.whole[self.shift :]


@dataclass(slots=True)
class Asked:
    """A question.

    :param answers: For each passage that answers, by number, where: offsets in its own text.
    :param near: Numbers of passages that nearly answer, but do not.
    :param mined: Numbers of passages that search finds for it, none of which has its answer.
    """

    text: str
    document: str
    answers: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    near: set[int] = field(default_factory=set)
    mined: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Examples:
    """All passages and all questions."""

    texts: list[Text]
    questions: list[Asked]


def read_examples(path: Path, fits: Callable[[str], bool]) -> Examples:
    """Read the pairs, and cut their passages.

    :param fits: Whether the encoder takes a text whole.
    """
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        rows = [json.loads(line) for line in stream]
    titles = _titles({row["passage"]: row["doc_id"] for row in rows})
    texts: list[Text] = []
    cuts: dict[str, list[tuple[int, int]]] = {}
    for row in rows:
        if row["passage"] not in cuts:
            info = titles[row["passage"]]
            cuts[row["passage"]] = []
            for cut, offset in _cut(row["passage"], info, fits):
                cuts[row["passage"]].append((len(texts), offset))
                whole = searched_text(info, cut)
                texts.append(Text(whole, len(whole) - len(cut), row["doc_id"]))
    questions: dict[tuple[str, str], Asked] = {}
    for row in rows:
        asked = questions.setdefault((row["doc_id"], row["question"]), Asked(row["question"], row["doc_id"]))
        _add(asked, row["answers"], cuts[row["passage"]], texts)
    return Examples(texts, [asked for asked in questions.values() if asked.answers or asked.near])


def _cut(passage: str, info: ArticleInfo, fits: Callable[[str], bool]) -> Iterable[tuple[str, int]]:
    article = Article(info, (Paragraph(passage, Kind.TEXT, 1),))
    return ((cut.text, cut.parts[0].offset) for cut in cut_passages(article, fits))


def _add(asked: Asked, answers: list[dict], cuts: list[tuple[int, int]], texts: list[Text]) -> None:
    for number, offset in cuts:
        spans = [(row["start"] - offset, row["start"] - offset + len(row["text"])) for row in answers]
        inside = [span for span in spans if span[0] >= 0 and span[1] <= len(texts[number].own)]
        if inside:
            asked.answers[number] = inside
        elif not any(row["text"] in texts[number].own for row in answers):
            asked.near.add(number)


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
        titles = ("".join(best[:1]), "".join(best[:1]), " ".join(best), first[document][start:end][:LONGEST_TITLE], "")
        categories = tuple(chance.choice(CATEGORIES).split())
        infos[passage] = ArticleInfo(document, chance.choice(titles), "", "", None, categories, "", "")
    return infos


def mine(examples: Examples, passages: list[Tokens], questions: list[Tokens]) -> None:
    """Note for each question the passages nearest to it, by meaning and by words, that do not hold its answer."""
    vectors = np.array([tokens.vector for tokens in passages])
    words = LexicalIndex.build([text.whole for text in examples.texts])
    for asked, tokens in zip(examples.questions, questions, strict=True):
        known = {
            examples.texts[number].own[start:end] for number, spans in asked.answers.items() for start, end in spans
        }
        by_meaning = np.argsort(-(vectors @ tokens.vector))[: 2 * MINED]
        by_words = np.argsort(-words.match(asked.text).scores)[: 2 * MINED]
        lists = (_without_answer(ids.tolist(), asked, known, examples.texts)[:MINED] for ids in (by_meaning, by_words))
        asked.mined = list(dict.fromkeys(number for numbers in lists for number in numbers))


def _without_answer(ids: list[int], asked: Asked, answers: set[str], texts: list[Text]) -> list[int]:
    """Of a question without an answer only passages of other documents are known not to answer."""
    return [
        number
        for number in ids
        if number not in asked.answers
        and (texts[number].document != asked.document or asked.answers)
        and not any(answer in texts[number].own for answer in answers)
    ]
