"""The page on a real server, and visitors who mean it ill: each is held to what is theirs, and the page goes on."""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from rag.answering.retriever import Retriever
from rag.build import build_index
from rag.errors import PortError
from rag.interfaces.http import connections, guard, sessions
from rag.interfaces.http.address import address_of, bound, warning
from rag.interfaces.http.login import Login
from tests.conftest import FakeEncoder, FakeReader, write_article
from tests.serving import SECONDS, basic, serving
from tests.waiting import until

PASSWORD = "a long password"
QUESTION = "守塔人贺潮在灯塔工作了多少年？"
ELSEWHERE = {"X-Forwarded-For": "192.0.2.9"}
"""As a proxy on this machine tells of a visitor who is on another."""
pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@dataclass
class Served:
    """A page that is served, and what its parts are called in events.

    :param headers: Of every request.
    """

    port: int
    page: Any
    headers: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        with self.client() as client:  # one left open would count until it has been idle for long
            parts = client.get("/config").json()["dependencies"]
        self.functions = {
            name: (each["id"], len(each["inputs"]))
            for each in parts
            for _, name in each["targets"]
            if each["backend_fn"]
        }

    def client(self, **headers: str) -> httpx.Client:
        return httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=SECONDS, headers=self.headers | headers)

    def join(self, client: httpx.Client, name: str, session: str, **event: Any) -> httpx.Response:
        function, inputs = self.functions[name]
        body = {"fn_index": function, "data": [None] * inputs, "session_hash": session, "event_data": event}
        return client.post("/gradio_api/queue/join", json=body)

    def fetch(self, client: httpx.Client, session: str) -> str:
        return client.get("/gradio_api/queue/data", params={"session_hash": session}).text

    def does(self, client: httpx.Client, name: str, session: str, **event: Any) -> str:
        assert self.join(client, name, session, **event).status_code == 200
        return self.fetch(client, session)

    def raw(self, text: str) -> socket.socket:
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=SECONDS)
        connection.sendall(text.replace("\n", "\r\n").encode())
        return connection

    @property
    def kept(self) -> Any:
        return self.page.blocks._queue, self.page.blocks.app.state_holder


