"""Cleaning against pages whose true paragraphs are known, beside other extractors on the same pages.

``python -m benchmarks.cleaning`` prints, for each set and each cleaner, precision, recall and F1 of the body's
characters, the share of body paragraphs that come out whole, and how many strings that must not come out did.
``--misses SET`` lists what our own cleaner lost and added. ``--lines`` looks for the first words of every paragraph on
the line of the file that it names. ``--speed FOLDER`` times reading a folder's articles
beside trafilatura, in turns, on one core. The rivals are the extra ``rivals`` of the project; those not installed are
left out.
"""

from __future__ import annotations

import argparse
import functools
import gzip
import json
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any

from rapidfuzz.distance import LCSseq

from benchmarks.cleaning_rivals import RIVALS
from benchmarks.datasets import DATA, rows_of
from rag.core.articles import Paragraph
from rag.corpus.articles import read_article
from rag.corpus.cleaning import tidy
from rag.corpus.decoding import decode
from rag.corpus.front_matter import read_front_matter
from rag.errors import ArticleError
from rag.evaluation.comparing import bare

MATCHED = 5
"""Fewer characters in a row that agree are chance, not text that came out."""
TURN = 200
"""Files read by one cleaner before the other has its turn."""
FIRST_WORDS = 6
"""Characters of a paragraph that are looked for on its line; a longer stretch may go on behind a line break."""
_TAGS = re.compile(r"<[^>]*>?")
_ROW = re.compile(r"[\n\t]")
QUESTION_SETS = ("cmrc", "csq", "drcd", "dureader", "rgb", "xquad-en", "xquad-zh", "xwlb")


@dataclass(frozen=True, slots=True)
class Case:
    """A page and what is to come out of it, texts without white space.

    :param whole: Whether ``paragraphs`` are all of the page's text; otherwise only ``must`` and ``must_not`` count.
    :param paragraphs: The text's paragraphs; those that may be left out have True beside them.
    """

    name: str
    data: bytes
    paragraphs: tuple[tuple[str, bool], ...]
    must: tuple[str, ...] = ()
    must_not: tuple[str, ...] = ()


@dataclass(slots=True)
class Tally:
    """Characters and paragraphs, counted over a set."""

    wanted: int = 0
    given: int = 0
    matched: int = 0
    paragraphs: int = 0
    whole: int = 0
    must: int = 0
    kept: int = 0
    leaked: int = 0

    def add(self, case: Case, found: list[str]) -> None:
        """Count one page. Optional text neither helps nor hurts."""
        text = "".join(found)
        paragraphs = set(found)
        wanted, given, matched = compare(case.paragraphs, text) if case.paragraphs else (0, 0, 0)
        self.wanted, self.given, self.matched = self.wanted + wanted, self.given + given, self.matched + matched
        body = [paragraph for paragraph, optional in case.paragraphs if not optional]
        self.paragraphs += len(body)
        self.whole += sum(paragraph in paragraphs for paragraph in body)
        self.must += len(case.must)
        self.kept += sum(segment in text for segment in case.must)
        self.leaked += sum(segment in text for segment in case.must_not)

    @property
    def precision(self) -> float:
        """Share of the characters given that are the body's."""
        return self.matched / self.given if self.given else 0.0

    @property
    def recall(self) -> float:
        """Share of the body's characters that are given."""
        return self.matched / self.wanted if self.wanted else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return 2 * self.matched / (self.given + self.wanted) if self.given + self.wanted else 0.0


def compare(paragraphs: Iterable[tuple[str, bool]], text: str) -> tuple[int, int, int]:
    """Characters wanted, given and matched, by the longest common subsequence in runs of ``MATCHED`` or more."""
    gold = "".join(paragraph for paragraph, _ in paragraphs)
    optional = [flag for paragraph, flag in paragraphs for _ in paragraph]
    matched = excused = 0
    for step in LCSseq.opcodes(gold, text):
        if step.tag == "equal" and step.src_end - step.src_start >= min(MATCHED, len(gold)):
            free = sum(optional[step.src_start : step.src_end])
            excused += free
            matched += step.src_end - step.src_start - free
    return len(gold) - sum(optional), len(text) - excused, matched


