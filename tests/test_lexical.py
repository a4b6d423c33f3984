from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import bm25s
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.index.lexical import K1, B, LexicalIndex
from rag.index.postings import MergedPostings, Postings
from rag.text.terms import numerals, terms
from rag.text.writing_systems import fold

TEXTS = [
    "河口的老灯塔上周换上了一盏节能灯。",
    "守塔人贺潮在灯塔里住了三十一年。",
    "山村篮球队赢下了第一场球。",
    "The branch library lends drills and ladders.",
]


def postings(texts: Iterable[str]) -> Postings:
    return Postings.of(map(terms, texts))


def lexical(*texts: str) -> LexicalIndex:
    """Of texts in one segment."""
    return LexicalIndex([postings(texts)])


@pytest.fixture(scope="module")
def index() -> LexicalIndex:
    return lexical(*TEXTS)


@pytest.mark.parametrize(
    ("one", "other"),
    [("節能燈塔", "节能灯塔"), ("ＡＢＣ１２３", "abc123"), ("LAMP Tower", "lamp tower"), ("２０２１年", "2021年")],
)
def test_script_width_and_case_make_no_difference(one: str, other: str) -> None:
    assert fold(one) == fold(other)
    assert terms(one) == terms(other)


@pytest.mark.parametrize(
    ("question", "passage"),
    [
        ("哪个城市有3.2万人？", "全城32,000人。"),
        ("花了1.5亿元", "耗资15000万元"),
        ("2021年12月", "发表于 2021-12-07。"),
        ("2021-12-07", "2021年12月7日，大雪。"),
        ("AK-47", "他带着ak47。"),
        ("SenseCore是什么", "商汤的ＳｅｎｓｅＣｏｒｅ平台"),
    ],
)
def test_numbers_dates_and_codes_match_however_they_are_written(question: str, passage: str) -> None:
    index = lexical(*TEXTS, "完全不相干的一句话 1999-01-01，共5万元，AK-74。", passage)
    assert int(np.argmax(index.match(question).scores)) == len(TEXTS) + 1


@pytest.mark.parametrize(
    ("one", "other"), [("3.2万", "3.2亿"), ("2021年12月", "2021年1月"), ("F-16", "F-15"), ("2.5", "25")]
)
def test_other_numbers_do_not(one: str, other: str) -> None:
    assert not set(numerals(one.lower())) & set(numerals(other.lower()))


def test_punctuation_and_white_space_are_no_terms() -> None:
    assert terms("，。！？ \n“”()[]…—") == []


def test_neighbouring_characters_are_terms() -> None:
    assert {"守塔", "塔人"} <= set(terms("守塔人"))


@pytest.mark.parametrize(
    ("question", "place"),
    [("贺潮是谁？", 1), ("賀潮住了多久", 1), ("篮球队", 2), ("节能燈", 0), ("LADDERS for loan", 3)],
)
def test_question_finds_the_passage_that_shares_its_rare_words(index: LexicalIndex, question: str, place: int) -> None:
    assert int(np.argmax(index.match(question).scores)) == place


def test_share_is_what_part_of_the_question_a_text_matches(index: LexicalIndex) -> None:
    matches = index.match("守塔人贺潮")
    assert matches.share(TEXTS[1]) == pytest.approx(1)
    assert matches.share(TEXTS[3]) == 0
    assert 0 < matches.share("贺潮走了") < 1


def test_known_tells_whether_the_corpus_has_the_words_of_the_question(index: LexicalIndex) -> None:
    assert index.match("守塔人").query_coverage == pytest.approx(1)
    assert index.match("Wer bewacht den Leuchtturm?").query_coverage == 0
    assert index.match("Qui garde the phare quand il neige dehors").query_coverage < 0.2


