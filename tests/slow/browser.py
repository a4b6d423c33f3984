"""A page that is served and a browser to look at it with, shared by all tests of the page."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from rag.models.packaged_model import packaged_file

ROOT = Path(__file__).parents[2]
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = (
    "--no-sandbox --disable-quic --disable-background-networking --disable-component-update --disable-sync "
    "--no-first-run"
)
START_SECONDS, LOOKS = 240, 5
"""Longest wait for the page, and how often a second it is looked for."""
ANSWER_MS = 30_000
"""Longest wait for an answer: the first loads what reads."""


@contextmanager
def served(folder: Path, *arguments: str) -> Iterator[str]:
    """Serve the page, and give its address.

    :param folder: A copy of the checkout, in which ``app.py`` stands.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    environment.pop("DISPLAY", None)
    command = [sys.executable, "app.py", "--port", str(port), *arguments]
    with subprocess.Popen(command, cwd=folder, env=environment) as server:
        try:
            address = f"http://127.0.0.1:{port}/"
            _wait_until_up(address, server)
            yield address
        finally:
            server.terminate()


def _wait_until_up(address: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(START_SECONDS * LOOKS):
        assert server.poll() is None, "the page ended before it was up"
        try:
            urllib.request.urlopen(address, timeout=5).close()
        except OSError:
            time.sleep(1 / LOOKS)
        else:
            return
    pytest.fail(f"the page was not up after {START_SECONDS} seconds")


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
