"""Follow-ups: what is run for a question, given what came before."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from rag.answering import retriever as retriever_module
from rag.answering.retriever import Retriever
from rag.core.limits import MAX_QUESTION
from rag.interfaces import cli
from rag.interfaces.page.answers import answer_html
from rag.interfaces.page.chinese import CHINESE
from tests.conftest import FakeEncoder

LAMP = "河口灯塔的守塔人贺潮工作了多少年？"


@pytest.fixture
def retriever(built: Path, encoder: FakeEncoder) -> Retriever:
    return Retriever.open(built, encoder)


def query(retriever: Retriever, question: str, *earlier: str) -> str:
    history = []
    for text in earlier:
        history.append(retriever.ask(text, history=history))
    return retriever.ask(question, history=history).query


class TestFollowUp:
    @pytest.mark.parametrize(
        ("earlier", "question", "expected"),
        [
            ("2005年北京下了多少场雪？", "2010年呢？", "2010年北京下了多少场雪？"),
            ("2005年北京下了多少场雪？", "那上海呢？", "2005年上海下了多少场雪？"),
            ("2005年北京下了多少場雪？", "那上海呢？", "2005年上海下了多少場雪？"),
            ("2005年北京下了多少场雪？", "2010呢？", "2010年北京下了多少场雪？"),
            ("马里亚纳海沟有多深？", "那死海呢？", "死海有多深？"),
            ("紫金矿业的净利润是多少？", "负债呢？", "负债 紫金矿业的净利润是多少？"),
            ("镓是谁发现的？", "不是镓，我问的是锗", "锗是谁发现的？"),
            ("鎵是誰發現的？", "不是鎵，我問的是鍺", "锗是谁发现的？"),
            ("《长河》是谁写的？", "我是说《短河》", "《短河》是谁写的？"),
            ("How deep is Lake Baikal?", "And Lake Victoria?", "How deep is Lake Victoria?"),
            ("How deep is Lake Baikal?", "I mean Lake Victoria", "How deep is Lake Victoria?"),
            ("《长河》是谁写的？", "为什么？", "《长河》是谁写的？ 为什么？"),
        ],
    )
    def test_asks_the_same_about_something_else_or_more_of_the_same(
        self, retriever: Retriever, earlier: str, question: str, expected: str
    ) -> None:
        assert query(retriever, question, earlier) == expected

    @pytest.mark.parametrize(
        ("earlier", "question", "subject"),
        [
            ("《远洋日报》是谁办的？", "他还写了哪些书？", "远洋日报"),
            ("《远洋日报》是谁办的？", "这家报纸有多少读者？", "远洋日报"),
            ("《远洋日报》是谁辦的？", "那裡的工人有多少？", "远洋日报"),
            ("Who founded the Mill Lane library?", "When did he die?", "Mill Lane"),
            ("Who founded the Mill Lane library?", "How many people work in it?", "Mill Lane"),
        ],
    )
    def test_word_that_points_back_is_told_what_it_points_to(
        self, retriever: Retriever, earlier: str, question: str, subject: str
    ) -> None:
        assert query(retriever, question, earlier) == f"{subject} {question}"

    def test_missing_subject_is_supplied(self, retriever: Retriever) -> None:
        assert query(retriever, "平时在镇上修什么？", "《山村篮球》的队长是谁？").startswith("山村篮球 ")

    def test_subject_is_carried_through_several_turns(self, retriever: Retriever) -> None:
        assert query(retriever, "它在哪里？", "《远洋日报》是谁办的？", "它有多少读者？").startswith("远洋日报 ")


class TestNewTopic:
    @pytest.mark.parametrize(
        "question",
        [
            "捕雾网一夜能接多少水？",
            "那捕雾网一夜能接多少水？",
            "另外，捕雾网一夜能接多少水？",
            "其他茶农担心什么？捕雾网会破吗？",
            "怎么做红烧肉？",
            "So how long may members of the branch library keep a ladder?",
        ],
    )
    def test_question_with_its_own_subject_is_left_alone(self, retriever: Retriever, question: str) -> None:
        assert query(retriever, question, LAMP) == question

    @pytest.mark.parametrize("question", ["河口灯塔的守塔人贺潮工作了多少年？", "守塔人多久擦一次灯？"])
    def test_question_that_names_the_subject_again_is_left_alone(self, retriever: Retriever, question: str) -> None:
        assert query(retriever, question, LAMP) == question

    def test_first_question_is_left_alone(self, retriever: Retriever) -> None:
        assert query(retriever, "它在哪里？") == "它在哪里？"


class TestEverywhere:
    def test_search_takes_the_same_query(self, retriever: Retriever) -> None:
        history = [retriever.ask("河口的老灯塔能照到多远？")]
        answer = retriever.ask("它换了什么灯？", history=history)
        assert answer.question == "它换了什么灯？"
        hits = retriever.search("它换了什么灯？", history=history)
        assert [hit.score for hit in hits] == [hit.score for hit in retriever.search(answer.query)]

    def test_query_that_would_be_too_long_is_not_run(self, retriever: Retriever) -> None:
        question = "它" + "很" * (MAX_QUESTION - 3) + "吗"
        assert query(retriever, question, "《远洋日报》是谁办的？") == question

    def test_page_tells_what_was_searched_for_escaped(self, retriever: Retriever) -> None:
        history = [retriever.ask("《<b>远洋</b>》是谁办的？")]
        html = answer_html(retriever.ask("他是谁？", history=history), 1, CHINESE)
        assert "检索：" in html
        assert "<b>" not in html
        assert "检索" not in answer_html(history[0], 0, CHINESE)

    def test_command_line_takes_what_was_asked_before(
        self, retriever: Retriever, built: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(retriever_module, "load_encoder", lambda name: retriever.engine.encoder)
        words = ["ask", "那上海呢？", "--after", "2005年北京下了多少场雪？", "--index", str(built)]
        result = CliRunner().invoke(cli.app, words)
        assert "searched for: 2005年上海下了多少场雪？" in result.stdout
