"""Which requests reach the server at all."""

from __future__ import annotations

import base64
import time

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from rag.errors import LoginError
from rag.guard import GUESS_SECONDS, MOST_BYTES, Guard
from rag.login import Login

HERE = "http://127.0.0.1:7860"
LOGIN = Login("林", "eine Passphrase")


async def server(scope: Scope, receive: Receive, send: Send) -> None:
    """Tells how much it was sent; fails where it is asked to."""
    if scope["path"] == "/gradio_api/call/fail":
        raise RuntimeError("/secret/path")
    length = len(await Request(scope, receive).body())
    await PlainTextResponse(f"{length} bytes")(scope, receive, send)


def client(host: str = "127.0.0.1", login: Login | None = None, address: str = HERE) -> TestClient:
    return TestClient(Guard(server, host, login), base_url=address)


def basic(name: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()}


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
    longest = client().post("/gradio_api/call/ask", content=b"x" * MOST_BYTES)
    longer = client().post("/gradio_api/call/ask", content=b"x" * (MOST_BYTES + 1))
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
def test_a_wrong_password_is_refused_and_late(header: dict[str, str]) -> None:
    began = time.monotonic()
    assert client(login=LOGIN).get("/", headers=header).status_code == 401
    assert time.monotonic() - began >= GUESS_SECONDS * 0.9


@pytest.mark.parametrize(
    ("name", "password"), [("", "long enough"), ("a:b", "long enough"), ("lin", "short"), ("lin", "")]
)
def test_a_login_that_guards_nothing_is_refused(name: str, password: str) -> None:
    with pytest.raises(LoginError):
        Login(name, password)
