"""What came of one question: where the right passage was found, what the answer held, and what went wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from rag.engine import READ
from rag.evaluation.citations import Verdict, verify
from rag.evaluation.judging import Judge
from rag.evaluation.questions import Question
from rag.retriever import Retriever
from rag.types import Answer, ArticleInfo, Citation, Extract, Hit, Passage, Seconds

DEPTH = 20
"""Hits that are judged."""
SHOWN_OF_FOUND = 80
"""Characters kept of a text that was found instead of the right one."""


class Miss(StrEnum):
    """What went wrong with a question: the first step on the way to its answer that failed."""

    NOWHERE = "in no passage"
    """No passage of the right articles holds what is to be found: the question file or the cleaning is wrong."""
    NOT_FOUND = f"not in the first {DEPTH}"
    NOT_READ = f"found, not in the {READ} read"
    WITHHELD = "read, answer withheld"
    NOT_SHOWN = "read, extracts miss it"
    FALSE_ANSWER = "answered, nothing answers"


@dataclass(frozen=True, slots=True)
class Found:
    """A text that was found, and its place.

    :param text: Its first characters.
    :param line: Line of the file on which its paragraph begins.
    """

    article: str
    title: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one question.

    Passages that say the same are told as one hit, and count as one here: by the id of the first of them.

    :param right: All right passages in the index.
    :param ranked: The first ``DEPTH`` hits, best first.
    :param confidence: The answer's; None where it claims none.
    :param shown: Whether an extract holds the answer.
    :param marked: Whether the marked words of an extract hold it, or are a part of it.
    :param f1: The best F1 of an extract's marked words and an answer; None where no answer is known in words.
    :param found: The first extract, or where there is none the first hit; None where nothing was found.
    """

    question: Question
    right: frozenset[int]
    ranked: tuple[int, ...]
    answered: bool
    confidence: float | None
    shown: bool
    marked: bool
    f1: float | None
    citations: tuple[Verdict, ...]
    found: Found | None
    seconds: Seconds

    @property
    def rank(self) -> int | None:
        """Rank of the first right passage, from 1; None where it is not among the first ``DEPTH``."""
        return next((rank for rank, passage in enumerate(self.ranked, 1) if passage in self.right), None)

    @property
    def miss(self) -> Miss | None:
        """What went wrong; None where an extract holds the answer, or where nothing answers and none was given."""
        if not self.question.answerable:
            return Miss.FALSE_ANSWER if self.answered else None
        if self.shown:
            return None
        if not self.right:
            return Miss.NOWHERE
        if self.rank is None:
            return Miss.NOT_FOUND
        if self.rank > READ:
            return Miss.NOT_READ
        return Miss.NOT_SHOWN if self.answered else Miss.WITHHELD


def judge_question(question: Question, retriever: Retriever, threshold: float) -> Result:
    """Ask one question and judge what comes.

    :param threshold: How sure it must be that the articles answer, 0 to 1, to say that they do.
    :raises RagError: The index can't be read, or can't be asked.
    """
    judge = Judge.of(question)
    hits, answer = _ask(question, retriever, threshold)
    index = retriever.index
    shown = [(_articles_of(citation), extract) for extract, citation in _pairs(answer)]
    overlaps = [judge.f1(articles, extract.answer) for articles, extract in shown]
    folder = Path(index.manifest.folder)
    return Result(
        question=question,
        right=frozenset(int(index.groups[passage]) for passage in judge.right_passages(index)),
        ranked=tuple(int(index.groups[hit.passage.id]) for hit in hits),
        answered=answer.answered,
        confidence=answer.confidence,
        shown=any(judge.right_words(articles, extract.text) for articles, extract in shown),
        marked=any(judge.right_mark(articles, extract.answer) for articles, extract in shown),
        f1=max(overlaps, default=0.0) if judge.spans else None,
        citations=tuple(verify(extract, citation, folder) for extract, citation in _pairs(answer)),
        found=_found(hits, answer),
        seconds=answer.seconds,
    )


def _pairs(answer: Answer) -> Iterator[tuple[Extract, Citation]]:
    return zip(answer.extracts, answer.citations, strict=True)


def _articles_of(citation: Citation) -> set[str]:
    """Ids of all articles in which the cited words stand."""
    return {citation.article.id, *(place.article.id for place in citation.also_in)}


def _ask(question: Question, retriever: Retriever, threshold: float) -> tuple[list[Hit], Answer]:
    """Ask what was asked before, then ask and search; asked first, since what comes second finds its texts encoded."""
    history: list[Answer] = []
    for earlier in question.history:
        history.append(retriever.ask(earlier, history=history))
    answer = retriever.ask(question.text, history=history, threshold=threshold)
    return retriever.search(question.text, DEPTH, history=history), answer


def _found(hits: list[Hit], answer: Answer) -> Found | None:
    for extract, citation in _pairs(answer):
        return _place(citation.article, citation.line, extract.text)
    return next((_place(hit.article, _line(hit.passage), hit.passage.text) for hit in hits), None)


def _line(passage: Passage) -> int:
    return passage.parts[0].line


def _place(article: ArticleInfo, line: int, text: str) -> Found:
    begin = text if len(text) <= SHOWN_OF_FOUND else f"{text[:SHOWN_OF_FOUND]}…"
    return Found(article.id, article.title, line, begin)
