"""The page in a real browser: a fresh checkout started for the first time, asked, and its citations clicked."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Request, expect, sync_playwright

from rag.encoder import Encoder

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.model, pytest.mark.browser]

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = (
    "--no-sandbox --disable-quic --disable-background-networking --disable-component-update --disable-sync "
    "--no-first-run"
)
START_SECONDS = 240


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, real_encoder: Encoder) -> Iterator[str]:
    """A copy of the checkout, started as a newcomer starts it: no index is there yet."""
    if CHROMIUM is None:
        pytest.skip("there is no Chromium on this machine: install it to test the page")
    checkout = tmp_path_factory.mktemp("checkout")
    for name in ("rag", "samples"):
        shutil.copytree(ROOT / name, checkout / name)
    shutil.copy(ROOT / "app.py", checkout)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "PYTHONPATH": str(checkout)}
    environment.pop("DISPLAY", None)
    command = [sys.executable, "app.py", "--port", str(port)]
    with subprocess.Popen(command, cwd=checkout, env=environment) as server:
        try:
            url = f"http://127.0.0.1:{port}/"
            _wait_until_up(url, server)
            yield url
        finally:
            server.terminate()


def _wait_until_up(url: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(START_SECONDS):
        assert server.poll() is None, "the page ended before it was up"
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except OSError:
            time.sleep(1)
        else:
            return
    pytest.fail(f"the page was not up after {START_SECONDS} seconds")


@pytest.fixture
def outside() -> list[str]:
    return []


@pytest.fixture
def page(address: str, outside: list[str]) -> Iterator[Page]:
    def note(request: Request) -> None:
        if not request.url.startswith((address, "data:", "blob:")):
            outside.append(request.url)

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS.split())
        tab = browser.new_page(locale="zh-CN", viewport={"width": 1360, "height": 900})
        tab.on("request", note)
        tab.goto(address)
        yield tab
        browser.close()


def ask(page: Page, question: str) -> None:
    page.locator("#rag-question textarea").fill(question)
    page.locator("#rag-question textarea").press("Enter")


def test_an_answer_marks_the_answering_words_and_its_citation_opens_the_article_there(
    page: Page, outside: list[str]
) -> None:
    ask(page, "青藏铁路全长多少公里？")
    first = page.locator(".rag-extract").first
    expect(first.locator("mark")).to_have_text("1956千米", timeout=30_000)
    first.locator("a.rag-cite").click()
    panel = page.locator("#rag-panel")
    expect(panel.locator("h2")).to_contain_text("青藏铁路")
    expect(panel.locator(".rag-place")).to_contain_text(re.compile(r"geography/qinghai-tibet-railway\.md · 第 \d+ 行"))
    expect(panel.locator("#rag-cited")).to_contain_text("全长1956千米")
    expect(panel.locator("#rag-cited")).to_be_in_viewport()
    assert outside == []


def test_the_article_scrolls_in_its_own_pane_and_leaves_the_chat_where_it_is(page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    ask(page, "青藏铁路全长多少公里？")
    page.locator("a.rag-cite").last.click(timeout=30_000)
    expect(page.locator("#rag-panel #rag-cited")).to_be_in_viewport()
    expect(page.locator("h1")).to_be_in_viewport()
    page.locator("#rag-panel li").last.scroll_into_view_if_needed()
    expect(page.locator("#rag-panel li").last).to_be_in_viewport()
    expect(page.locator("#rag-question textarea")).to_be_in_viewport()


def test_a_question_that_is_too_long_is_refused_in_a_sentence(page: Page) -> None:
    ask(page, "长" * 1001)
    expect(page.locator(".rag-error")).to_have_text(
        "the question has 1001 characters: ask in 1000 at most", timeout=30_000
    )


def test_a_question_that_the_articles_do_not_answer_says_so_with_near_misses_folded(page: Page) -> None:
    ask(page, "怎么做红烧肉才好吃？")
    expect(page.locator(".rag-none")).to_have_text("这些文章没有回答这个问题。", timeout=30_000)
    expect(page.locator(".rag-extract")).to_have_count(0)
    expect(page.locator(".rag-near").first).not_to_be_visible()
    page.locator("#rag-chat summary").click()
    page.locator(".rag-near a.rag-cite").first.click()
    expect(page.locator("#rag-panel #rag-cited").first).to_be_visible()


def test_a_later_answer_has_citations_of_its_own_and_a_new_conversation_clears(page: Page) -> None:
    ask(page, "青藏铁路全长多少公里？")
    expect(page.locator(".rag-extract").first).to_be_visible(timeout=30_000)
    ask(page, "Who stayed in orbit while Armstrong and Aldrin were on the Moon?")
    page.locator('a.rag-cite[href*="#cite-1-1"]').click(timeout=30_000)
    expect(page.locator("#rag-panel h2")).to_contain_text("Apollo 11")
    page.get_by_role("button", name="新对话").click()
    expect(page.locator(".rag-extract")).to_have_count(0)


def test_markup_in_a_question_is_shown_and_not_run(page: Page) -> None:
    ask(page, "<img src=x onerror=\"document.title='run'\"> **毕昇**是谁？")
    expect(page.locator(".rag-asked")).to_contain_text("<img src=x onerror=", timeout=30_000)
    expect(page.locator(".rag-asked")).to_contain_text("**毕昇**")
    expect(page.locator(".rag-extract, .rag-none").first).to_be_visible(timeout=30_000)
    assert page.title() == "Article RAG"


def test_example_questions_and_what_is_indexed_are_there(page: Page) -> None:
    page.get_by_text("哈雷彗星多少年回到太阳附近一次？").click()
    expect(page.locator("#rag-question textarea")).to_have_value("哈雷彗星多少年回到太阳附近一次？")
    page.get_by_role("button", name="已收录的文章").click()
    expect(page.get_by_text(re.compile("16 articles · 99 passages · multilingual-e5-small"))).to_be_visible()


def test_a_filter_holds_and_is_told_while_it_is_folded_away_until_it_is_cleared(page: Page) -> None:
    question, told = "青藏铁路全长多少公里？", page.locator(".rag-filters")
    fold = page.locator("#rag-filter-row").get_by_role("button").first
    expect(page.locator("#rag-until input, #rag-until textarea")).not_to_be_visible()
    fold.click()
    page.locator("#rag-categories input").click()
    page.get_by_role("option", name=re.compile(r"^地理 \(")).click()
    page.keyboard.press("Escape")
    page.locator("#rag-until input, #rag-until textarea").fill("2021-1x")
    fold.click()
    expect(page.get_by_role("button", name="筛选（使用中）")).to_be_visible()
    ask(page, question)
    expect(page.locator(".rag-error")).to_have_text(re.compile("“2021-1x”不是日期"), timeout=30_000)
    fold.click()
    page.locator("#rag-until input, #rag-until textarea").fill("2099")
    ask(page, question)
    expect(told).to_have_text("筛选：2099-12-31 止 · 类别 地理", timeout=30_000)
    expect(page.locator(".rag-extract mark").first).to_have_text("1956千米")
    page.get_by_role("button", name="清除筛选").click()
    expect(page.get_by_role("button", name="筛选（使用中）")).to_have_count(0)
    ask(page, question)
    expect(page.locator(".rag-extract mark", has_text="1956千米")).to_have_count(2, timeout=30_000)
    expect(told).to_have_count(1)
