"""Question sets over folders of articles: what they ask, and what is right.

The sets are public question-answering sets in the form of article files; they are no part of the project. Their
folder is named by ``ARTICLE_RAG_DATA``; without it, ``../shared/data`` beside the checkout is tried.
"""

from __future__ import annotations

import itertools
import json
import os
import random
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from rag.evaluation.questions import UNANSWERABLE, Question

DATA = Path(os.environ.get("ARTICLE_RAG_DATA", Path(__file__).resolve().parents[2] / "shared" / "data"))
SETS = ("articles", "cmrc", "drcd", "csq", "xquad-zh")
ALL_SETS = (*SETS, "news", "mixed", "xquad-en", "rgb", "dureader", "xwlb")
"""With real news asked of in everyday words, a folder in several languages, English articles, clippings found by search
engines, web pages, and headlines that ask for their article."""
MIXED = Path(__file__).with_name("mixed")
"""Our own set: one folder of articles in Chinese, English and Japanese, each asked of in all three."""
NEWS = ("news", "newsx")
"""The files with the questions about news: in Chinese and English, and in sixteen other languages."""
MAIN_LANGUAGES = ("zh", "zh-Hant", "en")
ELSEWHERE = "elsewhere"
XQUAD_LANGUAGES = ("zh", "en", "ar", "de", "el", "es", "hi", "ro", "ru", "th", "tr", "vi")


def folder_of(name: str) -> Path:
    """The folder of articles of a set."""
    own = {"articles": DATA / "articles", "mixed": MIXED / "articles"}
    return own.get(name, DATA / "dev" / "corpus" / name)


def questions_of(name: str, languages: Iterable[str] | None = None) -> list[Question]:
    """The questions of a set that its articles answer.

    :param languages: None for all.
    """
    if name == "articles":
        found = [_handwritten(row) for row in rows_of(DATA / "articles_questions.jsonl") if row["article"]]
    elif name == "mixed":
        found = [_handwritten(row) for row in rows_of(MIXED / "questions.jsonl")]
    elif name == "xwlb":
        found = [_headline(row) for row in rows_of(DATA / "dev" / "qa" / "xwlb_headline.jsonl")]
    elif name == "news":
        found = [_everyday(row) for stem in NEWS for row in rows_of(DATA / "dev" / "qa" / f"{stem}.jsonl")]
    else:
        found = _from_paragraphs(name)
    return [question for question in found if languages is None or question.lang in languages]


def unanswerable_of(name: str, languages: Iterable[str] | None = None) -> list[Question]:
    """The questions of a set that its articles do not answer; for some sets there are none."""
    if name == "articles":
        rows = rows_of(DATA / "articles_questions.jsonl")
        found = [Question(row["id"], row["question"], row["lang"], kind="near") for row in rows if not row["article"]]
    else:
        stems = NEWS if name == "news" else (_stem(name),)
        paths = (DATA / "dev" / "qa" / f"{stem}_unanswerable.jsonl" for stem in stems)
        rows = itertools.chain.from_iterable(rows_of(path) for path in paths if path.is_file())
        found = [Question(row["id"], row["question"], row["lang"], kind=row.get("kind", UNANSWERABLE)) for row in rows]
    return [question for question in found if languages is None or question.lang in languages]


def elsewhere_of(name: str) -> list[Question]:
    """Questions that the articles of other sets answer, for a set whose own unanswerable ones are but a few."""
    others = {"articles": (("cmrc", "zh"), ("xquad-zh", "en"))}.get(name, ())
    return [
        Question(question.id, question.text, lang, kind=ELSEWHERE)
        for other, lang in others
        for question in questions_of(other, [lang])
    ]


def sample(questions: list[Question], size: int | None, seed: int = 0) -> list[Question]:
    """So many of each language at most, always the same ones; all where ``size`` is None."""
    if size is None:
        return questions
    chance = random.Random(seed)
    groups = dict.fromkeys(question.lang for question in questions)
    chosen: list[Question] = []
    for lang in groups:
        group = [question for question in questions if question.lang == lang]
        chosen += chance.sample(group, min(size, len(group)))
    return chosen


def rows_of(path: Path) -> Iterator[dict[str, Any]]:
    """The values of a file of JSON lines."""
    with path.open(encoding="utf-8") as stream:
        for line in stream:
            yield json.loads(line)


def _stem(name: str) -> str:
    """XQuAD asks the same questions of two folders."""
    return name.split("-")[0]


def _handwritten(row: dict[str, Any]) -> Question:
    evidence = (row["evidence"],) if row["evidence"] else ()
    return Question(row["id"], row["question"], row["lang"], (row["article"],), tuple(row["answers"]), evidence)


def _everyday(row: dict[str, Any]) -> Question:
    answers, evidence = tuple(row["answers"]), (row["evidence"],)
    return Question(row["id"], row["question"], row["lang"], (f"{row['doc_id']}.md",), answers, evidence)


def _headline(row: dict[str, Any]) -> Question:
    """A headline is to find its article: any passage of it is right."""
    return Question(row["id"], row["question"], row["lang"], (f"{row['doc_id']}.md",))


def _from_paragraphs(name: str) -> list[Question]:
    rows = rows_of(DATA / "dev" / "paragraphs" / f"{name}.jsonl")
    paragraphs = {row["paragraph_id"]: row["text"] for row in rows}
    found = [_with_gold(row, paragraphs, name) for row in rows_of(DATA / "dev" / "qa" / f"{_stem(name)}.jsonl")]
    return [question for question in found if question.paragraphs]


def _with_gold(row: dict[str, Any], paragraphs: dict[str, str], name: str) -> Question:
    """A question with its gold paragraphs, of which a set may have several, in several articles."""
    gold = [place for place in row.get("gold") or [row] if place["paragraph_id"] in paragraphs]
    return Question(
        row["id"],
        row["question"],
        row["lang"],
        articles=tuple(dict.fromkeys(f"{place['doc_id']}.md" for place in gold)),
        answers=_answers(row, name),
        paragraphs=tuple(paragraphs[place["paragraph_id"]] for place in gold),
    )


def _answers(row: dict[str, Any], name: str) -> tuple[str, ...]:
    """Answers as they stand in the articles; those of DuReader are free text, which stands in none."""
    if name == "dureader":
        return ()
    return tuple(row.get("answers_zh" if name == "xquad-zh" else "answers_en") or row["answers"])
