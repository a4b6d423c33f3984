from __future__ import annotations

import json
import time
from dataclasses import astuple
from datetime import date
from pathlib import Path

import pytest

from rag.answering.extracts import MAX_EXTRACTS, NEAR_MISSES
from rag.answering.retrieval import READ_FIRST
from rag.answering.retriever import Retriever
from rag.build import build_index
from rag.core.answers import Answer, Check, Citation
from rag.core.articles import ArticleInfo
from rag.core.filters import Filters
from rag.core.limits import MAX_QUESTION, READ_DEPTH
from rag.core.passages import Span
from rag.errors import FilterError, IndexMissing, IndexUnusable, QuestionError
from rag.index.opening import open_index
from tests.conftest import FakeEncoder, FakeReader, write_article
from tests.indexes import segment_of

QUESTION = "守塔人贺潮在灯塔工作了多少年？"
FIRST_PAGE = 4096
"""Bytes of a database that tell what it holds."""


@pytest.fixture
def retriever(built: Path, encoder: FakeEncoder) -> Retriever:
    return Retriever.open(built, encoder, FakeReader())


@pytest.fixture
def sure(built: Path, encoder: FakeEncoder) -> Retriever:
    """A retriever with a reader that takes every passage for an answer."""
    return Retriever.open(built, encoder, FakeReader(answers=20.0))


@pytest.fixture
def unsure(built: Path, encoder: FakeEncoder) -> Retriever:
    """A retriever with a reader that takes none for one."""
    return Retriever.open(built, encoder, FakeReader(answers=-20.0))


def found(retriever: Retriever, filters: Filters | None = None, k: int = 50, question: str = QUESTION) -> set[str]:
    return {hit.article.id for hit in retriever.search(question, k, filters)}


def test_what_is_found_later_is_read_only_while_nothing_answers(sure: Retriever, unsure: Retriever) -> None:
    def ranks(retriever: Retriever) -> set[int]:
        return {one.features.rank for one in retriever.find(QUESTION).found.answer_candidates}

    assert ranks(sure) == set(range(1, READ_FIRST + 1))
    assert ranks(unsure) == set(range(1, min(len(unsure.index), READ_DEPTH) + 1)) > ranks(sure)


class TestSearch:
    @pytest.mark.parametrize(
        ("question", "article"),
        [
            (QUESTION, "port/lamp.md"),
            ("賀潮多久擦一次燈", "port/lamp.md"),
            ("修书机器的造价是多少", "robot.md"),
            ("捕雾网一夜能接多少水", "tea.md"),
            ("Who lends ladders?", "tools.md"),
        ],
    )
    def test_nearest_passage_comes_first(self, retriever: Retriever, question: str, article: str) -> None:
        assert retriever.search(question)[0].article.id == article

    @pytest.mark.parametrize("k", [1, 2, 3])
    def test_at_most_k_hits_best_first_none_twice(self, retriever: Retriever, k: int) -> None:
        hits = retriever.search(QUESTION, k)
        assert len(hits) == k
        assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
        assert len({hit.passage.id for hit in hits}) == k

    def test_fewer_than_k_where_the_index_holds_fewer(self, retriever: Retriever) -> None:
        assert len(retriever.search(QUESTION, 10_000)) == len(retriever.index)

    @pytest.mark.parametrize("k", [0, -1])
    def test_k_below_one_is_refused(self, retriever: Retriever, k: int) -> None:
        with pytest.raises(QuestionError, match="at least one"):
            retriever.search(QUESTION, k)

    @pytest.mark.parametrize("question", ["", " \n　", "\0", "\u200b \u200b", "灯" * (MAX_QUESTION + 1), "灯\ud800"])
    def test_empty_too_long_or_broken_question_is_refused(self, retriever: Retriever, question: str) -> None:
        with pytest.raises(QuestionError):
            retriever.search(question)
        with pytest.raises(QuestionError):
            retriever.ask(question)

    @pytest.mark.parametrize("question", ["？", "灯" * MAX_QUESTION, "'; DROP TABLE articles; --", "😀", "\x00灯"])
    def test_odd_question_is_run(self, retriever: Retriever, question: str) -> None:
        assert retriever.search(question)

    def test_scores_are_told_apart(self, retriever: Retriever) -> None:
        hit = retriever.search(QUESTION)[0]
        assert 0 < hit.lexical <= 1
        assert 0 < hit.dense <= 1.001
        assert hit.score >= hit.dense


