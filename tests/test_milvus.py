"""An index that a server keeps: it answers as one in a folder does, is written in shards, and outlives the server."""

from __future__ import annotations

import shutil
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from benchmarks.milvus_servers import MilvusServer
from rag.answering.retriever import Retriever
from rag.build import build_index
from rag.build.milvus import lease as leases
from rag.build.milvus.copies import group_copies
from rag.build.milvus.lease import Lease
from rag.build.milvus.taking_back import take_back
from rag.core.deadline import within
from rag.core.filters import Filters
from rag.core.places import MilvusAddress, Place, given_place
from rag.errors import (
    ArgumentError,
    IndexBusy,
    IndexMissing,
    IndexUnusable,
    RemovalRefused,
    ServerError,
    UnknownArticle,
    UnknownName,
)
from rag.index.collection import browse, describe, open_article
from rag.index.lexical import LexicalIndex
from rag.index.milvus.collections import Kind, signed
from rag.index.milvus.packing import joined, packed, pieces, unpacked
from rag.index.milvus.pages import PAGE, Postings, Run, write_run
from rag.index.milvus.server import Server
from rag.index.milvus.state import ShardState
from rag.index.milvus.words import Words
from rag.index.postings import Postings as FolderPostings
from rag.index.postings import digest_of
from rag.interfaces import cli
from rag.interfaces.feedback import feedback_on, keep_feedback
from rag.models.encoder import Vectors
from rag.text.terms import terms
from tests.conftest import FakeEncoder, FakeReader, write_article, write_articles

pytest.importorskip("milvus_lite", reason="the extra milvus is not installed")
QUESTIONS = (
    "河口灯塔换上了什么灯？",
    "修书机器每小时清理多少页？",
    "一张网一夜能接多少水？",
    "How many loans did the librarian count?",
    "Who is Mara Quill?",
    "山村篮球队赢了多少分？",
    "灯塔 机器 茶园 篮球 library",
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MilvusServer]:
    with MilvusServer(tmp_path_factory.mktemp("milvus")).running() as running:
        yield running


@pytest.fixture
def address(server: MilvusServer) -> MilvusAddress:
    """Of an index of one's own."""
    return server.address(f"t{uuid.uuid4().hex[:12]}")


def opened(place: Place) -> Retriever:
    return Retriever.open(place, FakeEncoder(), FakeReader())


@pytest.fixture(scope="module")
def both(server: MilvusServer, tmp_path_factory: pytest.TempPathFactory) -> tuple[Retriever, Retriever]:
    """The same articles in a folder's index and in the server."""
    path = tmp_path_factory.mktemp("both")
    folder = write_articles(path / "articles")
    for number in range(7):
        same = ("渡口的老船工每天清晨都把缆绳晒在岸边的石头上，等第一班船靠岸以后再收回船舱里面去。",)
        write_article(
            folder / f"feed/{number}.md", f"渡口第{number}天", *same, f"第{number}天的潮位是{number}米。", author="渡口"
        )
    build_index(folder, path / "index", FakeEncoder())
    build_index(folder, server.address("both"), FakeEncoder())
    return opened(path / "index"), opened(server.address("both"))


def shown(retriever: Retriever, question: str, filters: Filters | None = None) -> object:
    """All that a reader sees of an answer, and the hits with their scores."""
    hits = retriever.search(question, 50, filters)
    answer = retriever.ask(question, filters)
    told = [
        (hit.article, hit.passage.text, hit.passage.parts, [copy.article.id for copy in hit.copies]) for hit in hits
    ]
    scores = [
        [round(one, 5) for one in (hit.score, hit.dense, hit.lexical, hit.language_bias_correction, hit.anchored)]
        for hit in hits
    ]
    return told, scores, answer.answered, [(each.text, each.answer) for each in answer.extracts], answer.citations


class TestAddress:
    def test_it_is_read(self) -> None:
        assert given_place("index", "milvus://db.example:19531/news") == MilvusAddress("db.example", 19531, "news")
        assert given_place("index", "milvus+tls://db.example/news") == MilvusAddress("db.example", 19530, "news", True)
        assert given_place("index", "milvus://[::1]:1/n") == MilvusAddress("[::1]", 1, "n")
        assert str(MilvusAddress("h", 1, "n", secure=True)) == "milvus+tls://h:1/n"
        assert MilvusAddress("h", 1, "n", secure=True).uri == "https://h:1"

    @pytest.mark.parametrize(
        "wrong",
        ["milvus://", "milvus://h", "milvus://h/", "milvus://h:0/n", "milvus://h:99999/n", "milvus://h/a-b",
         "milvus://me:secret@h/n", "milvus://h/n/m", "milvus://h/渡口", "MILVUS://h/n", "milvus:/h/n"],
    )  # fmt: skip
    def test_what_is_none_is_told_in_one_line(self, wrong: str) -> None:
        with pytest.raises(ArgumentError, match="milvus://HOST:PORT/NAME") as told:
            given_place("index", wrong)
        assert "\n" not in str(told.value)

    def test_a_path_stays_one(self, tmp_path: Path) -> None:
        assert given_place("index", tmp_path) == tmp_path
        assert given_place("index", "milvus") == Path("milvus")


