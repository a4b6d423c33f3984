"""What programs may ask, whatever they send."""

from __future__ import annotations

import json
import math
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from rag.answering.retriever import Retriever
from rag.build import build_index
from rag.errors import ArgumentError, RagError, TooBusy, UnknownArticle, UnknownName
from rag.interfaces.http.fair_queue import FairQueue
from rag.interfaces.http.service import MAX_TEXT, Service
from rag.models.encoder import Vectors
from tests.conftest import FakeEncoder, FakeReader, write_article

QUESTION = "守塔人贺潮在灯塔工作了多少年？"


@pytest.fixture
def retriever(built: Path, encoder: FakeEncoder) -> Retriever:
    return Retriever.open(built, encoder, FakeReader(answers=20.0))


@pytest.fixture
def service(retriever: Retriever) -> Service:
    return Service(retriever)


def test_asking_gives_the_answer_as_the_command_line_prints_it(service: Service, retriever: Retriever) -> None:
    given, printed = service.ask(QUESTION), retriever.ask(QUESTION).to_json()
    given.pop("seconds"), printed.pop("seconds")
    assert given == printed
    assert given["extracts"][0]["text"] in given["extracts"][0]["passage"]["text"]


def test_filters_and_order_are_those_of_the_command_line(service: Service) -> None:
    question = "修书机器每小时能清理多少页？"
    answer = service.ask(question, "2021", "2021-12", categories=["科技"], sources=["顾禾"], newest_first=True)
    assert answer["filters"]["until"] == "2021-12-31"
    assert answer["newest_first"]
    assert {citation["article"]["id"] for citation in answer["citations"]} == {"robot.md"}


def test_a_follow_up_is_run_with_the_turn_that_the_reply_before_gave(service: Service) -> None:
    first = service.ask("2005年北京下了多少场雪？")
    turn = json.loads(json.dumps(first["turn"]))
    assert turn["query"] == first["query"]
    assert turn["article_ids"][0] == first["citations"][0]["article"]["id"]
    second = service.ask("那上海呢？", history=[turn])
    assert second["query"] == "2005年上海下了多少场雪？"
    assert service.ask("2010年呢？", history=[turn, second["turn"]])["query"] == "2010年上海下了多少场雪？"
    assert service.search("那上海呢？", history=[turn]) == service.search("2005年上海下了多少场雪？")


def test_an_article_that_the_index_no_longer_has_is_passed_over_in_what_was_asked_before(service: Service) -> None:
    turn = {"query": "《远洋日报》是谁办的？", "article_ids": ["gone.md", "../../etc/passwd", "tea.md"]}
    assert service.ask("他还写了哪些书？", history=[turn])["query"] == "远洋日报 他还写了哪些书？"
    assert service.ask("他是谁？", history=[{"query": "", "article_ids": []}])["question"] == "他是谁？"


def test_searching_gives_so_many_passages_with_their_articles(service: Service) -> None:
    hits = service.search(QUESTION, 2)
    assert hits[0]["article"]["id"] == "port/lamp.md"
    assert len(hits) == 2
    assert json.loads(json.dumps(hits))


def test_an_article_is_shown_with_its_lines_and_what_became_of_its_file(
    service: Service, articles_folder: Path
) -> None:
    shown = service.article("port/lamp.md")
    lines = (articles_folder / "port/lamp.md").read_text(encoding="utf-8").splitlines()
    assert shown["article"]["title"] == "河口灯塔换上新灯"
    assert [paragraph["paragraph"] for paragraph in shown["paragraphs"]] == [1, 2, 3]
    assert all(paragraph["text"] in lines[paragraph["line"] - 1] for paragraph in shown["paragraphs"])
    assert (shown["file"], shown["next"]) == ("unchanged", None)
    (articles_folder / "port/lamp.md").unlink()
    assert service.article("port/lamp.md", 3)["file"] == "gone"


def test_a_long_article_comes_in_parts_and_a_long_paragraph_is_cut(tmp_path: Path, encoder: FakeEncoder) -> None:
    texts = ["甲" * 60_000, "乙" * 50_000, "丙" * (MAX_TEXT + 1), "丁"]
    write_article(tmp_path / "articles/long.md", "长文", *texts)
    build_index(tmp_path / "articles", tmp_path / "index", encoder)
    service = Service(Retriever.open(tmp_path / "index", encoder, FakeReader()))
    parts, start = [], 1
    while start:
        parts.append(service.article("long.md", start))
        start = parts[-1]["next"]
    assert [[paragraph["text"][0] for paragraph in part["paragraphs"]] for part in parts] == [
        ["甲"],
        ["乙"],
        ["丙"],
        ["丁"],
    ]
    assert [part["paragraphs"][0]["cut"] for part in parts] == [False, False, True, False]
    assert len(parts[2]["paragraphs"][0]["text"]) == MAX_TEXT


@pytest.mark.parametrize(
    "article_id",
    ["../../etc/passwd", "/etc/passwd", "port/../port/lamp.md", "port\\lamp.md", "file:///etc/passwd", "%", "a\0b", ""],
)
def test_only_ids_of_the_index_name_an_article(service: Service, article_id: str) -> None:
    with pytest.raises(UnknownArticle):
        service.article(article_id)


