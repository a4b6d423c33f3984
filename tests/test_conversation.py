"""Follow-ups: what is run for a question, given what came before."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from pathlib import Path
from unittest.mock import Mock

import pytest

from rag.answering.retriever import Retriever
from rag.core.answers import PastTurn
from rag.core.limits import MAX_QUESTION
from rag.errors import ArgumentError
from rag.interfaces.languages.chinese import CHINESE
from rag.interfaces.page.answers import answer_html
from tests.conftest import CommandLine, FakeEncoder, FakeReader

LAMP = "河口灯塔的守塔人贺潮工作了多少年？"


@pytest.fixture
def retriever(built: Path, encoder: FakeEncoder) -> Retriever:
    return Retriever.open(built, encoder, FakeReader(answers=-3.0))


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
            ("宁德时代的市值是多少？", "那特斯拉呢？", "特斯拉的市值是多少？"),
            ("宁德时代的市值是多少？", "那紫金矿业呢？", "紫金矿业的市值是多少？"),
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
            ("商汤科技是哪一年创立的？", "它是谁创办的？", "商汤科技"),
            ("宁德时代去年卖了多少电池？", "它有多少名员工？", "宁德时代"),
            ("Who founded the Mill Lane library?", "When did he die?", "Mill Lane"),
            ("Who founded the Mill Lane library?", "How many people work in it?", "Mill Lane"),
        ],
    )
    def test_word_that_points_back_is_told_what_it_points_to(
        self, retriever: Retriever, earlier: str, question: str, subject: str
    ) -> None:
        assert query(retriever, question, earlier) == f"{subject} {question}"

    def test_what_an_earlier_article_tells_of_is_asked_about_that_one(self, retriever: Retriever) -> None:
        robot, library = "《修书机器》的造价是多少？", "Who founded the Mill Lane library?"
        asked = "软毛刷清理书页上的什么？"
        assert query(retriever, asked, robot, library) == query(retriever, asked, robot) == f"修书机器 {asked}"
        assert query(retriever, "为什么？", robot, library) == f"{library} 为什么？"

    @pytest.mark.parametrize(
        "question",
        [
            "他和顾阿婆认识吗？",
            "他去过高山茶园吗？",
            "这座灯塔和旧书店离得远吗？",
            "顾阿婆和他认识吗？",
            "顾阿婆夸过他吗？",
            "高山茶园的茶农收购这座灯塔花了多少钱？",
            "石小满住在那里吗？",
            "Did he meet Mara Quill?",
            "Did Mara Quill give the lamp to him?",
            "What did Mara Quill do for it?",
        ],
    )
    def test_word_that_points_back_does_so_beside_other_names(self, retriever: Retriever, question: str) -> None:
        assert query(retriever, question, LAMP).endswith(f" {question}")

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

    @pytest.mark.parametrize(
        "question",
        [
            "海底捞这次关店要裁掉多少名员工？",
            "特斯拉这款汽车多少钱？",
            "高山茶园那里的雾什么时候最浓？",
            "高山茶園這家茶廠的網有多少張？",
            "华为说他们今年的利润是多少？",
            "特斯拉和它的工厂有多少员工？",
            "石小满退役以后，他在镇上修什么？",
            "在她出名以前，张爱玲写过什么？",
            "What did Apple say about its new phone?",
            "Why did Mara Quill count her loans?",
            "Is it true that the branch library lends ladders?",
            "Before she retired, what did Mara Quill lend?",
        ],
    )
    def test_word_that_points_to_a_new_subject_of_its_own_sentence(self, retriever: Retriever, question: str) -> None:
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

    def test_what_was_kept_of_an_answer_does_as_well_as_the_answer(self, retriever: Retriever) -> None:
        before = [retriever.ask("河口的老灯塔能照到多远？"), retriever.ask("《远洋日报》是谁办的？", threshold=1)]
        cited = dict.fromkeys(citation.article.id for citation in before[0].citations)
        assert before[0].turn == PastTurn(before[0].query, tuple(cited))
        for question in ("它换了什么灯？", "不是远洋，我问的是长河", "为什么？", "怎么做红烧肉？"):
            for history in (before[:1], before):
                kept = [PastTurn.from_json(json.loads(json.dumps(answer.to_json()["turn"]))) for answer in history]
                assert retriever.ask(question, history=kept).query == retriever.ask(question, history=history).query

    def test_where_nothing_was_cited_the_nearest_article_is_looked_back_on(self, retriever: Retriever) -> None:
        found = retriever.find(LAMP)
        unsure = replace(found.answer(), citations=(), extracts=(), near_misses=tuple(found.hits))
        assert unsure.turn.article_ids == (found.hits[0].article.id,)

    def test_query_that_would_be_too_long_is_not_run(self, retriever: Retriever) -> None:
        question = "它" + "很" * (MAX_QUESTION - 3) + "吗"
        assert query(retriever, question, "《远洋日报》是谁办的？") == question

    def test_page_tells_what_was_searched_for_escaped(self, retriever: Retriever) -> None:
        history = [retriever.ask("《<b>远洋</b>》是谁办的？")]
        html = answer_html(retriever.ask("他是谁？", history=history), 1, CHINESE)
        assert "检索：" in html
        assert "<b>" not in html
        assert "检索" not in answer_html(history[0], 0, CHINESE)

    def test_command_line_takes_what_was_asked_before(self, retriever: Retriever, command_line: CommandLine) -> None:
        result = command_line(retriever, "ask", "那上海呢？", "--after", "2005年北京下了多少场雪？")
        assert "searched for: 2005年上海下了多少场雪？" in result.stdout

    def test_command_line_takes_the_answers_that_it_printed_and_asks_them_no_more(
        self, retriever: Retriever, command_line: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        encoder = retriever.engine.encoder
        encoded = Mock(wraps=encoder.encode_query)
        monkeypatch.setattr(encoder, "encode_query", encoded)
        ask = partial(command_line, retriever, "ask")
        files = [tmp_path / "first.json", tmp_path / "second.json"]
        files[0].write_text(ask("2005年北京下了多少场雪？", "--json").stdout, encoding="utf-8")
        files[1].write_text(ask("那上海呢？", "--json", "--after", f"@{files[0]}").stdout, encoding="utf-16")
        told = ask("2010年呢？", "--after", f"@{files[0]}", "--after", f"@{files[1]}").stdout
        assert "searched for: 2010年上海下了多少场雪？" in told
        assert encoded.call_count == 3

    @pytest.mark.parametrize("text", ["", "[]", "{}", "\0", '{"turn": 3}', '{"turn": {"query": 3}}', "[" * 100_000])
    def test_a_file_that_holds_no_answer_is_refused_in_a_line(
        self, retriever: Retriever, command_line: CommandLine, tmp_path: Path, text: str
    ) -> None:
        path = tmp_path / "it.json"
        path.write_text(text, encoding="utf-8")
        result = command_line(retriever, "ask", "？", "--after", f"@{path}")
        assert isinstance(result.exception, ArgumentError)
        assert len(str(result.exception).splitlines()) == 1

    def test_a_file_that_cannot_be_read_is_named(
        self, retriever: Retriever, command_line: CommandLine, tmp_path: Path
    ) -> None:
        for path, reason in ((tmp_path / "none.json", "No such file"), (tmp_path, "no ordinary file")):
            result = command_line(retriever, "ask", "？", "--after", f"@{path}")
            assert isinstance(result.exception, ArgumentError)
            assert f"the file {path}: " in str(result.exception)
            assert reason in str(result.exception)
