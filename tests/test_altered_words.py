"""No altered word is ever quoted: a flipped bit of what is shown is told, and nothing of it is."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from rag.answering.retriever import Retriever
from rag.core.answers import Answer
from rag.errors import IndexMending, IndexUnusable
from rag.index import marks
from rag.index.opening import open_index
from rag.index.store_form import STORE_NAME
from rag.interfaces.http.service import Service
from rag.interfaces.indexing_status import State
from rag.interfaces.languages.chinese import CHINESE
from rag.interfaces.page.answers import refusal
from rag.interfaces.page.controller import Controller
from rag.interfaces.page.narrowing import FilterFormState
from rag.interfaces.reindexing import Reindexing
from tests.conftest import FakeEncoder, FakeReader, write_article
from tests.indexes import segment_of

QUESTION = "守塔人贺潮在灯塔工作了多少年？"
FLIPS = 150


@pytest.fixture(autouse=True)
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """As of a large index, of which the sizes of files are looked at when it is opened, and not the digests."""
    monkeypatch.setattr(marks, "SMALL", 0)


@pytest.fixture
def ask(built: Path, encoder: FakeEncoder) -> Callable[[], Answer]:
    """Open the index anew, and ask."""

    def ask() -> Answer:
        retriever = Retriever.open(built, encoder, FakeReader(20.0))
        try:
            return retriever.ask(QUESTION)
        finally:
            retriever.index.close()

    return ask


def test_the_page_mends_what_it_finds_damaged(built: Path, encoder: FakeEncoder, ask: Callable[[], Answer]) -> None:
    whole = ask()
    data = store_of(built).read_bytes()
    store_of(built).write_bytes(data.replace("三十一年".encode(), "四十一年".encode()))
    controller = Controller(Retriever.open(built, encoder, FakeReader(20.0)))
    *_, (turn,) = controller.ask(QUESTION, (), FilterFormState())
    assert refusal(turn.refusal, CHINESE) == "索引在这里有损坏，正在用文章修复，请稍后再问。"
    assert controller.reindexing.wait(30).state is State.DONE
    *_, (turn,) = controller.ask(QUESTION, (), FilterFormState())
    assert turn.answer.extracts[0].text == whole.extracts[0].text


def test_what_was_altered_without_a_trace_is_mended_too(
    built: Path, articles_folder: Path, encoder: FakeEncoder
) -> None:
    controller = Controller(Retriever.open(built, encoder, FakeReader(20.0)))
    write_article(articles_folder / "ferry.md", "渡船", "渡船换了一台电动机。")
    controller.reindexing.start()
    assert controller.reindexing.wait(30).state is State.DONE  # the digests of all segments were compared
    path, before = segment_of(built, 0) / STORE_NAME, (segment_of(built, 0) / STORE_NAME).stat()
    with path.open("r+b") as stream:
        data = stream.read()
        stream.seek(data.index("三十一年".encode()))
        stream.write("四".encode())
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    *_, (turn,) = controller.ask(QUESTION, (), FilterFormState())
    assert isinstance(turn.refusal, IndexMending)
    assert controller.reindexing.wait(30).state is State.DONE
    *_, (turn,) = controller.ask(QUESTION, (), FilterFormState())
    assert "三十一年" in turn.answer.extracts[0].text


def test_what_can_not_be_mended_says_so_and_is_not_tried_again_at_once(
    built: Path, articles_folder: Path, encoder: FakeEncoder
) -> None:
    controller = Controller(Retriever.open(built, encoder, FakeReader(20.0)))
    data = store_of(built).read_bytes()
    store_of(built).write_bytes(data.replace("三十一年".encode(), "四十一年".encode()))
    shutil.rmtree(articles_folder)
    *_, (turn,) = controller.ask(QUESTION, (), FilterFormState())
    assert isinstance(turn.refusal, IndexMending)
    assert controller.reindexing.wait(30).state is State.FAILED
    *_, (turn,) = controller.ask(QUESTION, (), FilterFormState())
    assert "is damaged" in refusal(turn.refusal, CHINESE)
    assert controller.reindexing.status.state is State.FAILED


def test_a_program_is_told_and_has_it_mended(built: Path, encoder: FakeEncoder) -> None:
    data = store_of(built).read_bytes()
    store_of(built).write_bytes(data.replace("三十一年".encode(), "四十一年".encode()))
    retriever = Retriever.open(built, encoder, FakeReader(20.0))
    reindexing = Reindexing(retriever)
    service = Service(retriever, mend=reindexing.mend)
    with pytest.raises(IndexMending, match="is being mended of the articles"):
        service.ask(QUESTION)
    assert reindexing.wait(30).state is State.DONE
    assert service.ask(QUESTION)["answered"]


def store_of(index: Path) -> Path:
    return segment_of(index) / STORE_NAME


def test_of_many_flipped_bits_none_is_shown(built: Path, ask: Callable[[], Answer]) -> None:
    data, whole = store_of(built).read_bytes(), ask()
    told = 0
    for seed in range(FLIPS):
        chance = random.Random(seed)
        flipped = bytearray(data)
        flipped[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        store_of(built).write_bytes(flipped)
        try:
            answer = ask()
        except IndexUnusable as error:
            assert "is damaged" in str(error)
            told += 1
        else:
            assert (answer.extracts, answer.citations) == (whole.extracts, whole.citations)
    assert told > FLIPS / 50


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("三十一年", "四十一年"),
        ("换上了一盏节能灯", "换上了一盏节油灯"),
        ("port/lamp.md", "port/lump.md"),
        ("2021-03-05T08", "2022-03-05T08"),
    ],
)
def test_what_is_altered_is_told_when_it_is_to_be_shown(
    built: Path, ask: Callable[[], Answer], was: str, becomes: str
) -> None:
    data = store_of(built).read_bytes()
    assert was.encode() in data
    store_of(built).write_bytes(data.replace(was.encode(), becomes.encode()))
    with pytest.raises(IndexUnusable, match=r"holds what was not written.*: build it anew with rag index"):
        ask()


def test_an_article_in_full_is_checked_too(built: Path) -> None:
    data = store_of(built).read_bytes()
    left_whole = data.index("雾最浓的三月".encode())
    store_of(built).write_bytes(
        data[:left_whole] + data[left_whole:].replace("雾最浓的三月".encode(), "雾最浓的五月".encode())
    )
    with open_index(built) as index, pytest.raises(IndexUnusable, match="holds what was not written"):
        index.store.article("tea.md")


def test_the_list_of_articles_is_checked_too(built: Path) -> None:
    data = store_of(built).read_bytes()
    store_of(built).write_bytes(data.replace("高山茶园用雾水浇地".encode(), "高山茶园用河水浇地".encode()))
    with open_index(built) as index, pytest.raises(IndexUnusable, match="holds what was not written"):
        index.load_lists()  # as the page does before it opens
