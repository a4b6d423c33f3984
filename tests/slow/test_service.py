"""The endpoints and the MCP tools on a real server: what programs get, and what attackers don't."""

from __future__ import annotations

import asyncio
import http.client
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError, AuthenticationError
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult, Tool

from rag.answering.retriever import Retriever
from rag.interfaces.http.address import warning
from rag.interfaces.http.login import Login
from tests.serving import basic, serving

ROOT = Path(__file__).parents[2]
QUESTION = "青藏铁路全长多少公里？"
ARTICLE = "geography/qinghai-tibet-railway.md"
PASSWORD = "a long password"
FILE = {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}, "url": "file:///etc/passwd"}
pytestmark = [
    pytest.mark.model,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def port(samples_retriever: Retriever) -> Iterator[int]:
    with serving(samples_retriever) as (port, _):
        yield port


@pytest.fixture(scope="module")
def client(port: int) -> Client:
    return Client(f"http://127.0.0.1:{port}", verbose=False)


def send(port: int, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, str]:
    """A request, its path just as it stands; gives status and text."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request(method, path, body, {"Content-Type": "application/json", **headers})
    try:
        reply = connection.getresponse()
        return reply.status, reply.read().decode("utf-8", "replace")
    finally:
        connection.close()


def call(port: int, name: str, *values: Any) -> tuple[int, str]:
    return send(port, "POST", f"/gradio_api/run/{name}", json.dumps({"data": values}).encode())


def with_mcp(port: int, ask: Any, headers: dict[str, str] | None = None) -> Any:
    async def run() -> Any:
        address = f"http://127.0.0.1:{port}/gradio_api/mcp/"
        async with (
            httpx.AsyncClient(headers=headers, timeout=60) as client,
            streamable_http_client(address, http_client=client) as (read, write, _),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            return await ask(session)

    return asyncio.run(run())


def same(given: dict[str, Any], retriever: Retriever) -> bool:
    printed = json.loads(json.dumps(retriever.ask(QUESTION).to_json()))
    return {**given, "seconds": 0} == {**printed, "seconds": 0}


class TestHttp:
    def test_asking_gives_the_same_answer_as_python(self, client: Client, samples_retriever: Retriever) -> None:
        given = client.predict(QUESTION, api_name="/ask")
        assert given["extracts"][0]["answer"] == "1956千米"
        assert same(given, samples_retriever)

    def test_curl_asks_by_name_and_reads_the_answer_from_the_stream(self, port: int) -> None:
        body = json.dumps({"question": QUESTION, "categories": ["地理"]}).encode()
        event = json.loads(send(port, "POST", "/gradio_api/call/v2/ask", body)[1])["event_id"]
        status, stream = send(port, "GET", f"/gradio_api/call/ask/{event}")
        told = re.search(r"event: complete\ndata: (.*)", stream)
        assert status == 200
        assert told
        assert json.loads(told[1])[0]["filters"]["categories"] == ["地理"]

    def test_searching_and_showing_an_article(self, client: Client) -> None:
        hits = client.predict(QUESTION, k=3, api_name="/search")
        assert [hit["article"]["id"] for hit in hits][:1] == [ARTICLE]
        shown = client.predict(ARTICLE, api_name="/article")
        assert shown["file"] == "unchanged"
        assert any("全长1956千米" in paragraph["text"] for paragraph in shown["paragraphs"])

    def test_a_follow_up_is_told_what_came_before_it(self, client: Client) -> None:
        before = client.predict(QUESTION, api_name="/ask")
        found = client.predict("它什么时候通车？", history=[before["turn"]], api_name="/ask")
        assert found["query"].startswith("青藏铁路")
        assert found["citations"][0]["article"]["id"] == ARTICLE
        hits = client.predict("它什么时候通车？", history=[before["turn"], found["turn"]], api_name="/search")
        assert hits[0]["article"]["id"] == ARTICLE

    def test_the_endpoints_are_documented_and_the_page_is_not_among_them(self, port: int) -> None:
        described = json.loads(send(port, "GET", "/gradio_api/info")[1])["named_endpoints"]
        assert list(described) == ["/ask", "/search", "/article", "/survey"]
        assert described["/ask"]["description"].startswith("Answer a question in the words of the saved articles")
        schema = json.loads(send(port, "GET", "/gradio_api/mcp/schema")[1])
        assert "a month or year to its end" in schema[0]["inputSchema"]["properties"]["until"]["description"]

    def test_a_refusal_is_a_sentence(self, client: Client) -> None:
        with pytest.raises(AppError, match="the index knows no author '无名氏'"):
            client.predict(QUESTION, authors=["无名氏"], api_name="/ask")

    def test_many_at_once_are_answered_or_told_that_it_is_busy(self, port: int) -> None:
        values = (QUESTION, "", "", None, None, None, False, 0.05, None, None, True)
        with ThreadPoolExecutor(60) as threads:
            replies = list(threads.map(lambda _: call(port, "ask", *values), range(60)))
        answered = [json.loads(text) for status, text in replies if status == 200]
        refused = {json.loads(text)["error"] for status, text in replies if status != 200}
        assert len(answered) >= 24
        assert {answer["data"][0]["extracts"][0]["answer"] for answer in answered} == {"1956千米"}
        assert refused <= {"busy: too many questions wait already; ask again in a few seconds"}


class TestMcp:
    def test_a_tool_gives_the_same_answer_as_json(self, port: int, samples_retriever: Retriever) -> None:
        result: CallToolResult = with_mcp(port, lambda session: session.call_tool("ask", {"question": QUESTION}))
        assert not result.isError
        assert same(json.loads(result.content[0].text), samples_retriever)  # type: ignore[union-attr]

    def test_a_tool_takes_the_turn_of_the_reply_before(self, port: int, samples_retriever: Retriever) -> None:
        turn = json.loads(json.dumps(samples_retriever.ask(QUESTION).to_json()["turn"]))
        told = {"question": "它什么时候通车？", "history": [turn]}
        result: CallToolResult = with_mcp(port, lambda session: session.call_tool("ask", told))
        assert json.loads(result.content[0].text)["query"].startswith("青藏铁路")  # type: ignore[union-attr]

    def test_tools_tell_what_each_argument_means(self, port: int) -> None:
        tools: list[Tool] = with_mcp(port, lambda session: session.list_tools()).tools
        assert [tool.name for tool in tools] == ["ask", "search", "article", "survey"]
        for tool in tools:
            assert all(argument["description"] for argument in tool.inputSchema["properties"].values())
        assert tools[0].inputSchema["required"] == ["question"]

    @pytest.mark.parametrize(
        ("tool", "arguments", "told"),
        [
            ("ask", {"question": " "}, "the question is empty"),
            ("ask", {"question": 3}, "Input validation error: 3 is not of type 'string'"),
            (
                "article",
                {"article_id": "../../etc/passwd"},
                "the index holds no article '../../etc/passwd': citations and the list of articles give the ids",
            ),
        ],
    )
    def test_a_refusal_is_a_sentence(self, port: int, tool: str, arguments: dict[str, Any], told: str) -> None:
        result: CallToolResult = with_mcp(port, lambda session: session.call_tool(tool, arguments))
        assert result.isError
        assert [part.text for part in result.content] == [told]  # type: ignore[union-attr]


class TestAttacks:
    @pytest.mark.parametrize(
        "path",
        [
            "/gradio_api/file=/etc/passwd",
            "/gradio_api/file=../../../../etc/passwd",
            "/gradio_api/file/etc/passwd",
            "/gradio_api/file=http://127.0.0.1/",
            "/gradio_api/proxy=http://169.254.169.254/",
            "/gradio_api/call/../file=/etc/passwd",
            "/gradio_api/call/%2e%2e/file=/etc/passwd",
            "/gradio_api/mcp/../file=/etc/passwd",
            "/static/../../../../../../../../../etc/passwd",
            "/static/..%2f..%2f..%2f..%2f..%2f..%2f..%2fetc/passwd",
            "/static//etc/passwd",
            "/assets/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
            "/svelte/%2fetc/passwd",
            "/static/%00",
        ],
    )
    def test_no_file_is_read_through_a_path(self, port: int, path: str) -> None:
        status, text = send(port, "GET", path)
        assert status in (403, 404)
        assert "root:" not in text

    def test_nothing_can_be_uploaded(self, port: int) -> None:
        body = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.html"\r\n\r\nx\r\n--x--\r\n'
        for route in ("/gradio_api/upload", "/gradio_api/process_recording", "/gradio_api/component_server"):
            status, _ = send(port, "POST", route, body, **{"Content-Type": "multipart/form-data; boundary=x"})
            assert status == 404

    def test_the_configuration_names_no_place_on_this_machine(self, port: int) -> None:
        for route in ("/config", "/gradio_api/info", "/gradio_api/openapi.json", "/gradio_api/mcp/schema"):
            status, text = send(port, "GET", route)
            assert status == 200
            for place in (str(ROOT), str(Path.home()), sys.prefix, "/tmp/"):
                assert place not in text

    @pytest.mark.parametrize(
        "values",
        [
            [],
            [3] * 8,
            [FILE] * 8,
            [[FILE]] * 8,
            [QUESTION, "", "", [FILE], None, None, False, 0.05],
            [QUESTION, "", "", None, None, None, False, float("nan")],
            ["长" * 100_000, "", "", None, None, None, False, 0.05],
        ],
        ids=range(7),
    )
    def test_wrong_values_run_nothing_and_tell_nothing(self, port: int, values: list[Any]) -> None:
        status, text = call(port, "ask", *values)
        assert status == 500
        assert set(json.loads(text)) <= {"error", "duration", "visible", "title"}
        assert not re.search(r"Traceback|\.py|root:|site-packages", text)
        assert len(text) < 500

    def test_a_request_of_over_a_megabyte_is_not_read(self, port: int) -> None:
        status, text = call(port, "ask", "长" * 500_000, "", "", None, None, None, False, 0.05, None, None)
        assert status == 413
        assert "too long" in text

    @pytest.mark.parametrize(
        "body",
        [b"", b"{", b"[]", b'{"data": "x"}', b"\xff\xfe", b'{"data":' + b"[" * 100_000 + b"]" * 100_000 + b"}"],
        ids=range(6),
    )
    def test_bodies_that_are_no_request_are_refused(self, port: int, body: bytes) -> None:
        for route in ("run/ask", "call/ask", "call/v2/ask", "queue/join", "mcp/"):
            status, text = send(
                port, "POST", f"/gradio_api/{route}", body, Accept="application/json, text/event-stream"
            )
            assert 400 <= status <= 500
            assert not re.search(r"Traceback|\.py\b|site-packages", text)

    def test_a_page_of_another_server_is_refused_and_so_is_a_name_made_to_point_here(self, port: int) -> None:
        assert send(port, "GET", "/config", Origin="https://evil.example")[0] == 403
        assert send(port, "GET", "/", Host=f"evil.example:{port}")[0] == 403


class TestLogin:
    @pytest.fixture(scope="class")
    def guarded(self, samples_retriever: Retriever) -> Iterator[int]:
        with serving(samples_retriever, Login("lin", PASSWORD)) as (port, _):
            yield port

    def test_programs_come_in_with_name_and_password_and_not_without(self, guarded: int) -> None:
        address = f"http://127.0.0.1:{guarded}"
        client = Client(address, httpx_kwargs={"auth": ("lin", PASSWORD)}, verbose=False)
        assert client.predict(QUESTION, api_name="/ask")["answered"]
        with pytest.raises(AuthenticationError):
            Client(address, verbose=False)
        result = with_mcp(
            guarded, lambda session: session.call_tool("ask", {"question": QUESTION}), basic("lin", PASSWORD)
        )
        assert not result.isError

    @pytest.mark.parametrize("path", ["/", "/config", "/theme.css", "/gradio_api/info", "/gradio_api/mcp/schema"])
    def test_no_route_is_open(self, guarded: int, path: str) -> None:
        assert send(guarded, "GET", path)[0] == 401


@pytest.mark.parametrize(
    ("host", "login", "told"),
    [
        ("0.0.0.0", None, "warning: others can reach 0.0.0.0 and read all articles"),
        ("192.168.1.5", "lin", "name and password travel unencrypted"),
        ("box.example", None, "warning: others can reach box.example and read all articles"),
    ],
)
def test_serving_to_others_is_warned_of(host: str, login: str | None, told: str) -> None:
    assert told in (warning(host, login) or "")


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "localhost"])
def test_serving_to_this_machine_alone_is_not(host: str) -> None:
    assert warning(host, None) is None


def test_a_connection_outlives_those_of_usual_clients(port: int) -> None:
    """httpx lets go of one after 5 seconds: were the server the first, a request on its way would be lost."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        connection.request("GET", "/config")
        connection.getresponse().read()
        connection.auto_open = 0  # else it would connect anew
        time.sleep(6)
        connection.request("GET", "/config")
        assert connection.getresponse().status == 200


def test_the_examples_of_the_readme_run(port: int) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.S)
    ours = [block.replace("127.0.0.1:7860", f"127.0.0.1:{port}") for block in blocks if "7860" in block]
    assert len(ours) == 2
    for block in ours:
        done = subprocess.run([sys.executable, "-c", block], capture_output=True, text=True, check=True)
        assert "1956千米" in done.stdout
        assert ARTICLE in done.stdout
