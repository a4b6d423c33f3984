"""Hits read for an answer: which sentences, which of their words, and how sure it is."""

from __future__ import annotations

from datetime import datetime

import pytest

from rag.answering.calibration import fitted
from rag.answering.candidates import AnswerCandidate
from rag.answering.reading import Reader, ReaderInput, read_hits, whole_text
from rag.core.articles import Article, ArticleInfo, Kind, Paragraph
from rag.core.hits import Hit
from rag.core.passages import Part, Passage
from rag.text.sentences import sentence_spans
from tests.conftest import FakeReader

QUESTION = "守塔人贺潮在灯塔工作了多少年？"
LAMP = "河口的老灯塔换上了节能灯。守塔人贺潮在灯塔工作了三十一年，每天擦灯。“旧灯每四小时擦一次。”他说。"
BOOKS = "旧书店请来修书机器。两名毕业生设计了它，每小时清理四十页。"
ENGLISH = "The library lends tools. Mara Quill counted 340 loans."


def article(number: int, text: str) -> Article:
    info = ArticleInfo(f"{number}.md", "题目", "", "", datetime(2021, 3, 5), (), "", "")
    return Article(info, (Paragraph(text, Kind.TEXT, 1),))


def read(
    *texts: str, question: str = QUESTION, reader: Reader, rest: str = ""
) -> tuple[list[AnswerCandidate], list[Hit]]:
    """Read passages of an article each, for a question.

    :param rest: What stands in each article beside the passage.
    """
    articles = [article(number, text) for number, text in enumerate(texts)]
    passages = [
        Passage(number, f"{number}.md", text, (Part(1, 1, 0, len(text), 0),)) for number, text in enumerate(texts)
    ]
    hits = [Hit(passage, one.info, 1.0, 0.9, 0.5, 0.0) for passage, one in zip(passages, articles, strict=True)]
    rows = zip(hits, articles, strict=True)
    return read_hits(reader, question, [ReaderInput(hit, whole_text(one) + rest) for hit, one in rows]), hits


@pytest.fixture(params=[FakeReader(20.0), FakeReader(0.0), FakeReader(-20.0)], ids=["sure", "unsure", "not"])
def reader(request: pytest.FixtureRequest) -> Reader:
    return request.param


def test_all_sentences_of_all_hits_are_read_best_first(reader: Reader) -> None:
    candidates, hits = read(LAMP, BOOKS, ENGLISH, reader=reader)
    assert {(candidate.hit.passage.id, candidate.start, candidate.end) for candidate in candidates} == {
        (hit.passage.id, *span) for hit in hits for span in sentence_spans(hit.passage.text)
    }
    scores = [candidate.confidence for candidate in candidates]
    assert scores == sorted(scores, reverse=True)


def test_answering_sentence_is_the_best(reader: Reader) -> None:
    best = read(BOOKS, LAMP, reader=reader)[0][0]
    assert "三十一年" in best.hit.passage.text[best.start : best.end]


def test_marked_words_stand_in_their_sentence(reader: Reader) -> None:
    for candidate in read(LAMP, BOOKS, ENGLISH, reader=reader)[0]:
        assert candidate.start <= candidate.answer_start < candidate.answer_end <= candidate.end


def test_reader_marks_words_and_not_all_of_the_sentence() -> None:
    best = read(LAMP, BOOKS, reader=FakeReader(20.0))[0][0]
    assert 0 < best.answer_end - best.answer_start < best.end - best.start


def test_sure_of_a_passage_is_that_of_its_best_sentence_and_no_other_is_surer() -> None:
    for answers in (20.0, 0.0, -20.0):
        candidates, hits = read(LAMP, BOOKS, ENGLISH, reader=FakeReader(answers))
        for hit in hits:
            (evidence,) = {candidate.features for candidate in candidates if candidate.hit == hit}
            assert evidence is not None
            assert answers <= evidence.answers <= answers + 4
            shares = [candidate.confidence for candidate in candidates if candidate.hit == hit]
            assert max(share or 0.0 for share in shares) == fitted().confidence(evidence)


@pytest.mark.parametrize(
    ("question", "passage"),
    [
        ("2019年灯塔换了什么？", "2021年灯塔换了灯。"),
        ("2019年灯塔换了什么？", "去年灯塔换了灯。"),
        ("哪座灯塔的光照到38公里外？", "灯塔的光照到22公里外。"),
    ],
)
def test_passage_that_contradicts_the_question_is_never_sure(question: str, passage: str) -> None:
    candidates, hits = read(passage, LAMP, question=question, reader=FakeReader(1000.0))
    assert [candidate.confidence for candidate in candidates if candidate.hit == hits[0]] == [0]
    assert candidates[-1].hit == hits[0]
    assert candidates[0].confidence


def test_figure_may_stand_elsewhere_in_the_article() -> None:
    passage = "2021年灯塔换了灯。"
    candidates, _ = read(passage, question="2019年灯塔换了什么？", reader=FakeReader(20.0), rest="\n2019年，灯塔关闭。")
    assert candidates[0].confidence


def test_name_that_the_article_does_not_have_is_evidence() -> None:
    for question, unsupported in ((QUESTION, 0), (QUESTION.replace("贺潮", "王小明"), 1)):
        evidence = read(LAMP, question=question, reader=FakeReader())[0][0].features
        assert evidence is not None
        assert evidence.unsupported_entity == unsupported


def test_no_hits_have_no_candidates(reader: Reader) -> None:
    assert read_hits(reader, QUESTION, []) == []
