"""A folder indexed anew while questions are asked: old answers until the new ones are there, whatever goes wrong."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from rag.answering import retriever as retriever_module
from rag.answering.retriever import Retriever
from rag.build import build_index
from rag.core.places import Place
from rag.core.progress import Progress
from rag.errors import IndexBusy
from rag.index.open_index import OpenIndex
from rag.index.opening import newer, open_index
from rag.interfaces.indexing_status import OPENING, State, Status
from rag.interfaces.reindexing import Reindexing
from rag.models.encoder import Vectors
from tests.conftest import FakeEncoder, FakeReader
from tests.halting import Halting
from tests.indexes import generations

QUESTION = "守塔人贺潮在灯塔工作了多少年？"
OLD, NEW = "三十一年", "四十二年"
LONG = 20
"""Seconds after which something that takes milliseconds hangs."""


class GatedEncoder(FakeEncoder):
    """Encodes passages only once the gate is open, so that a test has its time before a build is done."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Event()
        self.reached = threading.Event()

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        self.reached.set()
        assert self.gate.wait(LONG)
        return super().encode_passages(texts)


@pytest.fixture
def gated() -> GatedEncoder:
    return GatedEncoder()


@pytest.fixture
def reader() -> FakeReader:
    return FakeReader(answers=20.0)


@pytest.fixture
def retriever(built: Path, gated: GatedEncoder, reader: FakeReader) -> Retriever:
    return Retriever.open(built, gated, reader)


@pytest.fixture
def reindexing(retriever: Retriever) -> Reindexing:
    return Reindexing(retriever)


def change(folder: Path) -> None:
    """Change what the article says that answers the question."""
    path = folder / "port/lamp.md"
    path.write_text(path.read_text(encoding="utf-8").replace(OLD, NEW), encoding="utf-8")


def answered(retriever: Retriever) -> str:
    return retriever.ask(QUESTION).extracts[0].text


def run(reindexing: Reindexing, gated: GatedEncoder) -> Status:
    gated.gate.set()
    reindexing.start()
    status = reindexing.wait(LONG)
    assert status.state is not State.RUNNING
    return status


def test_whoever_asks_all_the_while_gets_old_answers_before_and_new_ones_after(
    retriever: Retriever, reindexing: Reindexing, gated: GatedEncoder, articles_folder: Path
) -> None:
    seen: list[tuple[State, str, State]] = []
    enough = threading.Event()

    def ask_on() -> None:
        while not enough.is_set():
            before = reindexing.status.state
            seen.append((before, answered(retriever), reindexing.status.state))

    def see_more() -> None:
        asked = len(seen)
        while len(seen) < asked + 10:
            assert all(asker.is_alive() for asker in askers)
            time.sleep(0.01)

    askers = [threading.Thread(target=ask_on) for _ in range(3)]
    change(articles_folder)
    for asker in askers:
        asker.start()
    reindexing.start()
    assert gated.reached.wait(LONG)
    see_more()  # answers go on while the build stands still
    held = len(seen)
    gated.gate.set()
    assert reindexing.wait(LONG).state is State.DONE
    see_more()
    enough.set()
    for asker in askers:
        asker.join(LONG)

    assert all(OLD in text for _, text, _ in seen[:held])
    assert all((OLD in text) != (NEW in text) for _, text, _ in seen)
    assert all(NEW in text for before, text, _ in seen if before is State.DONE)
    assert any(before is State.DONE for before, _, _ in seen)


def test_only_what_changed_is_encoded_and_by_the_model_that_is_loaded(
    retriever: Retriever, reindexing: Reindexing, gated: GatedEncoder, reader: FakeReader, articles_folder: Path
) -> None:
    change(articles_folder)
    status = run(reindexing, gated)
    assert status.report is not None
    assert (status.report.changed, status.report.unchanged) == (1, 4)
    assert 1 <= len(gated.passages) == status.report.encoded < len(retriever.index)
    assert (retriever.engine.encoder, retriever.engine.reader) == (gated, reader)


def test_a_folder_that_has_not_changed_is_told(
    retriever: Retriever, reindexing: Reindexing, gated: GatedEncoder
) -> None:
    before = retriever.index
    status = run(reindexing, gated)
    assert (status.state, status.message) == (State.DONE, "")
    assert status.report is not None
    assert (status.report.unchanged, status.report.encoded) == (5, 0)
    assert retriever.index is before


def test_how_far_it_is_is_told_while_it_runs(
    reindexing: Reindexing, gated: GatedEncoder, articles_folder: Path
) -> None:
    assert (reindexing.status.state, reindexing.status.share) == (State.IDLE, 0)
    change(articles_folder)
    reindexing.start()
    assert gated.reached.wait(LONG)
    status = reindexing.status
    assert (status.state, status.stage, status.done) == (State.RUNNING, "encode", 0)
    assert status.total >= 1
    assert 0 < status.share < 1
    gated.gate.set()
    assert reindexing.wait(LONG).share == 1


def test_how_far_it_is_never_goes_back(articles_folder: Path, tmp_path: Path, encoder: FakeEncoder) -> None:
    seen: list[Progress] = []
    build_index(articles_folder, tmp_path / "index", encoder, seen.append)
    shares = [Status(State.RUNNING, at.stage, at.done, at.total).share for at in seen]
    shares += [Status(State.RUNNING, OPENING, done, 1).share for done in (0, 1)]
    assert shares == sorted(shares)
    assert 0 < shares[0] < shares[-2] < shares[-1] == 1


