"""Question files: what is taken, and what is told of a line that can't be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rag.errors import EvaluationError
from rag.evaluation import questions
from rag.evaluation.questions import Question, QuestionFile, read_questions

ARTICLES = {"port/lamp.md", "tea.md"}
ASKED = {"question": "灯塔多久擦一次灯？", "article": "port/lamp.md"}


def read(path: Path, *lines: dict[str, Any] | str | bytes) -> QuestionFile:
    """Write lines, objects as JSON, and read them as questions about two articles."""
    texts = [json.dumps(line, ensure_ascii=False) if isinstance(line, dict) else line for line in lines]
    path.write_bytes(b"\n".join(text.encode() if isinstance(text, str) else text for text in texts))
    return read_questions(path, ARTICLES)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "questions.jsonl"


def reason(path: Path, line: dict[str, Any] | str | bytes) -> str:
    """Why a line can't be used; a good one stands around it and is."""
    asked = read(path, ASKED, line, ASKED)
    assert [question.line for question in asked.questions] == [1, 3]
    (bad,) = asked.bad_lines
    assert str(bad).startswith(f"{path}:2: ")
    assert "\n" not in str(bad)
    return bad.reason


def test_everything_that_is_known_of_a_question_is_taken(path: Path) -> None:
    line = {
        "id": 7,
        "lang": "zh",
        "question": "多久擦一次？",
        "article": ["port/lamp.md", "tea.md"],
        "answers": ["四小时", "一个月"],
        "evidence": "旧灯要每四小时擦一次。",
        "paragraphs": ["守塔人贺潮在这里工作了三十一年。"],
        "history": ["谁守灯塔？"],
    }
    assert read(path, line).questions == (
        Question(
            id="7",
            text="多久擦一次？",
            lang="zh",
            articles=("port/lamp.md", "tea.md"),
            answers=("四小时", "一个月"),
            evidence=("旧灯要每四小时擦一次。",),
            paragraphs=("守塔人贺潮在这里工作了三十一年。",),
            history=("谁守灯塔？",),
            line=1,
        ),
    )


def test_a_question_and_its_article_are_enough(path: Path) -> None:
    (question,) = read(path, ASKED).questions
    assert (question.id, question.lang, question.kind) == ("1", "und", "answerable")
    assert question.answerable


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ({"article": None}, "unanswerable"),
        ({"answerable": False}, "unanswerable"),
        ({"article": None, "answerable": False, "kind": "left-out"}, "left-out"),
        ({"article": [], "answers": [], "evidence": None}, "unanswerable"),
    ],
)
def test_a_question_may_be_one_that_nothing_answers(path: Path, line: dict[str, Any], kind: str) -> None:
    (question,) = read(path, {"question": "火星上有灯塔吗？", **line}).questions
    assert not question.answerable
    assert question.kind == kind


def test_blank_lines_a_byte_order_mark_and_windows_line_ends_are_no_fault(path: Path) -> None:
    good = json.dumps(ASKED).encode()
    asked = read(path, b"\xef\xbb\xbf" + good + b"\r", b"\r", good)
    assert (len(asked.questions), asked.bad_lines) == (2, ())


def test_blank_answers_are_left_out_since_they_would_be_found_everywhere(path: Path) -> None:
    (question,) = read(path, {**ASKED, "answers": ["", " \u200b\n", "四小时"], "evidence": ""}).questions
    assert question.answers == ("四小时",)
    assert question.evidence == ()


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "it is no JSON"),
        ("[" * 100_000, "it is no JSON"),
        ('{"id": ' + "9" * 5000 + "}", "it is no JSON"),
        ("[1, 2]", "it is no JSON object"),
        ("灯塔".encode("gb18030"), "it is not UTF-8: save the file in UTF-8"),
        ('{"question": "\\ud800", "article": "tea.md"}', "half a character"),
        ({"article": "tea.md"}, "there is no question"),
        ({**ASKED, "question": "  "}, "a question is no text"),
        ({**ASKED, "question": ["a"]}, "a question is no text"),
        ({**ASKED, "question": "长" * 1001}, "a question has 1001 characters: 1000 at most"),
        ({**ASKED, "history": ["长" * 1001]}, "a question has 1001 characters"),
        ({"question": "谁？"}, "it names no article"),
        ({**ASKED, "article": None, "answerable": True}, "it names no article"),
        ({**ASKED, "answerable": False}, "it names an article, and says answerable: false"),
        ({**ASKED, "answerable": "no"}, "`answerable` is neither true nor false"),
        ({**ASKED, "article": "robot.md"}, "the index has no article 'robot.md'"),
        ({**ASKED, "article": ["tea.md", "robot.md"]}, "the index has no article 'robot.md'"),
        ({**ASKED, "article": {"tea.md": 1}}, "`article` is no text and no list of texts"),
        ({**ASKED, "answers": ["a", 1]}, "`answers` is no text and no list of texts"),
        ({**ASKED, "answers": ["a"] * 201}, "`answers` has 201 texts: 200 at most"),
        ({**ASKED, "id": {}}, "`id` is no text and no number"),
        ({**ASKED, "lang": "长" * 41}, "`lang` is no text of 40 characters at most"),
        ({**ASKED, "kind": 3}, "`kind` is no text"),
        ({**ASKED, "evidence": "长" * 400_000}, "over the limit of 1,000,000"),
    ],
)
def test_a_line_that_cannot_be_used_is_told_and_the_rest_goes_on(
    path: Path, line: dict[str, Any] | str | bytes, message: str
) -> None:
    assert message in reason(path, line)


def test_an_empty_file_is_an_error(path: Path) -> None:
    with pytest.raises(EvaluationError, match="holds no question"):
        read(path, "", "  ")


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match=r"can't read the questions in .*: No such file"):
        read_questions(tmp_path / "none.jsonl", ARTICLES)
    with pytest.raises(EvaluationError, match="is a folder"):
        read_questions(tmp_path, ARTICLES)


def test_a_file_that_is_too_large_is_an_error(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(questions, "MAX_BYTES", 10)
    with pytest.raises(EvaluationError, match="has over 10 bytes"):
        read(path, ASKED)
