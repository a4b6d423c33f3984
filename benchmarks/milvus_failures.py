"""Shards written side by side into a Milvus server, one of them killed, the server killed, and pages asked meanwhile.

``python -m benchmarks.milvus_failures [--set news] [--lite]``: starts the real server (``milvus==2.3.5`` of the package
index; or milvus-lite), indexes a tenth of a set's articles, and opens two pages over them, both of which are asked all
the time. Then the whole set is indexed by four processes at once: one is killed half-way and run again, and the server
is killed and started again while they write. At the end the rows are counted and compared with an index in a folder
that is made of the same articles: what is missing, and what is there twice. Then the server is killed while questions
are asked, and started again. What the pages said is told by kind, with the longest wait.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from benchmarks.datasets import folder_of, questions_of
from benchmarks.milvus_servers import MilvusServer, RealServer, free_port, real_package
from rag.build import build_index
from rag.core.places import MilvusAddress
from rag.index.milvus.collections import Kind
from rag.index.milvus.milvus_index import open_milvus
from rag.index.milvus.rows import info_of
from rag.index.milvus.server import Server
from rag.index.opening import open_index

SHARDS, PAGES = 4, 2
UP_SECONDS, WAIT_SECONDS = 240, 1_800
FIRST_SHARE = 10
"""One in so many articles is there before the shards are written."""


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", default="news")
    parser.add_argument("--lite", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary, ExitStack() as ended:
        work = Path(temporary)
        server = _server(work, lite=options.lite)
        ended.enter_context(server.running())
        address, articles = server.address("failures"), work / "articles"
        every = sorted(path for path in folder_of(options.set).rglob("*") if path.is_file())
        _copy(every[::FIRST_SHARE], folder_of(options.set), articles)
        _index(articles, address, 1, 1).wait(WAIT_SECONDS)
        questions = [question.text for question in questions_of(options.set)[:40]]
        pages = [ended.enter_context(_page(address)) for _ in range(PAGES)]
        asking = [ended.enter_context(_asked(port, questions)) for port in pages]
        _copy(every, folder_of(options.set), articles)
        _shards(server, articles, address)
        _tell("while shards were written", asking)
        _compare(articles, address, work)
        time.sleep(5)
        _tell("after that", asking)
        server.kill()
        print("server killed while questions are asked", flush=True)
        time.sleep(15)
        _tell("while the server was away", asking)
        server.start()
        time.sleep(30)
        _tell("within 30 seconds of its return", asking)
        time.sleep(10)
        _tell("in the 10 seconds after these", asking)


def _server(work: Path, *, lite: bool) -> MilvusServer:
    if lite:
        return MilvusServer(work / "milvus")
    package = real_package(work)
    if package is None:
        sys.exit("the package milvus 2.3.5 can't be had here: give --lite")
    return RealServer(work / "milvus", package)


def _copy(paths: list[Path], root: Path, folder: Path) -> None:
    for path in paths:
        target = folder / path.relative_to(root)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)


def _index(folder: Path, address: MilvusAddress, number: int, of: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "rag.interfaces.cli", "index", str(folder), "--index", str(address)]
    surroundings = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [*command, "--shard", f"{number}/{of}"],
        env=surroundings,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _shards(server: MilvusServer, articles: Path, address: MilvusAddress) -> None:
    """Have four processes write; kill one of them, and the server."""
    began = time.monotonic()
    running = {number: _index(articles, address, number, SHARDS) for number in range(1, SHARDS + 1)}
    kept = Server(address)
    _until_written(kept, 200)
    running[2].send_signal(signal.SIGKILL)
    running[2].wait()
    print(f"shard 2 killed after {time.monotonic() - began:.0f} s", flush=True)
    running[2] = _index(articles, address, 2, SHARDS)
    _until_written(kept, 600)
    server.kill()
    print(f"server killed after {time.monotonic() - began:.0f} s, while shards are written", flush=True)
    time.sleep(5)
    server.start()
    for number, process in running.items():
        told, _ = process.communicate(timeout=WAIT_SECONDS)
        last = [line for line in told.splitlines() if line.strip()][-1:]
        print(f"shard {number}: status {process.returncode}, {' '.join(last)[:160]}", flush=True)
        while process.returncode:  # as a person would
            process = _index(articles, address, number, SHARDS)
            told, _ = process.communicate(timeout=WAIT_SECONDS)
            last = [line for line in told.splitlines() if line.strip()][-1:]
            print(f"shard {number} again: status {process.returncode}, {' '.join(last)[:160]}", flush=True)
    print(f"all written after {time.monotonic() - began:.0f} s", flush=True)


def _until_written(server: Server, passages: int) -> None:
    while server.count(Kind.PASSAGES, "born == 2") < passages:
        time.sleep(0.5)


def _compare(articles: Path, address: MilvusAddress, work: Path) -> None:
    """Tell what is missing in the server, and what is there twice."""
    index = open_milvus(address)
    fields = ("article", "text", "head", "vector")
    rows: dict[int, Any] = {}
    for first, _, passages in index.generation.blocks:
        for begin in range(first, first + passages, 1_000):
            where = f"id >= {begin} and id < {min(begin + 1_000, first + passages)} and {index.visible}"
            rows |= {row["id"]: row for row in index.server.query(Kind.PASSAGES, where, ("id", *fields))}
    names: dict[int, str] = {}
    for first, count, _ in index.generation.blocks:
        where = f"id >= {first} and id < {first + count} and {index.visible}"
        names |= {row["id"]: info_of(row).id for row in index.server.query(Kind.ARTICLES, where, ("id", "info"))}
    found = Counter((names.get(row["article"], "?"), row["text"]) for row in rows.values())
    build_index(articles, work / "folder", _Known({row["head"] + row["text"]: row["vector"] for row in rows.values()}))
    folder = open_index(work / "folder")
    told = (folder.store.passage(one) for one in folder.ids.tolist())
    expected = Counter((info.id, passage.text) for passage, info in told)
    twice = len(names) - len({*names.values()})
    missing, too_many = (expected - found).total(), (found - expected).total()
    same = _groups(index) == _folder_groups(folder)
    print(
        f"{len(names)} articles, {twice} of them twice; {len(rows)} passages, of the folder's {expected.total()}",
        end="",
    )
    print(f" {missing} missing and {too_many} too many; groups of copies as in the folder: {same}", flush=True)


class _Known:
    """An encoder that has all vectors already."""

    def __init__(self, vectors: dict[str, Any]) -> None:
        from rag.models.sentence_transformer import load_encoder

        self._encoder, self._vectors = load_encoder(), vectors
        self.name, self.digest, self.dimension = (
            self._encoder.name,
            self._encoder.digest,
            self._encoder.dimension,
        )
        self.half_precision, self.fits, self.encode_query = (
            self._encoder.half_precision,
            self._encoder.fits,
            self._encoder.encode_query,
        )

    def encode_passages(self, texts: Any) -> Any:
        """Unit vectors of passages."""
        import numpy as np

        missing = [text for text in texts if text not in self._vectors]
        if missing:
            self._vectors |= dict(zip(missing, self._encoder.encode_passages(missing), strict=True))
        return np.array([self._vectors[text] for text in texts], np.float32)


def _groups(index: Any) -> set[frozenset[tuple[str, str]]]:
    return _by_group(
        (int(group), info.id, passage.text)
        for ids in _batches(index)
        for (passage, info), group in zip(index.passages(ids), index.groups_of(ids).tolist(), strict=True)
    )


def _batches(index: Any) -> Iterator[list[int]]:
    for first, _, passages in index.generation.blocks:
        for begin in range(first, first + passages, 500):
            where = f"id >= {begin} and id < {min(begin + 500, first + passages)} and {index.visible}"
            yield [row["id"] for row in index.server.query(Kind.PASSAGES, where, ("id",))]


def _folder_groups(index: Any) -> set[frozenset[tuple[str, str]]]:
    ids = index.ids.tolist()
    told = (index.store.passage(one) for one in ids)
    return _by_group(
        (int(index.groups[one]), info.id, passage.text) for one, (passage, info) in zip(ids, told, strict=True)
    )


def _by_group(told: Iterator[tuple[int, str, str]]) -> set[frozenset[tuple[str, str]]]:
    groups: dict[int, set[tuple[str, str]]] = {}
    for group, name, text in told:
        groups.setdefault(group, set()).add((name, text))
    return {frozenset(each) for each in groups.values() if len(each) > 1}


@contextmanager
def _page(address: MilvusAddress) -> Iterator[int]:
    """A page over the index, in a process of its own; gives its port."""
    import httpx

    port = free_port()
    command = [sys.executable, "-m", "rag.interfaces.cli", "page", "--index", str(address), "--port", str(port)]
    surroundings = {**os.environ, "OMP_NUM_THREADS": "1"}
    surroundings.pop("DISPLAY", None)
    with subprocess.Popen(command, env=surroundings, stdout=subprocess.DEVNULL) as process:
        try:
            for _ in range(UP_SECONDS):
                try:
                    httpx.get(f"http://127.0.0.1:{port}/", timeout=5)
                    break
                except httpx.TransportError:
                    time.sleep(1)
            yield port
        finally:
            process.terminate()


class _Asked:
    """What a page said of the questions that it was asked."""

    def __init__(self) -> None:
        self.said: Counter[str] = Counter()
        self.longest = 0.0


@contextmanager
def _asked(port: int, questions: list[str]) -> Iterator[_Asked]:
    """Ask a page one question after the other."""
    from gradio_client import Client  # type: ignore[import-untyped]

    client, asked, ended = Client(f"http://127.0.0.1:{port}", verbose=False), _Asked(), threading.Event()

    def ask() -> None:
        at = 0
        while not ended.is_set():
            began = time.monotonic()
            try:
                client.predict(questions[at % len(questions)], api_name="/ask")
                said = "answered or refused"
            except Exception as error:  # whatever it says is told
                said = " ".join(str(error).split())[:140]
            asked.longest = max(asked.longest, time.monotonic() - began)
            asked.said[said] += 1
            at += 1

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    try:
        yield asked
    finally:
        ended.set()
        thread.join(30)


def _tell(when: str, pages: list[_Asked]) -> None:
    for number, page in enumerate(pages, 1):
        said = "; ".join(f"{count} × {what}" for what, count in page.said.most_common())
        print(f"page {number} {when}: {said or 'nothing'} (longest {page.longest:.1f} s)", flush=True)
        page.said.clear()
        page.longest = 0.0


if __name__ == "__main__":
    main()
