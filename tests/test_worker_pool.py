"""Whatever a file does to what reads it, it is told, the others are read, and but one no process is left."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.corpus import worker_pool, worker_process
from rag.corpus.articles import read_article
from rag.corpus.worker_pool import Outcome, WorkerPool
from rag.corpus.worker_process import SPARE, WorkerProcess
from rag.errors import WorkerError

FRONT = "---\ntitle: 灯塔\ndate: 2021-03-05 08:30:00\ncategories: [[本地, 航运], [灯]]\n---\n"
GOOD = f"{FRONT}<p>河口的灯塔换了灯。</p><p>责任编辑：乙</p>"
needs_limits = pytest.mark.skipif(sys.platform != "linux", reason="there memory can't be limited")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in range(6):
        (tmp_path / f"{number}.md").write_text(GOOD, encoding="utf-8")
    return tmp_path


@pytest.fixture(autouse=True)
def none_left() -> Iterator[None]:
    SPARE.end()
    yield
    SPARE.end()
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def read(folder: Path, *names: str, **known: str) -> list[Outcome]:
    with WorkerPool(folder, names or sorted(path.name for path in folder.iterdir()), known) as outcomes:
        return list(outcomes)


def hostile(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, code: str) -> None:
    """Have the processes run this where an article of theirs is called as the rule says: what a library might do."""
    site = tmp_path.parent / f"{tmp_path.name}-site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(
        "import rag.corpus.articles\n"
        "read = rag.corpus.articles.read_article\n"
        "def hostile(name, data):\n"
        "    if name == '3.md':\n"
        f"        {code}\n"
        "    return read(name, data)\n"
        "rag.corpus.articles.read_article = hostile\n",
        encoding="utf-8",
    )
    monkeypatch.setattr(sys, "path", [*sys.path, str(site)])


def the_third_fails(outcomes: list[Outcome]) -> str:
    assert [outcome.article is not None for outcome in outcomes] == [True, True, True, False, True, True]
    (failure,) = [outcome.failure for outcome in outcomes if outcome.failure]
    assert (failure.path, failure.line) == ("3.md", None)
    return failure.reason


def test_articles_come_in_the_order_of_their_names_as_they_would_be_read_here(folder: Path) -> None:
    outcomes = read(folder)
    assert [outcome.name for outcome in outcomes] == [f"{number}.md" for number in range(6)]
    for outcome in outcomes:
        assert outcome.article == read_article(outcome.name, (folder / outcome.name).read_bytes())


class TestTheOneThatStays:
    """It reads for the next pool, where it would do so as one that is started anew."""

    @pytest.fixture
    def started(self, monkeypatch: pytest.MonkeyPatch) -> list[WorkerProcess]:
        """The processes that are started from now on."""
        started: list[WorkerProcess] = []

        class Noting(WorkerProcess):
            def __init__(self) -> None:
                super().__init__()
                started.append(self)

        monkeypatch.setattr(worker_pool, "WorkerProcess", Noting)
        return started

    def test_it_reads_for_the_next(self, folder: Path, started: list[WorkerProcess]) -> None:
        assert read(folder) == read(folder)
        assert len(started) == 1
        assert started[0].runs

    def test_the_folder_is_that_of_who_asks(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, started: list[WorkerProcess]
    ) -> None:
        monkeypatch.chdir(folder.parent)
        read(Path(folder.name), "0.md")
        monkeypatch.chdir(folder)
        assert [outcome.article is not None for outcome in read(Path("."), "0.md")] == [True]  # noqa: PTH201
        assert len(started) == 1

    def test_others_end(self, tmp_path: Path, started: list[WorkerProcess]) -> None:
        for number in range(150):
            (tmp_path / f"{number}.md").write_text(GOOD, encoding="utf-8")
        with WorkerPool(tmp_path, [f"{number}.md" for number in range(150)], workers=2) as outcomes:
            assert all(outcome.article for outcome in outcomes)
        assert [worker.runs for worker in started].count(True) == 1 < len(started)

    def test_one_that_was_ended_is_not_asked(self, folder: Path, started: list[WorkerProcess]) -> None:
        read(folder)
        started[0].kill()
        while started[0].runs:
            time.sleep(0.01)
        assert SPARE.take(started[0].command) is None

    def test_one_that_would_import_otherwise_is_not_asked(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, started: list[WorkerProcess]
    ) -> None:
        read(folder)
        hostile(monkeypatch, folder, "raise KeyError")
        the_third_fails(read(folder))
        assert [worker.runs for worker in started] == [False, True]

    @pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may give up its rights")
    def test_one_with_rights_that_were_given_up_is_not_asked(self, folder: Path) -> None:
        code = (
            "import os, pathlib; from rag.corpus.worker_pool import WorkerPool\n"
            "from rag.corpus.worker_process import SPARE, worker_command\n"
            f"with WorkerPool(pathlib.Path({str(folder)!r}), ['0.md']) as outcomes: print(next(iter(outcomes)).name)\n"
            "os.setuid(65534)\n"
            "print(SPARE.take(worker_command()))"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
        assert (done.stdout, done.stderr) == ("0.md\nNone\n", "")

    def test_it_ends_when_nobody_needs_it(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch, started: list[WorkerProcess]
    ) -> None:
        monkeypatch.setattr(worker_process, "STAYS_SECONDS", 0.0)
        read(folder)
        deadline = time.monotonic() + 20
        while started[0].runs:
            assert time.monotonic() < deadline
            time.sleep(0.01)

    @pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are started otherwise there")
    def test_a_forked_process_has_one_of_its_own(self, folder: Path, started: list[WorkerProcess]) -> None:
        before = read(folder)
        if (child := os.fork()) == 0:
            status = 1
            try:
                status = int(read(folder) != before or len(started) != 2)
                SPARE.end()
            finally:
                os._exit(status)
        assert os.waitpid(child, 0) == (child, 0)
        assert read(folder) == before
        assert len(started) == 1


def test_a_file_that_is_as_it_was_known_is_not_read_again(folder: Path) -> None:
    (before,) = read(folder, "0.md")
    assert before.article
    assert read(folder, "0.md", **{"0.md": before.article.info.digest}) == [Outcome("0.md")]


def test_a_file_that_cannot_be_read_is_told_with_its_line(folder: Path) -> None:
    (folder / "3.md").write_text("---\ntitle: [灯\n---\n", encoding="utf-8")
    failures = [outcome.failure for outcome in read(folder) if outcome.failure]
    assert [str(failure) for failure in failures] == [
        "3.md:3: the front matter is broken: did not find expected ',' or ']'"
    ]


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import ctypes; ctypes.string_at(0)", "it ends the process that reads it (SIGSEGV): it is left out"),
        ("import os; os._exit(7)", "it ends the process that reads it (status 7): it is left out"),
        ("raise KeyError('/secret/path')", "it can't be read (KeyError)"),
        ("name = read(name, data); print('{}', flush=True); raise RecursionError", "it is nested too deeply"),
        (
            "import os; os.close(0); os.kill(os.getpid(), 9)",
            "it ends the process that reads it (SIGKILL): it is left out",
        ),
    ],
    ids=["a crash in C", "an exit", "an unknown error", "a library that prints", "a kill"],
)
def test_what_ends_its_process_is_told_and_the_rest_goes_on(
    folder: Path, monkeypatch: pytest.MonkeyPatch, code: str, reason: str
) -> None:
    hostile(monkeypatch, folder, code)
    assert the_third_fails(read(folder)) == reason


@needs_limits
def test_what_takes_too_much_memory_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hostile(monkeypatch, folder, "return [b'x' * 10**8 for _ in range(20)]")
    assert the_third_fails(read(folder)) == "reading it takes over 1,500 MB of memory"


@needs_limits
def test_what_works_without_end_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hostile(monkeypatch, folder, "import signal; signal.setitimer(signal.ITIMER_PROF, 0.3)\n        while True: pass")
    assert the_third_fails(read(folder)) == "reading it takes too long: it is left out"


def test_what_waits_without_end_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_pool, "PATIENCE", 0.1)
    hostile(monkeypatch, folder, "import time; time.sleep(1000)")
    assert the_third_fails(read(folder)) == "reading it takes too long: it is left out"


def test_an_article_near_a_limit_is_told(folder: Path) -> None:
    (folder / "3.md").write_text("# 甲\n\n" + f"- **{'河口的灯塔换了灯。' * 100}**\n" * 450, encoding="utf-8")
    (outcome,) = read(folder, "3.md")
    assert outcome.article
    assert [str(notice) for notice in outcome.notices] == [
        "3.md: over 1,000,000 characters Markdown is read as plain text or HTML"
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pipes with a name")
def test_a_pipe_a_device_and_a_file_without_end_are_told(folder: Path) -> None:
    os.mkfifo(folder / "a.md")
    (folder / "b.md").symlink_to("/dev/zero")
    (folder / "c.md").symlink_to("/proc/kmsg")
    reasons = [outcome.failure.reason for outcome in read(folder, "a.md", "b.md") if outcome.failure]
    assert reasons == ["can't be opened: it is no ordinary file"] * 2


def test_what_lies_beside_the_articles_is_never_run(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "yaml.py").write_text("raise SystemExit('run')", encoding="utf-8")
    monkeypatch.chdir(folder)
    assert read(folder, "0.md")[0].article


def test_reading_that_is_given_up_leaves_no_process(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hostile(monkeypatch, folder, "import time; time.sleep(1000)")
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt), WorkerPool(folder, ["0.md", "3.md", "3.md", "1.md"]) as outcomes:
        for outcome in outcomes:
            assert outcome.article
            raise KeyboardInterrupt
    assert time.monotonic() - began < 20


@pytest.mark.skipif(sys.platform == "win32", reason="processes are told otherwise there")
def test_no_process_outlives_one_that_is_killed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hostile(monkeypatch, folder, "import time; time.sleep(2)")
    code = (
        "import sys, pathlib; from rag.corpus.worker_pool import WorkerPool\n"
        f"sys.path = {sys.path!r}\n"
        f"pool = WorkerPool(pathlib.Path({str(folder)!r}), ['0.md', '1.md', '3.md']).__enter__()\n"
        "outcomes = iter(pool)\n"
        "next(outcomes)\n"
        "print(*(worker._process.pid for worker in pool._all), flush=True)\n"
        "list(outcomes)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as starter:
        assert starter.stdout
        workers = [int(number) for number in starter.stdout.readline().split()]
        starter.kill()
    assert workers
    deadline = time.monotonic() + 20
    while any(map(_runs, workers)):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{process}/stat")
    return not stat.exists() or ") Z " not in stat.read_text(encoding="utf-8")


def test_processes_that_cannot_be_started_are_one_clear_error(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(folder / "python"))
    with pytest.raises(WorkerError, match="no process can be started to read articles: No such file"):
        read(folder)
    monkeypatch.setattr(sys, "executable", "/bin/false" if Path("/bin/false").exists() else sys.executable)
    with pytest.raises(WorkerError, match="the process that reads articles does not start"):
        read(folder)