@st.composite
def postings(draw: st.DrawFn) -> Postings:
    pairs = draw(st.sets(st.tuples(st.integers(-5, 40), st.integers(0, 1 << 62)), max_size=300))
    often = draw(st.integers(0, 3000))
    pairs |= {(7, one) for one in range(often)}
    found = sorted(pairs)
    numbers = np.arange(len(found))
    columns = np.array(found, np.int64).reshape(-1, 2)
    return Postings.in_order(
        columns[:, 0], columns[:, 1], (numbers % 9 + 1).astype(np.uint16), (numbers % 999 + 1).astype(np.uint16)
    )


class TestPages:
    @given(postings())
    @settings(deadline=None, max_examples=30)
    def test_pages_hold_what_was_written(self, written: Postings) -> None:
        pages = [*written.pages(5)]
        read = Postings.joined([Postings.of_page(page) for page in pages])
        for name in ("terms", "ids", "counts", "lengths"):
            assert (getattr(read, name) == getattr(written, name)).all()
        assert all(0 < page["size"] <= PAGE and len(page["packed"]) < 65_535 for page in pages)
        assert [page["id"] for page in pages] == [f"5:{n}" for n in range(len(pages))]
        for one, other in pairwise(pages):
            assert one["hi"] < other["lo"] or one["lo"] == one["hi"] == other["lo"] == other["hi"]

    def test_what_went_is_taken_out(self) -> None:
        columns = np.array([1, 1, 2, 3]), np.array([10, 11, 10, 12]), np.ones(4, np.uint16), np.ones(4, np.uint16)
        every = Postings(*columns)
        gone = every.slice(1, 3)
        assert every.without(gone).ids.tolist() == [10, 12]
        assert every.without(Postings.of_none()).ids.tolist() == [10, 11, 10, 12]

    def test_values_come_back(self) -> None:
        value = {"渡": ["口", 1, None, "\ud800"], "long": "x" * 200_000}
        assert joined(pieces(value)) == value
        numbers, bits = np.arange(-5, 5), np.arange(10, dtype=np.uint16)
        one, other = unpacked(packed(numbers, bits), (np.int64, 10), (np.uint16, 10))
        assert (one == numbers).all()
        assert (other == bits).all()


def _text(number: int) -> str:
    place, name = ("北岸", "南岸", "河口")[number % 3], ("贺潮", "林渡")[number % 7 == 0]
    return f"第{number}座灯塔在{place}，守塔人{name}。{'潮水' * (number % 5)}"


TEXTS = [_text(number) for number in range(300)]


@pytest.fixture(scope="module")
def words(server: MilvusServer) -> Words:
    """The words of some texts, of which two went, in two runs."""
    kept = Server(server.address("words"))
    kept.make_all(2)
    parts = [list(range(170)), list(range(170, 302))]
    texts = [*TEXTS, "灯塔灯塔灯塔不见了", "守塔人不见了"]
    runs = [
        Run(at, write_run(kept, at, found), len(found)) for at, found in enumerate(_of(texts, part) for part in parts)
    ]
    gone = _of(texts, [300, 301])
    gone_run = Run(9, write_run(kept, 9, gone), len(gone))
    length = sum(len(terms(text)) for text in TEXTS)
    return Words(kept, runs, [gone_run], len(TEXTS), length, [])


def _of(texts: list[str], which: list[int]) -> Postings:
    rows = []
    for at in which:
        found = terms(texts[at])
        rows += [(signed(digest_of(term)), at, found.count(term), len(found)) for term in set(found)]
    columns = np.array(rows, np.int64)
    return Postings.in_order(
        columns[:, 0], columns[:, 1], columns[:, 2].astype(np.uint16), columns[:, 3].astype(np.uint16)
    )


