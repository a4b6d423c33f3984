"""Question → answer: the only module that knows every stage on that way."""

from __future__ import annotations

import threading
from dataclasses import replace
from functools import cache
from pathlib import Path

from rag.answering.asked_time import narrowed, timed
from rag.answering.query_rewriting import standalone
from rag.answering.reading import Reader
from rag.answering.retrieval import Engine
from rag.answering.search_result import SearchResult
from rag.answering.survey import survey
from rag.core import arguments
from rag.core.answers import Answer, History, PastTurn
from rag.core.deadline import within
from rag.core.filters import Filters
from rag.core.hits import Hit
from rag.core.limits import ANSWER_THRESHOLD, MAX_QUESTION
from rag.core.options import SearchOptions
from rag.core.places import Place, given_place
from rag.core.survey import Survey
from rag.errors import IndexUnusable, QuestionError, QuestionTooLong
from rag.index.open_index import OpenIndex
from rag.index.opening import newer, open_place
from rag.models.device import given_device
from rag.models.encoder import Encoder
from rag.models.known_models import DEFAULT_MODEL, check_model, note_model
from rag.models.reader import load_reader
from rag.models.sentence_transformer import load_encoder

DEFAULT_INDEX = "index"
QUESTION_SECONDS = 20.0
"""That a question waits for a server, all in all, before it is told that this does not answer: some three times as long
as the slowest of twenty took over a million passages."""
SURVEY_SECONDS = 120.0
"""The same for a survey, which is mostly reading: some 25 s of it where a processor is slow and has other work."""


