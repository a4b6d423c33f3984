"""The time that a question names: what becomes of it, and which words of time are none."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.answering.asked_time import asked_time
from rag.answering.retriever import Retriever
from rag.build import build_index
from rag.core.filters import Filters
from rag.core.options import SearchOptions
from rag.errors import ArgumentError, FilterError
from tests.conftest import FakeEncoder, FakeReader, write_article

EXPRESSIONS = [
    json.loads(line) for line in Path(__file__).with_name("asked_times.jsonl").read_text(encoding="utf-8").splitlines()
]
"""Questions of our own, each with the day on which it is asked, and first and last day, ``newest``, or nothing."""
KNOWN_MISSES = ("What was said on June 3?",)
"""Where a day without a year may be that of the event or of the report."""


def meant(question: str, asked: date) -> object:
    """What a question is taken to name, as the file of expressions writes it."""
    found = asked_time(question, asked)
    if found is None or found.days is None:
        return None if found is None else "newest"
    return [day.isoformat() if day else None for day in (found.days.since, found.days.until)]


@pytest.mark.parametrize("row", EXPRESSIONS, ids=lambda row: f"{row['question']} {row['asked']}")
def test_what_a_question_names(row: dict[str, object]) -> None:
    if row["question"] in KNOWN_MISSES:
        pytest.skip("it is not told from what it looks like")
    assert meant(str(row["question"]), date.fromisoformat(str(row["asked"]))) == row["time"]


@given(
    st.text(
        alphabet="上下周月年日天去今昨前近三七一二十底初0123 last year since in July-—至到自从以来报道有哪些?",
        max_size=30,
    )
)
def test_no_text_is_too_much(text: str) -> None:
    found = asked_time(text, date(2026, 12, 1))
    if found and found.days and found.days.since and found.days.until:
        assert found.days.since <= found.days.until
    assert found is None or found.text in text


@pytest.fixture(scope="module")
def retriever(tmp_path_factory: pytest.TempPathFactory) -> Retriever:
    """The lighthouse changes its lamp in March, in April and in May."""
    folder = tmp_path_factory.mktemp("dated")
    for month, lamp in ((3, "煤油灯"), (4, "电灯"), (5, "激光灯")):
        text = f"河口灯塔这个月换上了{lamp}，守塔人说夜里的船看得更清楚了，渔民们都很高兴。"
        write_article(folder / f"{month}.md", f"灯塔换灯{month}", text, date=f"2024-{month:02}-10 08:00:00")
    build_index(folder, folder / "index", FakeEncoder())
    return Retriever.open(folder / "index", FakeEncoder(), FakeReader())


def asked(retriever: Retriever, question: str, **options: object) -> tuple[list[int], object]:
    """The months of the articles that are found, and what is told of the time."""
    found = retriever.find(question, replace(SearchOptions(today=date(2024, 5, 20)), **options))  # type: ignore[arg-type]
    return sorted(int(hit.article.id.removesuffix(".md")) for hit in found.hits), found.answer().time


class TestApplied:
    def test_articles_are_chosen_by_it_and_it_is_told(self, retriever: Retriever) -> None:
        months, time = asked(retriever, "上个月河口灯塔换上了什么灯？")
        assert months == [4]
        assert (time.text, time.applied) == ("上个月", True)  # type: ignore[attr-defined]
        assert asked(retriever, "四月以来河口灯塔换上了什么灯？")[0] == [4, 5]

    def test_it_can_be_left_out_of_account(self, retriever: Retriever) -> None:
        assert asked(retriever, "上个月河口灯塔换上了什么灯？", timed=False) == ([3, 4, 5], None)

    def test_days_of_the_askers_own_go_before(self, retriever: Retriever) -> None:
        own = Filters(since=date(2024, 3, 1), until=date(2024, 3, 31))
        months, time = asked(retriever, "上个月河口灯塔换上了什么灯？", filters=own)
        assert months == [3]
        assert not time.applied  # type: ignore[attr-defined]

    def test_a_collection_that_ended_before_is_asked_whole_and_its_last_days_are_offered(
        self, retriever: Retriever
    ) -> None:
        months, time = asked(retriever, "上个月河口灯塔换上了什么灯？", today=date(2026, 12, 1))
        assert months == [3, 4, 5]
        assert time.collection_ends == date(2024, 5, 10)  # type: ignore[attr-defined]
        assert (time.last.since, time.last.until) == (date(2024, 4, 1), date(2024, 4, 30))  # type: ignore[attr-defined]

    def test_the_newest_come_first_where_they_are_asked_for(self, retriever: Retriever) -> None:
        found = retriever.find("河口灯塔最新消息", SearchOptions(today=date(2024, 5, 20)))
        assert [hit.article.id for hit in found.hits] == ["5.md", "4.md", "3.md"]
        assert found.answer().newest_first

    def test_years_before_all_articles_stay_words(self, retriever: Retriever) -> None:
        months, time = asked(retriever, "1937年有哪些关于灯塔的报道？")
        assert (months, time) == ([3, 4, 5], None)

    @pytest.mark.parametrize("day", ["2024-05-20", 5])
    def test_what_is_no_day_is_refused(self, day: object) -> None:
        with pytest.raises((FilterError, ArgumentError), match="today"):
            SearchOptions(today=day)  # type: ignore[arg-type]
