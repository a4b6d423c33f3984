"""The page in a real browser over an index that a server keeps: milvus-lite, and real Milvus where it can be had."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from benchmarks.milvus_servers import MilvusServer, RealServer, real_package
from rag.core.places import MilvusAddress
from tests.serving import started
from tests.slow.browser import ANSWER_MS, ask, chromium
from tests.slow.test_page import MOON, RAILWAY, UNANSWERED

pytestmark = [pytest.mark.model, pytest.mark.browser]
pytest.importorskip("milvus_lite", reason="the extra milvus is not installed")
BACK_SECONDS = 180
"""Longest wait until a server that was killed and started anew has found its own again."""
SAMPLES = Path(__file__).parents[2] / "samples"


@pytest.fixture(scope="module", params=["lite", "real"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MilvusServer]:
    """Each is started, used and ended by its process id."""
    folder = tmp_path_factory.mktemp(request.param)
    made = MilvusServer(folder)
    if request.param == "real":
        package = real_package(tmp_path_factory.mktemp("package"))
        if package is None:
            pytest.skip("the package milvus 2.3.5, which brings the real server, can't be had here")
        made = RealServer(folder, package)
    with made.running() as running:
        yield running


@pytest.fixture(scope="module")
def address(server: MilvusServer) -> MilvusAddress:
    """Of the samples, indexed by two processes at once."""
    address = server.address("samples")
    command = [sys.executable, "-m", "rag.interfaces.cli", "index", str(SAMPLES), "--index", str(address), "--shard"]
    running = [subprocess.Popen([*command, f"{one}/2"]) for one in (1, 2)]
    assert [one.wait(timeout=300) for one in running] == [0, 0]
    return address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def page(address: MilvusAddress, browser: Browser) -> Iterator[Page]:
    with started("--index", str(address)) as port:
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{port}/")
        yield page


def test_questions_are_answered_and_citations_open(page: Page) -> None:
    ask(page, RAILWAY)
    extract = page.locator(".rag-turn").last.locator(".rag-quote").first
    expect(extract).to_contain_text("1956千米", timeout=ANSWER_MS)
    page.locator("a.rag-cite").first.click()
    expect(page.locator(".rag-article")).to_contain_text("青藏铁路东起青海西宁")
    ask(page, MOON)
    expect(page.locator(".rag-turn").last).to_contain_text("Collins stayed in lunar orbit")
    ask(page, UNANSWERED)
    expect(page.locator(".rag-turn").last.locator(".rag-none")).to_be_visible()


def test_a_server_that_is_killed_is_told_and_the_page_goes_on_when_it_is_back(page: Page, server: MilvusServer) -> None:
    server.kill()
    ask(page, RAILWAY)
    expect(page.locator(".rag-turn").last.locator(".rag-error")).to_contain_text(
        re.compile("没有响应|does not answer"), timeout=ANSWER_MS
    )
    server.start()
    until = time.monotonic() + BACK_SECONDS
    while time.monotonic() < until:
        ask(page, MOON)
        if page.locator(".rag-turn").last.locator(".rag-error").count() == 0:
            break
        page.wait_for_timeout(2_000)
    expect(page.locator(".rag-turn").last).to_contain_text("Collins stayed in lunar orbit")