@pytest.fixture(autouse=True)
def looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is left is looked for more often than every five seconds."""
    for module in (guard, sessions):
        monkeypatch.setattr(module, "SWEEP_SECONDS", 0.2)


@pytest.fixture
def served(built: Path, encoder: FakeEncoder) -> Iterator[Served]:
    with serving(over(built, encoder)) as served:
        yield Served(*served)


def over(index: Path, encoder: FakeEncoder) -> Retriever:
    return Retriever.open(index, encoder, FakeReader(answers=20.0))


def is_ended(connection: socket.socket) -> bool:
    """Whether the server ends a connection, whatever it says before."""
    try:
        while connection.recv(65536):
            pass
    except ConnectionResetError:
        return True
    return True


def test_a_reader_asks_opens_and_looks_around_and_a_program_asks(served: Served) -> None:
    with served.client() as client:
        assert "rag-cite" in served.does(client, "ask", "reader1", question=QUESTION)
        assert "rag-cited" in served.does(client, "open", "reader1", what="cite:0-1", serial="1")
        assert "rag-list" in served.does(client, "browse", "reader1", text="", number="1")
        event = client.post("/gradio_api/call/v2/ask", json={"question": QUESTION}).json()["event_id"]
        assert (
            "三十一年"
            in json.loads(
                re.search(r"event: complete\ndata: (.*)", client.get(f"/gradio_api/call/ask/{event}").text)[1]  # type: ignore[index]
            )[0]["extracts"][0]["text"]
        )


def test_a_change_of_the_filters_that_arrives_late_takes_nothing_back(served: Served) -> None:
    with served.client() as client:
        both, one = {"until": "2099", "author": ["林渡"]}, {"until": "2099"}
        assert served.does(client, "narrow", "reader", form=both, serial="2").count("rag-chip") > 1
        assert "rag-chip" not in served.does(client, "narrow", "reader", form=one, serial="1")
        assert "林渡" in served.does(client, "ask", "reader", question=QUESTION).partition("rag-filters")[2]


def test_events_that_wait_in_the_queue_can_not_be_run_past_it(served: Served) -> None:
    with served.client() as client:
        for name in ("ask", "retry", "open", "browse", "rate", "reindex", "export", "narrow", "tick"):
            function, inputs = served.functions[name]
            reply = client.post("/gradio_api/run/predict", json={"fn_index": function, "data": [None] * inputs})
            assert reply.status_code == 404


def test_the_guard_stands_before_all_else(served: Served) -> None:
    with served.client(Origin="https://evil.example") as client:
        reply = client.options("/gradio_api/queue/join", headers={"Access-Control-Request-Method": "POST"})
        assert reply.status_code == 403
        assert "access-control-allow-origin" not in reply.headers
        assert "server" not in reply.headers


def test_megabytes_in_chunks_behind_a_short_length_are_not_read(served: Served) -> None:
    with closing(served.raw("POST /gradio_api/queue/join HTTP/1.1\nHost: 127.0.0.1\nContent-Length: 5\n"
                            "Transfer-Encoding: chunked\n\n")) as connection:  # fmt: skip
        assert connection.recv(100).startswith(b"HTTP/1.1 400")
        assert is_ended(connection)


def test_a_head_that_never_ends_is_not_waited_for(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.5)
    with closing(served.raw("GET / HTTP/1.1\nHost: 127.0.0.1\n")) as trickling, closing(served.raw("")) as idle:
        for connection in (trickling, idle):
            assert is_ended(connection)


def test_one_visitor_has_so_many_connections(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections._present, "_each", 5)
    held = [served.raw("") for _ in range(5)]
    with closing(served.raw("")) as refused:
        assert is_ended(refused)
    for connection in held:
        connection.close()
    with served.client() as client:
        assert until(lambda: _answers(client))


def _answers(client: httpx.Client) -> bool:
    try:
        return client.get("/theme.css").is_success
    except httpx.TransportError:
        return False


def test_a_reply_that_is_not_read_on_is_not_kept_for_ever(
    tmp_path: Path, encoder: FakeEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "STALL_SECONDS", 0.5)
    write_article(tmp_path / "articles/long.md", "长文", *["潮汐表每天印一次。" * 1000] * 30)
    build_index(tmp_path / "articles", tmp_path / "index", encoder)
    with serving(over(tmp_path / "index", encoder)) as address:
        served = Served(*address)
        with served.client() as client:
            for _ in range(8):
                assert served.join(client, "open", "slow", what="article:long.md").status_code == 200
        with closing(served.raw("GET /gradio_api/queue/data?session_hash=slow HTTP/1.1\nHost: 127.0.0.1\n\n")):
            queue, _ = served.kept
            time.sleep(1)
            assert 0 < len(queue.pending_event_ids_session["slow"]) < 8  # what is unread counts as not fetched
            assert until(lambda: not connections._present._held.total())


def test_what_nobody_fetches_is_bounded_and_let_go(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "FETCH_SECONDS", 1.0)
    with served.client() as client:
        replies = [
            served.join(client, "open", f"left{n % 5}", what="article:port/lamp.md")
            for n in range(sessions.WAITING_EACH + 4)
        ]
        status = [reply.status_code for reply in replies]
        assert status.count(200) == sessions.WAITING_EACH
        assert status[-1] == 429
        assert "wait a moment" in replies[-1].json()["error"]
        queue, _ = served.kept
        assert until(lambda: not queue.pending_messages_per_session and not queue.pending_event_ids_session)
        assert "rag-article" in served.does(client, "open", "left1", what="article:port/lamp.md")


def test_a_stream_of_a_session_that_is_gone_says_so_and_is_no_failure(
    served: Served, caplog: pytest.LogCaptureFixture
) -> None:
    with served.client() as client:
        assert '"session_not_found":true' in served.fetch(client, "gone")
        assert "rag-article" in served.does(client, "open", "gone", what="article:port/lamp.md")
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def test_a_flood_of_sessions_leaves_the_conversations_of_others(served: Served) -> None:
    with served.client() as reader, served.client(**ELSEWHERE) as flood:
        served.does(reader, "ask", "reader", question=QUESTION)
        for number in range(sessions.MAX_SESSIONS_EACH + 3):
            served.does(flood, "tick", f"flood{number}")
        _, states = served.kept
        assert len(states.session_data) <= sessions.MAX_SESSIONS_EACH + 1
        assert "rag-cite" in served.does(reader, "rate", "reader", place="0-9")


def test_what_programs_ask_leaves_no_session_behind(served: Served) -> None:
    with served.client() as client:
        for _ in range(10):
            event = client.post("/gradio_api/call/v2/ask", json={"question": QUESTION}).json()["event_id"]
            assert "event: complete" in client.get(f"/gradio_api/call/ask/{event}").text
        queue, states = served.kept
        assert until(lambda: not states.session_data and not queue.pending_event_ids_session)


def test_only_readers_on_this_machine_may_index_anew_and_rate(served: Served, built: Path) -> None:
    with served.client(**ELSEWHERE) as stranger:
        for name, event in (("reindex", {}), ("rate", {"place": "0-1", "thumb": "up"})):
            served.does(stranger, "ask", "stranger", question=QUESTION)
            assert "Only readers on this machine" in served.does(stranger, name, "stranger", **event)
        assert "rag-reindex" not in served.does(stranger, "browse", "stranger")
        assert "rag-thumb" not in served.does(stranger, "ask", "stranger", question=QUESTION)
        assert not (built / "feedback.jsonl").exists()
    with served.client() as here:
        assert "rag-thumb" in served.does(here, "ask", "here", question=QUESTION)
        assert "aria-pressed" in served.does(here, "rate", "here", place="0-1", thumb="up")
        assert (built / "feedback.jsonl").exists()
        assert '"success":true' in served.does(here, "reindex", "here")
        assert served.page._controller.reindexing.wait(SECONDS)
        assert "indexed a moment ago" in served.does(here, "reindex", "here")


def test_whoever_has_logged_in_may_do_so_from_anywhere(built: Path, encoder: FakeEncoder) -> None:
    with serving(over(built, encoder), Login("lin", PASSWORD)) as address:
        served = Served(*address, basic("lin", PASSWORD))
        with served.client(**ELSEWHERE) as client:
            assert "rag-reindex" in served.does(client, "browse", "a")
            assert '"success":true' in served.does(client, "reindex", "a")
            served.page._controller.reindexing.wait(SECONDS)


def test_no_path_of_this_machine_is_shown(served: Served, tmp_path: Path, built: Path) -> None:
    with served.client() as client:
        shown = served.does(client, "browse", "a") + client.get("/config").text
        (tmp_path / "articles").rename(tmp_path / "away")
        served.does(client, "reindex", "a")
        served.page._controller.reindexing.wait(SECONDS)
        shown += served.does(client, "tick", "a")
    assert "articles is not a folder" in shown or "articles" in shown
    assert str(tmp_path) not in shown


def test_an_address_that_is_taken_is_told_at_once() -> None:
    sockets = bound("127.0.0.1", 0)
    sockets[0].listen()
    port = sockets[0].getsockname()[1]
    with pytest.raises(PortError, match="choose another with --host or --port"):
        bound("127.0.0.1", port)
    for one in sockets:
        one.close()


@pytest.mark.parametrize(
    ("host", "shown"), [("::1", "http://[::1]:"), ("[::1]", "http://[::1]:"), ("localhost", "http://localhost:")]
)
def test_addresses_of_every_form_are_served_on(host: str, shown: str) -> None:
    sockets = bound(host, 0)
    assert address_of(host, sockets).startswith(shown)
    assert len({one.getsockname()[1] for one in sockets}) == 1
    for one in sockets:
        one.close()
    assert warning(host, None) is None
