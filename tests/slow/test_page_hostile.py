"""Hostile articles, questions and calls: nothing in them runs, nothing leaves, and the page goes on."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import chdir
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from rag.answering.retriever import Retriever
from rag.build import build_index
from rag.interfaces.http.guard import TOO_MANY
from rag.models.encoder import Encoder
from tests.serving import serving
from tests.slow.browser import ANSWER_MS, ask, chromium

pytestmark = [
    pytest.mark.model,
    pytest.mark.browser,
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
RUN = "window.ran = (window.ran || 0) + 1"
ATTACK = (
    f'<script>{RUN}</script><img src=x onerror="{RUN}"><svg onload="{RUN}"></svg><a href="javascript:{RUN}">x</a>'
    f'<iframe srcdoc="<script>parent.{RUN}</script>"></iframe><style>body{{display:none}}</style></div></article>'
    f"<form action=https://evil.example><button>go</button></form>{{{{constructor.constructor('{RUN}')()}}}}${{{RUN}}}"
)
AS_TEXT = ATTACK.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
SECRET = "the-secret-outside-the-folder"
LONG = "潮汐表每天印一次。" * 14_000
"""A paragraph of hundreds of kilobytes."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, real_encoder: Encoder) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("hostile")
    articles = folder / "articles"
    articles.mkdir()
    (folder / "secret.md").write_text(f"---\ntitle: x\n---\n<p>{SECRET}</p>", encoding="utf-8")
    front = json.dumps(ATTACK)
    (articles / "attack.md").write_text(
        f"---\ntitle: {front}\nauthor: {front}\ncategories:\n- {front}\n"
        f'url: "javascript:{RUN}"\ndate: 2021-01-02\n---\n'
        f"<p>浮标站的管理员是{AS_TEXT}，他住在岛上。</p>\n{ATTACK}\n<p>浮标站一共有七座浮标。\u202e文件.exe</p>",
        encoding="utf-8",
    )
    (articles / "long.md").write_text(f"---\ntitle: 潮汐表\n---\n<p>{LONG}</p>", encoding="utf-8")
    build_index(articles, folder / "index", real_encoder)
    with chdir(folder), serving(Retriever.open(folder / "index", real_encoder)) as (port, _):
        yield f"http://127.0.0.1:{port}/"


@pytest.fixture(scope="module")
def context(browser: Browser) -> BrowserContext:
    return browser.new_context(locale="en-GB")


@pytest.fixture
def page(address: str, context: BrowserContext) -> Iterator[Page]:
    page = context.new_page()
    outside: list[str] = []
    page.on("request", lambda request: outside.append(request.url) if not request.url.startswith(address) else None)
    page.goto(address)
    page.locator(".rag-welcome").wait_for(timeout=ANSWER_MS)
    yield page
    assert page.evaluate("window.ran") is None
    assert page.locator("body").is_visible()
    assert [url for url in outside if not url.startswith(("data:", "blob:"))] == []
    page.evaluate("localStorage.clear()")
    page.close()


def test_what_an_article_says_is_text_in_the_answer_the_source_the_filters_and_the_collection(
    page: Page, address: str
) -> None:
    page.goto(f"{address}?q=浮标站一共有几座浮标？&threshold=0")
    expect(page.locator(".rag-extract").first).to_be_visible(timeout=ANSWER_MS)
    expect(page.locator("#rag-chat")).to_contain_text("<script>window.ran")
    page.locator("a.rag-cite").first.click()
    source = page.locator("#rag-source")
    expect(source.locator("h2")).to_contain_text("<script>window.ran")
    expect(source.locator(".rag-paragraphs")).to_contain_text("<img src=x onerror")
    expect(source.locator("script, img, iframe, style, form[action], [onerror], [onload]")).to_have_count(0)
    assert source.locator("a").evaluate_all("links => links.filter((a) => !a.hash).length") == 0
    assert "\u202e" not in source.inner_text()
    page.get_by_text("Narrow the search").click()
    page.locator(".rag-tree input").first.check()
    expect(page.locator(".rag-chip", has_text="<script>window.ran")).to_have_count(1)
    ask(page, "浮标站一共有几座浮标？")
    expect(page.locator(".rag-filters")).to_contain_text("<script>window.ran")
    page.get_by_role("button", name="Collection").click()
    expect(page.locator(".rag-list")).to_contain_text("<script>window.ran")


