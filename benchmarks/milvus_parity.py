"""The same questions over an index in a folder and over the same articles in a Milvus server.

``python -m benchmarks.milvus_parity milvus://HOST:PORT [--sets SET ...] [--sample N] [--work FOLDER]``: indexes each
set in both, asks both the same questions, and prints, in Markdown, how often the first five passages and the answers
are the same, and the share of questions for which a right passage is among the first five; then the same under filters
by what the right articles have, and over two sets as collections of one index. Each difference is printed. Passages are
encoded once, for both.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks.datasets import folder_of, questions_of, sample
from rag.answering.retriever import Retriever
from rag.build import build_index
from rag.core.articles import ArticleInfo
from rag.core.filters import Filters
from rag.core.options import SearchOptions
from rag.core.places import Place, given_place
from rag.evaluation.judging import Judge
from rag.evaluation.questions import Question
from rag.index.index import Index
from rag.index.milvus.server import Server
from rag.index.opening import folder_index
from rag.models.encoder import Encoder, Vectors
from rag.models.reader import load_reader
from rag.models.sentence_transformer import load_encoder

SETS = ("cmrc", "drcd", "xquad-zh", "xquad-en", "news")
FILTERED, TOGETHER = "news", {"news": "news", "english": "xquad-en"}
"""The set that is asked under filters, and those that are collections of one index."""
FIRST = 5


class Once:
    """An encoder that encodes a text once, whoever asks for it."""

    def __init__(self, encoder: Encoder) -> None:
        self.name, self.digest, self.dimension = encoder.name, encoder.digest, encoder.dimension
        self.half_precision, self.fits = encoder.half_precision, encoder.fits
        self._encoder = encoder
        self._passages: dict[str, Vectors] = {}
        self._queries: dict[str, Vectors] = {}

    def know(self, index: Index) -> None:
        """Take over the vectors of an index."""
        told = (index.store.passage(one) for one in index.ids.tolist())
        texts = [info.indexed_text(passage.text) for passage, info in told]
        self._passages |= dict(zip(texts, index.all_vectors(), strict=True))

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of passages."""
        missing = [text for text in dict.fromkeys(texts) if text not in self._passages]
        if missing:
            self._passages |= dict(zip(missing, self._encoder.encode_passages(missing), strict=True))
        return np.stack([self._passages[text] for text in texts])

    def encode_query(self, text: str) -> Vectors:
        """Unit vector of a question."""
        if text not in self._queries:
            self._queries[text] = self._encoder.encode_query(text)
        return self._queries[text]


