"""What the tests share: an encoder without a model, and a small folder of articles."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from rag.answering import retriever as retriever_module
from rag.answering.retriever import Retriever
from rag.build import build_index
from rag.interfaces import cli
from rag.models.encoder import Vectors
from rag.models.span_prediction import SpanScores
from rag.text.sentences import sentence_spans
from rag.text.terms import terms
from tests.halting import Halting
from tests.indexes import ARTICLES, KillBuild

DIMENSION = 256
_WORD = re.compile(r"[a-z0-9]+|\w")
CommandLine = Callable[..., Result]
"""Runs words on the command line over a retriever's index."""


class FakeEncoder:
    """Bags of hashed words instead of a model: texts that share words have a high cosine.

    :param limit: Characters of the longest text that fits.
    """

    def __init__(self, name: str = "fake", digest: str = "fake-1", limit: int = 500) -> None:
        self.name = name
        self.digest = digest
        self.dimension = DIMENSION
        self.half_precision = False
        self.limit = limit
        self.passages: list[str] = []
        self.batches = 0

    def fits(self, text: str) -> bool:
        return len(text) <= self.limit

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        self.passages += texts
        self.batches += 1
        return self._encode(texts)

    def encode_query(self, text: str) -> Vectors:
        return self._encode([text])[0]

    def _encode(self, texts: Sequence[str]) -> Vectors:
        vectors = np.zeros((len(texts), DIMENSION), np.float32)
        for row, text in enumerate(texts):
            for term in terms(text) or [""]:
                digest = blake2b(term.encode("utf-8", "surrogatepass"), digest_size=4).digest()
                vectors[row, int.from_bytes(digest, "big") % DIMENSION] += 1
        return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


class FakeReader:
    """Takes for the answer a word that the question does not have, among many that it has.

    :param answers: Logit that it gives every passage, and up to 4 more for words of the question.
    """

    def __init__(self, answers: float = 5.0) -> None:
        self.answers = answers

    def read(self, question: str, passages: Sequence[str], title_offsets: Sequence[int]) -> list[SpanScores]:
        asked = set(_WORD.findall(question.lower()))
        return [self._scores(asked, *passage) for passage in zip(passages, title_offsets, strict=True)]

    def _scores(self, asked: set[str], passage: str, title_offset: int) -> SpanScores:
        words = list(_WORD.finditer(passage.lower(), title_offset))
        starts, ends = (np.array([at(word) for word in words], np.int64) for at in (re.Match.start, re.Match.end))
        known = np.array([word[0] in asked for word in words], bool)
        ends_of_sentences = [end for _, end in sentence_spans(passage)]
        sentences = np.searchsorted(ends_of_sentences, starts, side="right")
        shared = [len({words[at][0] for at in np.flatnonzero(known & (sentences == one))}) for one in sentences]
        near = np.convolve(known, np.ones(9))[4:-4] if words else np.zeros(0)
        likely = np.where(known, -40.0, np.array(shared) + near - 40.0)
        likely = (likely - np.logaddexp.reduce(likely)).astype(np.float32) if words else likely.astype(np.float32)
        answers = self.answers + 4 * len({word[0] for word in words} & asked) / max(len(asked), 1)
        return SpanScores(likely, likely, answers, starts - title_offset, ends - title_offset)


def write_article(path: Path, title: str, *paragraphs: str, **fields: str) -> Path:
    """Write an article as Hexo keeps it: a blank line, front matter, and paragraphs of HTML."""
    path.parent.mkdir(parents=True, exist_ok=True)
    front = "".join(f"{key}: {value}\n" for key, value in {"title": f"'{title}'", **fields}.items())
    body = "".join(f"<p>　　{paragraph}</p>\n" for paragraph in paragraphs)
    path.write_text(f"\n---\n{front}---\n{body}", encoding="utf-8")
    return path


@pytest.fixture
def encoder() -> FakeEncoder:
    return FakeEncoder()


@pytest.fixture
def articles_folder(tmp_path: Path) -> Path:
    """Five articles: three authors, four dates and none, categories of one and two levels, one in English."""
    return write_articles(tmp_path / "articles")


