"""Links that reopen a question: what they look like, that nothing is lost, and what becomes of a mangled one."""

from __future__ import annotations

from datetime import date
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.core.filters import Filters
from rag.core.limits import (
    MAX_FILTER_NAMES,
    MAX_FILTER_TEXT,
    MAX_LINK,
    MAX_LINK_FIELDS,
    MAX_QUESTION,
)
from rag.core.options import SearchOptions
from rag.errors import BackwardRange, FilterError, LinkError, NoDate, QuestionTooLong
from rag.interfaces.http.connections import HEAD_BYTES
from rag.interfaces.links import Link, read_link, write_link

WHOLE = Link(
    "光速第一次是怎么测出来的？ C++ & 50% = ½",
    SearchOptions(
        Filters(date(2021, 1, 1), date(2021, 12, 31), ("科技/AI", "艺术"), ("沈禾", "Mara Quill"), ("河汊网",)),
        newest_first=True,
        threshold=0.7,
    ),
)

texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\ufffd"), max_size=40)
names = st.lists(texts.filter(bool), max_size=4).map(tuple)
dates = st.lists(st.dates(), min_size=2, max_size=2).map(sorted)
ranges = st.tuples(dates, st.booleans(), st.booleans()).map(
    lambda row: (row[0][0] if row[1] else None, row[0][1] if row[2] else None)
)
filters = st.builds(lambda days, *named: Filters(*days, *named), ranges, names, names, names)
links = st.builds(Link, texts, st.builds(SearchOptions, filters, st.booleans(), st.floats(0, 1, width=32)))


@settings(deadline=None)
@given(links)
def test_a_link_gives_back_exactly_what_it_was_made_of(link: Link) -> None:
    written = write_link(link)
    assert written.isascii()
    assert read_link(written) == link


def test_a_link_has_only_what_is_set() -> None:
    assert write_link(Link()) == ""
    assert write_link(Link("light")) == "?q=light"
    assert write_link(Link("light", SearchOptions(threshold=0.5))) == "?q=light&threshold=0.5"
    assert read_link("") == Link()


def test_a_link_can_be_read_and_written_by_people() -> None:
    link = read_link("q=光速 是多少&since=2021&until=2021-06&category=科技/AI&category=艺术&newest=1")
    filters = Filters(date(2021, 1, 1), date(2021, 6, 30), ("科技/AI", "艺术"))
    assert link == Link("光速 是多少", SearchOptions(filters, newest_first=True))
    assert write_link(WHOLE).endswith(
        "&since=2021-01-01&until=2021-12-31"
        f"&category={quote('科技')}/AI&category={quote('艺术')}&author={quote('沈禾')}&author=Mara%20Quill"
        f"&source={quote('河汊网')}&newest=1&threshold=0.7"
    )


@pytest.mark.parametrize(
    "mangled",
    [
        write_link(WHOLE).removeprefix("?"),
        write_link(WHOLE).replace("&", "&amp;"),
        write_link(WHOLE).replace("%20", "+"),
        write_link(WHOLE) + "&utm_source=mail&fbclid=%FF%FE&__theme=dark&",
        write_link(WHOLE) + "&since=2021-01-01",
        write_link(WHOLE) + "&author=&threshold=",
    ],
    ids=["no question mark", "escaped as HTML", "plus for space", "unknown keys", "said twice", "empty values"],
)
def test_what_mail_programs_and_counters_do_to_a_link_does_it_no_harm(mangled: str) -> None:
    assert read_link(mangled) == WHOLE


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("?q=光速&since=2021-13", NoDate, "'2021-13' is no date"),
        ("?q=光速&until=yesterday", NoDate, "'yesterday' is no date"),
        ("?since=2022&until=2021", BackwardRange, "ends on 2021-12-31, before"),
        ("?q=%E5%85%89%E9%80", LinkError, "cut off or mangled: its q= is no whole text"),
        ("?q=光速%EF%BF%BD", LinkError, "cut off or mangled: its q="),
        ("?q=光速&author=%B9%E2", LinkError, "cut off or mangled: its author="),
        ("?q=光速&q=声速", LinkError, "says q= more than once"),
        ("?q=光速&threshold=high", LinkError, "threshold= is 'high': name one from 0 to 1"),
        ("?q=光速&threshold=nan", LinkError, "threshold= is 'nan': name one from 0 to 1"),
        ("?q=光速&threshold=1.5", LinkError, "threshold= is '1.5'"),
        ("?q=" + "光" * (MAX_QUESTION + 1), QuestionTooLong, "1001 characters: ask in 1000 at most"),
        ("?q=" + "x" * MAX_LINK, LinkError, "the link has 37503 characters"),
        ("?author=" + "x" * (MAX_FILTER_TEXT + 1), FilterError, "1 names with 2001 characters: give 100 at most"),
        ("?" + "author=x&" * (MAX_FILTER_NAMES + 1), FilterError, "hold 101 names with 101 characters"),
        ("?" + "x=1&" * (MAX_LINK_FIELDS + 1), LinkError, "over 200 values"),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else None,
)
def test_a_link_that_would_ask_something_else_is_refused(text: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message) as refused:
        read_link(text)
    assert "\n" not in str(refused.value)


def test_an_order_that_says_nothing_is_left_out() -> None:
    assert read_link("?q=光速&newest=perhaps") == Link("光速")


@pytest.mark.parametrize(
    ("link", "error"),
    [
        (Link("光" * (MAX_QUESTION + 1)), QuestionTooLong),
        (Link("half \ud83d"), LinkError),
        (Link("光速" + " " * MAX_LINK), LinkError),
        (Link("光速\ufffd"), LinkError),
    ],
)
def test_what_no_link_could_give_back_is_not_written(link: Link, error: type[Exception]) -> None:
    with pytest.raises(error):
        write_link(link)


def test_the_longest_question_with_the_most_and_longest_names_fits_and_the_server_takes_it() -> None:
    each = MAX_FILTER_TEXT // MAX_FILTER_NAMES
    named = tuple(chr(0x20000 + number) * each for number in range(MAX_FILTER_NAMES))
    filters = Filters(date(2021, 1, 1), date(2021, 12, 31), named[:40], named[40:80], named[80:])
    link = Link("𠮷" * MAX_QUESTION, SearchOptions(filters, newest_first=True, threshold=1 / 3))
    written = write_link(link)
    assert read_link(written) == link
    assert len(written) <= MAX_LINK < HEAD_BYTES - 3000  # what else browsers tell


def test_a_link_of_any_time_stays_one() -> None:
    link = Link("上周有什么新闻？", SearchOptions(timed=False))
    assert read_link(write_link(link)) == link
    assert read_link("?q=上周有什么新闻？").options.timed
