"""What the page's events do: asking, opening what is cited, thumbs, links, and what comes from outside as nonsense."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rag.answering.retriever import Retriever
from rag.interfaces.feedback import FEEDBACK
from rag.interfaces.languages.chinese import CHINESE
from rag.interfaces.languages.words import ENGLISH
from rag.interfaces.page.collection import Browsing, browsing_of
from rag.interfaces.page.controller import Controller
from rag.interfaces.page.narrowing import FilterFormState
from rag.interfaces.page.turns import Turn, Turns, answers_of, conversation_html, stopped
from tests.conftest import FakeEncoder, FakeReader
from tests.page.values import Outline, is_harmless

QUESTION = "守塔人贺潮在灯塔工作了多少年？"


@pytest.fixture
def desk(built: Path, encoder: FakeEncoder) -> Controller:
    """With a reader that takes every passage for an answer."""
    return Controller(Retriever.open(built, encoder, FakeReader(answers=20.0)))


def ask(desk: Controller, question: str, before: Turns = (), narrowing: FilterFormState | None = None) -> Turns:
    *_, turns = desk.ask(question, before, narrowing or FilterFormState())
    return turns


class TestAsking:
    def test_the_question_is_there_at_once_and_then_its_answer(self, desk: Controller) -> None:
        first, then = desk.ask(QUESTION, (), FilterFormState())
        assert first[-1].pending
        assert "正在检索" in conversation_html(first, CHINESE)
        assert not then[-1].pending
        assert "rag-extract" in conversation_html(then, CHINESE)

    def test_a_question_that_is_refused_says_why_and_the_next_goes_on_without_it(self, desk: Controller) -> None:
        turns = ask(desk, "长" * 1001)
        assert "问题有 1001 个字" in conversation_html(turns, CHINESE)
        turns = ask(desk, QUESTION, turns)
        assert len(answers_of(turns)) == 1

    def test_filters_that_make_no_sense_are_a_sentence(self, desk: Controller) -> None:
        turns = ask(desk, QUESTION, narrowing=FilterFormState(until="soon"))
        assert "“soon”不是日期" in conversation_html(turns, CHINESE)

    def test_what_nobody_foresaw_is_a_sentence_too(self, desk: Controller, monkeypatch: pytest.MonkeyPatch) -> None:
        def broken(*_: object, **__: object) -> None:
            raise ZeroDivisionError("secret")

        monkeypatch.setattr(desk.retriever, "find", broken)
        shown = conversation_html(ask(desk, QUESTION), ENGLISH)
        assert ENGLISH.failed in shown
        assert "secret" not in shown

    def test_what_is_stopped_says_so_and_can_be_asked_again(self, desk: Controller) -> None:
        pending = next(iter(desk.ask(QUESTION, (), FilterFormState())))
        shown = conversation_html(stopped(pending), CHINESE)
        assert CHINESE.stopped in shown
        assert 'data-do="retry"' in shown
        assert stopped(ask(desk, QUESTION))[-1].answer is not None

    def test_what_is_stopped_before_it_was_begun_is_not_lost(self, desk: Controller) -> None:
        before, asked = ask(desk, QUESTION), Turn("后来呢？", serial="2")
        assert [(turn.question, turn.stopped) for turn in stopped(before, asked, 1)] == [
            (QUESTION, False),
            ("后来呢？", True),
        ]
        assert [turn.question for turn in stopped(before, asked, 0)] == ["后来呢？"]
        assert stopped((*before, asked), asked, 1) == stopped(before, asked, 1)

    def test_only_the_last_question_is_asked_again_and_each_can_be_edited(self, desk: Controller) -> None:
        shown = conversation_html(ask(desk, QUESTION, ask(desk, QUESTION)), CHINESE)
        assert shown.count('data-do="retry"') == 1
        assert shown.count('data-do="edit"') == 2


class TestLinks:
    def test_an_answer_has_a_link_that_asks_the_same_again(self, desk: Controller) -> None:
        narrowing = FilterFormState(since="2021", categories=("航运",), newest_first=True, threshold=0.4)
        turn = ask(desk, QUESTION, narrowing=narrowing)[-1]
        turns, again = desk.linked(turn.link)
        assert turns == (Turn(QUESTION),)
        assert turns[0].pending
        assert again.options == narrowing.options

    def test_a_follow_ups_link_stands_alone(self, desk: Controller) -> None:
        turns = ask(desk, "他还说了什么？", ask(desk, QUESTION))
        assert turns[-1].answer is not None
        assert turns[-1].answer.query != "他还说了什么？"
        assert desk.linked(turns[-1].link)[0][0].question == turns[-1].answer.query

    def test_a_follow_up_that_is_run_as_typed_looks_back_on_nothing(self, desk: Controller) -> None:
        before = ask(desk, QUESTION)
        *_, turns = desk.ask("他还说了什么？", before, FilterFormState(), alone=True)
        assert turns[-1].answer is not None
        assert not turns[-1].answer.rewritten
        offered = "只按原话检索"
        assert offered not in conversation_html(turns, CHINESE)
        assert offered in conversation_html(ask(desk, "他还说了什么？", before), CHINESE)

    @pytest.mark.parametrize("query", ["since=soon", "threshold=9", "q=" + "长" * 2000, "q=a&q=b"])
    def test_a_link_that_cannot_be_read_says_why_and_asks_nothing(self, desk: Controller, query: str) -> None:
        turns, narrowing = desk.linked(query)
        assert turns[0].refusal
        assert not turns[0].pending
        assert narrowing == FilterFormState()
        assert "retry" not in conversation_html(turns, ENGLISH)

    def test_a_link_without_a_question_only_narrows(self, desk: Controller) -> None:
        turns, narrowing = desk.linked("category=航运&utm_source=mail")
        assert turns == ()
        assert narrowing.categories == ("航运",)


class TestOpening:
    def test_a_citation_opens_its_article_with_the_answering_words_marked(self, desk: Controller) -> None:
        turns = ask(desk, QUESTION)
        shown = desk.opened("cite:0-1", turns, CHINESE, "7")
        assert "河口灯塔换上新灯" in shown
        assert 'class="rag-answer"' in shown
        assert 'id="rag-cited"' in shown
        assert 'data-opened="7"' in shown

    def test_a_near_miss_opens_too(self, desk: Controller) -> None:
        turns = ask(desk, QUESTION, narrowing=FilterFormState(threshold=1))
        shown = desk.opened("cite:0-1", turns, CHINESE)
        assert 'class="rag-main"' in shown
        assert 'class="rag-answer"' not in shown

    def test_a_file_that_changed_or_went_is_told(self, desk: Controller, articles_folder: Path) -> None:
        turns = ask(desk, QUESTION)
        (articles_folder / "port/lamp.md").write_text("别的文字", encoding="utf-8")
        assert "rag-changed" in desk.opened("cite:0-1", turns, CHINESE)
        (articles_folder / "port/lamp.md").unlink()
        assert "rag-gone" in desk.opened("cite:0-1", turns, CHINESE)

    def test_an_article_that_was_indexed_anew_since_is_not_shown_as_if_it_was_cited(
        self, desk: Controller, articles_folder: Path
    ) -> None:
        turns = ask(desk, QUESTION)
        path = articles_folder / "port/lamp.md"
        path.write_text(path.read_text(encoding="utf-8").replace("三十一", "四十"), encoding="utf-8")
        desk.reindex()
        desk.reindexing.wait(60)
        assert CHINESE.indexed_anew in desk.opened("cite:0-1", turns, CHINESE)

    def test_any_article_of_the_index_can_be_read(self, desk: Controller) -> None:
        assert "高山茶园用雾水浇地" in desk.opened("article:tea.md", (), CHINESE)

    @pytest.mark.parametrize(
        "what",
        [
            "cite:0-9",
            "cite:7-1",
            "cite:0-1-5",
            "cite:",
            "cite:<script>",
            "cite:99999999999999-1",
            "article:",
            "article:../../etc/passwd",
            "article:/etc/passwd",
            "article:tea.md\0",
            "article:\ud800",
            "article:" + "x" * 100_000,
        ],
    )
    def test_what_is_not_there_is_a_sentence(self, desk: Controller, what: str) -> None:
        shown = desk.opened(what, ask(desk, QUESTION), ENGLISH)
        told = Outline(shown).text.removeprefix(ENGLISH.close)
        assert told in (ENGLISH.no_citation, ENGLISH.closed_conversation, ENGLISH.no_article)
        assert is_harmless(shown)

    @pytest.mark.parametrize("what", ["", "file:/etc/passwd", "nonsense"])
    def test_anything_else_opens_nothing(self, desk: Controller, what: str) -> None:
        assert desk.opened(what, (), ENGLISH) == ""


class TestThumbs:
    def kept(self, built: Path) -> list[dict[str, object]]:
        path = built / FEEDBACK
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []

    def test_a_thumb_is_kept_and_shown_and_a_word_may_follow(self, desk: Controller, built: Path) -> None:
        turns = desk.rate("0-1", "down", "", ask(desk, QUESTION))
        shown = conversation_html(turns, CHINESE)
        assert 'data-thumb="down" aria-label="答得不好" title="答得不好" aria-pressed="true"' in shown
        assert 'class="rag-word"' in shown
        turns = desk.rate("0-1", "down", "问的是另一座", turns)
        assert 'class="rag-word"' not in conversation_html(turns, CHINESE)
        assert [(row["thumb"], row.get("word")) for row in self.kept(built)] == [
            ("down", None),
            ("down", "问的是另一座"),
        ]

    def test_that_nothing_answers_can_be_said_to_be_right(self, desk: Controller, built: Path) -> None:
        turns = ask(desk, QUESTION, narrowing=FilterFormState(threshold=1))
        desk.rate("0-0", "up", "", turns)
        assert [row["article"] for row in self.kept(built)] == [None]

    @pytest.mark.parametrize(("place", "thumb"), [("9-1", "up"), ("x", "up"), ("0-1", "sideways"), ("", "")])
    def test_a_thumb_on_nothing_is_passed_over(self, desk: Controller, built: Path, place: str, thumb: str) -> None:
        turns = ask(desk, QUESTION)
        assert desk.rate(place, thumb, "", turns) == turns
        assert self.kept(built) == []


class TestCollection:
    def test_the_list_is_searched_and_each_article_opens_by_its_name(self, desk: Controller) -> None:
        shown = desk.collection(Browsing("茶园"), CHINESE)
        assert 'href="#article-tea.md"' in shown
        assert "旧书店" not in shown
        assert is_harmless(shown)

    def test_indexing_anew_is_offered_unless_it_goes_on_and_a_second_start_is_no_error(self, desk: Controller) -> None:
        assert 'data-do="reindex"' in desk.collection(Browsing(), CHINESE)
        desk.reindex()
        desk.reindex()
        desk.reindexing.wait(60)
        assert "文件夹没有变化" in desk.collection(Browsing(), CHINESE)

    @pytest.mark.parametrize("number", ["0", "-1", "x", "", "1" * 99, "二"])
    def test_a_page_of_the_list_that_is_none_is_the_first(self, number: str) -> None:
        assert browsing_of(" 茶 ", number) == Browsing("茶", 1)


def test_the_conversation_is_exported_in_the_language_of_the_interface(desk: Controller) -> None:
    turns = ask(desk, QUESTION)
    assert desk.export(turns, CHINESE).startswith("# 向文章提问的记录\n\n## 守塔人")
    assert desk.export(turns, ENGLISH).startswith("# Questions to the articles")
