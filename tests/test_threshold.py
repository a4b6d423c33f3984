"""How sure it must be to answer, in every face."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rag.answering.retriever import Retriever
from rag.interfaces.languages.chinese import CHINESE
from rag.interfaces.page.controller import Controller
from rag.interfaces.page.narrowing import FilterFormState
from rag.interfaces.page.turns import conversation_html
from tests.conftest import CommandLine, FakeEncoder, FakeReader

QUESTION = "守塔人贺潮在灯塔工作了多少年？"


@pytest.fixture
def retriever(built: Path, encoder: FakeEncoder) -> Retriever:
    """With a reader that is neither sure nor sure of the contrary."""
    return Retriever.open(built, encoder, FakeReader(answers=-4.0))


@pytest.fixture
def threshold(retriever: Retriever, above: float) -> float:
    """So much above how sure it is."""
    return retriever.ask(QUESTION).confidence + above


@pytest.mark.parametrize(("above", "answered"), [(0.0, True), (0.01, False)])
class TestEveryFace:
    def test_python(self, retriever: Retriever, threshold: float, answered: bool) -> None:
        answer = retriever.ask(QUESTION, threshold=threshold)
        assert (answer.answered, bool(answer.extracts), bool(answer.near_misses)) == (answered, answered, not answered)

    def test_command_line(
        self, retriever: Retriever, threshold: float, answered: bool, command_line: CommandLine
    ) -> None:
        done = command_line(retriever, "ask", QUESTION, "--json", "--threshold", str(threshold))
        assert json.loads(done.stdout)["answered"] is answered

    def test_page(self, retriever: Retriever, threshold: float, answered: bool) -> None:
        *_, turns = Controller(retriever).ask(QUESTION, (), FilterFormState(threshold=threshold))
        assert (CHINESE.no_answer in conversation_html(turns, CHINESE)) is not answered

    def test_evaluation(
        self, retriever: Retriever, threshold: float, answered: bool, command_line: CommandLine, tmp_path: Path
    ) -> None:
        questions, figures = tmp_path / "q.jsonl", tmp_path / "figures.json"
        questions.write_text(json.dumps({"question": QUESTION, "article": "port/lamp.md"}), encoding="utf-8")
        words = ("eval", str(questions), "--json", str(figures), "--threshold", str(threshold))
        command_line(retriever, *words)
        assert json.loads(figures.read_text(encoding="utf-8"))["results"][0]["answered"] is answered


def test_a_threshold_that_is_no_share_is_one_clear_error(retriever: Retriever, command_line: CommandLine) -> None:
    done = command_line(retriever, "ask", QUESTION, "--threshold", "7")
    assert "the threshold is 7.0: name one from 0, answer always, to 1" in str(done.exception)
