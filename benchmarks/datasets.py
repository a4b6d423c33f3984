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
ALL_SETS = (*SETS, "xquad-en", "rgb", "dureader", "xwlb")
"""With English articles, clippings found by search engines, web pages, and headlines that ask for their article."""
XQUAD_LANGUAGES = ("zh", "en", "ar", "de", "el", "es", "hi", "ro", "ru", "th", "tr", "vi")


def bare(text: str) -> str:
    """A text without white space and characters of width zero: texts are compared in this form."""
    return "".join(text.replace("\u200b", "").split())


@dataclass(frozen=True, slots=True)
class Question:
    """A question and what is right.

    :param article: Id of the article that answers; None where none does.
    :param gold: Paragraphs that answer, bare; empty where only ``evidence`` is known.
    :param evidence: Sentences that answer, bare; empty where only ``answers`` are known, or the article alone.
    :param others: Ids of further articles that answer.
    """

    id: str
    lang: str
    text: str
    article: str | None
    answers: tuple[str, ...]
    gold: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    kind: str = "answerable"
    others: tuple[str, ...] = ()

    @property
    def articles(self) -> tuple[str, ...]:
        """Ids of all articles that answer."""
        return (self.article, *self.others) if self.article else ()

    def right_passage(self, passage: Passage, article: Article) -> bool:
        """Whether a passage comes from a gold paragraph and holds an answer, or holds the evidence.

        Where the article alone is known, any of its passages is right.
        """
        if passage.article_id not in self.articles:
            return False
        text = bare(passage.text)
        if not self.gold:
            return not self.evidence or any(sentence[:40] in text for sentence in self.evidence)
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
    stem = "xwlb_headline" if name == "xwlb" else name.split("-")[0]
    rows = list(rows_of(DATA / "dev" / "qa" / f"{stem}.jsonl"))
    found = [_from_paragraphs(row, paragraphs, name) for row in rows if row["lang"] in languages]
    return [question for question in found if question.gold or name == "xwlb"]


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
    places = row.get("gold") or [row]
    gold = tuple(paragraphs[place["paragraph_id"]] for place in places if place["paragraph_id"] in paragraphs)
    article, *others = dict.fromkeys(f"{place['doc_id']}.md" for place in [row, *places])
    answers = row.get("answers_zh" if name == "xquad-zh" else "answers_en") or row["answers"]
    bare_answers = tuple(bare(answer) for answer in answers)
    return Question(row["id"], row["lang"], row["question"], article, bare_answers, gold, others=tuple(others))


def rows_of(path: Path) -> Iterator[dict]:
    """The values of a file of JSON lines."""
    with path.open(encoding="utf-8") as stream:
        for line in stream:
            yield json.loads(line)