class TestWords:
    @pytest.mark.parametrize("question", ["贺潮在河口吗？", "守塔人", "灯塔", "第17座灯塔", "Wer bewacht den Turm?"])
    def test_scores_are_those_of_a_folder(self, words: Words, question: str) -> None:
        expected = LexicalIndex([FolderPostings.of(terms(text) for text in TEXTS)]).match(question)
        found = words.match(question, None)
        assert found.matches.weights == pytest.approx(expected.weights)
        assert found.matches.query_coverage == pytest.approx(expected.query_coverage)
        assert sorted(found.ids.tolist()) == np.flatnonzero(expected.scores).tolist()
        assert not found.lacking
        assert found.scores_of(np.arange(len(TEXTS)), ()) == pytest.approx(expected.scores, abs=1e-6)

    @pytest.mark.parametrize("count", [1, 5, 30])
    def test_the_best_are_among_those_that_are_read(
        self, words: Words, count: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("rag.index.milvus.words.READ_ALL", 0)
        question = "第17座灯塔的守塔人是贺潮吗？"
        scores = LexicalIndex([FolderPostings.of(terms(text) for text in TEXTS)]).match(question).scores
        found = words.match(question, count)
        least = np.sort(scores)[-count]
        assert {*np.flatnonzero(scores >= least).tolist()} <= {*found.ids.tolist()}
        for one, bound in zip(found.ids.tolist(), found.bounds.tolist(), strict=True):
            assert bound >= scores[one] - 1e-6
        assert found.scores_of(np.arange(len(TEXTS)), TEXTS) == pytest.approx(scores, abs=1e-6)
        assert found.lacking or count > 1  # of so few passages, hardly any need not be read

    def test_what_went_is_not_counted(self, words: Words) -> None:
        assert words.frequency("灯塔") == 300
        assert words.frequency("不见") == 0
        assert words.frequency("Nirgendwo") == 0


class TestAnswers:
    @pytest.mark.parametrize("question", QUESTIONS)
    def test_they_are_those_of_an_index_in_a_folder(self, both: tuple[Retriever, Retriever], question: str) -> None:
        folder, milvus = both
        assert shown(milvus, question) == shown(folder, question)

    def test_where_not_all_words_are_read(
        self, both: tuple[Retriever, Retriever], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("rag.index.milvus.words.READ_ALL", 0)
        for question in QUESTIONS:
            assert shown(both[1], question) == shown(both[0], question)

    @pytest.mark.parametrize(
        "filters",
        [
            Filters(authors=("林渡",)),
            Filters(categories=("航运",)),
            Filters(categories=("本地/航运", "农业")),
            Filters(sources=("渡口",)),
            Filters(since=None, until=None, authors=("顾禾", "Mara Quill")),
            Filters(categories=("科技",), authors=("林渡",)),
        ],
    )
    def test_under_filters_too(self, both: tuple[Retriever, Retriever], filters: Filters) -> None:
        folder, milvus = both
        for question in (*QUESTIONS, "老船工把缆绳晒在哪里？"):
            assert shown(milvus, question, filters) == shown(folder, question, filters)

    def test_by_days_too(self, both: tuple[Retriever, Retriever]) -> None:
        from datetime import date

        folder, milvus = both
        for filters in (Filters(since=date(2021, 3, 5)), Filters(until=date(2021, 12, 7))):
            assert shown(milvus, QUESTIONS[6], filters) == shown(folder, QUESTIONS[6], filters)

    def test_follow_ups_too(self, both: tuple[Retriever, Retriever]) -> None:
        asked = []
        for retriever in both:
            first = retriever.ask("守塔人贺潮工作了多少年？")
            asked.append(retriever.ask("他说了什么？", history=[first]).query)
        assert asked[0] == asked[1] != "他说了什么？"

    def test_a_name_that_is_not_there_is_told_with_those_like_it(self, both: tuple[Retriever, Retriever]) -> None:
        told = []
        for retriever in both:
            with pytest.raises(UnknownName) as error:
                retriever.ask(QUESTIONS[0], Filters(authors=("林度",)))
            told.append(str(error.value))
        assert told[0] == told[1]

    def test_what_is_indexed_is_told_alike(self, both: tuple[Retriever, Retriever]) -> None:
        one, other = (replace(describe(each.index), created="") for each in both)
        assert one == other

    def test_the_list_is_the_same(self, both: tuple[Retriever, Retriever]) -> None:
        for text in ("", "渡口", "渡口 第3", "LIBRARY", "%", "_", '"', "\\", "没有"):
            for number in (1, 2, 9):
                pages = [browse(each.index, text, number=number, size=4) for each in both]
                assert pages[0] == pages[1], (text, number)
        filters = Filters(authors=("渡口",))
        assert browse(both[0].index, "", filters) == browse(both[1].index, "", filters)

    def test_articles_open(self, both: tuple[Retriever, Retriever]) -> None:
        for name in both[0].index.digests():
            assert open_article(both[1].index, name) == open_article(both[0].index, name)
        assert both[1].index.digests() == both[0].index.digests()
        for wrong in ("tea.md\0", "no.md", '" or id > 0 or "', "\ud800"):
            with pytest.raises(UnknownArticle):
                open_article(both[1].index, wrong)

    def test_feedback_is_kept_by_the_server(self, both: tuple[Retriever, Retriever]) -> None:
        from rag.core.answers import Thumb
        from rag.index.milvus.feedback_lines import kept_lines

        milvus = both[1]
        place = milvus.place
        assert isinstance(place, MilvusAddress)
        answer = milvus.ask(QUESTIONS[0], threshold=0)
        assert keep_feedback(place, feedback_on(answer, Thumb.UP, 1)) == place
        assert any(QUESTIONS[0] in line for line in kept_lines(place))


def folder_of_feeds(path: Path) -> Path:
    """Articles of two feeds that repeat lines, some of them copies of others, and of one that does not."""
    write_articles(path)
    for number in range(30):
        feed = ("晨报", "晚报")[number % 2]
        own = f"第{number}天渡口的潮位是{number * 3 + 1}米，比前一天高了一些，船工们早早收了缆绳回家吃饭去了。"
        shared = (
            "南岸的礁石灯桩昨夜被浪打坏，航道管理处派了两条船去修，估计要三天才能重新点亮，请过往船只绕行北岸航道。"
        )
        body = [own, *([shared] if number % 3 == 0 else [])]
        write_article(path / f"{feed}/{number:02}.md", f"潮位{number}", *body, f"关注{feed}公众号，获取更多资讯。",
                      author=feed, date=f"2021-0{number % 9 + 1}-1{number % 9}")  # fmt: skip
    return path


def same_as_anew(address: MilvusAddress, folder: Path, work: Path) -> None:
    """What a server answers is what an index in a folder does that is made of the articles as they are now."""
    shutil.rmtree(work, ignore_errors=True)
    build_index(folder, work, FakeEncoder())
    expected, found = opened(work), opened(address)
    assert found.index.digests() == expected.index.digests()
    assert len(found.index) == len(expected.index)
    one, other = (replace(describe(each.index), created="") for each in (expected, found))
    assert one == other
    for question in (*QUESTIONS, "礁石灯桩什么时候点亮？", "第7天的潮位是多少？", "关注公众号"):
        assert shown(found, question) == shown(expected, question), question


class TestChanges:
    def test_what_came_changed_and_went_is_as_if_made_anew(self, address: MilvusAddress, tmp_path: Path) -> None:
        folder, work = folder_of_feeds(tmp_path / "articles"), tmp_path / "index"
        first = build_index(folder, address, FakeEncoder())
        assert (first.added, first.removed) == (35, 0)
        same_as_anew(address, folder, work)
        write_article(
            folder / "new.md", "新来的文章", "昨天来了一条新船，船名叫青禾。", author="林渡", categories="航运"
        )
        text = (folder / "tea.md").read_text(encoding="utf-8")
        (folder / "tea.md").write_text(text.replace("九张网", "十二张网"), encoding="utf-8")
        (folder / "hoops.md").unlink()
        for number in range(0, 30, 4):
            (folder / f"晨报/{number:02}.md").unlink()
        encoder = FakeEncoder()
        second = build_index(folder, address, encoder, replace=True)
        assert (second.added, second.changed, second.removed) == (1, 1, 9)
        assert second.encoded == len(encoder.passages) < 12
        same_as_anew(address, folder, work)
        third = build_index(folder, address, FakeEncoder())
        assert (third.changes, third.encoded) == (0, 0)
        write_article(folder / "last.md", "最后一篇", "渡船停了。")
        build_index(folder, address, FakeEncoder())
        same_as_anew(address, folder, work)

    def test_an_open_retriever_takes_up_what_is_new(self, address: MilvusAddress, tmp_path: Path) -> None:
        folder = write_articles(tmp_path / "articles")
        build_index(folder, address, FakeEncoder())
        retriever = opened(address)
        assert not any("青禾" in hit.passage.text for hit in retriever.search("青禾号新船"))
        write_article(folder / "new.md", "新来的文章", "昨天来了一条新船，船名叫青禾。")
        build_index(folder, address, FakeEncoder())
        until = time.monotonic() + 20
        while not any("青禾" in hit.passage.text for hit in retriever.search("青禾号新船")):
            assert time.monotonic() < until
            time.sleep(0.2)

    def test_many_small_changes_are_put_together(self, address: MilvusAddress, tmp_path: Path) -> None:
        folder = write_articles(tmp_path / "articles")
        for number in range(9):
            write_article(folder / f"{number}.md", f"潮汐{number}", f"今天的潮位是{number * 7}米，灯塔照常点亮。")
            if number == 5:
                (folder / "tea.md").unlink()
            build_index(folder, address, FakeEncoder())
        index = opened(address).index
        assert len(index.generation.words) < 9  # type: ignore[attr-defined]
        same_as_anew(address, folder, tmp_path / "index")

    def test_removing_much_is_refused(self, address: MilvusAddress, tmp_path: Path) -> None:
        folder = folder_of_feeds(tmp_path / "articles")
        build_index(folder, address, FakeEncoder())
        shutil.rmtree(folder / "晚报")
        with pytest.raises(RemovalRefused, match="--replace"):
            build_index(folder, address, FakeEncoder())
        assert len(opened(address).index.digests()) == 35

    def test_another_model_is_refused(self, address: MilvusAddress, articles_folder: Path) -> None:
        build_index(articles_folder, address, FakeEncoder())
        with pytest.raises(IndexUnusable, match="another NAME"):
            build_index(articles_folder, address, FakeEncoder("other", "other-1"))

    def test_another_precision_than_the_first_shard_has_is_refused(
        self, address: MilvusAddress, articles_folder: Path
    ) -> None:
        build_index(articles_folder, address, FakeEncoder(), shard=(1, 2))
        other = FakeEncoder()
        other.half_precision = True
        with pytest.raises(IndexUnusable, match="in float32, which this is not"):
            build_index(articles_folder, address, other, shard=(2, 2))

    def test_collections_stay_apart(self, address: MilvusAddress, tmp_path: Path) -> None:
        write_article(tmp_path / "news/a.md", "灯塔换灯", "河口的灯塔上周换上了新灯，守塔人很高兴。")
        write_article(tmp_path / "blog/a.md", "渡口日记", "我在渡口等了一夜的船，写下这篇日记。")
        build_index({"news": tmp_path / "news"}, address, FakeEncoder())
        build_index({"blog": tmp_path / "blog"}, address, FakeEncoder())
        build_index({"news": tmp_path / "news", "blog": tmp_path / "blog"}, tmp_path / "index", FakeEncoder())
        expected, found = opened(tmp_path / "index"), opened(address)
        for filters in (None, Filters(collections=("news",)), Filters(collections=("blog",))):
            assert shown(found, "渡口 灯塔", filters) == shown(expected, "渡口 灯塔", filters)
        with pytest.raises(IndexUnusable, match="several collections"):
            build_index(tmp_path / "news", address, FakeEncoder())


class Stopped(Exception):
    """As if the process were killed."""


class Failing(FakeEncoder):
    """Encodes so many times, and then stands in for a process that is killed."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self.times = times

    def encode_passages(self, texts: list[str]) -> Vectors:  # type: ignore[override]
        self.times -= 1
        if self.times < 0:
            raise Stopped
        return super().encode_passages(texts)


class TestShards:
    def test_all_together_are_one_index(
        self, address: MilvusAddress, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("rag.build.milvus.shard.CHUNK", 4)
        folder = folder_of_feeds(tmp_path / "articles")
        first = build_index(folder, address, FakeEncoder(), shard=(2, 3))
        assert first.waits_for == (1, 3)
        with pytest.raises(IndexMissing):
            opened(address)
        failing = Failing(2)
        with pytest.raises(Stopped):
            build_index(folder, address, failing, shard=(1, 3))
        build_index(folder, address, FakeEncoder(), shard=(3, 3))
        with pytest.raises(IndexMissing):
            opened(address)
        again = FakeEncoder()
        last = build_index(folder, address, again, shard=(1, 3))
        assert last.waits_for == ()
        assert failing.passages
        assert not {*failing.passages} & {*again.passages}  # what was encoded before was taken over
        same_as_anew(address, folder, tmp_path / "index")

    def test_a_change_in_shards_is_seen_at_once(self, address: MilvusAddress, tmp_path: Path) -> None:
        folder = folder_of_feeds(tmp_path / "articles")
        build_index(folder, address, FakeEncoder())
        before = opened(address)
        write_article(folder / "new.md", "新来的文章", "昨天来了一条新船，船名叫青禾。", author="晨报")
        for number in range(1, 30, 6):
            (folder / f"晚报/{number:02}.md").unlink()
        told = shown(before, "潮位 公众号")
        build_index(folder, address, FakeEncoder(), shard=(1, 2), replace=True)
        assert shown(opened(address), "潮位 公众号") == told
        build_index(folder, address, FakeEncoder(), shard=(2, 2), replace=True)
        same_as_anew(address, folder, tmp_path / "index")
        for number in (1, 2):
            assert build_index(folder, address, FakeEncoder(), shard=(number, 2)).changes == 0
        assert opened(address).index.generation.number == 2  # type: ignore[attr-defined]

    def test_what_only_the_whole_tells_is_done_at_the_end_and_again(
        self, address: MilvusAddress, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Who finishes is killed once each step is done, and another one comes."""
        folder = folder_of_feeds(tmp_path / "articles")
        build_index(folder, address, FakeEncoder(), shard=(1, 4))
        build_index(folder, address, FakeEncoder(), shard=(2, 4))
        build_index(folder, address, FakeEncoder(), shard=(3, 4))
        for step in ("group_copies", "take_into_use"):

            def killed(*_: object) -> None:
                raise Stopped

            with monkeypatch.context() as patched, pytest.raises(Stopped):
                patched.setattr(f"rag.build.milvus.finishing.{step}", killed)
                build_index(folder, address, FakeEncoder(), shard=(4, 4))
        build_index(folder, address, FakeEncoder(), shard=(4, 4))
        same_as_anew(address, folder, tmp_path / "index")

    def test_what_changes_after_a_killed_finisher_is_there_once(
        self, address: MilvusAddress, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """It had cut articles anew of which one is changed then, and another one deleted."""
        folder = folder_of_feeds(tmp_path / "articles")
        build_index(folder, address, FakeEncoder())
        for number in range(4, 30, 2):  # so few are left that the feed repeats nothing any more
            (folder / f"晨报/{number:02}.md").unlink()

        def killed(*_: object) -> None:
            raise Stopped

        with monkeypatch.context() as patched, pytest.raises(Stopped):
            patched.setattr("rag.build.milvus.finishing.group_copies", killed)
            build_index(folder, address, FakeEncoder(), replace=True)
        text = (folder / "晨报/00.md").read_text(encoding="utf-8")
        (folder / "晨报/00.md").write_text(text.replace("收了缆绳", "放了缆绳"), encoding="utf-8")
        (folder / "晨报/02.md").unlink()
        build_index(folder, address, FakeEncoder(), replace=True)
        same_as_anew(address, folder, tmp_path / "index")

    def test_another_run_waits_while_all_are_put_together(
        self, address: MilvusAddress, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        folder = folder_of_feeds(tmp_path / "articles")
        refused = []

        def meanwhile(*values: object) -> None:
            with pytest.raises(IndexBusy, match="what all shards make together is being written") as told:
                build_index(folder, address, FakeEncoder())
            refused.append(told)
            group_copies(*values)  # type: ignore[arg-type]

        monkeypatch.setattr("rag.build.milvus.finishing.group_copies", meanwhile)
        build_index(folder, address, FakeEncoder())
        assert refused
        monkeypatch.undo()
        same_as_anew(address, folder, tmp_path / "index")

    def test_one_that_was_overtaken_begins_anew(
        self, address: MilvusAddress, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """While it loaded the model, another run was taken into use."""
        folder = folder_of_feeds(tmp_path / "articles")
        build_index(folder, address, FakeEncoder())

        def slow(model: object, *_: object) -> object:
            monkeypatch.undo()
            write_article(folder / "new.md", "新来的文章", "昨天来了一条新船，船名叫青禾。", author="晨报")
            build_index(folder, address, FakeEncoder())
            return model

        monkeypatch.setattr("rag.build.milvus.shard.encoder_for", slow)
        with pytest.raises(IndexBusy, match="run this one again"):
            build_index(folder, address, FakeEncoder())
        same_as_anew(address, folder, tmp_path / "index")

    def test_a_shard_without_a_readable_file_holds_up_nothing(self, address: MilvusAddress, tmp_path: Path) -> None:
        folder = tmp_path / "articles"
        write_article(folder / "a.md", "灯塔换灯", "河口的灯塔上周换上了新灯。")
        for number in range(6):
            (folder / f"empty{number}.md").write_text("---\ntitle: 空\n---\n", encoding="utf-8")
        for number in (1, 2, 3):
            build_index(folder, address, FakeEncoder(), shard=(number, 3))
        index = opened(address).index
        assert [*index.digests()] == ["a.md"]
        assert len(index.manifest.failures) == 6

    def test_a_run_with_nothing_new_or_refused_is_in_nobodys_way(self, address: MilvusAddress, tmp_path: Path) -> None:
        folder = folder_of_feeds(tmp_path / "articles")
        build_index(folder, address, FakeEncoder())
        build_index(folder, address, FakeEncoder())
        kept = folder.rename(tmp_path / "kept")
        shutil.copytree(kept / "晚报", folder / "晚报")
        with pytest.raises(RemovalRefused):
            build_index(folder, address, FakeEncoder())
        assert take_back(address) == []
        for number in (1, 2):
            build_index(folder, address, FakeEncoder(), shard=(number, 2), replace=True)
        same_as_anew(address, folder, tmp_path / "index")

    def test_more_shards_than_articles_are_fine(self, address: MilvusAddress, tmp_path: Path) -> None:
        write_article(tmp_path / "articles/a.md", "灯塔换灯", "河口的灯塔上周换上了新灯。")
        for number in (1, 2, 3):
            build_index(tmp_path / "articles", address, FakeEncoder(), shard=(number, 3))
        same_as_anew(address, tmp_path / "articles", tmp_path / "index")

    def test_other_shards_than_are_under_way_are_refused_and_taken_back(
        self, address: MilvusAddress, tmp_path: Path
    ) -> None:
        folder = folder_of_feeds(tmp_path / "articles")
        build_index(folder, address, FakeEncoder())
        (folder / "tea.md").unlink()
        write_article(folder / "new.md", "新来的文章", "昨天来了一条新船，船名叫青禾。", author="晨报")
        for number in (1, 2):
            build_index(folder, address, FakeEncoder(), shard=(number, 3))
        with pytest.raises(IndexBusy, match="in 3 shards"):
            build_index(folder, address, FakeEncoder())
        assert len(take_back(address)) == 2
        assert take_back(address) == []
        build_index(folder, address, FakeEncoder())
        same_as_anew(address, folder, tmp_path / "index")

    @pytest.mark.parametrize("wrong", [(0, 3), (4, 3), (1, 0), (1, 5000), (1,), "1/3", (True, 2), 3])
    def test_a_shard_that_is_none_is_told(self, address: MilvusAddress, articles_folder: Path, wrong: object) -> None:
        with pytest.raises(ArgumentError, match="shard"):
            build_index(articles_folder, address, FakeEncoder(), shard=wrong)  # type: ignore[arg-type]

    def test_a_folder_has_no_shards(self, articles_folder: Path, tmp_path: Path) -> None:
        with pytest.raises(ArgumentError, match="give no shard"):
            build_index(articles_folder, tmp_path / "index", FakeEncoder(), shard=(1, 2))


class TestLease:
    def test_one_writes_a_shard_at_a_time(self, address: MilvusAddress, monkeypatch: pytest.MonkeyPatch) -> None:
        server = Server(address)
        server.make_all(2)
        with Lease(server, 1, 1, 2, {}) as mine:
            with pytest.raises(IndexBusy, match="shard 1 of 2 is being written"):
                Lease(server, 1, 1, 2, {})
            with Lease(server, 1, 2, 2, {}):
                pass
            mine.check()

    def test_one_that_is_not_heard_of_any_more_is_taken_over(
        self, address: MilvusAddress, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        server = Server(address)
        server.make_all(2)
        monkeypatch.setattr(leases, "BEAT_SECONDS", 0.2)
        with Lease(server, 1, 1, 1, {}) as mine:
            state = ShardState(1, 1, 1, ("another", "elsewhere", 1), time.time())
            state.write(server)
            with pytest.raises(IndexBusy, match="took over"):
                mine.check()
            with pytest.raises(IndexBusy, match="being written by process 1 on elsewhere"):
                Lease(server, 1, 1, 1, {})
            replace(state, beat=time.time() - leases.STALE_SECONDS - 1).write(server)
            Lease(server, 1, 1, 1, {})


class TestServer:
    def test_no_index_is_told(self, address: MilvusAddress) -> None:
        with pytest.raises(IndexMissing, match="rag index FOLDER --index milvus://"):
            opened(address)
        with pytest.raises(IndexMissing):
            take_back(address)

    def test_one_that_is_away_is_told_and_comes_back(
        self, tmp_path: Path, articles_folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("rag.index.milvus.server.ASKED_SECONDS", 2.0)
        monkeypatch.setattr("rag.index.milvus.server.WRITE_SECONDS", 3.0)
        kept = MilvusServer(tmp_path / "milvus")
        with kept.running():
            build_index(articles_folder, kept.address("kept"), FakeEncoder())
            retriever = opened(kept.address("kept"))
            before = shown(retriever, QUESTIONS[0])
            kept.kill()
            with pytest.raises(ServerError, match="does not answer: see that it runs"):
                retriever.ask(QUESTIONS[1])
            with pytest.raises(ServerError, match="does not answer"):
                build_index(articles_folder, kept.address("kept"), FakeEncoder())
            kept.start()
            until = time.monotonic() + 30
            while True:
                try:
                    assert shown(retriever, QUESTIONS[0]) == before
                    break
                except ServerError:
                    assert time.monotonic() < until
            assert build_index(articles_folder, kept.address("kept"), FakeEncoder()).unchanged == 5

    def test_nobody_there_is_told(self, articles_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("rag.index.milvus.server.CONNECT_SECONDS", 1.0)
        with pytest.raises(ServerError, match=r"127\.0\.0\.1:9 does not answer"):
            build_index(articles_folder, "milvus://127.0.0.1:9/none", FakeEncoder())

    def test_one_that_takes_too_long_is_told_within_one_bound_for_all_that_a_question_asks(
        self, server: MilvusServer, both: tuple[Retriever, Retriever], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("rag.answering.retriever.QUESTION_SECONDS", 1.5)
        retriever = both[1]
        before = shown(retriever, QUESTIONS[0])
        began = time.monotonic()
        with server.paused(), pytest.raises(ServerError, match="does not answer"):
            retriever.ask(QUESTIONS[1])
        assert time.monotonic() - began < 5
        assert shown(retriever, QUESTIONS[0]) == before

    def test_no_more_is_asked_once_the_time_is_up(self, both: tuple[Retriever, Retriever]) -> None:
        with within(0.0), pytest.raises(ServerError, match="does not answer"):
            both[1].ask(QUESTIONS[0])

    def test_without_pymilvus_it_is_told_what_to_install(
        self, address: MilvusAddress, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, "pymilvus", None)
        with pytest.raises(ServerError, match=r"pip install 'article-rag\[milvus\]'"):
            opened(address)

    def test_an_old_server_is_told(self, address: MilvusAddress, monkeypatch: pytest.MonkeyPatch) -> None:
        import pymilvus

        monkeypatch.setattr(pymilvus.MilvusClient, "get_server_version", lambda *_, **__: "v2.2.16")
        with pytest.raises(ServerError, match=r"is Milvus v2\.2\.16: 2\.3 or newer is needed"):
            opened(address)

    def test_a_server_that_finds_nothing_inside_of_texts_says_so(
        self, both: tuple[Retriever, Retriever], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        server = both[1].index.server  # type: ignore[attr-defined]
        monkeypatch.setattr(server, "finds_inside", False)
        assert browse(both[1].index).found == 12
        with pytest.raises(ServerError, match=r"Milvus before 2\.4"):
            browse(both[1].index, "渡口")

    def test_questions_go_on_while_it_is_written(self, address: MilvusAddress, tmp_path: Path) -> None:
        folder = folder_of_feeds(tmp_path / "articles")
        build_index(folder, address, FakeEncoder())
        retriever, failed, ended = opened(address), [], threading.Event()

        def ask() -> None:
            while not ended.is_set():
                try:
                    assert retriever.search("第7天的潮位是多少？")
                except Exception as error:  # whatever it is, it is told below
                    failed.append(error)

        asking = threading.Thread(target=ask)
        asking.start()
        for number in range(2):
            write_article(folder / f"more{number}.md", "新的", f"第{number}条新船来了。", author="晨报")
            (folder / f"晨报/0{number * 2}.md").unlink()
            build_index(folder, address, FakeEncoder(), replace=True)
        ended.set()
        asking.join()
        assert not failed


class TestCommandLine:
    def run(self, *words: str) -> tuple[int, str]:
        done = CliRunner().invoke(cli.app, [*words])
        return done.exit_code, done.output + str(done.exception or "")

    def test_status_tells_what_is_kept(self, both: tuple[Retriever, Retriever]) -> None:
        code, told = self.run("status", "--index", str(both[1].place))
        assert code == 0
        assert "12 in " in told
        assert "渡口 7" in told

    def test_an_article_is_shown(self, both: tuple[Retriever, Retriever]) -> None:
        code, told = self.run("show", "tea.md", "--index", str(both[1].place))
        assert code == 0
        assert "六十张捕雾网" in told

    @pytest.mark.parametrize("words", [("drop", "news"), ("restore",)])
    def test_what_is_for_folders_alone_says_so(self, words: tuple[str, ...]) -> None:
        code, told = self.run(*words, "--index", "milvus://127.0.0.1:1/n")
        assert code != 0
        assert "an index in a folder" in told

    def test_doctor_takes_back_what_was_begun(self, both: tuple[Retriever, Retriever]) -> None:
        assert self.run("doctor", "--index", str(both[1].place)) == (0, "all is whole\n")

    @pytest.mark.parametrize("shard", ["3", "a/b", "1/2/3", "-1/2", "9/8", "0/0"])
    def test_a_shard_that_is_none_is_told(self, shard: str, tmp_path: Path) -> None:
        code, told = self.run("index", str(tmp_path), "--index", "milvus://127.0.0.1:1/n", "--shard", shard)
        assert code != 0
        assert "shard" in told


def test_kinds_are_named_alike() -> None:
    assert [*Kind] == ["passages", "articles", "pages", "state"]
