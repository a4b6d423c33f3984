"""An index that grew by many small changes is as one that was built at once, and each change costs what it changes."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from rag.answering.retriever import Retriever
from rag.build import build_index, merging, segments, update_index
from rag.build.derived import Derived, MergedDerived
from rag.core.hits import Hit
from rag.core.progress import Progress
from rag.corpus import relisting
from rag.corpus.folder import list_folder
from rag.corpus.relisting import list_again
from rag.index.collection import describe
from rag.index.generations import current_generation
from rag.index.marks import SEGMENTS
from rag.index.opening import open_index
from rag.index.segment import Segment
from rag.index.snapshot import Snapshot, open_snapshot
from rag.interfaces.languages.words import ENGLISH
from rag.interfaces.page.collection import overview_html
from tests.conftest import FakeEncoder, FakeReader, write_article
from tests.indexes import ARTICLES, copies_in, ids

PROMPT = "想看更多河口的故事，请订我们的周刊。"
PLACES = ("灯塔", "渡口", "茶园", "书店", "球场", "集市", "水闸", "石桥")
DEEDS = (
    "换上了新灯",
    "多了一条渡船",
    "收了一季新茶",
    "请来修书的人",
    "赢下第一场球",
    "搬到了桥头",
    "加高了半米",
    "铺了石板",
)
CHANGES, ASKED = 20, 60


class Folder:
    """A folder that changes by chance: articles come, go, change, move, and are copied.

    :param seed: Of the chance.
    """

    def __init__(self, path: Path, seed: int) -> None:
        self.path, self._chance, self._written = path, random.Random(seed), 0
        for _ in range(12):
            self._write()

    def change(self) -> None:
        files = sorted(path for path in self.path.rglob("*.md") if path.name != "none.md")
        chosen = self._chance.choice(files)
        match self._chance.choice(("write", "write", "write", "change", "drop", "move", "copy")):
            case "write":
                self._write()
            case "change":
                text = chosen.read_text(encoding="utf-8")
                chosen.write_text(f"{text}<p>后来又补了第{self._written}笔，写得更长一些。</p>", encoding="utf-8")
                self._written += 1
            case "drop" if len(files) > 5:
                chosen.unlink()
            case "move":
                chosen.rename(chosen.with_name(f"moved-{chosen.name}"))
            case "copy":
                shutil.copy(chosen, chosen.with_name(f"copy-{self._written}-{chosen.name}"))

    def files(self) -> dict[str, int]:
        """When each was written, by its path."""
        return {path.relative_to(self.path).as_posix(): path.stat().st_mtime_ns for path in self.path.rglob("*.md")}

    def _write(self) -> None:
        place, deed = self._chance.choice(PLACES), self._chance.choice(DEEDS)
        told = [
            f"{place}今年{self._chance.choice(DEEDS)}，守在那里的人说比去年好{part}倍。" * 3 for part in range(1, 4)
        ]
        author = self._chance.choice(("晚报", "周刊"))
        name = f"{self._chance.choice(('a', 'b/c'))}/{self._written}.md"
        write_article(
            self.path / name, f"{place}{deed}", *told, PROMPT, author=author, date=f"2021-03-{self._written % 28 + 1}"
        )
        self._written += 1


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Segments are merged, and come into use, after a few passages."""
    monkeypatch.setattr(merging, "SMALLEST", 4)
    monkeypatch.setattr(merging, "FACTOR", 3)
    monkeypatch.setattr(segments, "BLOCK", 8)
    monkeypatch.setattr(segments, "CHUNK", 4)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(("seed", "is_told"), [(0, False), (1, False), (2, True), (3, True)])
def test_many_small_changes_give_what_one_build_gives(
    tmp_path: Path, encoder: FakeEncoder, monkeypatch: pytest.MonkeyPatch, seed: int, *, is_told: bool
) -> None:
    """Whether the folder is looked through at each, or the system tells which files it touched."""
    monkeypatch.setattr(relisting, "RACY_SECONDS", 0.0)
    folder, grown, fresh = Folder(tmp_path / "articles", seed), tmp_path / "grown", tmp_path / "fresh"
    (folder.path / "none.md").write_text("---\ntitle: 空\n---\n", encoding="utf-8")
    build_index(folder.path, grown, encoder)
    listing = list_folder(folder.path)
    for _ in range(CHANGES):
        before = folder.files()
        folder.change()
        touched = [name for name, _ in before.items() ^ folder.files().items()]
        listing = list_again(listing, touched, 0.0) if is_told else list_folder(folder.path)
        report = update_index([listing], grown, encoder, None)
        assert [failure.path for failure in report.failures] == ["none.md"]
        assert report.articles == len(folder.files()) - 1
    build_index(folder.path, fresh, encoder)
    with open_snapshot(grown) as one, open_snapshot(fresh) as other:
        assert len(one.segments) > 1
        assert one.store.digests() == other.store.digests()
        assert one.store.left_out() == other.store.left_out()
        questions = list(questions_of(one, seed))
    assert copies_in(grown) == copies_in(fresh)
    one_retriever, other_retriever = (Retriever.open(index, encoder, FakeReader(20.0)) for index in (grown, fresh))
    for question in questions:
        assert told(one_retriever.search(question, 10)) == told(other_retriever.search(question, 10))


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("at_once", [1, 5, 1000])
def test_what_is_kept_of_several_segments_is_as_of_one(tmp_path: Path, encoder: FakeEncoder, at_once: int) -> None:
    folder, merged, whole = Folder(tmp_path / "articles", 1), tmp_path / "merged", tmp_path / "whole"
    build_index(folder.path, tmp_path / "index", encoder)
    folder.change()
    build_index(folder.path, tmp_path / "index", encoder)
    merged.mkdir()
    whole.mkdir()
    with open_snapshot(tmp_path / "index") as snapshot:
        parts = [
            (segment, snapshot.articles_in_use(at), live) for at, (_, segment, live) in enumerate(snapshot.parts())
        ]
        assert len(parts) > 1
        MergedDerived(parts, at_once).write(merged)
        articles = [
            segment.store.as_read(number)[0] for segment, stay, _ in parts for number in np.flatnonzero(stay).tolist()
        ]
        passages = [snapshot.store.passage(at) for at in snapshot.ids.tolist()]
    Derived.of(articles, [one.text for one, _ in passages], [info.title for _, info in passages]).write(whole)
    assert {path.name: path.read_bytes() for path in merged.iterdir()} == {
        path.name: path.read_bytes() for path in whole.iterdir()
    }