@pytest.mark.parametrize("question", ["？！", "Leuchtturm", "鲸鱼"])
def test_question_without_a_known_word_scores_nothing(index: LexicalIndex, question: str) -> None:
    matches = index.match(question)
    assert matches.query_coverage == 0
    assert matches.scores.shape == (len(TEXTS),)
    assert not matches.scores.any()


@given(st.text("河口灯塔守人贺潮篮球 lamp", min_size=1, max_size=30))
def test_scores_and_shares_stay_between_0_and_1(question: str) -> None:
    matches = lexical(*TEXTS).match(question)
    assert np.all((matches.scores >= 0) & (matches.scores <= 1))
    assert 0 <= matches.query_coverage <= 1 + 1e-9
    assert not matches.weights or sum(matches.weights.values()) == pytest.approx(1)


def test_what_is_written_is_read_as_it_was(tmp_path: Path) -> None:
    written = postings(TEXTS)
    written.write(tmp_path)
    read = Postings.read(tmp_path)
    read.check(len(TEXTS))
    assert read.terms.tolist() == written.terms.tolist()
    for question in ["守塔人贺潮", "ladders", "鲸鱼"]:
        one, other = LexicalIndex([read]).match(question), LexicalIndex([written]).match(question)
        assert np.array_equal(one.scores, other.scores)
        assert one.weights == other.weights


@pytest.mark.parametrize("question", ["河口的灯塔在哪里", "节能灯与守塔人", "who lends ladders", "灯塔灯塔球队"])
def test_scores_are_those_of_bm25s(index: LexicalIndex, question: str) -> None:
    engine = bm25s.BM25(k1=K1, b=B, method="lucene")
    engine.index([terms(text) for text in TEXTS], show_progress=False)
    known = [term for term in terms(question) if term in engine.vocab_dict]
    matches = index.match(question)
    total = matches.scores.sum() / engine.get_scores(known).sum()
    assert matches.scores == pytest.approx(engine.get_scores(known) * total, rel=1e-5)


class TestSegments:
    """In which segments texts are, and what was removed from these, makes no difference."""

    @pytest.mark.parametrize("question", ["守塔人贺潮", "节能灯", "ladders for loan", "鲸鱼", "第一场球 drills"])
    def test_several_score_as_one(self, index: LexicalIndex, question: str) -> None:
        parts = [postings(TEXTS[:1]), postings(["灯塔里的鲸鱼，第一场雪。", *TEXTS[1:3]]), postings(TEXTS[3:])]
        live = np.array([True, False, True, True, True])
        lexical = LexicalIndex(parts, live)
        one, other = lexical.match(question), index.match(question)
        assert one.scores[live].tolist() == other.scores.tolist()
        assert one.scores[~live].tolist() == [0]
        assert (one.weights, one.query_coverage) == (other.weights, other.query_coverage)
        for term in terms(question):
            assert (term in lexical.vocabulary) == (term in index.vocabulary)
            assert lexical.frequency(term) == index.frequency(term)

    @pytest.mark.parametrize("at_once", [1, 7, 1000])
    def test_merged_they_are_as_if_written_at_once(self, tmp_path: Path, at_once: int) -> None:
        parts = [postings(TEXTS[:2]), postings(["完全不相干的一句话。", *TEXTS[2:]])]
        stay = np.ones(2, bool), np.array([False, True, True])
        MergedPostings(list(zip(parts, stay, strict=True)), at_once).write(tmp_path)
        merged = Postings.read(tmp_path)
        whole = postings(TEXTS)
        for name in ("terms", "begins", "passages", "counts", "lengths"):
            assert getattr(merged, name).tolist() == getattr(whole, name).tolist()


def test_texts_without_terms_keep_their_place() -> None:
    matches = lexical("", "……", "灯塔").match("灯塔")
    assert matches.scores[:2].tolist() == [0, 0]
    assert matches.scores[2] > 0


def test_index_of_texts_without_any_term_finds_nothing() -> None:
    assert not lexical("", "……").match("灯塔").scores.any()