def test_a_hostile_question_and_a_hostile_link_are_text(page: Page, address: str) -> None:
    ask(page, ATTACK)
    expect(page.locator(".rag-asked h2")).to_have_text(ATTACK)
    page.locator("#rag-composer textarea").fill("x")
    page.get_by_role("button", name="Edit").click()
    expect(page.locator("#rag-composer textarea")).to_have_value(ATTACK)
    page.goto(f"{address}?q=<img src=x onerror='{RUN}'>&author=<b>&since=<script>{RUN}</script>")
    expect(page.locator(".rag-error")).to_contain_text("is no date", timeout=ANSWER_MS)


def test_of_a_paragraph_without_end_a_part_opens_and_says_that_it_is_one(page: Page) -> None:
    page.get_by_role("button", name="Collection").click()
    page.get_by_role("link", name="潮汐表").click()
    expect(page.locator("#rag-source h2")).to_have_text("潮汐表", timeout=60_000)
    expect(page.locator(".rag-paragraphs")).to_contain_text(f"This paragraph has {len(LONG):,} characters")
    assert 90_000 < len(page.locator(".rag-paragraphs").inner_text()) < 110_000
    page.keyboard.press("Escape")


def test_a_question_that_is_one_too_many_comes_back_with_a_sentence(page: Page) -> None:
    refusal = json.dumps({"error": TOO_MANY})
    page.route("**/queue/join*", lambda route: route.fulfill(status=429, content_type="application/json", body=refusal))
    page.locator("#rag-composer textarea").fill("浮标站一共有几座浮标？")
    page.locator("#rag-composer textarea").press("Enter")
    expect(page.locator(".rag-full")).to_have_text("Too many questions at once: ask again in a moment.")
    expect(page.locator("#rag-composer textarea")).to_have_value("浮标站一共有几座浮标？")
    page.unroute("**/queue/join*")


HOSTILE_EVENTS: tuple[dict[str, Any], ...] = (
    {},
    {"what": "article:../secret.md", "place": "9-9", "language": "../..", "question": "", "turn": "-1"},
    {"what": "article:../../../../etc/passwd", "turn": "9" * 5000, "question": "x" * 100_000, "text": "x" * 100_000},
    {"what": {"a": 1}, "place": [], "thumb": 7, "word": None, "question": 5, "turn": {}, "form": "x", "number": -1},
    {"what": "cite:0-1-99", "form": {"category": [["x"]], "since": 1, "threshold": "inf"}, "number": "9" * 400},
)


def test_calls_that_no_page_makes_leak_nothing_and_the_page_goes_on(page: Page) -> None:
    for event in HOSTILE_EVENTS:
        told = page.evaluate(CALL_ALL, event)
        assert told.count("process_completed") >= 10
        assert SECRET not in told
        assert "root:" not in told
        assert "Traceback" not in told
    ask(page, "浮标站一共有几座浮标？")
    expect(page.locator(".rag-extract, .rag-none").first).to_be_visible()


@pytest.mark.parametrize(
    "path",
    [
        "gradio_api/file=secret.md",
        "gradio_api/file=../secret.md",
        "gradio_api/file=/etc/passwd",
        "file=/etc/passwd",
        "static/../../secret.md",
        "gradio_api/proxy=https://evil.example/",
        "gradio_api/upload",
    ],
)
def test_no_file_can_be_fetched_or_sent(browser: Browser, address: str, path: str) -> None:
    with browser.new_context() as context:
        for method in ("GET", "POST"):
            reply = context.request.fetch(address + path, method=method, data=None if method == "GET" else "x")
            assert reply.status >= 400
            assert not re.search(f"{SECRET}|root:", reply.text())


CALL_ALL = """
async (event) => {
    const session = Math.random().toString(36).slice(2);
    const told = [];
    let joined = 0, completed = 0;
    for (const {id, inputs} of window.gradio_config.dependencies) {
        const body = JSON.stringify({
            data: inputs.map(() => null), event_data: event, fn_index: id, session_hash: session, trigger_id: null,
        });
        const reply = await fetch('gradio_api/queue/join', {
            method: 'POST', body, headers: {'Content-Type': 'application/json'},
        });
        joined += reply.ok;
        told.push(await reply.text());
    }
    const stream = await fetch(`gradio_api/queue/data?session_hash=${session}`);
    const reader = stream.body.getReader(), until = performance.now() + 8000;
    while (completed < joined && performance.now() < until) {
        const late = new Promise((resolve) => setTimeout(() => resolve({done: true}), until - performance.now()));
        const {done, value} = await Promise.race([reader.read(), late]);
        if (done) break;
        told.push(new TextDecoder().decode(value));
        completed += told.at(-1).split('process_completed').length - 1;
    }
    await reader.cancel();
    return told.join('\\n');
}
"""
"""Calls every event of the page with the same event data, and gives all that the server says."""