def cases() -> Iterator[tuple[str, Case]]:
    """Every page with the name of its set; a page that was saved whole is a case beside its article file."""
    folder = DATA / "dev" / "extraction"
    for row in rows_of(folder / "manifest.jsonl"):
        expected = json.loads((folder / row["expected"]).read_text(encoding="utf-8"))
        for form in ("article", "page"):
            if form in row:
                yield f"{row['set']}, {form}s", _case(folder / row[form], expected)
    for path in sorted((DATA / "articles_clean").glob("*.txt")):
        lines = [bare(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        article = DATA / "articles" / f"{path.stem}.md"
        yield "articles_clean", Case(article.name, article.read_bytes(), tuple((line, False) for line in lines))


def question_cases() -> Iterator[tuple[str, Case]]:
    """The article files of the question sets, whose paragraphs are known too."""
    for name in QUESTION_SETS:
        gold: dict[str, list[tuple[str, bool]]] = {}
        for row in rows_of(DATA / "dev" / "paragraphs" / f"{name}.jsonl"):
            gold.setdefault(row["doc_id"], []).append((bare(row["text"]), False))
        for document, paragraphs in gold.items():
            path = DATA / "dev" / "corpus" / name / f"{document}.md"
            yield f"paragraphs of {name}", Case(path.name, path.read_bytes(), tuple(paragraphs))


def _case(path: Path, expected: dict[str, Any]) -> Case:
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    paragraphs = tuple((bare(piece["text"]), piece["kind"] != "body") for piece in expected["paragraphs"])
    must, must_not = (tuple(bare(text) for text in expected[key]) for key in ("must", "must_not"))
    return Case(path.name.removesuffix(".gz"), data, paragraphs, must, must_not)


@functools.cache
def _paragraphs(name: str, data: bytes) -> tuple[Paragraph, ...]:
    """Those of a file, which is looked at for more than one thing."""
    return read_article(name, data).paragraphs


def ours(case: Case) -> list[str]:
    """Our own paragraphs; none where the file is refused."""
    try:
        return [paragraph.text for paragraph in _paragraphs(case.name, case.data)]
    except ArticleError as error:
        print(error, file=sys.stderr)
        return []


def theirs(rival: Callable[[str], list[str]], case: Case) -> list[str]:
    """A rival's paragraphs of the same markup, without the front matter, which none of them knows."""
    text = decode(case.name, case.data).replace("\r\n", "\n").replace("\r", "\n")
    html = text[read_front_matter(case.name, text)[1] :]
    return rival(html if "<body" in html[:100_000].lower() else f"<html><body>{html}</body></html>")


def misplaced(name: str, data: bytes) -> tuple[list[str], int]:
    """Paragraphs whose first words are not on the line of the file that they name, and how many there are in all."""
    lines = decode(name, data).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    paragraphs = _paragraphs(name, data)
    wrong = [
        paragraph.text
        for paragraph in paragraphs
        if bare(_ROW.split(paragraph.text)[0])[:FIRST_WORDS] not in _bare_line(lines[paragraph.line - 1])
    ]
    return wrong, len(paragraphs)


def _bare_line(line: str) -> str:
    return bare(tidy(unescape(_TAGS.sub("", line))))


def article_files() -> Iterator[Path]:
    """Every real article file, and those of the question sets."""
    for folder in (DATA / "articles", DATA / "dev" / "corpus", DATA / "dev" / "extraction"):
        yield from sorted(folder.rglob("*.md"))


def _print_lines() -> None:
    total = wrong = 0
    for path in article_files():
        try:
            found, number = misplaced(path.name, path.read_bytes())
        except ArticleError:
            continue
        total, wrong = total + number, wrong + len(found)
        for text in found:
            print(f"{path}: {text[:60]}")
    print(f"{wrong} of {total} paragraphs name another line")


def _read(case: Case) -> None:
    with suppress(ArticleError):
        read_article(case.name, case.data)


def _print_speed(folder: Path) -> None:
    """Read the same files in turns, a few hundred at a time."""
    files = [Case(path.name, path.read_bytes(), ()) for path in sorted(folder.rglob("*.md"))]
    size = sum(len(case.data) for case in files) / 1e6
    rivals = {name: functools.partial(theirs, RIVALS[name]) for name in ("trafilatura",) if name in RIVALS}
    seconds = dict.fromkeys(["article rag", *rivals], 0.0)
    for start in range(0, len(files), TURN):
        ways: dict[str, Callable[[Case], object]] = {"article rag": _read, **rivals}
        for name, clean in ways.items():
            began = time.process_time()
            for case in files[start : start + TURN]:
                clean(case)
            seconds[name] += time.process_time() - began
    print(f"{len(files)} files, {size:.1f} MB, processor time")
    for name, spent in seconds.items():
        print(f"{name:20}{len(files) / spent:8.0f} articles a second {size / spent:6.2f} MB a second")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--misses", metavar="SET", help="list what our own cleaner lost and added in a set")
    parser.add_argument("--alone", action="store_true", help="leave out the rivals")
    parser.add_argument("--lines", action="store_true", help="count paragraphs whose line is not the one they name")
    parser.add_argument("--speed", metavar="FOLDER", type=Path, help="time reading a folder beside trafilatura")
    asked = parser.parse_args()
    if asked.lines or asked.speed:
        _print_speed(asked.speed) if asked.speed else _print_lines()
        return
    chosen = asked.misses
    every = [*cases(), *question_cases()]
    if chosen:
        for name, case in every:
            if name.startswith(chosen):
                _print_misses(case)
        return
    rivals = {} if asked.alone else RIVALS
    cleaners = {"article rag": ours} | {name: functools.partial(theirs, rival) for name, rival in rivals.items()}
    every += [("paragraphs of all question sets", case) for name, case in every if name.startswith("paragraphs of")]
    for name in dict.fromkeys(name for name, _ in every):
        mine = [case for of, case in every if of == name]
        print(f"\n{name}, {len(mine)} files\n{'':28}precision  recall      F1   whole   must  must not")
        for cleaner, clean in cleaners.items():
            _print_row(cleaner, clean, mine)


def _print_row(name: str, clean: Callable[[Case], list[str]], cases: list[Case]) -> None:
    tally = Tally()
    for case in cases:
        tally.add(case, [text for paragraph in clean(case) if (text := bare(paragraph))])
    whole = f"{tally.whole / tally.paragraphs:.4f}" if tally.paragraphs else "-"
    must = f"{tally.kept}/{tally.must}" if tally.must else "-"
    print(
        f"{name:28}{tally.precision:9.4f}{tally.recall:8.4f}{tally.f1:8.4f}{whole:>8}{must:>7}{tally.leaked:10}",
        flush=True,
    )


def _print_misses(case: Case) -> None:
    found = [bare(paragraph) for paragraph in ours(case)]
    known = {paragraph for paragraph, _ in case.paragraphs}
    text = "".join(found)
    tally = Tally()
    tally.add(case, found)
    print(f"\n{case.name}: precision {tally.precision:.4f} recall {tally.recall:.4f}")
    for paragraph, optional in case.paragraphs:
        if paragraph not in found and not optional:
            print(f"  {'cut ' if paragraph in text else 'lost'} {paragraph[:150]}")
    for paragraph in found:
        if paragraph not in known:
            print(f"  more {paragraph[:150]}")
    for segment in case.must_not:
        if segment in text:
            print(f"  LEAK {segment[:150]}")


if __name__ == "__main__":
    main()
