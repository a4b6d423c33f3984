"""What an answer is made of: extracts, and citations that can be checked against the files."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from rag.core import arguments
from rag.core.articles import ArticleInfo, plain
from rag.core.asked_time import AskedTime
from rag.core.files import TooLarge, digest_of, read_file, real_path
from rag.core.filters import Filters
from rag.core.hits import Hit
from rag.core.limits import MAX_ARTICLE_ID, MAX_CITED, MAX_QUESTION, SURE
from rag.core.passages import Passage, Span
from rag.core.progress import Seconds


class Check(StrEnum):
    """What became of a cited file since it was indexed."""

    UNCHANGED = "unchanged"
    CHANGED = "changed"
    GONE = "gone"


class Thumb(StrEnum):
    """What a reader thinks of an answer."""

    UP = "up"
    DOWN = "down"


class _Cited:
    """What can be looked up in a file, and checked against it."""

    __slots__ = ()
    article: ArticleInfo
    spans: tuple[Span, ...]

    @property
    def line(self) -> int:
        """Line of the file on which the first cited paragraph begins."""
        return self.spans[0].line

    def check(self, folder: str | Path | Mapping[str, str | Path]) -> Check:
        """Compare the cited file with what was indexed.

        :param folder: The folder of articles that the index was built from; or those of its collections, by name.
        :raises ArgumentError: It is no path of a folder.
        """
        if isinstance(folder, Mapping):
            if not folder or not all(isinstance(path, str | Path) for path in folder.values()):
                raise arguments.refused("folder", folder, "the path of a folder, or some by their collections")
            if self.article.collection not in folder:
                return Check.GONE
            folder = folder[self.article.collection]
        else:
            folder = arguments.folder("folder", folder)
        root = real_path(folder)
        path = real_path(root / self.article.path)
        if not path.is_relative_to(root) or not os.path.isfile(path):  # noqa: PTH113 - it raises nothing
            return Check.GONE
        try:
            data = read_file(path)
        except TooLarge:
            return Check.CHANGED
        except OSError:
            return Check.GONE
        return Check.UNCHANGED if digest_of(data) == self.article.digest else Check.CHANGED


@dataclass(frozen=True, slots=True)
class Place(_Cited):
    """Where the words of an extract stand a second time.

    :param spans: Their stretch of each paragraph that they touch, in order.
    """

    article: ArticleInfo
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Citation(_Cited):
    """Where an extract stands: article, paragraphs, offsets and line, to be checked against the file.

    :param number: As shown beside the extract, from 1.
    :param spans: The extract's stretch of each paragraph that it touches, in order.
    :param also_in: Where copies of it stand, newest first, those without a date last.
    """

    number: int
    article: ArticleInfo
    spans: tuple[Span, ...]
    also_in: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True)
class Extract:
    """One to three sentences of a passage, word for word.

    :param start: First character of the extract in the passage's text; ``end`` is one past its last.
    :param answer_start: First character, in the passage's text, of what answers; marked when shown.
    :param confidence: Probability that the marked words answer, 0 to 1.
    :param citation: Number of its citation.
    """

    passage: Passage
    start: int
    end: int
    answer_start: int
    answer_end: int
    confidence: float
    citation: int

    @property
    def text(self) -> str:
        """The extract, cut from the passage."""
        return self.passage.text[self.start : self.end]

    @property
    def answer(self) -> str:
        """The marked words, cut from the passage."""
        return self.passage.text[self.answer_start : self.answer_end]


@dataclass(frozen=True, slots=True)
class PastTurn:
    """A question that was asked before, as far as a follow-up looks back on it.

    :param query: As it was run.
    :param article_ids: Of the articles that its answer cites; where it has none, of the one that came nearest.
    :raises ArgumentError: One of these is of the wrong type, too long, or too many.
    """

    query: str
    article_ids: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        arguments.text("query", self.query, MAX_QUESTION)
        ids = arguments.texts("article_ids", self.article_ids, MAX_CITED, MAX_ARTICLE_ID)
        object.__setattr__(self, "article_ids", ids)

    @classmethod
    def from_json(cls, turn: object) -> PastTurn:
        """A turn as ``Answer.to_json`` has it.

        :raises ArgumentError: It is none.
        """
        if not isinstance(turn, dict) or turn.keys() != {"query", "article_ids"}:
            raise arguments.refused("a turn", turn, 'what an answer has as "turn", its query and article_ids')
        return cls(**turn)


class AnswerState(StrEnum):
    """How sure it is that the articles answer (measurements: states)."""

    ANSWERED = "answered"
    PERHAPS = "perhaps"
    """Extracts are shown, and may be about something else."""
    NOT_HERE = "not here"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the articles say to a question, or that they do not.

    :param question: As asked.
    :param query: As it was run.
    :param extracts: Best first, or newest first where that was asked for; empty where the articles do not answer.
    :param citations: One for each extract, numbered from 1.
    :param answered: Whether extracts are shown: ``state`` tells whether as an answer, or as what may be one.
    :param confidence: How sure it is that they do, 0 to 1.
    :param near_misses: Where they do not: the nearest passages, which are no answer, in the same order.
    :param filtered_out: True where no article at all passes the filters.
    :param filters: Those that it was asked under.
    :param newest_first: Whether what was found is shown by date instead of best first.
    :param time: The time that the question names, where it names one by which articles are chosen.
    :param many: Whether the question asks for many, or many articles answer: ``Retriever.survey`` lists them all.
    :param telling: Articles that may answer, of the few that were read.
    :param newer: The number of a citation of a newer article that answers otherwise than the surest extract.
    """

    question: str
    query: str
    extracts: tuple[Extract, ...]
    citations: tuple[Citation, ...]
    answered: bool
    confidence: float
    near_misses: tuple[Hit, ...]
    filtered_out: bool
    seconds: Seconds
    filters: Filters = Filters()
    newest_first: bool = False
    time: AskedTime | None = None
    newer: int | None = None
    many: bool = False
    telling: int = 0

    @property
    def state(self) -> AnswerState:
        """Whether the extracts are an answer, or may be one."""
        if not self.answered:
            return AnswerState.NOT_HERE
        return AnswerState.ANSWERED if self.confidence >= SURE else AnswerState.PERHAPS

    @property
    def cited(self) -> tuple[tuple[Extract, Citation], ...]:
        """Each extract with its citation."""
        return tuple(zip(self.extracts, self.citations, strict=True))

    @property
    def rewritten(self) -> bool:
        """Whether another query was run than what was asked, made of words of the conversation."""
        return self.query != self.question.strip()

    @property
    def turn(self) -> PastTurn:
        """What a follow-up needs to know of it."""
        articles = [citation.article for citation in self.citations] or [hit.article for hit in self.near_misses[:1]]
        return PastTurn(self.query, tuple(dict.fromkeys(article.id for article in articles)))

    def to_json(self) -> dict[str, Any]:
        """The answer as plain values for ``json.dumps``, with each extract's text spelled out, and with its turn."""
        values = plain(self) | {"state": self.state.value, "turn": plain(self.turn)}
        for mine, extract in zip(values["extracts"], self.extracts, strict=True):
            mine["text"], mine["answer"] = extract.text, extract.answer
        return values


def by_article(cited: Sequence[tuple[Extract, Citation]]) -> list[list[tuple[Extract, Citation]]]:
    """Extracts with their citations, those of one article together; in the order in which each article comes first."""
    groups: dict[str, list[tuple[Extract, Citation]]] = {}
    for extract, citation in cited:
        groups.setdefault(citation.article.id, []).append((extract, citation))
    return [*groups.values()]


History = Sequence[Answer | PastTurn]
"""What was asked before, oldest first: answers, or what was kept of them."""


def spans_of(passage: Passage, start: int = 0, end: int | None = None) -> tuple[Span, ...]:
    """Where a stretch of a passage, or all of it, stands in the article's paragraphs."""
    spans = []
    for part in passage.parts:
        begin, stop = max(start, part.start), min(len(passage.text) if end is None else end, part.end)
        if begin < stop:
            shift = part.offset - part.start
            spans.append(Span(part.paragraph, part.line, begin + shift, stop + shift))
    return tuple(spans)