class Retriever:
    """Answers questions from an index, and notices when a newer generation comes into use.

    May be used from several threads at once. While one of them opens the newer generation, the others go on with the
    one before.

    >>> retriever = Retriever.open(samples_index)
    >>> answer = retriever.ask("青藏铁路全长多少公里？")
    >>> answer.extracts[0].answer
    '1956千米'
    >>> answer.extracts[0].text[:27]
    '青藏铁路东起青海西宁，西至西藏拉萨，全长1956千米，'
    >>> citation = answer.citations[0]
    >>> citation.article.id, str(citation.check(samples))
    ('geography/qinghai-tibet-railway.md', 'unchanged')
    >>> retriever.ask("怎么做红烧肉？").answered
    False

    :ivar place: The index folder, or the address of the server that keeps the index.
    :param engine: What its newest generation is asked with.
    :param device: Where the model of a newer generation runs, as for ``open``, where that is made with another.
    :raises IndexUnusable: The index was made with another model than the engine's.
    :raises ArgumentError: The index is no folder or address, the engine none, or torch can't use the device.
    """

    def __init__(self, index: str | Place, engine: Engine, device: str | None = None) -> None:
        arguments.instance("engine", engine, Engine, "a rag.answering.retrieval.Engine; Retriever.open makes one")
        _check_model(engine.index, engine.encoder)
        self.place = given_place("index", index)
        self._device = given_device("device", device)
        self._lock = threading.Lock()
        self._open = engine

    @classmethod
    def open(
        cls,
        index: str | Place = DEFAULT_INDEX,
        encoder: Encoder | None = None,
        reader: Reader | None = None,
        *,
        trust_model: bool = False,
        device: str | None = None,
    ) -> Retriever:
        """Open an index for questions.

        :param index: The index folder, or ``milvus://HOST:PORT/NAME``.
        :param encoder: The model, if it is loaded already; else the one that the index names is loaded.
        :param reader: What reads the passages, if it is loaded already; else the package's own is.
        :param trust_model: Load the model that the index names, from wherever that is, though nobody chose it on this
            machine; from then on it counts as chosen.
        :param device: Where a model that is loaded runs, with its reader, as torch names it: cpu, cuda, cuda:1, mps;
            None for what sentence-transformers chooses, a GPU where torch has one.
        :raises IndexMissing: There is no index.
        :raises IndexUnusable: It is damaged, of another format, or was made with another model.
        :raises ServerError: The server can't be reached, or does not do what it is asked.
        :raises ModelError: The model can't be loaded, or was never chosen on this machine.
        :raises ArgumentError: The index is no path of a folder, the model or reader lacks what it needs, or torch can't
            use the device.
        """
        place = given_place("index", index)
        if encoder is not None:
            arguments.fits_protocol("encoder", encoder, Encoder, "a loaded model, as load_encoder returns one")
        if reader is not None:
            arguments.fits_protocol("reader", reader, Reader, "an object that reads")
        device = given_device("device", device)
        generation = open_place(place)
        if arguments.switch("trust_model", trust_model):
            note_model(generation.manifest.model)
        if encoder is None:
            encoder = _encoder_of(generation, device)
        return cls(place, Engine(generation, encoder, reader or load_reader(encoder, device)), device)

    @property
    def index(self) -> OpenIndex:
        """The generation in use; reopened if a newer one has come."""
        return self.engine.index

    def find(self, question: str, options: SearchOptions = SearchOptions(), history: History = ()) -> SearchResult:
        """Find what answers a question: ``search`` and ``ask`` are this, with keywords for the options.

        :param question: In any language that the model knows.
        :param history: Answers to the questions before this one, or their turns, oldest first: "他还说了什么？" is then
            run as a query that stands alone.
        :raises QuestionError: The question is empty or too long.
        :raises UnknownName: No article bears a name that is filtered by.
        :raises ServerError: The server that keeps the index does not answer within ``QUESTION_SECONDS``.
        :raises ArgumentError: An argument is of the wrong type.
        """
        arguments.instance("options", options, SearchOptions, "a rag.SearchOptions")
        with within(QUESTION_SECONDS):
            engine = self.engine
            query = _query(question, history, engine.index)
            asked = timed(query, options, engine.index)
            found = engine.find(query, narrowed(options.filters, asked), min(options.k, len(engine.index)))
        return SearchResult(question, query, options, found, asked)

    def search(
        self,
        question: str,
        k: int = 5,
        filters: Filters | None = None,
        *,
        history: History = (),
        newest_first: bool = False,
        timed: bool = True,
    ) -> list[Hit]:
        """The passages that are nearest to a question, best first: :meth:`find` with options as keywords.

        :raises RagError: As :meth:`find` does, or an option makes no sense (:class:`rag.SearchOptions` tells of each).
        """
        options = SearchOptions(Filters() if filters is None else filters, newest_first, k=k, timed=timed)
        return self.find(question, options, history).hits

    def ask(
        self,
        question: str,
        filters: Filters | None = None,
        *,
        history: History = (),
        newest_first: bool = False,
        threshold: float = ANSWER_THRESHOLD,
        timed: bool = True,
    ) -> Answer:
        """Answer a question in the articles' own words, or say that they do not: :meth:`find` with options as keywords.

        :raises RagError: As :meth:`find` does, or an option makes no sense (:class:`rag.SearchOptions` tells of each).
        """
        options = SearchOptions(Filters() if filters is None else filters, newest_first, threshold, timed=timed)
        return self.find(question, options, history).answer()

    def survey(
        self,
        question: str,
        filters: Filters | None = None,
        *,
        history: History = (),
        timed: bool = True,
    ) -> Survey:
        """Every article that speaks to a question, one extract each, by date, and which of them tell the same.

        :raises RagError: As :meth:`find` does.
        """
        return self.survey_of(question, SearchOptions(Filters() if filters is None else filters, timed=timed), history)

    def survey_of(self, question: str, options: SearchOptions = SearchOptions(), history: History = ()) -> Survey:
        """The same, under options.

        :raises RagError: As :meth:`find` does.
        """
        arguments.instance("options", options, SearchOptions, "a rag.SearchOptions")
        with within(SURVEY_SECONDS):
            engine = self.engine
            query = _query(question, history, engine.index)
            asked = timed(query, options, engine.index)
            return survey(engine, question, query, narrowed(options.filters, asked), asked)

    @property
    def engine(self) -> Engine:
        """What the newest generation is asked with, or the one before it while another thread opens the newest."""
        if not self._lock.acquire(blocking=False):
            return self._open
        try:
            return self._newest()
        finally:
            self._lock.release()

    def refresh(self) -> Engine:
        """Have the newest generation open, so that every later question is asked of it."""
        with self._lock:
            return self._newest()

    def _newest(self) -> Engine:
        engine = self._open
        if index := newer(self.place, engine.index):
            if index.manifest.model_digest != engine.encoder.digest:
                encoder = _encoder_of(index, self._device)
                _check_model(index, encoder)
                engine = Engine(index, encoder, load_reader(encoder, self._device))
            self._open = engine = replace(engine, index=index)
        return engine


