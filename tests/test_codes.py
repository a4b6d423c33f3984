"""Codes of one bit a number: what they find of many vectors is what all vectors hold."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from rag.build import build_index
from rag.core.filters import Filters
from rag.errors import IndexUnusable
from rag.index import codes, segment_writer
from rag.index.checking import faults_of
from rag.index.codes import Codes, near, write_codes
from rag.index.index import Index
from rag.index.opening import open_index
from rag.index.snapshot import open_snapshot
from rag.index.vectors import Scores
from tests.conftest import FakeEncoder, write_article
from tests.indexes import edit_segment, segment_of

PASSAGES, EVENTS, DIMENSION, WANTED = 30_000, 300, 64, 50
PLACES = ("灯塔", "渡口", "茶园", "书店", "球场", "水闸")
DEEDS = ("换上了新灯", "多了一条船", "收了新茶", "请来师傅", "赢下第一场球", "加高了半米", "铺了石板", "刷了白漆")
AUTHORS = ("晚报", "周刊")
BYTES = 73 + 4 * 256
"""Of a file of codes, before what tells of the codes themselves."""
FORMS = {"dimension": 4, "rows": 9, "trained": 32, "metric": 33, "mean": 65, "filled": BYTES + 6, "size": BYTES + 32}
"""Bytes of a file that FAISS believes, by what they tell."""


def of_unit_length(vectors: Scores) -> Scores:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True), np.float32)


@pytest.fixture(scope="module")
def vectors() -> Scores:
    """Of passages on some events."""
    chance = np.random.default_rng(0)
    events = chance.standard_normal((EVENTS, DIMENSION), np.float32)
    noise = chance.standard_normal((PASSAGES, DIMENSION), np.float32)
    return of_unit_length(events[np.arange(PASSAGES) % EVENTS] + 0.5 * noise)


@pytest.fixture(scope="module")
def placed(vectors: Scores, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[int, Codes]]:
    """Their codes, in two segments."""
    folder, found = tmp_path_factory.mktemp("codes"), []
    for begin, end in ((0, 20_000), (20_000, PASSAGES)):
        part = vectors[begin:end]
        path = folder / f"{begin}.faiss"
        write_codes(path, np.array_split(part, 3), part.mean(axis=0))
        found.append((begin, Codes(path, np.arange(end - begin), DIMENSION)))
    return found


@pytest.fixture(scope="module")
def questions(vectors: Scores) -> Scores:
    """Near to some of the passages."""
    chance = np.random.default_rng(1)
    return of_unit_length(vectors[::1500] + 0.05 * chance.standard_normal((20, DIMENSION), np.float32))


class TestManyVectors:
    @pytest.mark.parametrize("every", [1, 2])
    def test_the_nearest_are_among_those_that_are_looked_at(
        self, vectors: Scores, placed: list[tuple[int, Codes]], questions: Scores, every: int
    ) -> None:
        allowed = np.arange(PASSAGES) % every == 0
        missed = 0
        for question in questions:
            ids = near(placed, question, WANTED, allowed, 1 / every)
            assert ids is not None
            assert len(ids) == len(set(ids.tolist())) <= codes.LEAST * every
            assert allowed[ids].all()
            nearest = np.argsort(-np.where(allowed, vectors @ question, -2))[:WANTED]
            missed += len(set(nearest.tolist()) - set(ids.tolist()))
        assert missed <= 0.005 * WANTED * len(questions)

    def test_where_few_are_allowed_or_all_lie_far_the_codes_tell_nothing(
        self, vectors: Scores, placed: list[tuple[int, Codes]], questions: Scores, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(codes, "LEAST", 400)
        few = np.arange(PASSAGES) % 50 == 0
        assert near(placed, questions[0], 10, few, 1 / 50) is None
        cosines = vectors @ questions[0]
        far = cosines < np.quantile(cosines, 0.3)
        assert near(placed, questions[0], 10, far, 0.3) is None


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few passages are many."""
    monkeypatch.setattr(segment_writer, "LARGE", 8)
    monkeypatch.setattr(codes, "LEAST", 20)
    monkeypatch.setattr(codes, "MARGIN", 2)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Articles in two scripts, of one of which there are few."""
    folder = tmp_path / "articles"
    for number, (place, deed) in enumerate(product(PLACES, DEEDS)):
        author = AUTHORS[number % 2]
        write_article(folder / f"{number:02}.md", f"{place}{deed}", f"{place}今年{deed}。", author=author)
    write_article(folder / "ferry.md", "The ferry", "The ferry got an electric motor this year.")
    return folder


def nearest(index: Index, encoder: FakeEncoder, filters: Filters) -> Iterator[list[str]]:
    for place, deed in product(PLACES, DEEDS):
        vector = encoder.encode_query(f"{place}{deed}")
        ids = index.nearest_of_each_script(vector, 3, index.allowed(filters))
        yield sorted(index.store.passage(number)[0].article_id for number in ids.tolist())


@pytest.mark.parametrize("filters", [Filters(), Filters(authors=("晚报",))])
def test_an_index_with_codes_finds_what_one_without_finds(
    folder: Path, tmp_path: Path, encoder: FakeEncoder, request: pytest.FixtureRequest, filters: Filters
) -> None:
    build_index(folder, tmp_path / "plain", encoder)
    request.getfixturevalue("soon")
    build_index(folder, tmp_path / "coded", encoder)
    for number in range(0, 10, 2):
        (folder / f"{number:02}.md").unlink()
    for name in ("plain", "coded"):
        build_index(folder, tmp_path / name, encoder)
    assert not list(segment_of(tmp_path / "plain", 0).glob("codes-*"))
    assert [path.name for path in segment_of(tmp_path / "coded", 0).glob("codes-*")] == ["codes-0.faiss"]
    with open_index(tmp_path / "plain") as plain, open_index(tmp_path / "coded") as coded:
        expected, found = (list(nearest(index, encoder, filters)) for index in (plain, coded))
    same = sum(one == other for one, other in zip(expected, found, strict=True))
    assert same >= 0.9 * len(found)
    assert not {f"{number:02}.md" for number in range(0, 10, 2)} & {name for names in found for name in names}


@pytest.mark.usefixtures("soon")
class TestDamage:
    @pytest.fixture
    def index(self, folder: Path, tmp_path: Path, encoder: FakeEncoder) -> Path:
        build_index(folder, tmp_path / "index", encoder)
        return tmp_path / "index"

    def test_without_codes_that_were_altered_the_same_is_found_and_they_are_made_anew(
        self, folder: Path, index: Path, encoder: FakeEncoder
    ) -> None:
        path = segment_of(index) / "codes-0.faiss"
        whole = path.read_bytes()
        with open_index(index) as opened:
            expected = list(nearest(opened, encoder, Filters()))
        path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
        with open_index(index) as opened:
            assert list(nearest(opened, encoder, Filters())) == expected
        assert [fault for fault in faults_of(index) if "codes-0.faiss of 0001 is not what was written" in fault]
        segment = segment_of(index)
        encoder.passages.clear()
        build_index(folder, index, encoder)
        assert (encoder.passages, segment_of(index)) == ([], segment)
        assert path.read_bytes() == whole
        assert not faults_of(index)

    @pytest.mark.parametrize("how", [*FORMS, "fewer", "of another kind", "cut off"])
    def test_codes_of_another_form_are_never_read(self, index: Path, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
        path = segment_of(index) / "codes-0.faiss"
        match how:
            case "fewer":
                with open_snapshot(index) as snapshot:
                    block = snapshot.segments[0].vectors.rows(np.arange(8))
                write_codes(path, [block], block.mean(axis=0))
            case "of another kind":
                path.write_bytes((segment_of(index) / "passages.faiss").read_bytes())
            case "cut off":
                path.write_bytes(path.read_bytes()[:-1])
            case _:
                data = bytearray(path.read_bytes())
                data[FORMS[how]] ^= 2
                path.write_bytes(data)
        edit_segment()(segment_of(index))

        read_index = codes.faiss.read_index

        def refuse(name: str, *flags: int) -> object:
            assert not Path(name).name.startswith("codes"), "FAISS was asked"
            return read_index(name, *flags)

        monkeypatch.setattr(codes.faiss, "read_index", refuse)
        with pytest.raises(IndexUnusable, match="is damaged") as caught:
            open_index(index)
        assert "no codes of the form" in str(caught.value.__cause__)
