"""Every public function with every argument of a wrong type or value: one line says what is wrong, or it works.

``CALLS`` has a row for each function and in it a kind for each argument. The arguments are read from the function, so
that a new one without a kind fails here.
"""

from __future__ import annotations

import enum
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import rag
import rag.answering.retriever
import rag.build.encoding
import rag.models.sentence_transformer
from rag.answering.retriever import Retriever
from rag.core.answers import Answer, PastTurn, Place, Thumb
from rag.core.filters import Filters
from rag.core.options import SearchOptions, parse_filters
from rag.errors import RagError
from rag.evaluation.evaluation import evaluate
from rag.evaluation.questions import Question, read_questions
from rag.index.collection import browse, describe, open_article, over_time
from rag.interfaces.export import conversation_markdown
from rag.interfaces.feedback import feedback_on, keep_feedback
from rag.interfaces.http.service import Service
from rag.interfaces.links import Link, read_link, write_link
from rag.interfaces.reindexing import Reindexing
from rag.models.sentence_transformer import load_encoder
from tests.conftest import FakeEncoder, FakeReader
from tests.wrong_values import (
    ANSWERS,
    ANY_NAMES,
    CALLBACK,
    DAY,
    FILTERS,
    FOLDER,
    HOUSE_OWN,
    MODEL,
    NAMES,
    NUMBER,
    PATH,
    SWITCH,
    TEXT,
    TEXTS,
    WHOLE,
    Kind,
    wrong_values,
)

QUESTION = "河口灯塔换上了什么灯？"
MAX_MESSAGE = 500


@dataclass(frozen=True)
class House:
    """What the functions are called with."""

    articles: Path
    built: Path
    retriever: Retriever
    answer: Answer
    service: Service

    def ask_with(
        self,
        since: Any = None,
        until: Any = None,
        categories: Any = (),
        authors: Any = (),
        sources: Any = (),
        collections: Any = (),
    ) -> Answer:
        return self.retriever.ask(QUESTION, Filters(since, until, categories, authors, sources, collections))


def write(question: Any, options: Any = SearchOptions()) -> str:
    return write_link(Link(question, options))


class Call(NamedTuple):
    """How a function is called: it, and arguments with which it works; and the kind of each of its arguments."""

    made: Callable[[House], tuple[Callable[..., Any], dict[str, Any]]]
    kinds: dict[str, Kind]


