"""Question sets over folders of articles: what they ask, and which passage and words are right.

The sets are public question-answering sets in the form of article files; they are no part of the project. Their
folder is named by ``ARTICLE_RAG_DATA``; without it, ``../shared/data`` beside the checkout is tried.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rag.types import Article, Passage

DATA = Path(os.environ.get("ARTICLE_RAG_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
SETS = ("articles", "cmrc", "drcd", "csq", "xquad-zh")


def bare(text: str) -> str:
    """A text without white space and characters of width zero: texts are compared in this form."""
    return "".join(text.replace("\u200b", "").split())


@dataclass(frozen=True, slots=True)
class Question:
    """A question and what is right.

    :param article: Id of the article that answers; None where none does.
    :param gold: Paragraphs that answer, bare; empty where only ``evidence`` is known.
    :param evidence: Sentences that answer, bare; empty where only ``answers`` are known.
    """

    id: str
    lang: str
    text: str
    article: str | None
    answers: tuple[str, ...]
    gold: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    kind: str = "answerable"

    def right_passage(self, passage: Passage, article: Article) -> bool:
        """Whether a passage comes from a gold paragraph and holds an answer, or holds the evidence."""
        if passage.article_id != self.article:
            return False
        text = bare(passage.text)
        if not self.gold:
            return any(sentence[:40] in text for sentence in self.evidence)
        paragraphs = {bare(article.paragraphs[part.paragraph - 1].text) for part in passage.parts}
        stated = [answer for answer in self.answers if any(answer in paragraph for paragraph in self.gold)]
        return bool(paragraphs & set(self.gold)) and (not stated or any(answer in text for answer in stated))

    def right_words(self, text: str) -> bool:
        """Whether words from the right article hold the evidence, or where it is not known, an answer."""
        words = bare(text)
        return any(wanted in words for wanted in self.evidence or self.answers)


def folder_of(name: str) -> Path:
    """The folder of articles of a set."""
    return DATA / "articles" if name == "articles" else DATA / "dev" / "corpus" / name


def questions_of(name: str, languages: tuple[str, ...] = ("zh", "zh-Hant", "en")) -> list[Question]:
    """The questions of a set, with those that its articles do not answer."""
    if name == "articles":
        return [_handwritten(row) for row in rows_of(DATA / "articles_questions.jsonl")]
    paragraphs = {
        row["paragraph_id"]: bare(row["text"]) for row in rows_of(DATA / "dev" / "paragraphs" / f"{name}.jsonl")
    }
    stem = name.split("-")[0]
    found = [_from_paragraphs(row, paragraphs, name) for row in rows_of(DATA / "dev" / "qa" / f"{stem}.jsonl")]
    return [question for question in found if question.gold and question.lang in languages]


def unanswerable_of(name: str, languages: tuple[str, ...] = ("zh", "zh-Hant", "en")) -> list[Question]:
    """The questions of a set that its articles do not answer."""
    if name == "articles":
        return [question for question in questions_of(name) if question.article is None]
    stem = name.split("-")[0]
    rows = rows_of(DATA / "dev" / "qa" / f"{stem}_unanswerable.jsonl")
    return [
        Question(row["id"], row["lang"], row["question"], None, (), kind=row["kind"])
        for row in rows
        if row["lang"] in languages
    ]


def _handwritten(row: dict) -> Question:
    evidence = (bare(row["evidence"]),) if row["evidence"] else ()
    answers = tuple(bare(answer) for answer in row["answers"])
    kind = "answerable" if row["article"] else "near"
    return Question(row["id"], row["lang"], row["question"], row["article"], answers, (), evidence, kind)


def _from_paragraphs(row: dict, paragraphs: dict[str, str], name: str) -> Question:
    gold = tuple(paragraphs[key] for key in row.get("gold") or [row["paragraph_id"]] if key in paragraphs)
    answers = row.get("answers_zh" if name == "xquad-zh" else "answers_en") or row["answers"]
    return Question(
        row["id"], row["lang"], row["question"], f"{row['doc_id']}.md", tuple(bare(answer) for answer in answers), gold
    )


def rows_of(path: Path) -> Iterator[dict]:
    """The values of a file of JSON lines."""
    with path.open(encoding="utf-8") as stream:
        for line in stream:
            yield json.loads(line)