def test_a_second_start_is_refused_while_the_first_goes_on_and_may_follow_it(
    reindexing: Reindexing, gated: GatedEncoder, articles_folder: Path
) -> None:
    change(articles_folder)
    reindexing.start()
    assert gated.reached.wait(LONG)
    with pytest.raises(IndexBusy, match="being indexed already"):
        reindexing.start()
    gated.gate.set()
    assert reindexing.wait(LONG).state is State.DONE
    assert run(reindexing, gated).state is State.DONE


def test_of_many_who_start_at_once_one_does(reindexing: Reindexing, gated: GatedEncoder, articles_folder: Path) -> None:
    change(articles_folder)
    refused: list[IndexBusy] = []
    ready = threading.Barrier(8)

    def start() -> None:
        ready.wait(LONG)
        try:
            reindexing.start()
        except IndexBusy as error:
            refused.append(error)

    starters = [threading.Thread(target=start) for _ in range(8)]
    for starter in starters:
        starter.start()
    for starter in starters:
        starter.join(LONG)
    gated.gate.set()
    assert reindexing.wait(LONG).state is State.DONE
    assert len(refused) == 7


class TestFailure:
    def test_a_folder_that_is_gone_is_told_and_the_old_answers_stay(
        self, retriever: Retriever, reindexing: Reindexing, gated: GatedEncoder, articles_folder: Path
    ) -> None:
        away = articles_folder.rename(articles_folder.with_name("away"))
        status = run(reindexing, gated)
        assert status.state is State.FAILED
        assert "is not a folder" in status.message
        assert OLD in answered(retriever)
        away.rename(articles_folder)
        change(articles_folder)
        assert run(reindexing, gated).state is State.DONE
        assert NEW in answered(retriever)

    def test_an_index_that_another_process_builds_is_told(
        self,
        retriever: Retriever,
        reindexing: Reindexing,
        gated: GatedEncoder,
        built: Path,
        articles_folder: Path,
        halting: Halting,
    ) -> None:
        change(articles_folder)
        with halting.halted("lock", built):
            status = run(reindexing, gated)
            assert (status.state, "another process" in status.message) == (State.FAILED, True)
            assert OLD in answered(retriever)
        assert run(reindexing, gated).state is State.DONE

    def test_what_nobody_foresaw_is_a_sentence_and_frees_the_index(
        self, retriever: Retriever, reindexing: Reindexing, gated: GatedEncoder, articles_folder: Path
    ) -> None:
        change(articles_folder)

        def broken(texts: Sequence[str]) -> Vectors:
            raise ZeroDivisionError

        whole, gated.encode_passages = gated.encode_passages, broken  # type: ignore[method-assign]
        status = run(reindexing, gated)
        assert (status.state, status.message) == (
            State.FAILED,
            "something went wrong; the terminal that runs the page says what",
        )
        gated.encode_passages = whole  # type: ignore[method-assign]
        assert OLD in answered(retriever)
        assert run(reindexing, gated).state is State.DONE

    def test_a_full_disk_names_no_path(
        self, reindexing: Reindexing, articles_folder: Path, gated: GatedEncoder
    ) -> None:
        def full(texts: Sequence[str]) -> Vectors:
            raise OSError(28, "No space left on device", "/somewhere/secret")

        change(articles_folder)
        gated.encode_passages = full  # type: ignore[method-assign]
        status = run(reindexing, gated)
        assert (status.state, status.message) == (
            State.FAILED,
            "the new index can't be written: No space left on device",
        )

    def test_a_page_killed_midway_leaves_the_old_index_and_the_next_run_goes_through(
        self,
        retriever: Retriever,
        reindexing: Reindexing,
        gated: GatedEncoder,
        built: Path,
        articles_folder: Path,
        halting: Halting,
    ) -> None:
        change(articles_folder)
        with halting.halted("page", built):
            pass
        with open_index(built) as opened:
            assert opened.manifest.articles == 5
        assert OLD in answered(retriever)
        assert run(reindexing, gated).state is State.DONE
        assert NEW in answered(retriever)
        assert generations(built) == [retriever.index.generation.name]


def test_a_generation_that_another_process_built_is_taken_up_and_built_on(
    retriever: Retriever, reindexing: Reindexing, gated: GatedEncoder, built: Path, articles_folder: Path
) -> None:
    change(articles_folder)
    build_index(articles_folder, built, FakeEncoder())
    assert NEW in answered(retriever)
    status = run(reindexing, gated)
    assert status.report is not None
    assert (status.report.unchanged, status.report.encoded) == (5, 0)


def test_questions_go_on_while_one_thread_opens_the_newer_generation(
    retriever: Retriever, gated: GatedEncoder, built: Path, articles_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opening, go_on = threading.Event(), threading.Event()

    def slow_disk(place: Place, index: OpenIndex) -> OpenIndex | None:
        opening.set()
        assert go_on.wait(LONG)
        return newer(place, index)

    change(articles_folder)
    build_index(articles_folder, built, FakeEncoder())
    monkeypatch.setattr(retriever_module, "newer", slow_disk)
    opener = threading.Thread(target=retriever.refresh)
    opener.start()
    assert opening.wait(LONG)
    assert OLD in answered(retriever)
    go_on.set()
    opener.join(LONG)
    assert NEW in answered(retriever)


def test_an_index_folder_that_was_deleted_is_a_sentence(
    retriever: Retriever, reindexing: Reindexing, gated: GatedEncoder, built: Path
) -> None:
    shutil.rmtree(built)
    status = run(reindexing, gated)
    assert status.state is State.FAILED
    assert "there is no index in" in status.message