@dataclass(slots=True)
class Same:
    """How often both say the same."""

    label: str
    asked: int = 0
    first: int = 0
    answers: int = 0
    right: list[int] = field(default_factory=lambda: [0, 0])
    differences: list[str] = field(default_factory=list)

    def row(self) -> str:
        """As a row of a table."""
        counts = (self.first, self.answers, *self.right)
        shares = " | ".join(f"{count / max(self.asked, 1):.3f}" for count in counts)
        return f"| {self.label} | {self.asked} | {shares} |"


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("server", help="milvus://HOST:PORT")
    parser.add_argument("--sets", nargs="*", default=SETS)
    parser.add_argument("--sample", type=int, default=100)
    parser.add_argument("--work", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        work = options.work or Path(temporary)
        encoder = Once(load_encoder())
        rows = [*_all(options.server, options.sets, options.sample, work, encoder)]
    print("\n| set | questions | same first five | same answers | recall at 5, folder | and Milvus |")
    print("|---|---|---|---|---|---|")
    for same in rows:
        print(same.row())
    for same in rows:
        for difference in same.differences:
            print(f"{same.label}: {difference}")


def _all(server: str, sets: Sequence[str], size: int, work: Path, encoder: Once) -> Iterable[Same]:
    reader = load_reader(encoder)
    for name in sets:
        questions = sample(questions_of(name, ["zh", "zh-Hant", "en"]), size)
        both = _both(folder_of(name), work / name, f"{server}/parity_{name.replace('-', '_')}", encoder, reader)
        yield _compared(name, both, [(question, Filters()) for question in questions])
        if name == FILTERED:
            infos = {info.id: info for info in _infos(both[0])}
            for label, made in _filters().items():
                asked = [(question, made(infos[question.articles[0]])) for question in questions[: size // 2]]
                yield _compared(
                    f"{name}, by {label}", both, [(question, filters) for question, filters in asked if filters]
                )
        _drop(both)
    if {*TOGETHER.values()} <= {*sets}:
        folders = {name: folder_of(of) for name, of in TOGETHER.items()}
        both = _both(folders, work / "together", f"{server}/parity_together", encoder, reader)
        for name, of in TOGETHER.items():
            questions = sample(questions_of(of, ["zh", "en"]), size // 2)
            for label, filters in (("both", Filters()), (name, Filters(collections=(name,)))):
                moved = [(_moved(question, name), filters) for question in questions]
                yield _compared(f"collections: of {name}, in {label}", both, moved)
        _drop(both)


def _moved(question: Question, collection: str) -> Question:
    from dataclasses import replace

    return replace(question, articles=tuple(f"{collection}/{one}" for one in question.articles))


def _both(
    folder: Path | Mapping[str, Path], index: Path, address: str, encoder: Once, reader: object
) -> tuple[Retriever, Retriever]:
    first = _opened(folder, index, encoder, reader)
    encoder.know(folder_index(first.index))
    return first, _opened(folder, given_place("index", address), encoder, reader)


def _opened(folder: Path | Mapping[str, Path], place: Place, encoder: Encoder, reader: object) -> Retriever:
    report = build_index(folder, place, encoder, replace=True)
    print(f"{place}: {report.articles} articles, {report.passages} passages, {report.seconds:.0f} s", flush=True)
    return Retriever.open(place, encoder, reader)  # type: ignore[arg-type]


def _drop(both: Sequence[Retriever]) -> None:
    place = both[1].place
    assert not isinstance(place, Path)
    both[1].index.close()
    Server(place).drop()


def _infos(retriever: Retriever) -> list[ArticleInfo]:
    return retriever.index.listed("", Filters(), 0, 1_000_000)[1]


def _filters() -> Mapping[str, Callable[[ArticleInfo], Filters | None]]:
    """What articles are filtered by, made of what an article has."""
    return {
        "source": lambda info: Filters(sources=(info.origin,)) if info.origin else None,
        "category": lambda info: Filters(categories=(info.categories[0],)) if info.categories else None,
        "day": lambda info: Filters(since=info.date.date(), until=info.date.date()) if info.date else None,
    }


def _compared(label: str, both: Sequence[Retriever], asked: Sequence[tuple[Question, Filters]]) -> Same:
    same = Same(label)
    for question, filters in asked:
        found = [each.find(question.text, SearchOptions(filters, k=20)) for each in both]
        judge = Judge(question)
        shown = []
        for at, (retriever, result) in enumerate(zip(both, found, strict=True)):
            first = result.hits[:FIRST]
            articles = retriever.index.articles([hit.article.id for hit in first])
            same.right[at] += any(
                article is not None and judge.right_passage(hit.passage, article)
                for hit, article in zip(first, articles, strict=True)
            )
            answer = result.answer()
            texts = [(each.passage.article_id, each.text, each.answer) for each in answer.extracts]
            shown.append(([(hit.article.id, hit.passage.text) for hit in first], (answer.answered, texts)))
        same.asked += 1
        same.first += shown[0][0] == shown[1][0]
        same.answers += shown[0][1] == shown[1][1]
        if shown[0] != shown[1]:
            scores = [[(round(hit.score, 5), hit.article.id[:24]) for hit in result.hits[:FIRST]] for result in found]
            same.differences.append(f"{question.text}\n  folder {scores[0]}\n  Milvus {scores[1]}")
    print(same.row(), flush=True)
    return same


if __name__ == "__main__":
    main()