TURN = {"query": "a", "article_ids": []}
NESTED: list[Any] = []
for _ in range(10_000):
    NESTED = [NESTED]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"question": 3}, "question is 3: give text"),
        ({"question": None}, "question is None: give text"),
        ({"question": NESTED}, "question is [[[[[[[...]]]]]]]: give text"),
        ({"question": "长" * 1001}, "question has 1001 characters: give 1000 at most"),
        ({"question": "\ud800"}, "question holds half a character, which is no text"),
        ({"question": " "}, "the question is empty"),
        ({"since": ["2021"]}, "since is ['2021']: give text"),
        ({"until": "x" * 10**6}, f"'{'x' * 59}…' is no date: write it as 2021-12-31, 2021-12 or 2021"),
        ({"until": "2021-13"}, "'2021-13' is no date: write it as 2021-12-31, 2021-12 or 2021"),
        ({"categories": "科技"}, "categories is the text '科技': give a list of names"),
        ({"categories": {"path": "/etc/passwd"}}, "categories is {'path': '/etc/passwd'}: give a list of names"),
        ({"authors": [["a"]]}, "authors holds ['a']: give names as text"),
        (
            {"sources": ["a"] * 51, "authors": ["a"] * 50},
            "the filters hold 101 names with 101 characters: give 100 at most, with 2000 characters in all",
        ),
        ({"newest_first": "yes"}, "newest_first is 'yes': give true or false"),
        ({"threshold": True}, "threshold is True: give a number"),
        ({"threshold": "0.5"}, "threshold is '0.5': give a number"),
        ({"threshold": math.nan}, "the threshold is nan: name one from 0, answer always, to 1"),
        ({"threshold": math.inf}, "the threshold is inf: name one from 0, answer always, to 1"),
        ({"history": TURN}, "history is {'article_ids': [], 'query': 'a'}: give a list of turns, the \"turn\" of each"),
        ({"history": [QUESTION]}, f'history holds {QUESTION!r}: give a list of turns, the "turn" of each reply'),
        ({"history": [TURN] * 51}, "history has 51 turns: give the last 50"),
        ({"history": [{"query": "a"}]}, "a turn is {'query': 'a'}: give what an answer has as \"turn\""),
        ({"history": [{**TURN, "query": "长" * 1001}]}, "query has 1001 characters: give 1000 at most"),
        ({"history": [{**TURN, "article_ids": "tea.md"}]}, "article_ids is 'tea.md': give a list of texts"),
        ({"history": [{**TURN, "article_ids": ["a"] * 11}]}, "article_ids has 11 texts: give 10 at most"),
        ({"history": [{**TURN, "article_ids": ["a" * 4097]}]}, "a text in article_ids has 4097 characters"),
        ({"history": [{**TURN, "article_ids": ["\ud800"]}]}, "a text in article_ids holds half a character"),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(service: Service, wrong: dict[str, Any], told: str) -> None:
    with pytest.raises(RagError) as refused:
        service.ask(**{"question": QUESTION, **wrong})
    assert str(refused.value).startswith(told)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("k", [0, -1, 51, 10**400, True, 2.5, "5", None, math.nan])
def test_a_number_of_passages_that_makes_no_sense_is_refused(service: Service, k: Any) -> None:
    with pytest.raises(ArgumentError, match="give a whole number from 1 to 50"):
        service.search(QUESTION, k)


def test_an_unknown_name_and_a_paragraph_that_is_not_there_are_refused(service: Service) -> None:
    with pytest.raises(UnknownName):
        service.ask(QUESTION, authors=["林"])
    with pytest.raises(ArgumentError, match="paragraph is 4: the article has 3"):
        service.article("port/lamp.md", 4)


class HeldEncoder(FakeEncoder):
    """Works on a question only once it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.begun, self.go = threading.Event(), threading.Event()

    def encode_query(self, text: str) -> Vectors:
        self.begun.set()
        assert self.go.wait(30)
        return super().encode_query(text)


def test_whoever_comes_when_all_places_are_taken_is_told_so_at_once_and_served_later(built: Path) -> None:
    encoder = HeldEncoder()
    service = Service(Retriever.open(built, encoder, FakeReader()), FairQueue(at_once=1, waiting=0))
    with ThreadPoolExecutor() as threads:
        first = threads.submit(service.ask, QUESTION)
        assert encoder.begun.wait(30)
        with pytest.raises(TooBusy, match="busy"):
            service.ask(QUESTION)
        encoder.go.set()
        assert first.result(30)["question"] == QUESTION
    assert service.ask(QUESTION)["question"] == QUESTION


def test_those_who_find_a_place_to_wait_are_all_served(built: Path) -> None:
    encoder = HeldEncoder()
    service = Service(Retriever.open(built, encoder, FakeReader()), FairQueue(at_once=1, waiting=3))
    with ThreadPoolExecutor(4) as threads:
        asked = [threads.submit(service.ask, QUESTION) for _ in range(4)]
        assert encoder.begun.wait(30)
        encoder.go.set()
        assert [answer.result(30)["question"] for answer in asked] == [QUESTION] * 4


def test_nobody_waits_for_ever(built: Path) -> None:
    encoder = HeldEncoder()
    service = Service(Retriever.open(built, encoder, FakeReader()), FairQueue(at_once=1, patience=0.01))
    with ThreadPoolExecutor() as threads:
        first = threads.submit(service.ask, QUESTION)
        assert encoder.begun.wait(30)
        with pytest.raises(TooBusy):
            service.ask(QUESTION)
        encoder.go.set()
        assert first.result(30)["question"] == QUESTION