SURVEYED = {"question": TEXT, "filters": FILTERS.or_none, "history": ANSWERS, "timed": SWITCH}
ASKED = {**SURVEYED, "newest_first": SWITCH}
DAYS = {"since": TEXT.or_none, "until": TEXT.or_none}
NAMED = dict.fromkeys(("categories", "authors", "sources", "collections"), ANY_NAMES.or_none)
SURVEY_SERVED = {**DAYS, **NAMED, "history": ANSWERS.or_none, "timed": SWITCH}
SERVED = {**SURVEY_SERVED, "newest_first": SWITCH}
CALLS = {
    "rag.build_index": Call(
        lambda house: (rag.build_index, {"folder": house.articles, "index": house.built, "model": FakeEncoder()}),
        {
            "folder": PATH,
            "index": PATH,
            "model": MODEL.or_none,
            "progress": CALLBACK,
            "device": TEXT.or_none,
            "replace": SWITCH,
            "verify": SWITCH,
            "settled": NUMBER,
            "shard": TEXTS.or_none,  # of a folder there is none: tests/test_milvus.py has those of a server
        },
    ),
    "rag.retrieve": Call(
        lambda house: (rag.retrieve, {"question": QUESTION, "index": house.built}),
        {**ASKED, "k": WHOLE, "index": FOLDER},
    ),
    "rag.ask": Call(
        lambda house: (rag.ask, {"question": QUESTION, "index": house.built}),
        {**ASKED, "threshold": NUMBER, "index": FOLDER},
    ),
    "Retriever": Call(
        lambda house: (Retriever, {"index": house.built, "engine": house.retriever.engine}),
        {"index": FOLDER, "engine": HOUSE_OWN, "device": TEXT.or_none},
    ),
    "Retriever.open": Call(
        lambda house: (Retriever.open, {"index": house.built, "encoder": FakeEncoder(), "reader": FakeReader()}),
        {
            **{"index": FOLDER, "encoder": HOUSE_OWN.or_none, "reader": HOUSE_OWN.or_none},
            **{"trust_model": SWITCH, "device": TEXT.or_none},
        },
    ),
    "Retriever.search": Call(
        lambda house: (house.retriever.search, {"question": QUESTION}),
        {**ASKED, "k": WHOLE},
    ),
    "Retriever.ask": Call(
        lambda house: (house.retriever.ask, {"question": QUESTION}),
        {**ASKED, "threshold": NUMBER},
    ),
    "Retriever.survey": Call(lambda house: (house.retriever.survey, {"question": QUESTION}), SURVEYED),
    "Retriever.survey_of": Call(
        lambda house: (house.retriever.survey_of, {"question": QUESTION}),
        {"question": TEXT, "options": HOUSE_OWN, "history": ANSWERS},
    ),
    "Retriever.find": Call(
        lambda house: (house.retriever.find, {"question": QUESTION}),
        {"question": TEXT, "options": HOUSE_OWN, "history": ANSWERS},
    ),
    "SearchOptions": Call(
        lambda house: (SearchOptions, {}),
        {
            **{"filters": FILTERS, "newest_first": SWITCH, "threshold": NUMBER, "k": WHOLE},
            "timed": SWITCH,
            "today": DAY,
        },
    ),
    "PastTurn": Call(lambda house: (PastTurn, {"query": QUESTION}), {"query": TEXT, "article_ids": TEXTS}),
    "PastTurn.from_json": Call(
        lambda house: (PastTurn.from_json, {"turn": {"query": QUESTION, "article_ids": ["tea.md"]}}),
        {"turn": HOUSE_OWN},
    ),
    "Filters": Call(
        lambda house: (house.ask_with, {}),
        {"since": DAY, "until": DAY, "categories": NAMES, "authors": NAMES, "sources": NAMES, "collections": NAMES},
    ),
    "Citation.check": Call(
        lambda house: (house.answer.citations[0].check, {"folder": house.articles}),
        {"folder": FOLDER},
    ),
    "Place.check": Call(
        lambda house: (Place(house.answer.citations[0].article, ()).check, {"folder": house.articles}),
        {"folder": FOLDER},
    ),
    "load_encoder": Call(
        lambda house: (load_encoder, {"name": "a-model"}),
        {"name": MODEL, "progress": CALLBACK, "device": TEXT.or_none, "half_precision": SWITCH.or_none},
    ),
    "parse_filters": Call(
        lambda house: (parse_filters, {}),
        {**DAYS, **NAMED},
    ),
    "feedback_on": Call(
        lambda house: (feedback_on, {"answer": house.answer, "thumb": Thumb.UP, "citation": 1}),
        {"answer": HOUSE_OWN, "thumb": HOUSE_OWN, "citation": WHOLE.or_none, "word": TEXT, "history": ANSWERS},
    ),
    "keep_feedback": Call(
        lambda house: (keep_feedback, {"index": house.built, "feedback": feedback_on(house.answer, Thumb.UP, 1)}),
        {"index": FOLDER, "feedback": HOUSE_OWN},
    ),
    "conversation_markdown": Call(
        lambda house: (conversation_markdown, {"answers": [house.answer], "language": "zh"}),
        {"answers": ANSWERS, "language": TEXT},
    ),
    "read_link": Call(lambda house: (read_link, {"text": "?q=海"}), {"text": TEXT}),
    "write_link": Call(lambda house: (write_link, {"link": Link(QUESTION)}), {"link": HOUSE_OWN}),
    "Link": Call(
        lambda house: (write, {"question": QUESTION}),
        {"question": TEXT, "options": HOUSE_OWN},
    ),
    "describe": Call(lambda house: (describe, {"index": house.retriever.index}), {"index": HOUSE_OWN}),
    "browse": Call(
        lambda house: (browse, {"index": house.retriever.index}),
        {"index": HOUSE_OWN, "text": TEXT, "filters": FILTERS.or_none, "number": WHOLE, "size": WHOLE},
    ),
    "open_article": Call(
        lambda house: (open_article, {"index": house.retriever.index, "article_id": "tea.md"}),
        {"index": HOUSE_OWN, "article_id": Kind(TEXT.fits, told="article")},
    ),
    "over_time": Call(lambda house: (over_time, {"days": [date(2021, 1, 1)]}), {"days": NAMES}),
    "Reindexing": Call(lambda house: (Reindexing, {"retriever": house.retriever}), {"retriever": HOUSE_OWN}),
    "Reindexing.wait": Call(lambda house: (Reindexing(house.retriever).wait, {}), {"seconds": NUMBER.or_none}),
    "Service.ask": Call(
        lambda house: (house.service.ask, {"question": QUESTION}),
        {"question": TEXT, **SERVED, "threshold": NUMBER},
    ),
    "Service.survey": Call(
        lambda house: (house.service.survey, {"question": QUESTION}), {"question": TEXT, **SURVEY_SERVED}
    ),
    "Service.search": Call(
        lambda house: (house.service.search, {"query": QUESTION}),
        {"query": TEXT, "k": WHOLE, **SERVED},
    ),
    "Service.article": Call(
        lambda house: (house.service.article, {"article_id": "tea.md"}),
        {"article_id": TEXT, "paragraph": WHOLE},
    ),
    "evaluate": Call(
        lambda house: (evaluate, {"questions": [Question("1", QUESTION)], "retriever": house.retriever}),
        {"questions": ANSWERS, "retriever": HOUSE_OWN, "progress": CALLBACK, "threshold": NUMBER},
    ),
    "read_questions": Call(
        lambda house: (read_questions, {"path": house.articles / "questions.jsonl", "articles": ["tea.md"]}),
        {"path": PATH, "articles": Kind(lambda value: isinstance(value, list | tuple | set | dict))},
    ),
}
TRIED_BY_HAND = 654
"""Calls that were tried when these checks were first written; 268 of them ended in a traceback."""


