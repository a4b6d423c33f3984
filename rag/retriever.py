"""Question → answer: the only module that knows every stage on that way."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from pathlib import Path

from rag.conversation import standalone
from rag.encoder import DEFAULT_MODEL, Encoder, load_encoder
from rag.errors import IndexUnusable, QuestionError
from rag.extracts import ANSWERS_AT, FOLLOWS_AT, NEAR_MISSES, choose_extracts, confidence
from rag.filters import check_filters
from rag.index import CURRENT, Index, current_generation
from rag.lexical import Matches
from rag.ranking import RESCORED, Ranked, find_candidates, rank, rescore
from rag.reader import read
from rag.shown_order import newest_extracts_first, newest_hits_first
from rag.types import Answer, Filters, Hit, Seconds

DEFAULT_INDEX = "index"
MOST_CHARACTERS = 1000
"""A longer question is refused: the model reads some 500 tokens of it at most."""
READ = 3
"""Hits that are read for an answer, and so compared token by token in any case. For English questions about real
articles reading 3 shows .68 of the answers within three extracts, reading 5 or 8 .63; for Chinese ones all the same."""


class Retriever:
    """Answers questions from an index, and notices when a newer generation comes into use.

    May be used from several threads at once.

    >>> retriever = Retriever.open(samples_index)
    >>> answer = retriever.ask("青藏铁路全长多少公里？")
    >>> answer.extracts[0].answer
    '青藏铁路东起青海西宁，西至西藏拉萨，全长1956千米，是世界上海拔最高的高原铁路。'
    >>> citation = answer.citations[0]
    >>> citation.article.id, str(citation.check(samples))
    ('geography/qinghai-tibet-railway.md', 'unchanged')
    >>> retriever.ask("怎么做红烧肉？").answered
    False

    :param folder: The index folder.
    :param index: Its open generation.
    :param encoder: The model that the index was built with.
    """

    def __init__(self, folder: Path, index: Index, encoder: Encoder) -> None:
        _check_model(index, encoder)
        self._folder = folder
        self._lock = threading.Lock()
        self._open = (index, encoder)

    @classmethod
    def open(cls, index: str | Path = DEFAULT_INDEX, encoder: Encoder | None = None) -> Retriever:
        """Open an index for questions.

        :param index: The index folder.
        :param encoder: The model, if it is loaded already; else the one that the index names is loaded.
        :raises IndexMissing: The folder holds no index.
        :raises IndexUnusable: It is damaged, of another format, or was made with another model.
        :raises ModelError: The model can't be loaded.
        """
        folder = Path(index)
        generation = Index.open(folder)
        return cls(folder, generation, encoder or load_encoder(generation.manifest.model))

    @property
    def index(self) -> Index:
        """The generation in use; reopened if a newer one has come."""
        return self._current()[0]

    @property
    def encoder(self) -> Encoder:
        """The model of the generation in use."""
        return self._current()[1]

    def search(
        self,
        question: str,
        k: int = 5,
        filters: Filters | None = None,
        *,
        history: Sequence[Answer] = (),
        newest_first: bool = False,
    ) -> list[Hit]:
        """The passages that are nearest to a question, best first.

        :param question: In any language that the model knows.
        :param k: How many at most; fewer where fewer pass the filters.
        :param filters: Which articles are searched: the ``k`` best are taken among theirs.
        :param history: Answers to the questions before this one, oldest first: "他还说了什么？" is then run as a query
            that stands alone.
        :param newest_first: Order the same ``k`` passages by their articles' dates, newest first, undated last.
        :raises QuestionError: The question is empty or too long, or ``k`` is below 1.
        :raises FilterError: A filter is of the wrong type, a name in it is unknown, or its dates end before they start.
        """
        if k < 1:
            raise QuestionError(f"k is {k}: ask for at least one passage")
        index, encoder = self._current()
        query = _query(question, history, index)
        found = find(index, encoder, query, filters or Filters(), k)
        hits = found.ranked.hits[:k]
        return newest_hits_first(hits) if newest_first else hits

    def ask(
        self,
        question: str,
        filters: Filters | None = None,
        *,
        history: Sequence[Answer] = (),
        newest_first: bool = False,
    ) -> Answer:
        """Answer a question in the articles' own words, or say that they do not answer it.

        :param question: In any language that the model knows.
        :param filters: Which articles may answer.
        :param history: Answers to the questions before this one, oldest first: "他还说了什么？" is then run as a query
            that stands alone.
        :param newest_first: Order the same extracts, and number their citations, by their articles' dates, newest
            first, undated last.
        :raises QuestionError: The question is empty or too long.
        :raises FilterError: A filter is of the wrong type, a name in it is unknown, or its dates end before they start.
        """
        index, encoder = self._current()
        query = _query(question, history, index)
        filters = filters or Filters()
        found = find(index, encoder, query, filters, READ)
        began = time.perf_counter()
        hits = found.ranked.hits[:READ]
        readings = read(found.matches, hits, found.ranked.interactions[:READ])
        sure = confidence(query, hits, readings[0]) if readings else 0.0
        calibrated = index.manifest.model == DEFAULT_MODEL
        answered = bool(readings) and (sure >= ANSWERS_AT or not calibrated)
        lowest = FOLLOWS_AT if calibrated else 0.0
        extracts, citations = choose_extracts(query, hits, readings, lowest) if answered else ([], [])
        near_misses = [] if answered else hits[:NEAR_MISSES]
        if newest_first:
            extracts, citations = newest_extracts_first(extracts, citations)
            near_misses = newest_hits_first(near_misses)
        return Answer(
            question=question,
            query=query,
            extracts=tuple(extracts),
            citations=tuple(citations),
            answered=answered,
            confidence=sure if calibrated or not readings else None,
            near_misses=tuple(near_misses),
            filtered_out=not hits,
            seconds=replace(found.seconds, read=time.perf_counter() - began),
            filters=filters,
            newest_first=newest_first,
        )

    def _current(self) -> tuple[Index, Encoder]:
        """The newest generation and its model."""
        with self._lock:
            index, encoder = self._open
            if current_generation(self._folder) != index.generation:
                index = Index.open(self._folder)
                if index.manifest.model_digest != encoder.digest:
                    encoder = load_encoder(index.manifest.model)
                    _check_model(index, encoder)
                self._open = (index, encoder)
            return self._open


def _check_model(index: Index, encoder: Encoder) -> None:
    if encoder.digest != index.manifest.model_digest:
        raise IndexUnusable(
            f"the index was made with other weights of {index.manifest.model} than those loaded ({encoder.name}): "
            f"delete {index.generation.parent / CURRENT} and build it anew with rag index"
        )


def _checked(question: str) -> str:
    if not isinstance(question, str):
        raise QuestionError(f"the question is no text: {question!r}")
    question = question.strip()
    if not question:
        raise QuestionError("the question is empty")
    if not question.isascii() and any("\ud800" <= character <= "\udfff" for character in question):
        raise QuestionError("the question holds bytes that are no text: ask in UTF-8")
    if len(question) > MOST_CHARACTERS:
        raise QuestionError(f"the question has {len(question)} characters: ask in {MOST_CHARACTERS} at most")
    return question


def _query(question: str, history: Sequence[Answer], index: Index) -> str:
    """What is run for a question: with what came before, it is made to stand alone."""
    question = _checked(question)
    query = standalone(question, history, index)
    return query if len(query) <= MOST_CHARACTERS else question


@dataclass(frozen=True, slots=True)
class Found:
    """What a question found, what its words matched, and how long it took so far."""

    ranked: Ranked
    matches: Matches
    seconds: Seconds


def find(index: Index, encoder: Encoder, question: str, filters: Filters, k: int) -> Found:
    """All stages from a question to its hits, best first: ``k`` or more, as far as there are so many."""
    check_filters(filters)
    times = [time.perf_counter()]
    asked = encoder.query_tokens(question)
    times.append(time.perf_counter())
    candidates = find_candidates(index, question, asked.vector, index.allowed(filters), max(k, RESCORED))
    times.append(time.perf_counter())
    hits = rank(index, candidates, max(k, RESCORED))
    times.append(time.perf_counter())
    ranked = rescore(encoder, asked, hits, READ)
    times.append(time.perf_counter())
    spent = (after - before for before, after in pairwise(times))
    return Found(ranked, candidates.matches, Seconds(*spent))


@cache
def _cached(folder: Path) -> Retriever:
    return Retriever.open(folder)


def retrieve(
    question: str,
    k: int = 5,
    filters: Filters | None = None,
    index: str | Path = DEFAULT_INDEX,
    *,
    history: Sequence[Answer] = (),
    newest_first: bool = False,
) -> list[Hit]:
    """The passages that are nearest to a question; see :meth:`Retriever.search`. The index stays open between calls.

    >>> retrieve("青霉素是谁发现的？", k=1, index=samples_index)[0].article.title
    '青霉素是怎样被发现的？'
    """
    retriever = _cached(Path(index).resolve())
    return retriever.search(question, k, filters, history=history, newest_first=newest_first)


def ask(
    question: str,
    filters: Filters | None = None,
    index: str | Path = DEFAULT_INDEX,
    *,
    history: Sequence[Answer] = (),
    newest_first: bool = False,
) -> Answer:
    """Answer a question from an index; see :meth:`Retriever.ask`. The index stays open between calls.

    >>> ask("哈雷彗星多少年回到太阳附近一次？", index=samples_index).extracts[0].answer[:18]
    '它大约每76年回到太阳附近一次，亮的'
    """
    return _cached(Path(index).resolve()).ask(question, filters, history=history, newest_first=newest_first)