class TestFilters:
    @pytest.mark.parametrize(
        ("filters", "articles"),
        [
            (Filters(), {"port/lamp.md", "robot.md", "tea.md", "hoops.md", "tools.md"}),
            (Filters(since=date(2021, 12, 7)), {"robot.md", "tea.md"}),
            (Filters(since=date(2021, 12, 8)), {"tea.md"}),
            (Filters(until=date(2021, 3, 5)), {"port/lamp.md", "hoops.md"}),
            (Filters(until=date(2021, 3, 4)), {"hoops.md"}),
            (Filters(since=date(2021, 3, 5), until=date(2021, 3, 5)), {"port/lamp.md"}),
            (Filters(categories=("本地",)), {"port/lamp.md"}),
            (Filters(categories=("航运",)), {"port/lamp.md"}),
            (Filters(categories=("农业", "篮球")), {"tea.md", "hoops.md"}),
            (Filters(authors=("林渡",)), {"port/lamp.md", "tea.md"}),
            (Filters(authors=("林渡", "Mara Quill")), {"port/lamp.md", "tea.md", "tools.md"}),
            (Filters(authors=("林渡",), categories=("农业",)), {"tea.md"}),
            (Filters(authors=("林渡",), since=date(2030, 1, 1)), set()),
        ],
        ids=lambda value: str(sorted(value) if isinstance(value, set) else value),
    )
    def test_exactly_the_articles_that_pass_are_found(
        self, retriever: Retriever, filters: Filters, articles: set[str]
    ) -> None:
        assert found(retriever, filters) == articles

    @pytest.mark.parametrize(
        "filters",
        [Filters(authors=("顾禾",)), Filters(categories=("体育",)), Filters(until=date(2020, 12, 31))],
        ids=str,
    )
    def test_filters_hold_before_the_best_are_taken(self, retriever: Retriever, filters: Filters) -> None:
        (hit,) = retriever.search(QUESTION, 1, filters)
        assert hit.article.id in {"hoops.md", "robot.md"}

    def test_range_that_ends_before_it_starts_is_refused(self, retriever: Retriever) -> None:
        backwards = Filters(since=date(2022, 1, 2), until=date(2022, 1, 1))
        with pytest.raises(FilterError, match="before it starts"):
            retriever.search(QUESTION, filters=backwards)
        with pytest.raises(FilterError, match="before it starts"):
            retriever.ask(QUESTION, backwards)

    def test_answer_says_where_no_article_passes(self, sure: Retriever) -> None:
        answer = sure.ask(QUESTION, Filters(authors=("林渡",), categories=("体育",)))
        assert answer.filtered_out
        assert not (answer.extracts or answer.citations or answer.near_misses)

    def test_filters_hold_for_answers(self, sure: Retriever) -> None:
        answer = sure.ask(QUESTION, Filters(authors=("顾禾",)), threshold=0)
        assert not answer.filtered_out
        assert {citation.article.author for citation in answer.citations} == {"顾禾"}


class TestAnswer:
    @pytest.fixture
    def answer(self, sure: Retriever) -> Answer:
        return sure.ask(f"  {QUESTION}\n")

    def test_question_is_kept_as_asked(self, answer: Answer) -> None:
        assert (answer.question, answer.query) == (f"  {QUESTION}\n", QUESTION)

    def test_first_extract_holds_the_answer(self, answer: Answer) -> None:
        assert answer.answered
        assert "三十一年" in answer.extracts[0].text

    def test_extracts_are_few_best_first_and_apart(self, answer: Answer) -> None:
        assert 1 <= len(answer.extracts) <= MAX_EXTRACTS
        scores = [extract.confidence for extract in answer.extracts]
        assert scores == sorted(scores, reverse=True)
        taken = [(extract.passage.id, at) for extract in answer.extracts for at in range(extract.start, extract.end)]
        assert len(taken) == len(set(taken))

    def test_extracts_stand_word_for_word_in_the_articles_where_they_are_cited(
        self, answer: Answer, retriever: Retriever
    ) -> None:
        for extract, citation in zip(answer.extracts, answer.citations, strict=True):
            assert extract.text in extract.passage.text
            assert extract.answer in extract.text
            article = retriever.index.store.article(citation.article.id)
            assert article is not None
            cited = [article.paragraphs[span.paragraph - 1].text[span.start : span.end] for span in citation.spans]
            assert "\n".join(cited) == extract.text
            assert [span.line for span in citation.spans] == [
                article.paragraphs[span.paragraph - 1].line for span in citation.spans
            ]

    def test_cited_line_of_the_file_holds_the_extract(self, answer: Answer, articles_folder: Path) -> None:
        for extract, citation in zip(answer.extracts, answer.citations, strict=True):
            lines = (articles_folder / citation.article.id).read_text(encoding="utf-8").splitlines()
            assert extract.text.split("\n")[0] in lines[citation.line - 1]

    def test_citations_are_numbered_as_their_extracts(self, answer: Answer) -> None:
        numbers = list(range(1, len(answer.extracts) + 1))
        assert [citation.number for citation in answer.citations] == numbers
        assert [extract.citation for extract in answer.extracts] == numbers

    def test_where_nothing_answers_near_misses_stand_instead(self, unsure: Retriever) -> None:
        answer = unsure.ask(QUESTION)
        assert not answer.answered
        assert not (answer.extracts or answer.citations)
        assert 1 <= len(answer.near_misses) <= NEAR_MISSES
        assert not answer.filtered_out

    def test_confidence_is_a_share(self, sure: Retriever, unsure: Retriever) -> None:
        high, low = sure.ask(QUESTION).confidence, unsure.ask(QUESTION).confidence
        assert high is not None
        assert low is not None
        assert 0 <= low < 0.1 < 0.9 < high <= 1

    def test_threshold_decides_how_sure_it_must_be(self, unsure: Retriever) -> None:
        confidence = unsure.ask(QUESTION).confidence
        assert confidence is not None
        assert unsure.ask(QUESTION, threshold=confidence).answered
        assert not unsure.ask(QUESTION, threshold=min(confidence * 1.01, 1.0)).answered
        assert unsure.ask(QUESTION, threshold=0).extracts

    @pytest.mark.parametrize("threshold", [-0.1, 1.1, float("nan")])
    def test_threshold_that_is_no_share_is_refused(self, sure: Retriever, threshold: float) -> None:
        with pytest.raises(QuestionError, match="threshold"):
            sure.ask(QUESTION, threshold=threshold)

    def test_marked_words_are_part_of_one_sentence(self, answer: Answer) -> None:
        for extract in answer.extracts:
            assert extract.start <= extract.answer_start < extract.answer_end <= extract.end
            assert "。" not in extract.answer.rstrip("。”")

    def test_json_says_the_same(self, answer: Answer) -> None:
        plain = json.loads(json.dumps(answer.to_json(), ensure_ascii=False))
        assert plain["question"] == answer.question
        assert [extract["text"] for extract in plain["extracts"]] == [extract.text for extract in answer.extracts]
        assert [extract["answer"] for extract in plain["extracts"]] == [extract.answer for extract in answer.extracts]
        assert plain["citations"][0]["article"]["date"] == "2021-03-05T08:30:00"

    def test_json_of_near_misses_and_missing_dates(self, unsure: Retriever) -> None:
        plain = json.loads(json.dumps(unsure.ask("Who lends ladders?").to_json()))
        assert plain["near_misses"][0]["article"]["id"] == "tools.md"
        assert plain["near_misses"][0]["article"]["date"] is None

    def test_time_is_told_by_stage_and_never_more_than_was_spent(self, sure: Retriever) -> None:
        began = time.perf_counter()
        seconds = sure.ask(QUESTION).seconds
        spent = time.perf_counter() - began
        assert min(astuple(seconds)) > 0
        assert sum(astuple(seconds)) == pytest.approx(seconds.total)
        assert seconds.total <= spent


