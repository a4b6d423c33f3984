"""Which requests reach the server at all."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from rag.errors import LoginError
from rag.interfaces.http import guard as guarding
from rag.interfaces.http.guard import MAX_BYTES, Guard
from rag.interfaces.http.login import Login
from rag.interfaces.http.sessions import Sessions
from rag.interfaces.http.visitors import Rates
from tests.serving import basic

HERE = "http://127.0.0.1:7860"
LOGIN = Login("林", "eine Passphrase")
PAUSE = 0.3
"""Seconds for which a wrong password is held up here."""


async def server(scope: Scope, receive: Receive, send: Send) -> None:
    """Tells how much it was sent; fails where it is asked to."""
    if scope["path"] == "/gradio_api/call/fail":
        raise RuntimeError("/secret/path")
    length = len(await Request(scope, receive).body())
    await PlainTextResponse(f"{length} bytes")(scope, receive, send)


def client(host: str = "127.0.0.1", login: Login | None = None, address: str = HERE) -> TestClient:
    return TestClient(Guard(server, host, login), base_url=address)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/config",
        "/theme.css",
        "/assets/index.js",
        "/gradio_api/queue/join",
        "/gradio_api/call/ask",
        "/gradio_api/mcp",
    ],
)
def test_what_the_page_and_programs_need_passes(path: str) -> None:
    assert client().get(path).text == "0 bytes"


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/upload",
        "/upload",
        "/gradio_api/file=/etc/passwd",
        "/gradio_api/file=https://example.org/",
        "/file=/etc/passwd",
        "/gradio_api/file/etc/passwd",
        "/gradio_api/proxy=https://example.org/",
        "/gradio_api/component_server",
        "/gradio_api/process_recording",
        "/gradio_api/run-history/buckets",
        "/gradio_api/deep_link",
        "/gradio_api/vibe-edit",
        "/monitoring",
        "/login",
        "/configs",
        "//etc/passwd",
        "/nothing",
    ],
)
def test_what_they_do_not_need_is_not_found(path: str) -> None:
    for reply in (client().get(path), client().post(path, content=b"x")):
        assert (reply.status_code, reply.json()) == (404, {"error": "there is nothing here"})


@pytest.mark.parametrize("address", [HERE, "http://localhost:7860", "http://[::1]:7860", "http://192.168.1.5", HERE])
def test_this_machine_is_known_by_its_addresses(address: str) -> None:
    assert client(address=address).get("/").status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:7860", "127.0.0.1.evil.example", "", "[", "localhost.", "a:b:1"]
)
def test_a_name_that_someone_made_point_here_is_refused(host: str) -> None:
    assert client().get("/", headers={"Host": host}).status_code == 403


def test_the_name_that_it_is_served_on_is_known_and_with_a_login_any_is() -> None:
    assert client("Box.example", address="http://box.example:7860").get("/").status_code == 200
    guarded = client(login=LOGIN, address="http://behind.proxy.example")
    assert guarded.get("/", headers=basic("林", "eine Passphrase")).status_code == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "http://localhost:1234", "null", "", "http://127.0.0.1"])
def test_pages_of_other_servers_may_ask_nothing(origin: str) -> None:
    reply = client().post("/gradio_api/call/ask", content=b"x", headers={"Origin": origin})
    assert reply.status_code == 403


def test_our_own_page_may_ask() -> None:
    assert client().post("/gradio_api/call/ask", content=b"xyz", headers={"Origin": HERE}).text == "3 bytes"


def test_a_request_that_is_too_long_or_does_not_say_how_long_is_refused() -> None:
    longest = client().post("/gradio_api/call/ask", content=b"x" * MAX_BYTES)
    longer = client().post("/gradio_api/call/ask", content=b"x" * (MAX_BYTES + 1))
    unsaid = client().post("/gradio_api/call/ask", content=iter([b"x"]))
    assert [reply.status_code for reply in (longest, longer, unsaid)] == [200, 413, 411]
    assert longer.json() == {"error": "the request is too long: 1,000,000 bytes at most"}


def test_a_failure_is_told_in_a_sentence_without_its_reason() -> None:
    reply = client().get("/gradio_api/call/fail")
    assert reply.status_code == 500
    assert reply.json() == {"error": "this could not be served; the terminal that runs the page says why"}


def test_the_browser_is_told_to_ask_no_other_host() -> None:
    headers = client().get("/").headers
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "http" not in headers["content-security-policy"]
    assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    "path", ["/", "/config", "/assets/a.js", "/gradio_api/mcp", "/gradio_api/heartbeat/a", "/nothing"]
)
def test_with_a_login_nothing_is_had_without_name_and_password(path: str) -> None:
    reply = client(login=LOGIN).get(path)
    assert reply.status_code == 401
    assert reply.headers["www-authenticate"].startswith('Basic realm="Article RAG"')


def test_the_right_name_and_password_let_in() -> None:
    assert client(login=LOGIN).get("/", headers=basic("林", "eine Passphrase")).status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        basic("林", "eine passphrase"),
        basic("lin", "eine Passphrase"),
        {"Authorization": "Basic %%%"},
        {"Authorization": basic("林", "eine Passphrase")["Authorization"].replace("Basic", "Bearer")},
    ],
)
def test_a_wrong_password_is_refused_and_late(header: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guarding, "GUESS_SECONDS", PAUSE)
    began = time.monotonic()
    assert client(login=LOGIN).get("/", headers=header).status_code == 401
    assert time.monotonic() - began >= PAUSE * 0.9


@pytest.mark.parametrize(
    ("name", "password"), [("", "long enough"), ("a:b", "long enough"), ("lin", "short"), ("lin", "")]
)
def test_a_login_that_guards_nothing_is_refused(name: str, password: str) -> None:
    with pytest.raises(LoginError):
        Login(name, password)


def head(path: str = "/gradio_api/call/ask", **headers: str) -> dict[str, Any]:
    """The head of a request from 192.0.2.1, as a server gives it to the guard."""
    given = {"host": "127.0.0.1:7860", **{name.replace("_", "-"): value for name, value in headers.items()}}
    raw = [(name.encode(), value.encode()) for name, value in given.items()]
    return {
        "type": "http",
        "method": "POST",
        "path": path,
        "headers": raw,
        "client": ("192.0.2.1", 1),
        "query_string": b"",
    }


def told(scope: dict[str, Any], *parts: bytes, guard: Guard | None = None, pause: float = 0.0) -> tuple[int, str]:
    """Status and sentence for a request whose body comes in these parts and then no further."""
    replies: list[Any] = []
    left = list(parts)

    async def receive() -> Any:
        await asyncio.sleep(pause)
        if not left:
            await asyncio.sleep(60)
        return {"type": "http.request", "body": left.pop(0), "more_body": True}

    async def send(message: Any) -> None:
        replies.append(message)

    asyncio.run((guard or Guard(server, "127.0.0.1"))(scope, receive, send))
    return replies[0]["status"], json.loads(replies[1]["body"])["error"]


def test_the_bytes_that_arrive_are_counted_whatever_the_head_says() -> None:
    assert told(head(content_length="5"), *[b"x" * 100_000] * 40) == (
        413,
        "the request is too long: 1,000,000 bytes at most",
    )


def test_a_length_that_is_told_in_two_ways_is_refused() -> None:
    status, sentence = told(head(content_length="5", transfer_encoding="chunked"), b"hello")
    assert (status, sentence) == (400, "the request tells its length in two ways")


@pytest.mark.parametrize("pause", [0.0, 0.02])
def test_a_body_that_trickles_in_is_waited_for_only_so_long(pause: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guarding, "BODY_SECONDS", 0.2)
    status, sentence = told(head(content_length="500"), *[b"x"] * (1 if not pause else 500), pause=pause)
    assert status == 408
    assert "was not complete after" in sentence


def test_a_page_of_another_server_is_refused_before_anything_is_answered_and_other_methods_are_not_served() -> None:
    asks = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    assert client().options("/gradio_api/queue/join", headers=asks).status_code == 403
    for method in ("OPTIONS", "PUT", "DELETE", "PATCH", "TRACE"):
        assert client().request(method, "/gradio_api/queue/join", headers={"Origin": HERE}).status_code == 405


def test_whoever_asks_too_much_is_told_to_wait_and_others_are_served() -> None:
    guard = Guard(server, "127.0.0.1", rates=Rates(rate=0.0, burst=3.0))
    flood, other = (TestClient(guard, HERE, client=(address, 1)) for address in ("192.0.2.1", "192.0.2.2"))
    replies = [flood.post("/gradio_api/call/ask", json={}) for _ in range(5)]
    assert [reply.status_code for reply in replies] == [200] * 3 + [429] * 2
    assert replies[-1].json()["error"].startswith("too many requests at once: wait a moment")
    assert replies[-1].headers["retry-after"] == "1"
    assert other.post("/gradio_api/call/ask", json={}).status_code == 200


def test_a_guess_of_one_visitor_holds_up_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guarding, "GUESS_SECONDS", PAUSE)
    guard = Guard(server, "127.0.0.1", LOGIN)

    async def guess(address: str) -> None:
        async def receive() -> Any:
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            assert message.get("status", 401) == 401

        await guard({**head("/", authorization="Basic eDp5"), "client": (address, 1)}, receive, send)

    async def guess_together() -> None:
        await asyncio.gather(*(guess(f"192.0.2.{number}") for number in range(5)))

    began = time.monotonic()
    asyncio.run(guess_together())
    assert time.monotonic() - began < 3 * PAUSE


class Waiting:
    """A server's memory in which so much waits already."""

    def __init__(self, waiting: int) -> None:
        self._waiting = waiting

    def ids(self) -> set[str]:
        return set()

    def waiting(self, session: str) -> int:
        return self._waiting

    async def drop(self, session: str) -> None: ...

    async def forget(self, session: str) -> None: ...


