"""A browser to look at the page with, shared by all tests of the page."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from rag.models.packaged_model import packaged_file

ROOT = Path(__file__).parents[2]
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The first, without windows of its own, opens the page in two thirds of the time."""
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)
FLAGS = (
    "--no-sandbox --disable-quic --disable-background-networking --disable-component-update --disable-sync "
    "--no-first-run --disable-gpu"
)
ANSWER_MS = 30_000
"""Longest wait for an answer: the first loads what reads."""
expect.set_options(timeout=15_000)  # a busy machine takes its time; what is right is there at once all the same


@contextmanager
def chromium() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("there is no Chromium on this machine: install it to test the page")
    if packaged_file() is None:
        pytest.skip("the package with the default model is not installed on this platform")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS.split())
        yield browser
        browser.close()


def copy_of_the_checkout(folder: Path) -> Path:
    """What a newcomer has: no index is there yet."""
    for name in ("rag", "samples"):
        shutil.copytree(ROOT / name, folder / name)
    shutil.copy(ROOT / "app.py", folder)
    return folder


def ask(page: Page, question: str) -> None:
    """Type a question, send it, and wait until something has come of it. While another is worked on, none is taken."""
    box = page.locator("#rag-composer textarea")
    box.fill(question)
    for _ in range(ANSWER_MS // 100):
        box.press("Enter")
        if not box.input_value():
            break
        page.wait_for_timeout(100)
    page.wait_for_function(DONE, arg=question, timeout=ANSWER_MS)


DONE = """
(question) => {
    const turn = [...document.querySelectorAll('.rag-turn')].pop();
    return turn?.dataset.state === 'done' && turn.querySelector('h2').textContent === question;
}
"""
"""Whether the last question is this one, and something has come of it."""
