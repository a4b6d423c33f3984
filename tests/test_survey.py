"""All reports on a question: one extract an article, copies folded, values that agree together, on every face."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from rag.answering.many import asks_for_many
from rag.answering.retriever import Retriever
from rag.answering.survey import grouped
from rag.build import build_index
from rag.core.filters import Filters
from rag.core.limits import SURE
from rag.core.survey import Survey
from rag.errors import QuestionError
from rag.interfaces import cli
from rag.interfaces.export import conversation_markdown
from rag.interfaces.http.service import Service
from rag.interfaces.languages.chinese import CHINESE
from rag.interfaces.page.controller import Controller
from rag.interfaces.page.narrowing import FilterFormState
from rag.interfaces.page.survey import survey_html
from rag.interfaces.page.turns import Surveyed, conversation_html, stopped
from rag.interfaces.survey_files import survey_csv, survey_markdown
from rag.models.span_prediction import SpanScores
from rag.text.values import ValueKind, value_of
from tests.conftest import FakeEncoder, FakeReader, write_article

QUESTION = "青石桥垮塌造成多少人受伤？"
TOLD = ((1, "4人"), (2, "9人"), (3, "九人"), (4, "12人"))
"""Day in June, and how many are told to be hurt."""
IDS = ["1.md", "2.md", "copy.md", "4.md"]
"""By the day on which each was told first; the newest of copies stands for all."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four articles on one bridge, a re-post of the third, and others."""
    folder = tmp_path_factory.mktemp("survey")
    for day, hurt in TOLD:
        text = f"青石桥垮塌造成{hurt}受伤。救援队第{day}次下水搜寻，气象台说{day}日夜里还有雨，请村民远离河岸。"
        when = f"2024-06-0{day} 08:00:00"
        write_article(folder / f"{day}.md", f"青石桥垮塌第{day}天", text, date=when, author="河报")
        if day == 3:
            write_article(folder / "copy.md", "转载：青石桥垮塌", text, date="2024-06-05 08:00:00", author="山报")
    tea = "缺水的高山茶园在山脊上立起六十张捕雾网。"
    write_article(folder / "tea.md", "高山茶园用雾水浇地", tea, date="2024-06-02")
    build_index(folder, folder / "index", FakeEncoder())
    return folder


class Bridge(FakeReader):
    """Takes what tells of the bridge for an answer, and nothing else."""

    def read(self, question: str, passages: Sequence[str], title_offsets: Sequence[int]) -> list[SpanScores]:
        read = super().read(question, passages, title_offsets)
        sure = [9.0 if "青石桥" in passage else -9.0 for passage in passages]
        return [replace(scores, answers=answers) for scores, answers in zip(read, sure, strict=True)]


@pytest.fixture(scope="module")
def retriever(folder: Path) -> Retriever:
    return Retriever.open(folder / "index", FakeEncoder(), Bridge())


@pytest.fixture(scope="module")
def survey(retriever: Retriever) -> Survey:
    return retriever.survey(QUESTION)


def test_each_article_is_told_once_by_date_and_its_copies_with_it(survey: Survey) -> None:
    assert [report.citation.article.id for report in survey.reports] == IDS
    assert survey.articles == 4
    assert survey.copies == 1
    assert survey.span == (date(2024, 6, 1), date(2024, 6, 4))
    assert survey.reports[2].day == date(2024, 6, 3)
    assert [report.citation.number for report in survey.reports] == [1, 2, 3, 4]
    assert all(report.extract.text in report.extract.passage.text for report in survey.reports)


def test_the_surest_come_first_where_that_is_wanted(survey: Survey) -> None:
    sure = [report.extract.confidence for report in survey.best_first]
    assert sure == sorted(sure, reverse=True)


def test_filters_and_questions_are_those_of_any_question(retriever: Retriever) -> None:
    assert retriever.survey(QUESTION, Filters(until=date(2024, 6, 2))).articles == 2
    with pytest.raises(QuestionError):
        retriever.survey(" ")


@pytest.mark.parametrize(
    ("text", "kind", "normal"),
    [
        ("93人", ValueKind.FIGURE, "93"),
        ("九十三人", ValueKind.FIGURE, "93"),
        ("约1000栋", ValueKind.FIGURE, "1000~"),
        ("超过1000栋", ValueKind.FIGURE, "1000+"),
        ("2200多幢", ValueKind.FIGURE, "2200+"),
        ("上千座", ValueKind.FIGURE, "1000+"),
        ("数百栋", ValueKind.FIGURE, "100…"),
        ("3.5亿元", ValueKind.FIGURE, "350000000 元"),
        ("more than 1,200 people", ValueKind.FIGURE, "1200+"),
        ("8月10日上午", ValueKind.DAY, "08-10"),
        ("9月12日或13日", ValueKind.DAY, "09-12/09-13"),
        ("1比6", ValueKind.SCORE, "1:6"),
        ("张三丰", ValueKind.NAME, "张三丰"),
    ],
)
def test_values_have_one_form(text: str, kind: ValueKind, normal: str) -> None:
    value = value_of(text, datetime(2023, 8, 9))
    assert value is not None
    assert (value.kind, value.normal) == (kind, normal)


def test_a_sentence_is_no_value() -> None:
    assert value_of("这一句话说的是很多事情，既不是一个数，也不是一个名字，而且写得比任何一个数值都要长得多。") is None