def _encoder_of(index: OpenIndex, device: str | None) -> Encoder:
    """The model that an index names; it brings the index up to date in the precision in which that was made."""
    check_model(index.manifest.model)
    return load_encoder(index.manifest.model, device=device, half_precision=index.manifest.half_precision)


def _check_model(index: OpenIndex, encoder: Encoder) -> None:
    if (encoder.digest, encoder.dimension) != (index.manifest.model_digest, index.manifest.dimension):
        model, remedy = index.manifest.model, index.remedy
        if model == DEFAULT_MODEL:
            remedy = f"bring the index {index.name} up to date with rag index"
        raise IndexUnusable(
            f"the index was made with other weights of {model} than those loaded ({encoder.name}): {remedy}"
        )


def _checked(question: str) -> str:
    if not isinstance(question, str):
        raise QuestionError(f"the question is no text: {arguments.shown(question)}")
    question = question.strip()
    if not any(character.isprintable() and not character.isspace() for character in question):
        raise QuestionError("the question is empty")
    if arguments.is_no_text(question):
        raise QuestionError("the question holds bytes that are no text: ask in UTF-8")
    if len(question) > MAX_QUESTION:
        raise QuestionTooLong(len(question), MAX_QUESTION)
    return question


def _query(question: str, history: History, index: OpenIndex) -> str:
    """What is run for a question: with what came before, it is made to stand alone."""
    question = _checked(question)
    told = "the answers before, oldest first"
    given = arguments.several("history", history, object, told)
    turns = [one.turn if isinstance(one, Answer) else one for one in given]
    query = standalone(question, arguments.several("history", turns, PastTurn, told), index)
    return query if len(query) <= MAX_QUESTION else question


def _resolved(place: Place) -> Place:
    return place.resolve() if isinstance(place, Path) else place


@cache
def _cached(place: Place) -> Retriever:
    return Retriever.open(place)


def retrieve(
    question: str,
    k: int = 5,
    filters: Filters | None = None,
    index: str | Place = DEFAULT_INDEX,
    *,
    history: History = (),
    newest_first: bool = False,
    timed: bool = True,
) -> list[Hit]:
    """The passages that are nearest to a question; see :meth:`Retriever.search`. The index stays open between calls.

    >>> retrieve("青霉素是谁发现的？", k=1, index=samples_index)[0].article.title
    '青霉素是怎样被发现的？'
    """
    retriever = _cached(_resolved(given_place("index", index)))
    return retriever.search(question, k, filters, history=history, newest_first=newest_first, timed=timed)


def ask(
    question: str,
    filters: Filters | None = None,
    index: str | Place = DEFAULT_INDEX,
    *,
    history: History = (),
    newest_first: bool = False,
    threshold: float = ANSWER_THRESHOLD,
    timed: bool = True,
) -> Answer:
    """Answer a question from an index; see :meth:`Retriever.ask`. The index stays open between calls.

    >>> "76年" in ask("哈雷彗星多少年回到太阳附近一次？", index=samples_index).extracts[0].answer
    True
    """
    retriever = _cached(_resolved(given_place("index", index)))
    options = SearchOptions(Filters() if filters is None else filters, newest_first, threshold, timed=timed)
    return retriever.find(question, options, history).answer()
