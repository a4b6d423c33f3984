"""Whether an index that grew by many small changes answers as one that was built at once.

``python -m benchmarks.equality [--articles 600] [--changes 300] [--questions 500] [--seed 0]``: of real articles
(``background/crud``) some are indexed; others come, and what is there is changed, moved, copied and deleted, one to
three files at a time. Vectors are made by chance, since those of a model differ in their last digits with what is
encoded beside them; words, reader, copies and what sources repeat are the real ones. Whole answers are compared.
"""

from __future__ import annotations

import argparse
import random
import shutil
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from benchmarks.changes import ARCHIVE, texts
from benchmarks.stand_in import StandIn
from rag.answering.retriever import Retriever
from rag.build import build_index
from rag.core.answers import Answer
from rag.core.hits import Hit
from rag.core.passages import Passage
from rag.core.progress import Seconds
from rag.index.snapshot import open_snapshot
from rag.models.sentence_transformer import load_encoder

MOST = 3
"""Files that change at a time."""


class Folder:
    """A folder that changes by chance.

    :param sources: Articles that may come.
    """

    def __init__(self, path: Path, sources: list[str], seed: int) -> None:
        self._path, self._sources, self._chance, self._number = path, sources, random.Random(seed), 0
        path.mkdir()

    def write(self) -> None:
        """Write an article that was not there."""
        if self._sources:
            self._number += 1
            (self._path / f"{self._number:05}.md").write_text(self._sources.pop(), encoding="utf-8")

    def change(self) -> None:
        """Change one file."""
        self._number += 1
        chosen = self._chance.choice(sorted(self._path.iterdir()))
        what = self._chance.choice(("write", "write", "change", "move", "copy", "delete"))
        if what == "write":
            self.write()
        elif what == "change":
            text = chosen.read_text(encoding="utf-8")
            chosen.write_text(f"{text}<p>第{self._number}次改动写下了这一句话。</p>\n", encoding="utf-8")
        elif what == "move":
            chosen.rename(chosen.with_name(f"moved-{self._number:05}.md"))
        elif what == "copy":
            shutil.copy(chosen, chosen.with_name(f"copy-{self._number:05}.md"))
        else:
            chosen.unlink()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=600)
    parser.add_argument("--changes", type=int, default=300)
    parser.add_argument("--questions", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if not ARCHIVE.is_file():
        sys.exit(f"there is no {ARCHIVE.name} in {ARCHIVE.parent}: name the folder of the data in ARTICLE_RAG_DATA")
    with tempfile.TemporaryDirectory() as work:
        _compare(Path(work), options)


def _compare(work: Path, options: argparse.Namespace) -> None:
    chance, encoder = random.Random(options.seed), StandIn(load_encoder().fits)
    sources = chance.sample(list(zip(range(10_000), texts(), strict=False)), options.articles + MOST * options.changes)
    folder = Folder(work / "articles", [text for _, text in sources], options.seed)
    for _ in range(options.articles):
        folder.write()
    build_index(work / "articles", work / "grown", encoder)
    seconds = []
    for _ in range(options.changes):
        for _ in range(chance.randint(1, MOST)):
            folder.change()
        seconds.append(build_index(work / "articles", work / "grown", encoder, replace=True).seconds)
    build_index(work / "articles", work / "fresh", encoder)
    with open_snapshot(work / "grown") as grown, open_snapshot(work / "fresh") as fresh:
        print(f"grown: {len(grown)} passages in {len(grown.segments)} segments, {len(grown.live) - len(grown)} removed")
        print(f"built at once: {len(fresh)} passages in {len(fresh.segments)} segments")
        infos = grown.store.infos()
        asked = [_question(chance, info.title, grown.store.passages_of(info.id)[0].text) for info in
                 chance.choices(infos, k=options.questions)]  # fmt: skip
    print(f"a change: {statistics.median(seconds):.2f} s at the median, {max(seconds):.2f} at most")
    one, other = (Retriever.open(work / name, encoder) for name in ("grown", "fresh"))
    began = time.monotonic()
    same = sum(_told(one.ask(question)) == _told(other.ask(question)) for question in asked)
    print(f"answers that are the same in all: {same} of {len(asked)} ({time.monotonic() - began:.0f} s)")
    sys.exit(same < len(asked))


def _question(chance: random.Random, title: str, text: str) -> str:
    begin = chance.randrange(max(len(text) - 20, 1))
    return chance.choice((title, text[begin : begin + 20] + "吗？", title + "是什么时候的事？"))[:200].strip() or title


def _told(answer: Answer) -> Answer:
    """All of an answer but how long it took, and under which numbers its passages stand."""
    extracts = tuple(replace(each, passage=_bare(each.passage)) for each in answer.extracts)
    return replace(answer, extracts=extracts, near_misses=tuple(map(_hit, answer.near_misses)), seconds=Seconds())


def _hit(hit: Hit) -> Hit:
    copies = tuple(replace(copy, passage=_bare(copy.passage)) for copy in hit.copies)
    return replace(hit, passage=_bare(hit.passage), copies=copies)


def _bare(passage: Passage) -> Passage:
    return replace(passage, id=0)


if __name__ == "__main__":
    main()