def test_those_that_agree_stand_together_and_the_others_beside_them(survey: Survey) -> None:
    groups = {group.value.normal: group.reports for group in survey.groups}
    assert groups == {"9": (2, 3), "4": (1,), "12": (4,)}
    assert survey.groups[0].since == date(2024, 6, 2)
    assert grouped(()) == ()


@pytest.mark.parametrize("question", ["哪些国家派出了救援队？", "各方作何反应？", "Which countries sent teams?"])
def test_questions_that_ask_for_many_are_told(question: str) -> None:
    assert asks_for_many(question)
    assert not asks_for_many("灯塔有多高？")


class TestFiles:
    def test_markdown_has_each_with_its_place(self, survey: Survey) -> None:
        text = survey_markdown(survey, "zh")
        assert text.startswith("# 全部报道：青石桥垮塌造成多少人受伤？\n\n4 篇文章、另有 1 篇重复")
        assert "\n- 9：2 篇文章、2024" in text
        assert all(f"`{name}`" in text for name in IDS)

    def test_a_table_has_a_row_for_each_and_runs_nothing(self, survey: Survey, tmp_path: Path) -> None:
        rows = list(csv.reader(io.StringIO(survey_csv(survey, "zh").removeprefix("\ufeff"))))
        assert [row[5] for row in rows[1:]] == IDS
        write_article(tmp_path / "=1.md", "=cmd()", "青石桥垮塌造成7人受伤。", date="2024-06-01")
        build_index(tmp_path, tmp_path / "index", FakeEncoder())
        found = Retriever.open(tmp_path / "index", FakeEncoder(), Bridge()).survey(QUESTION)
        assert not any(cell.startswith("=") for row in csv.reader(io.StringIO(survey_csv(found))) for cell in row)


class TestFaces:
    def test_programs_get_the_same(self, retriever: Retriever, survey: Survey) -> None:
        told = Service(retriever).survey(QUESTION)
        assert told["articles"] == 4
        assert [one["citation"]["article"]["id"] for one in told["reports"]] == [
            report.citation.article.id for report in survey.reports
        ]
        assert told["reports"][0]["extract"]["answer"] == survey.reports[0].extract.answer
        json.dumps(told)

    def test_the_command_line_prints_it(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("rag.answering.retriever.load_encoder", lambda *_, **__: FakeEncoder())
        monkeypatch.setattr("rag.answering.retriever.load_reader", lambda *_: Bridge())
        printed = CliRunner().invoke(cli.app, ["survey", QUESTION, "--index", str(folder / "index")])
        assert "4 articles, 1 copies folded, from 2024-06-01 to 2024-06-04" in printed.output
        assert "2.md:" in printed.output
        as_csv = CliRunner().invoke(cli.app, ["survey", QUESTION, "--index", str(folder / "index"), "--as", "csv"])
        assert as_csv.output.count(".md") >= 5

    def test_the_page_offers_it_with_how_many_there_are_and_opens_each(self, retriever: Retriever) -> None:
        desk = Controller(retriever)
        *_, turns = desk.ask(QUESTION, (), FilterFormState())
        assert "查看全部报道（3 篇以上）" in conversation_html(turns, CHINESE)
        busy, turns = desk.survey(0, turns, Surveyed())
        assert 'data-state="pending"' in conversation_html(busy, CHINESE), "nothing else is asked meanwhile"
        assert 'data-state="pending"' not in conversation_html(stopped(busy), CHINESE)
        shown = conversation_html(turns, CHINESE)
        assert "4 篇文章、另有 1 篇重复" in shown
        assert shown.count('class="rag-quote"') >= 4
        opened = desk.opened("report:0-3", turns, CHINESE)
        assert '<mark class="rag-answer"' in opened
        assert "转载" in opened
        copy = desk.opened("report:0-3-1", turns, CHINESE)
        assert "青石桥垮塌第3天" in copy
        assert '<mark class="rag-answer"' in copy
        assert "没有这个出处" in desk.opened("report:0-99", turns, CHINESE)
        assert desk.survey_file(0, turns, "csv", CHINESE).startswith("\ufeff")
        assert desk.survey_file(0, turns, "/etc/passwd", CHINESE) == desk.survey_file(9, turns, "csv", CHINESE) == ""

    def test_a_link_of_any_time_is_asked_so(self, retriever: Retriever) -> None:
        turns, _ = Controller(retriever).linked("?q=上周谁受伤了？&anytime=1")
        assert not turns[-1].timed

    def test_what_only_may_be_an_answer_is_marked_nowhere(self, retriever: Retriever) -> None:
        answer = retriever.ask(QUESTION)
        maybe = replace(answer, confidence=SURE - 0.1)
        assert "**" in conversation_markdown([answer], "zh")
        assert "**" not in conversation_markdown([maybe], "zh")
        assert CHINESE.perhaps in conversation_markdown([maybe], "zh")

    def test_what_makes_no_sense_is_passed_over(self, retriever: Retriever) -> None:
        assert list(Controller(retriever).survey(7, (), Surveyed())) == [()]

    def test_no_more_are_shown_at_once_than_can_be_read(self, survey: Survey) -> None:
        shown = survey_html(survey, 0, CHINESE, 2, best_first=False)
        assert shown.count('rag-report"') == 2
        assert "再显示 2 篇" in shown