def questions_of(index: Snapshot, seed: int) -> Iterator[str]:
    chance, infos = random.Random(seed), index.store.infos()
    for _ in range(ASKED):
        info = chance.choice(infos)
        text = chance.choice(index.store.passages_of(info.id)).text
        yield chance.choice((info.title, text[:20], f"{text[8:30]}吗？", f"{info.title}的人说什么？"))


def told(hits: list[Hit]) -> list[tuple[object, ...]]:
    """All of hits but in which segment they are."""
    return [
        (
            hit.article,
            hit.passage.text,
            hit.passage.parts,
            (hit.score, hit.dense, hit.lexical, hit.language_bias_correction, hit.anchored),
            [(copy.article.id, copy.passage.text) for copy in hit.copies],
        )
        for hit in hits
    ]


class TestCost:
    def test_a_change_writes_one_small_segment_and_shares_the_others(
        self, many: Path, tmp_path: Path, encoder: FakeEncoder
    ) -> None:
        index = tmp_path / "index"
        build_index(many, index, encoder)
        with open_snapshot(index) as before:
            write_article(many / "ferry.md", "渡船", "渡船换了一台电动机。")
            (many / "00.md").unlink()
            encoder.passages.clear()
            build_index(many, index, encoder)
            with open_snapshot(index) as after:
                assert after.segments[0] is before.segments[0]
                assert [len(segment.article_of) for segment in after.segments] == [2 * ARTICLES, 1]
                assert len(after) == 2 * ARTICLES - 2 + 1
        assert encoder.passages == ["渡船\n\n渡船换了一台电动机。"]

    def test_what_was_removed_goes_when_it_is_much(self, many: Path, tmp_path: Path, encoder: FakeEncoder) -> None:
        index = tmp_path / "index"
        build_index(many, index, encoder)
        for number in range(ARTICLES // 2):
            (many / f"{number:02}.md").unlink()
        build_index(many, index, encoder)
        with open_snapshot(index) as before:  # so long can it be brought back
            assert [len(segment.article_of) for segment in before.segments] == [2 * ARTICLES]
        write_article(many / "ferry.md", "渡船", "渡船换了一台电动机。")
        build_index(many, index, encoder)
        with open_snapshot(index) as after:
            assert [len(segment.article_of) for segment in after.segments] == [1, ARTICLES]
            assert [entry.removed for entry in after.entries] == [(), ()]
        assert len(list((index / SEGMENTS).iterdir())) == 2

    @pytest.mark.usefixtures("small")
    def test_there_are_never_many_segments(self, many: Path, tmp_path: Path, encoder: FakeEncoder) -> None:
        for number in range(20):
            write_article(many / f"new-{number}.md", f"石桥{number}", f"第{number}座石桥铺了石板。")
            build_index(many, tmp_path / "index", encoder)
        with open_snapshot(tmp_path / "index") as after:
            assert len(after.segments) < 9
            assert len(after.manifest.segments) == len(list((tmp_path / "index" / SEGMENTS).iterdir()))


@pytest.mark.usefixtures("small")
class TestFirstBuild:
    def test_it_can_be_asked_before_it_is_finished(self, many: Path, tmp_path: Path, encoder: FakeEncoder) -> None:
        index, found = tmp_path / "index", set()

        def asked(progress: Progress) -> None:
            if progress.stage == "encode" and (index / "CURRENT").exists():
                with open_index(index) as so_far:
                    found.add(so_far.manifest.articles)
                    assert not so_far.manifest.is_finished
                    assert f"{len(so_far.store.infos())} articles so far" in overview_html(describe(so_far), ENGLISH)

        assert build_index(many, index, encoder, asked).articles == ARTICLES
        assert found == {4, 8}
        with open_index(index) as whole:
            assert whole.manifest.is_finished

    def test_ended_on_its_way_it_is_taken_up_where_it_was(
        self, many: Path, tmp_path: Path, encoder: FakeEncoder
    ) -> None:
        def ended(progress: Progress) -> None:
            if (progress.stage, progress.done) == ("encode", 20):
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            build_index(many, tmp_path / "index", encoder, ended)
        assert len(ids(tmp_path / "index")) == 8
        encoder.passages.clear()
        assert build_index(many, tmp_path / "index", encoder).added == ARTICLES - 8
        assert len(encoder.passages) == 2 * ARTICLES - 20


def test_a_segment_that_several_generations_have_is_opened_once(
    many: Path, tmp_path: Path, encoder: FakeEncoder
) -> None:
    build_index(many, tmp_path / "index", encoder)
    opened: list[Segment] = [open_snapshot(tmp_path / "index").segments[0] for _ in range(2)]
    assert opened[0] is opened[1]
    assert current_generation(tmp_path / "index").name == "0001"
