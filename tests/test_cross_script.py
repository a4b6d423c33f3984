"""Names meet across scripts: a question in Latin letters finds Chinese names, and a Chinese one names in English."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from rag.answering.retriever import Retriever
from rag.build import build_index
from rag.index.cross_script import anchors_of
from rag.index.lexical import LexicalIndex
from rag.index.postings import Postings
from rag.text.dictionary import dictionary
from rag.text.pinyin import plain, readings
from rag.text.terms import terms
from tests.conftest import FakeEncoder, FakeReader, write_article

CHINESE = frozenset(
    terms("涿州、西安和旅顺下雨，张晓明与拜登谈微软、特斯拉、联合国。嫦娥五号与马克思。股票代码002519，Voyah汽车。")
)
ENGLISH = frozenset(terms("Zhuozhou and Xi'an: Zhang Xiaoming met Joe Biden at the United Nations in 2021."))


def found(question: str, vocabulary: frozenset[str]) -> set[str]:
    return {term for anchor in anchors_of(question, vocabulary) for form in anchor.forms for term in form}


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("Did it rain in Zhuozhou?", {"涿州"}),
        ("rain in zhuozhou", {"涿州"}),
        ("Zhuō zhōu", {"涿州"}),
        ("zhuo1zhou1", {"涿州"}),
        ("What about Zhuozhou's dams?", {"涿州"}),
        ("Il pleut à Lǚshùn ?", {"旅顺"}),
        ("How old is Zhang Xiaoming?", {"张晓", "晓明"}),
        ("Who is Biden?", {"拜登"}),
        ("What does the UN say?", {"联合", "合国"}),
        ("Is Biden's un-American talk over?", {"拜登"}),
        ("Microsoft and Tesla", {"微软", "特斯", "斯拉", "特斯拉"}),
        ("What did the United Nations say?", {"联合", "合国"}),
        ("Is 002519 up?", {"2519"}),
        ("How much is the new Voyah?", {"voyah"}),
    ],
)
def test_names_in_latin_letters_find_the_chinese_ones(question: str, names: set[str]) -> None:
    assert found(question, CHINESE) & names
    assert found(question, CHINESE) <= names


@pytest.mark.parametrize(
    "question",
    ["Who and what, and why safe?", "How did they change and make it?", "Is there time?", "", "?!", "'’", "1 2 3"],
)
def test_words_that_are_pinyin_by_chance_are_no_names(question: str) -> None:
    assert found(question, CHINESE) == set()


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("涿州下雨了吗", {"zhuozhou"}),
        ("张晓明见了谁", {"zhang", "xiaoming"}),
        ("联合国说什么", {"united", "nations"}),
        ("下雨了", set()),
    ],
)
def test_chinese_names_find_those_in_latin_letters(question: str, names: set[str]) -> None:
    assert found(question, ENGLISH) == names


@pytest.mark.parametrize(
    ("word", "read"),
    [("xian", {("xian",), ("xi", "an")}), ("xi'an", {("xi", "an")}), ("lvshun", {("lv", "shun")}), ("news", set())],
)
def test_a_word_is_read_as_pinyin_in_every_way(word: str, read: set[tuple[str, ...]]) -> None:
    assert set(readings(word, dictionary().syllables)) == read


def test_tones_and_apostrophes_make_no_difference() -> None:
    assert plain("Xī’ān") == plain("xi'an") == "xi'an"


@pytest.mark.parametrize(("question", "alone"), [("Zhuozhou", True), ("zhuo zhou", True), ("Zhuozhou rain?", False)])
def test_a_name_counts_more_where_nothing_else_is_asked(question: str, alone: bool) -> None:
    (anchor,) = anchors_of(question, CHINESE)
    assert (anchor.weight > 1) is alone


def test_a_long_word_of_many_readings_takes_no_time() -> None:
    began = time.process_time()
    assert readings("xian" * 200, dictionary().syllables) == ()
    assert anchors_of("Xianan " * 2_000, CHINESE) == []
    assert time.process_time() - began < 10


def test_many_homophones_take_no_time() -> None:
    characters = dictionary().characters["yi"]
    every_pair = frozenset(one + other for one in characters for other in characters)
    assert anchors_of("Yi Yi Yi Yi " * 50, every_pair)


def test_the_dictionary_knows_sounds_and_names_both_ways() -> None:
    assert "涿" in dictionary().characters["zhuo"]
    assert dictionary().sounds["乐"] == ("le", "yue")
    assert "拜登" in dictionary().names["biden"]
    assert "harvard university" in dictionary().english["哈佛大学"]


def test_a_rare_name_counts_more_than_one_that_stands_everywhere() -> None:
    index = LexicalIndex([Postings.of(map(terms, ["北京的涿州人", "北京的天气", "北京的房价", "weather"]))])
    anchored = index.anchored(anchors_of("Zhuozhou people in Beijing", index.vocabulary))
    assert anchored[0] > anchored[1] == anchored[2] > anchored[3] == 0


def test_a_place_by_its_english_name_is_found_in_a_chinese_article(tmp_path: Path, encoder: FakeEncoder) -> None:
    """The fake encoder knows no language: the name alone tells which article."""
    for name in ("石家庄", "涿州", "保定"):
        write_article(tmp_path / "articles" / f"{name}.md", "暴雨", f"{name}的防汛办说，水已经退了。")
    build_index(tmp_path / "articles", tmp_path / "index", encoder)
    retriever = Retriever.open(tmp_path / "index", encoder, FakeReader())
    for question in ("Has the water gone in Zhuozhou?", "zhuozhou", "Zhuo Zhou shui"):
        assert retriever.search(question, 1)[0].article.id == "涿州.md"