def write_articles(folder: Path) -> Path:
    write_article(
        folder / "port/lamp.md",
        "河口灯塔换上新灯",
        "河口的老灯塔上周换上了一盏节能灯，光束在晴天能照到二十二海里外。",
        "守塔人贺潮在这里工作了三十一年。他说：“旧灯要每四小时擦一次，新灯一个月只擦一次。”",
        "航道管理处表示，下一座更换灯具的是北岸的礁石灯桩。",
        author="林渡",
        categories="\n- 本地\n- 航运",
        date="2021-03-05 08:30:00",
        url="https://river.example/lamp",
    )
    write_article(
        folder / "robot.md",
        "旧书店请来一台修书机器",
        "巷口的旧书店从冬天起多了一台修书机器，它用软毛刷清理书页上的霉斑。",
        "机器由两名毕业生设计，造价一万八千元，每小时能清理四十页。",
        "店主顾阿婆说，机器不会补书脊，线装书仍旧要靠手工缝。",
        author="顾禾",
        categories="\n- 科技\n- 机器人",
        date="Tue, 07 Dec 2021 09:15:32 GMT",
    )
    write_article(
        folder / "tea.md",
        "高山茶园用雾水浇地",
        "缺水的高山茶园在山脊上立起六十张捕雾网，网眼把雾气凝成水滴。",
        "雾最浓的三月，一张网一夜能接十一升水，足够浇半亩茶树。",
        "茶农担心的是大风，去年有九张网被吹破。",
        author="林渡",
        categories="农业",
        date="2022-06-18",
    )
    write_article(
        folder / "hoops.md",
        "山村篮球队赢下第一场球",
        "山村篮球队在县里的联赛上以五十四比五十一赢球，这是建队六年来的首胜。",
        "队长石小满独得二十三分，他平时在镇上修拖拉机。",
        author="顾禾",
        categories="\n- 体育\n- 篮球",
        date="2020/10/01",
    )
    write_article(
        folder / "tools.md",
        "A library that lends tools",
        "The branch library on Mill Lane now lends drills, saws and ladders beside its novels.",
        "Members may keep a ladder for one week. The librarian, Mara Quill, counted 340 loans in the first year.",
        author="Mara Quill",
        categories="Society",
        date="Invalid Date",
    )
    return folder


@pytest.fixture
def command_line(monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """What a command would load is what its retriever has already."""

    def run(retriever: Retriever, *words: str) -> Result:
        monkeypatch.setattr(retriever_module, "load_encoder", lambda name, **_: retriever.engine.encoder)
        monkeypatch.setattr(retriever_module, "load_reader", lambda *_: retriever.engine.reader)
        monkeypatch.setattr(retriever_module, "check_model", lambda _name: None)
        return CliRunner().invoke(cli.app, [*words, "--index", str(retriever.place)])

    return run


@pytest.fixture(scope="session")
def built_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The index of the five articles, to be copied: building it takes processes of its own."""
    folder = tmp_path_factory.mktemp("built")
    build_index(write_articles(folder / "articles"), folder / "index", FakeEncoder())
    return folder / "index"


@pytest.fixture
def built(articles_folder: Path, tmp_path: Path, built_once: Path, encoder: FakeEncoder) -> Path:
    """The index of the five articles."""
    index = tmp_path / "index"
    shutil.copytree(built_once, index)
    manifest = index / "0001" / "manifest.json"
    mine = {"folders": {"": str(articles_folder.resolve())}, "model": encoder.name, "model_digest": encoder.digest}
    told = json.loads(manifest.read_text(encoding="utf-8")) | mine
    manifest.write_text(json.dumps(told), encoding="utf-8")
    return index


@pytest.fixture(scope="module")
def halting() -> Iterator[Halting]:
    """Has work done that stands still in a process of its own. It ends with its module: others look for processes."""
    with Halting() as halting:
        yield halting


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """Articles of two passages each, none like another."""
    folder = tmp_path / "many"
    for number in range(ARTICLES):
        first, second = (f"第{number}号灯塔的{part}记录。" * 20 for part in ("上半年", "下半年"))
        write_article(folder / f"{number:02}.md", f"灯塔{number}", first, second)
    return folder


@pytest.fixture
def kill_build(halting: Halting) -> KillBuild:
    def kill_build(folder: Path, index: Path, moment: str) -> None:
        with halting.halted("build", folder, index, moment):
            pass

    return kill_build
