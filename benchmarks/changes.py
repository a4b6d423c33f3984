"""What a change costs: seconds until it can be asked, bytes written and memory, with more and more articles.

``python -m benchmarks.changes [--articles 1000 10000] [--turns 5]``: real articles (``background/crud``; above 10,000
they are put together of two each), whose vectors are made by chance, for encoding them would take hours; what changes
is encoded by the packaged model. An article is added, changed, moved and removed, each ``--turns`` times, as a program
does that has the model loaded and the index open, and follows the folder: the system tells it which files. Beside it,
the whole folder looked through, as ``rag index`` does, where nothing has changed; and the same index written anew as a
whole with all vectors known, as it was done before there were segments. With ``--work FOLDER`` articles and index of
one size stay there for the next time.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from itertools import chain, count, repeat
from pathlib import Path

from benchmarks.datasets import DATA
from benchmarks.stand_in import StandIn
from rag.answering.retriever import Retriever
from rag.build import build_index, update_index
from rag.corpus.folder import list_folder
from rag.corpus.listing import Listing
from rag.corpus.relisting import list_again
from rag.corpus.seen_files import RACY_SECONDS
from rag.index.generations import current_generation
from rag.index.manifest import Manifest
from rag.models.sentence_transformer import load_encoder

ARCHIVE = DATA / "background/crud.tar.xz"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, nargs="+", default=[1000, 10_000])
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--one", action="store_true", help="measure one size in this process")
    parser.add_argument("--work", type=Path, help="where articles and index of one size stay")
    options = parser.parse_args()
    if not ARCHIVE.is_file():
        sys.exit(f"there is no {ARCHIVE.name} in {ARCHIVE.parent}: name the folder of the data in ARTICLE_RAG_DATA")
    if options.one or options.work:
        with nullcontext(options.work) if options.work else tempfile.TemporaryDirectory() as work:
            _measure(Path(work), options.articles[0], options.turns)
        return
    print(
        "| articles | passages | change | seconds until it can be asked (least–most) | KB written | peak memory, MB |"
    )
    print("|---|---|---|---|---|---|", flush=True)
    for articles in options.articles:  # each in a process of its own: of one, the peak of memory is told once
        command = [sys.executable, "-m", "benchmarks.changes", "--one", "--turns", str(options.turns), "--articles"]
        subprocess.run([*command, str(articles)], check=True)


def _measure(work: Path, articles: int, turns: int) -> None:
    folder, index = work / "articles", work / "index"
    model = load_encoder()
    encoder = StandIn(model.fits)
    if not index.is_dir():
        _build(folder, index, encoder, articles)
    time.sleep(RACY_SECONDS)
    build_index(folder, index, encoder)  # what was written just now is looked at once more
    encoder.real = model
    retriever = Retriever.open(index, encoder)
    listing = list_folder(folder)
    for name, changes in _changes(folder).items():
        told = []
        for change, _ in zip(changes, range(turns), strict=False):
            listing, *figures = _time(retriever, listing, encoder, change)
            told.append(figures)
        seconds = [one for one, _ in told]
        written = statistics.median(bytes_ for _, bytes_ in told) / 1000
        spread = f"{statistics.median(seconds):.2f} ({min(seconds):.2f}–{max(seconds):.2f})"
        print(f"| {articles:,} | | {name} | {spread} | {written:,.0f} | |", flush=True)
    _write_anew(index, folder, encoder, articles)


def _build(folder: Path, index: Path, encoder: StandIn, articles: int) -> None:
    folder.mkdir(parents=True)
    for number, text in zip(range(articles), texts(), strict=False):
        (folder / f"{number:06}.md").write_text(text, encoding="utf-8")
    before, began = _peak(), time.monotonic()
    report = build_index(folder, index, encoder)
    size = sum(_files(index).values())
    print(
        f"| {articles:,} | {report.passages:,} | first build | {time.monotonic() - began:.0f} | {size // 1000:,} "
        f"| {_peak() - before:.0f} beside the model's {before:.0f} |",
        flush=True,
    )


def _time(
    retriever: Retriever, listing: Listing, encoder: StandIn, change: Callable[[], Sequence[str] | None]
) -> tuple[Listing, float, int]:
    """What the folder holds after a change, how long it takes until that can be asked, and how many bytes are written.

    :param change: Returns the files that it touched; None to look through all.
    """
    touched = change()
    index = retriever.place
    assert isinstance(index, Path)
    before = _files(index)
    began = time.monotonic()
    now = list_folder(listing.root) if touched is None else list_again(listing, touched, 0.0)
    update_index([now], index, encoder, None)
    retriever.refresh()
    seconds = time.monotonic() - began
    after = _files(index)
    return now, seconds, sum(size for file, size in after.items() if file not in before)


def _files(index: Path) -> dict[tuple[int, int], int]:
    """The sizes of an index's files by number and time, for one may have two names; but what is written in place."""
    told = [path.stat() for path in index.rglob("*") if path.is_file() and not path.name.startswith("seen.")]
    return {(status.st_ino, status.st_mtime_ns): status.st_size for status in told}


def _changes(folder: Path) -> dict[str, Iterator[Callable[[], Sequence[str] | None]]]:
    """Changes of each kind, one after the other; each of another article. What was added and moved before goes."""
    for path in (*folder.glob("new-*"), *folder.glob("moved-*")):
        path.unlink()
    paths = sorted(folder.iterdir())[:200]
    texts_of = [path.read_text(encoding="utf-8") for path in paths]

    def write(path: Path, text: str) -> Sequence[str]:
        path.write_text(text, encoding="utf-8")
        return [path.name]

    def move(path: Path) -> Sequence[str]:
        return [path.name, path.rename(path.with_name(f"moved-{path.name}")).name]

    def remove(path: Path) -> Sequence[str]:
        path.unlink()
        return [path.name]

    new = [text.replace("。", "，这是新写的。") for text in texts_of]
    more = [f"{text}<p>后来又补充了一段，是今天上午才写下的。</p>" for text in texts_of]
    return {
        "an article added": (partial(write, folder / f"new-{at}.md", new[at]) for at in range(50)),
        "changed": (partial(write, paths[at], more[at]) for at in range(50, 100)),
        "moved": (partial(move, path) for path in paths[100:150]),
        "removed": (partial(remove, path) for path in paths[150:]),
        "nothing": repeat(lambda: []),
        "nothing, all looked through": repeat(lambda: None),
    }


def _write_anew(index: Path, folder: Path, encoder: StandIn, articles: int) -> None:
    """As if another version had made all words of the index."""
    generation = current_generation(index)
    manifest = Manifest.read(generation)
    replace(manifest, stages=manifest.stages | {"terms": 0}).write(generation)
    began = time.monotonic()
    report = build_index(folder, index, encoder)
    assert report.encoded == 0, report
    size = sum(_files(index).values())
    print(f"| {articles:,} | | all written anew | {time.monotonic() - began:.1f} | {size // 1000:,} | |", flush=True)


def texts() -> Iterator[str]:
    """Real articles as they stand, and then put together of two each."""
    with tarfile.open(ARCHIVE) as archive:
        files = (archive.extractfile(member) for member in archive if member.isfile())
        real = [file.read().decode("utf-8") for file in files if file]
    parts = [text.partition("</p>") for text in real]
    mixed = (
        f"{parts[at][0]}</p>\n{parts[(at + apart) % len(parts)][2]}" for apart in count(1) for at in range(len(parts))
    )
    return chain(real, mixed)


def _peak() -> float:
    """The most memory that this process had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


if __name__ == "__main__":
    main()
