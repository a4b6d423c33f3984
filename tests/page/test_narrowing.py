"""What narrows the search: what a form may hand in, what the form and the chips show, what a link sets."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from rag.answering.retriever import Retriever
from rag.core.filters import Filters
from rag.core.limits import ANSWER_THRESHOLD, MAX_FILTER_NAMES, MAX_FILTER_TEXT
from rag.core.options import SearchOptions
from rag.errors import FilterError, NoDate, UnknownName
from rag.index.filtering import Filtering
from rag.index.opening import open_index
from rag.interfaces.http.service import Service
from rag.interfaces.languages.chinese import CHINESE
from rag.interfaces.languages.words import ENGLISH
from rag.interfaces.links import Link, read_link, write_link
from rag.interfaces.page.filter_form import chips_html, form_html
from rag.interfaces.page.narrowing import FilterFormState, form_state_of, form_state_of_options
from tests.conftest import FakeEncoder, FakeReader
from tests.page.values import HOSTILE, Outline, is_harmless


@pytest.fixture
def filtering(built: Path) -> Filtering:
    return open_index(built).filtering


def test_a_form_becomes_filters() -> None:
    form = {"since": "2021", "until": " 2021-06 ", "category": ["科技", "科技"], "author": ["顾禾"], "newest": True}
    narrowing = form_state_of(form)
    filters = Filters(date(2021, 1, 1), date(2021, 6, 30), ("科技",), ("顾禾",))
    assert narrowing.options == SearchOptions(filters, newest_first=True)
    assert narrowing.count == 5


@pytest.mark.parametrize(
    "form",
    [
        None,
        "since",
        [],
        {"since": 3, "until": None, "category": "科技", "author": [1, None, {}], "newest": "yes", "threshold": "7"},
        {"threshold": "nan"},
        {"threshold": 10**400},
        {"threshold": []},
    ],
)
def test_what_makes_no_sense_in_a_form_sets_nothing(form: Any) -> None:
    assert form_state_of(form) == FilterFormState()


def test_a_form_with_too_many_names_is_told_so_and_no_more_of_them_is_kept(filtering: Filtering) -> None:
    narrowing = form_state_of({"source": [str(n) for n in range(9999)]})
    assert len(narrowing.sources) == MAX_FILTER_NAMES + 1
    assert "the filters hold 101 names" in form_html(narrowing, filtering, CHINESE)
    with pytest.raises(FilterError, match="101 names"):
        _ = narrowing.options
    assert len(form_state_of({"source": ["x" * 99999]}).sources[0]) == MAX_FILTER_TEXT


def test_a_form_with_the_most_names_has_a_link_that_sets_the_same_and_that_programs_may_ask_under(
    built: Path, encoder: FakeEncoder
) -> None:
    named = [f"名字{number:03}" + "𠮷" * 15 for number in range(MAX_FILTER_NAMES)]
    form = {"since": "2021", "category": named[:40], "author": named[40:80], "source": named[80:], "threshold": "0.35"}
    options = form_state_of(form).options
    assert sum(map(len, named)) == MAX_FILTER_TEXT
    link = read_link(write_link(Link("问" * 1000, options)))
    assert link.options == options == form_state_of_options(link.options).options
    filters = options.filters
    names = (list(filters.categories), list(filters.authors), list(filters.sources))
    with pytest.raises(UnknownName):  # and nothing else is wrong with them
        Service(Retriever.open(built, encoder, FakeReader())).ask("问", "2021", "", *names, threshold=options.threshold)


def test_a_date_that_is_none_is_told_in_the_form_and_refuses_a_question(filtering: Filtering) -> None:
    narrowing = FilterFormState(since="2021-13")
    assert "“2021-13”不是日期" in form_html(narrowing, filtering, CHINESE)
    with pytest.raises(NoDate):
        _ = narrowing.options


def test_each_thing_that_is_set_is_a_chip_that_turns_it_off(filtering: Filtering) -> None:
    set_all = FilterFormState("2021", "2022", ("科技/机器人",), ("顾禾",), ("林渡",), newest_first=True, threshold=0.5)
    shown = chips_html(set_all, CHINESE)
    chips = [
        "2021 起×",
        "2022 止×",
        "类别 科技/机器人×",
        "作者 顾禾×",
        "来源 林渡×",
        "最新在前×",
        "多有把握才作答 0.5×",
    ]
    assert Outline(shown).text == "".join([*chips, "全部清除"])
    assert 'data-field="category" data-value="科技/机器人" aria-label="取消：类别 科技/机器人"' in shown
    assert chips_html(FilterFormState(), CHINESE) == ""
    assert "Clear all" not in chips_html(FilterFormState("2021"), ENGLISH)


def test_categories_are_a_tree_with_counts_in_which_those_set_are_checked(filtering: Filtering) -> None:
    shown = form_html(FilterFormState(categories=("科技/机器人", "AI")), filtering, CHINESE)
    tree = shown[shown.index('class="rag-tree"') :]
    assert 'value="科技">科技 <small>1</small></label><ul><li>' in tree
    assert 'value="科技/机器人" checked>机器人 <small>1</small>' in tree
    assert tree.count(" checked") == 1
    assert 'value="AI" checked>AI' in shown, "what a link names and the tree has not can be turned off too"


def test_authors_and_sources_are_offered_and_those_set_can_be_turned_off(filtering: Filtering) -> None:
    shown = form_html(FilterFormState(authors=("顾禾",)), filtering, CHINESE)
    assert '<datalist id="rag-authors"><option value="林渡">2</option>' in shown
    assert 'name="author" value="顾禾" checked>顾禾' in shown


def test_a_link_sets_the_same_as_the_form() -> None:
    link = read_link("?q=x&since=2021&category=科技/AI&author=顾禾&newest=1&threshold=0.5")
    set_by_form = {
        "since": "2021-01-01",
        "category": ["科技/AI"],
        "author": ["顾禾"],
        "newest": True,
        "threshold": "0.5",
    }
    assert form_state_of_options(link.options) == form_state_of(set_by_form)
    assert form_state_of_options(read_link("").options).threshold == ANSWER_THRESHOLD


def test_nothing_that_is_typed_becomes_markup(filtering: Filtering) -> None:
    hostile = FilterFormState(HOSTILE, HOSTILE, (HOSTILE,), (HOSTILE,), (HOSTILE,))
    assert is_harmless(chips_html(hostile, ENGLISH))
    assert is_harmless(form_html(hostile, filtering, ENGLISH))
