"""What came of one question: where the right passage was found, what the answer held, and what went wrong."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from rag.core.answers import Answer, Citation
from rag.core.articles import ArticleInfo
from rag.core.hits import Hit
from rag.core.limits import READ_DEPTH
from rag.core.progress import Seconds
from rag.evaluation.judging import Judge
from rag.evaluation.questions import Question
from rag.index.open_index import OpenIndex

DEPTH = 20
"""Hits that are judged."""
SHOWN_OF_FOUND = 80
"""Characters kept of a text that was found instead of the right one."""


class Verdict(StrEnum):
    """What checking a citation against its file found."""

    VERIFIED = "verified"
    """The file is as it was indexed, and what is quoted stands where the citation says."""
    CHANGED = "changed"
    """The file is another one since it was indexed."""
    GONE = "gone"
    """The file is no longer there, or can't be read."""
    WRONG = "wrong"
    """The file is as it was indexed, and what is quoted does not stand where the citation says."""


class Miss(StrEnum):
    """What went wrong with a question: the first step on the way to its answer that failed."""

    NOWHERE = "in no passage"
    """No passage of the right articles holds what is to be found: the question file or the cleaning is wrong."""
    NOT_FOUND = f"not in the first {DEPTH}"
    NOT_READ = f"found, not in the {READ_DEPTH} read"
    WITHHELD = "read, answer withheld"
    NOT_SHOWN = "answered, extracts miss it"
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
    :param confidence: The answer's.
    :param holding: For each extract, whether it holds the answer.
    :param marked: Whether the marked words of an extract hold it, or are a part of it.
    :param f1: The best F1 of an extract's marked words and an answer; None where no answer is known in words.
    :param found: The first extract, or where there is none the first hit; None where nothing was found.
    """

    question: Question
    right: frozenset[int]
    ranked: tuple[int, ...]
    answered: bool
    confidence: float
    holding: tuple[bool, ...]
    marked: bool
    f1: float | None
    citations: tuple[Verdict, ...]
    found: Found | None
    seconds: Seconds

    @property
    def shown(self) -> bool:
        """Whether an extract holds the answer."""
        return any(self.holding)

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
        if self.rank > READ_DEPTH:
            return Miss.NOT_READ
        return Miss.NOT_SHOWN if self.answered else Miss.WITHHELD


def judge_question(
    question: Question, index: OpenIndex, hits: list[Hit], answer: Answer, citations: tuple[Verdict, ...]
) -> Result:
    """Judge what came of one question.

    :param hits: The first ``DEPTH``, best first.
    :param citations: What checking each of the answer's citations found.
    :raises RagError: The index can't be read.
    """
    judge = Judge(question)
    rows = [(extract, judge.right_article(_articles_of(citation))) for extract, citation in answer.cited]
    from_right = [extract for extract, is_right in rows if is_right]
    holding = tuple(is_right and judge.right_words(extract.text) for extract, is_right in rows)
    return Result(
        question=question,
        right=frozenset(index.groups_of([*judge.right_passages(index)]).tolist()),
        ranked=tuple(index.groups_of([hit.passage.id for hit in hits]).tolist()),
        answered=answer.answered,
        confidence=answer.confidence,
        holding=holding,
        marked=any(judge.right_mark(extract.answer) for extract in from_right),
        f1=max((judge.f1(extract.answer) for extract in from_right), default=0.0) if judge.spans else None,
        citations=citations,
        found=_found(hits, answer),
        seconds=answer.seconds,
    )


def _articles_of(citation: Citation) -> set[str]:
    """Ids of all articles in which the cited words stand."""
    return {citation.article.id, *(place.article.id for place in citation.also_in)}


def _found(hits: list[Hit], answer: Answer) -> Found | None:
    for extract, citation in answer.cited:
        return _place(citation.article, citation.line, extract.text)
    return next((_place(hit.article, hit.passage.parts[0].line, hit.passage.text) for hit in hits), None)


def _place(article: ArticleInfo, line: int, text: str) -> Found:
    begin = text if len(text) <= SHOWN_OF_FOUND else f"{text[:SHOWN_OF_FOUND]}…"
    return Found(article.id, article.title, line, begin)
