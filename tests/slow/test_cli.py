"""The command line as a user meets it."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from rag.answering.retriever import Retriever
from rag.interfaces.cli import main
from tests.conftest import CommandLine

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "samples"
pytestmark = pytest.mark.model


Here = Callable[..., subprocess.CompletedProcess[str]]
"""Runs words on the command line in the test's own process, where the libraries are loaded already."""


@pytest.fixture(scope="module")
def here() -> Here:
    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        words, out, err = [*map(str, arguments)], io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as ended:
            main(words)
        return subprocess.CompletedProcess(words, int(ended.value.code or 0), out.getvalue(), err.getvalue())

    return run


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """The same as a user runs it."""
    command = [sys.executable, "-m", "rag.interfaces.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)


def test_asking_prints_extracts_with_file_and_line(samples_index: Path) -> None:
    done = run("ask", "青藏铁路全长多少公里？", "--index", samples_index)
    assert done.returncode == 0
    assert "全长1956千米" in done.stdout
    assert "geography/qinghai-tibet-railway.md:" in done.stdout


def test_json_is_the_whole_answer(samples_retriever: Retriever, command_line: CommandLine) -> None:
    answer = json.loads(command_line(samples_retriever, "ask", "青藏铁路全长多少公里？", "--json").stdout)
    assert answer["answered"]
    assert answer["extracts"][0]["answer"] in answer["extracts"][0]["text"]


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a file that can't be read."""
    folder = tmp_path_factory.mktemp("broken") / "articles"
    shutil.copytree(SAMPLES / "science", folder)
    (folder / "broken.md").write_text("---\ntitle: 'a: b\n---\n<p>text</p>\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def indexed(broken: Path, here: Here) -> subprocess.CompletedProcess[str]:
    """What is said when that folder is indexed."""
    return here("index", broken, "--index", broken.parent / "index")


def test_a_folder_with_an_unreadable_file_is_indexed_and_the_file_named(
    broken: Path, indexed: subprocess.CompletedProcess[str], here: Here
) -> None:
    assert indexed.returncode == 1
    assert "broken.md:" in indexed.stderr
    assert "6 of 7 files read, 1 could not be read\n" in indexed.stdout
    again = here("index", broken, "--index", broken.parent / "index")
    assert "0 of" in again.stdout
    assert "broken.md" in here("status", "--index", broken.parent / "index").stdout


def test_indexing_ends_with_what_cleaning_left_out(indexed: subprocess.CompletedProcess[str]) -> None:
    told = next(line for line in indexed.stdout.splitlines() if line.startswith("left out by cleaning: "))
    assert re.search(r"\beditor line \d+", told)
    assert re.search(r"\bcomment \d+", told)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("ask", "x", "--index", "no-such-index"), "there is no index in no-such-index"),
        (("index", "no-such-folder"), "no-such-folder is not a folder"),
        (("index", "samples", "--device", "abacus"), "device is 'abacus': give a device that torch can use here"),
        (("show", "no-such-article.md", "--index", "no-such-index"), "there is no such file"),
    ],
)
def test_an_error_is_one_sentence(arguments: tuple[str, ...], message: str, here: Here) -> None:
    done = here(*arguments)
    assert done.returncode == 2
    assert message in " ".join(done.stderr.split())
    assert done.stderr.count("error: ") == 1


def test_an_error_is_one_line_and_no_traceback() -> None:
    done = run("ask", "x", "--index", "no-such-index")
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1


def test_a_date_that_is_none_is_refused(samples_index: Path, here: Here) -> None:
    done = here("search", "x", "--since", "yesterday", "--index", samples_index)
    assert done.returncode == 2
    assert "'yesterday' is no date" in done.stderr


def test_showing_an_article_tells_what_was_removed(samples_index: Path, here: Here) -> None:
    done = here("show", "science/halley-comet.md", "--index", samples_index)
    assert "哈雷" in done.stdout
    assert "editor line: 责任编辑" in done.stdout
    outside = here("show", "../pyproject.toml", "--index", samples_index)
    assert outside.returncode == 2


def test_a_port_that_cannot_be_had_is_told_before_anything_is_loaded(samples_index: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number = str(taken.getsockname()[1])
        command = [sys.executable, "app.py", "--port", number, "--index", str(samples_index)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: can't serve on 127.0.0.1, port {number}")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--port", "99999"], "error: can't serve on 127.0.0.1, port 99999"),
        (["--host", "203.0.113.9"], "choose another with --host or --port"),
        (
            ["--login", "lin", "--port", "0"],
            "error: there is no terminal to ask for the password: put it into ARTICLE_RAG_PASSWORD",
        ),
    ],
)
def test_what_cannot_be_served_is_told_in_a_line(
    samples_index: Path,
    options: list[str],
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    with pytest.raises(SystemExit) as ended:
        main(["page", "--index", str(samples_index), *options])
    printed = " ".join(capsys.readouterr().err.split())
    assert ended.value.code == 2
    assert printed.startswith("error: ")
    assert printed.count("error") == 1
    assert told in printed


def test_the_password_is_taken_out_of_the_environment(
    samples_index: Path, here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARTICLE_RAG_PASSWORD", "short")
    done = here("page", "--index", samples_index, "--port", "0", "--login", "lin")
    assert done.stderr == "error: the password has 5 characters: 8 at least\n"
    assert "ARTICLE_RAG_PASSWORD" not in os.environ