def test_nothing_more_is_begun_for_one_who_does_not_fetch_what_is_there() -> None:
    full, empty = (TestClient(Guard(server, "127.0.0.1", None, Sessions(Waiting(count))), HERE) for count in (50, 0))
    for asking in (full, empty):
        asking.get("/gradio_api/queue/data?session_hash=abc")
        asking.post("/gradio_api/run/predict", json={"session_hash": "abc"})
    reply = full.post("/gradio_api/queue/join", json={"session_hash": "abc"})
    assert reply.status_code == 429
    assert reply.json()["error"].startswith("too many requests wait to be fetched")
    assert empty.post("/gradio_api/queue/join", json={"session_hash": "abc"}).status_code == 200


@pytest.mark.parametrize("session", ["", "x" * 65, "../a", 7, ["a"], {"a": 1}])
def test_a_session_whose_id_is_none_is_refused(session: object) -> None:
    asking = TestClient(Guard(server, "127.0.0.1", None, Sessions(Waiting(0))), HERE)
    assert asking.post("/gradio_api/queue/join", json={"session_hash": session}).status_code == 400
    if isinstance(session, str):
        assert asking.get("/gradio_api/queue/data", params={"session_hash": session}).status_code == 400


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"7", b"\xff", b"[" * 100_000])
def test_what_is_no_json_object_is_refused(body: bytes) -> None:
    asking = TestClient(Guard(server, "127.0.0.1", None, Sessions(Waiting(0))), HERE)
    assert asking.post("/gradio_api/queue/join", content=body).status_code == 400


@pytest.mark.parametrize("data", [[[]] * 1000, [{str(number): 0 for number in range(1000)}], [[0] * 500, [0] * 500]])
def test_a_request_of_very_many_values_is_refused_before_anything_is_made_of_them(data: object) -> None:
    asking = TestClient(Guard(server, "127.0.0.1", None, Sessions(Waiting(0))), HERE)
    refused = asking.post("/gradio_api/queue/join", json={"data": data})
    assert refused.status_code == 413
    assert refused.json() == {"error": "the request holds too much: 1,000 values at most"}
    assert asking.post("/gradio_api/queue/join", json={"data": [0] * 900}).status_code == 200