@pytest.fixture
def house(
    articles_folder: Path, built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoder: FakeEncoder
) -> House:
    made = rag.models.sentence_transformer
    monkeypatch.setattr(made, "SentenceTransformerEncoder", lambda name, *_, **__: FakeEncoder(name))
    monkeypatch.setattr(rag.answering.retriever, "load_reader", lambda *_: FakeReader())
    for module in (
        rag.answering.retriever,
        rag.build.encoding,
    ):  # whatever was chosen on this machine, and nothing noted there
        monkeypatch.setattr(module, "check_model", lambda _: None)
        monkeypatch.setattr(module, "note_model", lambda _: None)
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    (articles_folder / "questions.jsonl").write_text('{"question": "?", "article": "tea.md"}', encoding="utf-8")
    retriever = Retriever.open(built, encoder, FakeReader())
    return House(articles_folder, built, retriever, retriever.ask(QUESTION, threshold=0), Service(retriever))


@pytest.mark.parametrize("name", CALLS)
def test_each_argument_has_a_kind(name: str, house: House) -> None:
    function, _ = CALLS[name].made(house)
    assert set(inspect.signature(function).parameters) == set(CALLS[name].kinds)


@pytest.mark.parametrize("name", CALLS)
def test_a_call_in_order_works(name: str, house: House) -> None:
    function, valid = CALLS[name].made(house)
    function(**valid)


def test_all_that_rag_offers_has_a_row() -> None:
    offered = {name: getattr(rag, name) for name in rag.__all__}
    functions = {f"rag.{name}" for name, value in offered.items() if inspect.isfunction(value)}
    methods = {
        f"{name}.{method}"
        for name, value in offered.items()
        if inspect.isclass(value) and not issubclass(value, enum.Enum)
        for method, of in inspect.getmembers(value, inspect.isroutine)
        if not method.startswith("_") and str(getattr(of, "__module__", "")).startswith("rag.") and _takes_arguments(of)
    }
    assert functions
    assert methods
    assert functions | methods <= CALLS.keys()


def _takes_arguments(method: Callable[..., Any]) -> bool:
    return bool(set(inspect.signature(method).parameters) - {"self"})


@pytest.mark.parametrize("name", CALLS)
def test_what_does_not_fit_is_refused_in_a_line_that_names_it(name: str, house: House, tmp_path: Path) -> None:
    failures = []
    for argument, kind in CALLS[name].kinds.items():
        room = tmp_path / "given" / argument
        room.mkdir(parents=True)
        for told, value in wrong_values(room).items():
            if kind is CALLBACK and callable(value):
                continue  # what it raises is its own
            function, valid = CALLS[name].made(house)
            if complaint := _complaint(function, {**valid, argument: value}, argument, kind):
                failures.append(f"{argument} = {told}: {complaint}")
    assert not failures, "\n".join(failures)


def _complaint(function: Callable[..., Any], given: dict[str, Any], argument: str, kind: Kind) -> str:
    """What is wrong with how a call ended; empty where all is well."""
    fits = kind.fits(given[argument])
    try:
        function(**given)
    except RagError as error:
        message = str(error)
        if len(message.splitlines()) != 1 or len(message) > MAX_MESSAGE:
            return f"the message is no short line: {message[:MAX_MESSAGE]!r}"
        return "" if fits or (kind.told or argument) in message else f"it is not named: {message}"
    except Exception as error:
        return f"{type(error).__name__}: {str(error)[:100]!r}"
    return "" if fits else "it is taken"


def test_more_calls_are_tried_than_were_by_hand(tmp_path: Path) -> None:
    arguments = sum(len(call.kinds) for call in CALLS.values())
    assert arguments * len(wrong_values(tmp_path)) > TRIED_BY_HAND
