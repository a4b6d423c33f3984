"""Thumbs of readers: what is kept of them, that no line is lost, and what ``rag eval`` takes from them."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from rag.answering.retriever import Retriever
from rag.build import build_index
from rag.core.answers import Answer, Thumb
from rag.core.filters import Filters
from rag.core.limits import MAX_COMMENT
from rag.errors import EvaluationError, FeedbackError, IndexMissing
from rag.evaluation.evaluation import evaluate
from rag.evaluation.questions import Question, QuestionFile, read_questions
from rag.interfaces import feedback as feedback_module
from rag.interfaces.feedback import FEEDBACK, MAX_HISTORY, feedback_on, keep_feedback
from rag.models.sentence_transformer import DEFAULT_MODEL
from tests.conftest import FakeEncoder, FakeReader, write_article

QUESTION = "守塔人贺潮在灯塔工作了多少年？"
IDS = {"port/lamp.md", "robot.md", "tea.md", "hoops.md", "tools.md"}
UP, DOWN = Thumb.UP, Thumb.DOWN


@pytest.fixture
def encoder() -> FakeEncoder:
    return FakeEncoder(DEFAULT_MODEL)


@pytest.fixture
def retriever(built: Path, encoder: FakeEncoder) -> Retriever:
    """With a reader that takes every passage for an answer."""
    return Retriever.open(built, encoder, FakeReader(answers=20.0))


@pytest.fixture
def answer(retriever: Retriever) -> Answer:
    return retriever.ask(QUESTION)


@pytest.fixture
def none(answer: Answer) -> Answer:
    """The same question, not answered."""
    return replace(answer, answered=False, extracts=(), citations=())


def lines(index: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (index / FEEDBACK).read_text(encoding="utf-8").splitlines()]


def read(index: Path) -> QuestionFile:
    return read_questions(index / FEEDBACK, IDS)


class TestKeeping:
    def test_a_line_says_what_was_asked_and_what_is_meant(self, built: Path, answer: Answer) -> None:
        filters = Filters(date(2021, 1, 1), categories=("本地",))
        asked = replace(answer, filters=filters)
        keep_feedback(built, feedback_on(asked, UP, 1, " 正是这句\n", history=[replace(answer, question="谁守灯塔？")]))
        (line,) = lines(built)
        assert line.pop("when").endswith("+00:00")
        assert line == {
            "thumb": "up",
            "question": QUESTION,
            "lang": "zh",
            "history": ["谁守灯塔？"],
            "filters": {"since": "2021-01-01", "categories": ["本地"]},
            "article": "port/lamp.md",
            "answers": [answer.extracts[0].answer],
            "evidence": ["守塔人贺潮在这里工作了三十一年。"],
            "word": "正是这句",
        }

    def test_a_line_may_be_of_an_answer_that_there_is_none(self, built: Path, none: Answer) -> None:
        keep_feedback(built, feedback_on(none, DOWN))
        (line,) = lines(built)
        assert (line["thumb"], line["article"]) == ("down", None)
        assert not line.keys() & {"answers", "evidence", "history", "filters", "word"}

    def test_an_index_that_is_built_anew_keeps_them(
        self, built: Path, articles_folder: Path, encoder: FakeEncoder, answer: Answer
    ) -> None:
        keep_feedback(built, feedback_on(answer, UP, 1))
        write_article(articles_folder / "new.md", "新文章", "渔港明天开捕。")
        build_index(articles_folder, built, encoder)
        keep_feedback(built, feedback_on(answer, DOWN, 1))
        assert [line["thumb"] for line in lines(built)] == ["up", "down"]

    def test_two_processes_at_once_lose_and_garble_nothing(self, built: Path) -> None:
        script = (
            "import sys; from datetime import datetime; from rag.core.filters import Filters\n"
            "from rag.core.answers import Thumb; from rag.interfaces.feedback import Feedback, keep_feedback\n"
            "for n in range(60):\n"
            "    word, now = f'{sys.argv[2]}-{n}', datetime.now()\n"
            "    asked = Feedback(Thumb.UP, '问' * 900, (), Filters(), '', '', '', word, now)\n"
            "    keep_feedback(sys.argv[1], asked)\n"
        )
        root = Path(feedback_module.__file__).parents[2]
        writers = [subprocess.Popen([sys.executable, "-c", script, str(built), name], cwd=root) for name in "ab"]
        assert [writer.wait(120) for writer in writers] == [0, 0]
        words = [line["word"] for line in lines(built)]
        assert sorted(words) == sorted(f"{name}-{n}" for name in "ab" for n in range(60))

    def test_a_line_that_was_cut_off_spoils_no_other(self, built: Path, answer: Answer) -> None:
        (built / FEEDBACK).write_text('{"thumb": "up", "ques', encoding="utf-8")
        keep_feedback(built, feedback_on(answer, UP, 1))
        asked = read(built)
        assert [question.line for question in asked.questions] == [2]
        assert [bad.line for bad in asked.bad_lines] == [1]

    def test_hostile_texts_stay_within_their_line(self, built: Path, answer: Answer) -> None:
        word = '"}\n{"thumb": "up"}\r\u2028\ud800<script>'
        keep_feedback(built, feedback_on(replace(answer, question=f"甲\n{word}"), UP, 1, word))
        assert (built / FEEDBACK).read_bytes().count(b"\n") == 1
        (question,) = read(built).questions
        assert question.text == f"甲\n{word}".replace("\ud800", "?")


class TestRefusing:
    def test_a_word_that_is_too_long(self, answer: Answer) -> None:
        with pytest.raises(FeedbackError, match=f"has {MAX_COMMENT + 1} characters: {MAX_COMMENT} at most"):
            feedback_on(answer, UP, 1, "好" * (MAX_COMMENT + 1))

    @pytest.mark.parametrize("citation", [None, 0, 4, -1])
    def test_an_extract_that_there_is_not(self, answer: Answer, citation: int | None) -> None:
        with pytest.raises(FeedbackError, match=r"no extract|which extract"):
            feedback_on(answer, UP, citation)

    def test_an_extract_of_no_answer(self, none: Answer) -> None:
        with pytest.raises(FeedbackError, match="has no extract 1"):
            feedback_on(none, UP, 1)

    def test_a_folder_without_an_index(self, tmp_path: Path, answer: Answer) -> None:
        with pytest.raises(IndexMissing):
            keep_feedback(tmp_path / "none", feedback_on(answer, UP, 1))
        assert not (tmp_path / "none").exists()

    def test_a_file_that_cannot_be_written(self, built: Path, answer: Answer) -> None:
        (built / FEEDBACK).mkdir()
        with pytest.raises(FeedbackError, match=r"can't write .*feedback\.jsonl: Is a directory"):
            keep_feedback(built, feedback_on(answer, UP, 1))

    def test_a_file_that_is_full(self, built: Path, answer: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
        keep_feedback(built, feedback_on(answer, UP, 1))
        size = (built / FEEDBACK).stat().st_size
        monkeypatch.setattr(feedback_module, "MAX_BYTES", size + 100)
        with pytest.raises(FeedbackError, match="is full: move it elsewhere"):
            keep_feedback(built, feedback_on(answer, UP, 1))
        assert (built / FEEDBACK).stat().st_size == size

    def test_filters_without_end(self, built: Path, answer: Answer) -> None:
        endless = replace(answer, filters=Filters(authors=("沈禾" * 1000,) * 100))
        with pytest.raises(FeedbackError, match=r"600,\d+ bytes: 200,000 at most"):
            keep_feedback(built, feedback_on(endless, UP, 1))

    def test_a_file_that_another_process_holds(
        self, built: Path, answer: Answer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(feedback_module, "PATIENCE", 0.1)
        with FileLock(built / ".feedback.lock"), pytest.raises(FeedbackError, match="another process is writing"):
            keep_feedback(built, feedback_on(answer, UP, 1))

    def test_a_long_conversation_is_kept_from_its_end(self, answer: Answer) -> None:
        history = [replace(answer, question=str(number)) for number in range(50)]
        kept = feedback_on(answer, UP, 1, history=history).history
        assert kept == tuple(map(str, range(50 - MAX_HISTORY, 50)))


class TestReading:
    def test_a_thumb_up_says_that_these_words_in_that_article_answer(
        self, built: Path, retriever: Retriever, answer: Answer
    ) -> None:
        keep_feedback(built, feedback_on(answer, UP, 1))
        asked = read(built)
        words = answer.extracts[0].answer
        evidence = ("守塔人贺潮在这里工作了三十一年。",)
        assert asked.questions == (Question("1", QUESTION, "zh", ("port/lamp.md",), (words,), evidence, line=1),)
        (result,) = evaluate(asked.questions, retriever).results
        assert (result.rank, result.shown, result.marked, result.f1) == (1, True, True, 1.0)

    def test_a_thumb_up_on_no_answer_says_that_nothing_answers(self, built: Path, none: Answer) -> None:
        keep_feedback(built, feedback_on(none, UP))
        (question,) = read(built).questions
        assert not question.answerable

    def test_under_filters_it_says_nothing_of_the_other_articles(self, built: Path, none: Answer) -> None:
        keep_feedback(built, feedback_on(replace(none, filters=Filters(authors=("顾禾",))), UP))
        assert read(built) == QuestionFile((), (), passed_over=1)
        keep_feedback(built, feedback_on(none, UP))
        keep_feedback(built, feedback_on(replace(none, filters=Filters(authors=("顾禾",))), UP))
        assert [question.line for question in read(built).questions] == [2]

    def test_a_thumb_down_alone_tells_nothing_that_is_right(self, built: Path, answer: Answer, none: Answer) -> None:
        keep_feedback(built, feedback_on(answer, DOWN, 1))
        keep_feedback(built, feedback_on(none, DOWN))
        assert read(built) == QuestionFile((), (), passed_over=2)

    def test_two_thumbs_up_on_one_answer_are_one_question_that_both_answer(self, built: Path, answer: Answer) -> None:
        other = replace(
            answer.extracts[0], passage=replace(answer.extracts[0].passage, article_id="tea.md"), citation=2
        )
        both = replace(answer, extracts=(answer.extracts[0], other))
        for citation in (1, 2):
            keep_feedback(built, feedback_on(both, UP, citation))
        asked = read(built)
        assert [question.articles for question in asked.questions] == [("port/lamp.md", "tea.md")]
        assert asked.passed_over == 0

    def test_the_last_thumb_on_the_same_counts(self, built: Path, answer: Answer, none: Answer) -> None:
        for thumb in (UP, DOWN, UP):
            keep_feedback(built, feedback_on(answer, thumb, 1))
        assert [question.line for question in read(built).questions] == [3]
        keep_feedback(built, feedback_on(none, UP))
        assert [question.answerable for question in read(built).questions] == [False]
        keep_feedback(built, feedback_on(answer, UP, 1))
        assert [question.answerable for question in read(built).questions] == [True]
        keep_feedback(built, feedback_on(answer, DOWN, 1))
        assert read(built) == QuestionFile((), (), passed_over=6)

    def test_a_thumb_is_on_the_question_in_its_conversation(self, built: Path, answer: Answer) -> None:
        keep_feedback(built, feedback_on(answer, UP, 1))
        keep_feedback(built, feedback_on(answer, DOWN, 1, history=[replace(answer, question="谁守灯塔？")]))
        assert [question.history for question in read(built).questions] == [()]

    def test_thumbs_stand_beside_other_questions(self, built: Path, answer: Answer) -> None:
        keep_feedback(built, feedback_on(answer, UP, 1))
        with (built / FEEDBACK).open("a", encoding="utf-8") as stream:
            stream.write(json.dumps({"question": QUESTION, "article": "port/lamp.md"}) + "\n")
            stream.write(json.dumps({"question": QUESTION, "thumb": "sideways"}) + "\n")
        keep_feedback(built, feedback_on(answer, DOWN, 1))
        asked = read(built)
        assert [question.line for question in asked.questions] == [2]
        assert [str(bad) for bad in asked.bad_lines] == [f'{built / FEEDBACK}:3: `thumb` is neither "up" nor "down"']

    def test_an_article_that_is_gone_is_told_but_for_thumbs_down(self, built: Path, answer: Answer) -> None:
        keep_feedback(built, feedback_on(answer, UP, 1))
        keep_feedback(built, feedback_on(answer, DOWN, 1))
        asked = read_questions(built / FEEDBACK, ["tea.md"])
        assert (asked.questions, asked.passed_over) == ((), 1)
        assert "the index has no article 'port/lamp.md'" in str(asked.bad_lines[0])

    def test_an_empty_file_holds_no_question(self, built: Path) -> None:
        (built / FEEDBACK).write_bytes(b"\n")
        with pytest.raises(EvaluationError, match="holds no question"):
            read(built)
