"""Answers as they are shown: the answering words marked, each citation linked, in the language of the interface."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from rag.core.answers import AnswerState
from rag.core.asked_time import AskedTime, Days
from rag.core.filters import Filters
from rag.core.hits import Hit
from rag.core.limits import MAX_COPIES_SHOWN, SURE
from rag.core.passages import Part, Passage
from rag.errors import BackwardRange, LinkError, NoDate, QuestionError, QuestionTooLong, RagError, UnknownName
from rag.interfaces.languages.chinese import CHINESE
from rag.interfaces.languages.words import ENGLISH
from rag.interfaces.page.answers import answer_html, answer_text, refusal_html
from rag.interfaces.page.turns import Turn, conversation_html
from tests.page.values import HOSTILE, Outline, answer_to, info, is_harmless, no_answer


def test_answering_words_are_marked_and_the_citation_says_where_they_stand() -> None:
    shown = answer_html(answer_to("灯塔多高？", "三十米高，建于1868年。"), 4, CHINESE)
    assert "<mark>三十米</mark>高，建于1868年。" in shown
    assert 'href="#cite-4-1" aria-label="出处 1：灯塔"' in shown
    assert "海报 · 2021-05-04 · 地理 / 海岸 · 第 2 段 · 第 17 行" in Outline(shown).text


def test_the_surest_extract_stands_out_wherever_the_order_puts_it() -> None:
    answer = answer_to("灯塔多高？", "三十米高。")
    (extract,), (citation,) = answer.extracts, answer.citations
    less_sure = replace(extract, confidence=extract.confidence - 0.5)
    other = replace(citation, number=2, article=replace(citation.article, id="c/d.md"))
    both = replace(answer, extracts=(less_sure, replace(extract, citation=2)), citations=(citation, other))
    first, second = answer_html(both, 0, CHINESE).split('class="rag-extract')[1:]
    assert first.startswith(" rag-further")
    assert not second.startswith(" rag-further")


def test_several_extracts_of_one_article_stand_over_one_line() -> None:
    answer = answer_to("灯塔多高？", "三十米高。")
    (extract,), (citation,) = answer.extracts, answer.citations
    both = replace(
        answer, extracts=(extract, replace(extract, citation=2)), citations=(citation, replace(citation, number=2))
    )
    shown = answer_html(both, 0, CHINESE)
    assert shown.count('<blockquote class="rag-quote">') == 2
    assert shown.count('class="rag-facts"') == shown.count('class="rag-extract') == 1
    assert all(f'href="#cite-0-{number}"' in shown for number in (1, 2))


def test_what_may_be_an_answer_is_shown_without_marks_and_says_so() -> None:
    answer = answer_to("灯塔多高？", "三十米高。")
    maybe = replace(answer, confidence=SURE - 0.01)
    shown = answer_html(maybe, 0, CHINESE)
    assert maybe.state is AnswerState.PERHAPS
    assert "可能相关" in shown
    assert "<mark>" not in shown
    assert answer_html(answer, 0, CHINESE).count("<mark>") == 1
    assert "可能相关" not in answer_html(answer, 0, CHINESE)


def test_a_newer_article_that_says_otherwise_is_linked() -> None:
    shown = answer_html(replace(answer_to("灯塔多高？", "三十米高。"), newer=1), 0, CHINESE)
    assert '较新的文章另有说法：<a class="rag-cite" href="#cite-0-1">1</a>' in shown


class TestTime:
    DAYS = Days(date(2026, 11, 23), date(2026, 11, 29))

    def shown(self, time: AskedTime, *, is_last: bool = True) -> str:
        return answer_html(replace(answer_to("上周灯塔多高？", "三十米高。"), time=time), 0, CHINESE, is_last=is_last)

    def test_it_is_a_chip_that_takes_it_off_where_it_can_still_be_asked_again(self) -> None:
        time = AskedTime("上周", self.DAYS)
        assert 'data-do="anytime"' in self.shown(time)
        assert "上周：2026-11-23 至 2026-11-29" in Outline(self.shown(time)).text
        assert 'data-do="anytime"' not in self.shown(time, is_last=False)
        assert "最新：最新在前" in Outline(self.shown(AskedTime("最新"))).text

    def test_after_the_collections_end_its_last_days_are_offered(self) -> None:
        last = Days(date(2023, 8, 7), date(2023, 8, 13))
        shown = self.shown(AskedTime("上周", self.DAYS, False, date(2023, 8, 16), last))
        assert "而这些文章截至 2023-08-16" in shown
        assert 'data-do="days" data-since="2023-08-07" data-until="2023-08-13"' in shown

    def test_what_a_question_holds_is_no_markup(self) -> None:
        assert is_harmless(self.shown(AskedTime(HOSTILE, self.DAYS)))


def test_fixed_phrases_are_in_the_language_of_the_interface_whatever_was_asked() -> None:
    assert "paragraph 2 · line 17" in answer_html(answer_to("灯塔多高？", "三十米高。"), 0, ENGLISH)
    assert "第 2 段 · 第 17 行" in answer_html(answer_to("How high is it?", "三十米高。"), 0, CHINESE)


def test_no_answer_is_a_state_of_its_own_with_the_nearest_passages_folded_away() -> None:
    passage = Passage(0, "a/b.md", "雾笛每分钟响两次。", (Part(1, 9, 0, 9, 0),))
    shown = answer_html(no_answer("灯塔多高？", Hit(passage, info(), 1.0, 0.8, 0.1, 0.0)), 2, CHINESE)
    before, folded = shown.split("<details", 1)
    assert "这些文章没有回答这个问题。" in before
    assert "雾笛" not in before
    assert "open" not in folded.split(">", 1)[0]
    assert 'href="#cite-2-1"' in folded


def test_where_no_article_passes_the_filters_that_is_said() -> None:
    assert "No article passes these filters." in answer_html(no_answer("How high?"), 0, ENGLISH)


def test_the_newest_copies_are_named_and_the_others_counted() -> None:
    shown = Outline(answer_html(answer_to("灯塔多高？", "三十米高。", copies=MAX_COPIES_SHOWN + 2), 0, CHINESE))
    assert "另见: 转载0 (海报、2021-05-04)" in shown.text
    assert "另有 2 篇" in shown.text
    assert ("href", f"#cite-0-1-{MAX_COPIES_SHOWN}") in shown.attributes


def test_an_answer_tells_the_filters_and_the_order_it_was_asked_under() -> None:
    filters = Filters(date(2021, 1, 1), date(2021, 12, 31), ("科技/AI", "艺术"), ("沈禾",), ("河汊网",))
    asked = replace(answer_to("灯塔多高？", "三十米高。"), filters=filters, newest_first=True)
    line = "筛选：2021-01-01 起 · 2021-12-31 止 · 类别 科技/AI、艺术 · 作者 沈禾 · 来源 河汊网 · 最新在前"
    assert line in answer_html(asked, 0, CHINESE)
    assert "rag-filters" not in answer_html(answer_to("灯塔多高？", "三十米高。"), 0, CHINESE)
    nothing = replace(no_answer("How high?"), filters=Filters(authors=("沈禾",)))
    assert "Filtered by: author 沈禾</p>" in answer_html(nothing, 0, ENGLISH)


def test_what_was_searched_for_is_told_where_it_differs() -> None:
    asked = replace(answer_to("它多高？", "三十米高。"), query="灯塔 它多高？")
    assert "检索：灯塔 它多高？" in answer_html(asked, 0, CHINESE)


def test_what_is_copied_has_each_extract_with_its_place() -> None:
    text = answer_text(answer_to("灯塔多高？", "三十米高。"), CHINESE)
    assert text.startswith("三十米高。 [1]\n[1] 灯塔 · 海报 · 2021-05-04")
    assert text.endswith("a/b.md 第 17 行 · https://example.org/a?b=1&c=2")
    assert answer_text(no_answer("How high?"), ENGLISH) == ENGLISH.filtered_out


@pytest.mark.parametrize(
    ("error", "chinese", "english"),
    [
        (
            UnknownName("author", "沈和", ("沈禾",)),
            "没有这个作者：“沈和”。相近的有：沈禾。",
            "knows no author “沈和”. The nearest: 沈禾.",
        ),
        (UnknownName("source", "x", ()), "没有这个来源：“x”。</p>", "knows no source “x”.</p>"),
        (NoDate("2021-13"), "“2021-13”不是日期", "“2021-13” is no date"),
        (BackwardRange(date(2022, 1, 1), date(2021, 1, 1)), "结束日期 2021-01-01 早于", "end on 2021-01-01, before"),
        (LinkError("it is cut off"), "无法打开这个链接（it is cut off）", "be opened: it is cut off"),
        (
            QuestionTooLong(1001, 1000),
            "问题有 1001 个字，最多 1000 个字。",
            "has 1001 characters: ask in 1000 at most.",
        ),
        (QuestionError("the question is empty"), "the question is empty", "the question is empty"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_refusal_is_a_sentence_in_the_language_of_the_interface(error: RagError, chinese: str, english: str) -> None:
    assert chinese in refusal_html(error, CHINESE)
    assert english in refusal_html(error, ENGLISH)


def test_nothing_of_an_article_or_a_question_becomes_markup() -> None:
    answer = replace(
        answer_to(HOSTILE, HOSTILE, HOSTILE, copies=1), query=HOSTILE + "?", filters=Filters(categories=(HOSTILE,))
    )
    turns = (
        Turn(HOSTILE, answer, link=HOSTILE),
        Turn(HOSTILE, no_answer(HOSTILE)),
        Turn(HOSTILE, refusal=UnknownName("author", HOSTILE, (HOSTILE,))),
        Turn(HOSTILE, failed=True),
        Turn(HOSTILE),
    )
    shown = conversation_html(turns, ENGLISH)
    assert is_harmless(shown)
    assert Outline(shown).text.count("<script>alert(1)</script>") > len(turns)
    assert conversation_html((), ENGLISH) == ""


def test_a_mark_that_turns_the_direction_of_text_is_shown_as_such() -> None:
    assert "abc\N{REPLACEMENT CHARACTER}dm.exe" in Outline(conversation_html((Turn("abc\u202edm.exe"),), ENGLISH)).text
