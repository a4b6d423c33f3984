"""The command line is answered by a process that has the index open, as it would be without."""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from rag.answering import retriever as retriever_module
from rag.answering.retriever import Retriever
from rag.errors import RagError
from rag.interfaces import cli, resident
from rag.interfaces.asking import Request, reply_to_plain
from rag.interfaces.resident import ask_resident
from tests.conftest import FakeEncoder, FakeReader

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="it has no such sockets")
QUESTION = "灯塔什么时候换了新灯？"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Short enough for a socket's path."""
    monkeypatch.setattr(resident, "cache_folder", lambda: tmp_path / "c")
    return tmp_path / "c"


@pytest.fixture
def retriever(built: Path, encoder: FakeEncoder) -> Retriever:
    return Retriever.open(built, encoder, FakeReader(answers=20.0))


@pytest.fixture
def running(retriever: Retriever) -> Iterator[None]:
    """A process that has the index open."""
    with resident.resident(retriever.place, partial(reply_to_plain, retriever)):
        yield


@pytest.fixture
def typed(built: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """What comes of words on the command line, where no model can be loaded."""

    def refused(*_: object, **__: object) -> None:
        raise RagError("a model is loaded")

    monkeypatch.setattr(retriever_module, "load_encoder", refused)
    monkeypatch.setattr(retriever_module, "check_model", lambda _name: None)
    return lambda *words: CliRunner().invoke(cli.app, [*words, "--index", str(built)])


def typed_here(retriever: Retriever, monkeypatch: pytest.MonkeyPatch, *words: str) -> Result:
    """The same where this process has the model."""
    monkeypatch.setattr(retriever_module, "load_encoder", lambda *_, **__: retriever.engine.encoder)
    monkeypatch.setattr(retriever_module, "load_reader", lambda *_: retriever.engine.reader)
    monkeypatch.setattr(retriever_module, "check_model", lambda _name: None)
    return CliRunner().invoke(cli.app, [*words, "--index", str(retriever.place)])


@pytest.mark.parametrize(
    "words",
    [
        ["ask", QUESTION],
        ["ask", "那茶呢？", "--after", QUESTION, "--newest"],
        ["ask", QUESTION, "--since", "2021", "--threshold", "0.9"],
        ["search", "灯塔", "-k", "2"],
    ],
    ids=["asked", "a follow-up", "filtered", "searched"],
)
def test_what_is_printed_is_the_same(
    retriever: Retriever,
    typed: Callable[..., Result],
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
) -> None:
    assert "a model is loaded" in str(typed(*words).exception)
    here = typed_here(retriever, monkeypatch, *words)
    assert here.exit_code == 0, here.output
    request.getfixturevalue("running")
    there = typed(*words)
    assert (there.exit_code, there.output) == (0, here.output)
    assert there.output.strip()


def test_json_is_the_same_but_for_the_time_it_took(
    retriever: Retriever, running: None, typed: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    there = json.loads(typed("ask", QUESTION, "--json").output)
    here = json.loads(typed_here(retriever, monkeypatch, "ask", QUESTION, "--json").output)
    assert here.pop("seconds").keys() == there.pop("seconds").keys()
    assert here == there


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["ask", "？" * 2000], "characters"),
        (["ask", QUESTION, "--author", "谁也不是"], "谁也不是"),
        (["ask", " "], "empty"),
    ],
)
def test_what_can_not_be_answered_is_told(
    running: None, typed: Callable[..., Result], words: list[str], told: str
) -> None:
    error = typed(*words).exception
    assert isinstance(error, RagError)
    assert told in str(error)


def test_a_device_or_a_model_that_is_named_is_not_asked_of_another(running: None, typed: Callable[..., Result]) -> None:
    for words in (["--device", "cpu"], ["--trust-model"]):
        assert "a model is loaded" in str(typed("ask", QUESTION, *words).exception)


def test_nobody_answers_for_another_index(running: None, tmp_path: Path) -> None:
    assert ask_resident(tmp_path / "other", Request(QUESTION).plain()) is None


class TestWithoutOne:
    """A process that is gone, or does not answer, is not waited for."""

    PLAIN = Request(QUESTION).plain()

    def test_a_second_one_takes_nothing_over(self, retriever: Retriever, running: None, cache: Path) -> None:
        assert ask_resident(retriever.place, self.PLAIN)
        with resident.resident(retriever.place, dict):
            pass  # nor does it take anything with it
        assert ask_resident(retriever.place, self.PLAIN)

    def test_one_that_was_killed_leaves_its_place(self, retriever: Retriever, cache: Path) -> None:
        path = resident._socket_of(retriever.place)
        assert path is not None
        path.parent.mkdir(parents=True, mode=0o700)
        with socket.socket(socket.AF_UNIX) as left:
            left.bind(str(path))
        assert path.exists()
        assert ask_resident(retriever.place, self.PLAIN) is None
        with resident.resident(retriever.place, partial(reply_to_plain, retriever)):
            assert ask_resident(retriever.place, self.PLAIN)
        assert not path.exists()

    def test_one_that_stands_still(self, retriever: Retriever) -> None:
        """The system takes connections for it all the same."""
        path = resident._socket_of(retriever.place)
        assert path is not None
        path.parent.mkdir(parents=True, mode=0o700)
        with socket.socket(socket.AF_UNIX) as stopped:
            stopped.bind(str(path))
            stopped.listen()
            began = time.monotonic()
            assert ask_resident(retriever.place, self.PLAIN) is None
            assert time.monotonic() - began < 10

    def test_one_that_does_not_come_to_an_end(self, retriever: Retriever, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(resident, "ANSWER_SECONDS", 0.2)
        ended = threading.Event()

        def never(_: Any) -> dict[str, Any]:
            ended.wait(30)
            return {}

        with resident.resident(retriever.place, never):
            assert ask_resident(retriever.place, self.PLAIN) is None
            ended.set()

    def test_one_in_which_something_is_wrong(self, retriever: Retriever, caplog: pytest.LogCaptureFixture) -> None:
        with resident.resident(retriever.place, lambda _: {}["nothing"]):
            assert ask_resident(retriever.place, self.PLAIN) is None
        assert "a question of the command line failed" in caplog.text

    def test_one_that_others_may_have_put_there(self, retriever: Retriever, running: None, cache: Path) -> None:
        (cache / resident.FOLDER).chmod(0o770)
        assert ask_resident(retriever.place, self.PLAIN) is None
        with resident.resident(retriever.place.parent, dict):
            assert len([*(cache / resident.FOLDER).glob("*.lock")]) == 1

    def test_a_path_too_long_for_a_socket(
        self, retriever: Retriever, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(resident, "cache_folder", lambda: tmp_path / ("long" * 30))
        with resident.resident(retriever.place, partial(reply_to_plain, retriever)):
            assert ask_resident(retriever.place, self.PLAIN) is None

    @pytest.mark.parametrize("sent", [b"", b"no json\n", b"[]\n", b"{}\n", b'{"question": 1, "more": 2}\n'])
    def test_what_is_no_request_hurts_nobody(self, retriever: Retriever, running: None, sent: bytes) -> None:
        path = resident._socket_of(retriever.place)
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(path))
            connection.sendall(sent)
            connection.shutdown(socket.SHUT_WR)
            connection.recv(1000)
        assert ask_resident(retriever.place, self.PLAIN)