class TestCitationCheck:
    def test_file_as_indexed_changed_and_gone(self, sure: Retriever, articles_folder: Path) -> None:
        citation = sure.ask(QUESTION).citations[0]
        path = articles_folder / citation.article.id
        assert citation.check(articles_folder) is Check.UNCHANGED
        path.write_bytes(path.read_bytes() + b"\n")
        assert citation.check(articles_folder) is Check.CHANGED
        path.unlink()
        assert citation.check(articles_folder) is Check.GONE

    @pytest.mark.parametrize("name", ["../x.md", "sub/../../x.md", "{outside}", ".", ""])
    def test_no_path_leads_out_of_the_folder(self, tmp_path: Path, name: str) -> None:
        folder = tmp_path / "articles"
        (folder / "sub").mkdir(parents=True)
        outside = tmp_path / "x.md"
        outside.write_bytes(b"")
        digest = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        info = ArticleInfo(name.format(outside=outside), "", "", "", None, (), "", digest)
        assert Citation(1, info, (Span(1, 1, 0, 1),)).check(folder) is Check.GONE


class TestGenerations:
    def test_open_retriever_notices_a_newer_generation(
        self, retriever: Retriever, articles_folder: Path, built: Path, encoder: FakeEncoder
    ) -> None:
        question = "渡船换了什么？"
        assert "ferry.md" not in found(retriever, question=question)
        write_article(articles_folder / "ferry.md", "渡船", "渡船换了一台电动机。")
        build_index(articles_folder, built, encoder)
        assert retriever.search(question)[0].article.id == "ferry.md"

    def test_old_generation_still_answers_whoever_holds_it(
        self, articles_folder: Path, built: Path, encoder: FakeEncoder
    ) -> None:
        held = open_index(built)
        (articles_folder / "tea.md").unlink()
        build_index(articles_folder, built, encoder)
        assert not held.generation.exists()
        assert held.store.article("tea.md") is not None

    def test_index_of_another_model_is_refused(self, built: Path) -> None:
        with pytest.raises(IndexUnusable, match="build it anew with rag index"):
            Retriever.open(built, FakeEncoder("fake", "fake-2"), FakeReader())

    def test_texts_overwritten_in_place_are_told(self, retriever: Retriever) -> None:
        path = segment_of(retriever.place) / "articles.sqlite"
        data = path.read_bytes()
        path.write_bytes(data[:FIRST_PAGE] + b"A" * (len(data) - FIRST_PAGE))
        with pytest.raises(IndexUnusable, match="build it anew with rag index"):
            retriever.ask(QUESTION)

    def test_missing_index_says_how_to_build_one(self, tmp_path: Path, encoder: FakeEncoder) -> None:
        with pytest.raises(IndexMissing, match="rag index"):
            Retriever.open(tmp_path / "index", encoder, FakeReader())
