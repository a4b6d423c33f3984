"""How many copies a folder of articles holds, how fast they are found, and pairs of them to judge by eye.

``python -m benchmarks.copies FOLDER [--sample 100] [--below 0] [--seed 0]``: cuts passages by their characters, so that
no model is needed. Of each sampled pair the differences are marked, ``[-only here-]`` and ``{+only there+}``, and what
is the same is shortened. ``--below`` prints pairs that share much and were not taken for copies, to see what is missed.
"""

from __future__ import annotations

import argparse
import random
import time
from collections import defaultdict
from itertools import combinations
from pathlib import Path

from datasketch import MinHash, MinHashLSH
from rapidfuzz.distance import Indel

from rag.core.articles import Article, ArticleInfo
from rag.core.passages import Passage
from rag.corpus.articles import article_id, read_article, read_bytes
from rag.corpus.boilerplate import Repeats
from rag.corpus.folder import list_folder
from rag.corpus.near_duplicates import BANDS, PERMUTATIONS, ROWS, find_copies
from rag.corpus.outline import Outline
from rag.corpus.passages import cut_passages
from rag.errors import ArticleError
from rag.text.wording import words_of

MAX_CHARACTERS = 450
"""Of a passage: about as many as the default model reads."""
SHOWN = 16
"""Characters shown at either end of what a pair has in common."""
NEAR = 0.75
"""Similarity (of words, by insertions and deletions) from which a pair that is no copy is printed."""

Placed = tuple[Passage, ArticleInfo]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sample", type=int, default=0, help="pairs of copies to print, each of another group")
    parser.add_argument("--below", type=int, default=0, help="pairs just below the threshold to print")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    passages = _passages(options.folder)
    began = time.perf_counter()
    groups = find_copies([passage.text for passage, _ in passages], [info.title for _, info in passages])
    seconds = time.perf_counter() - began
    _print_counts(passages, groups, seconds)
    drawn = random.Random(options.seed)
    if options.sample:
        pairs = [drawn.sample(group, 2) for group in drawn.sample(groups, min(options.sample, len(groups)))]
        _print_pairs(passages, [(one, other) for one, other in pairs])
    if options.below:
        missed = _near_pairs(passages, groups)
        print(f"\n{len(missed):,} pairs are alike to {NEAR} or more and no copies")
        _print_pairs(passages, drawn.sample(missed, min(options.below, len(missed))))


def _passages(folder: Path) -> list[Placed]:
    articles = _articles(folder)
    repeats = Repeats(Outline.of(articles))
    own = (article.without_boilerplate(repeats.kept(article)) for article in articles)
    return [
        (passage, article.info)
        for article in own
        for passage in cut_passages(article, lambda text: len(text) <= MAX_CHARACTERS)
    ]


def _articles(folder: Path) -> list[Article]:
    articles = []
    listing = list_folder(folder)
    for path in (listing.root / name for name in listing.names):
        try:
            articles.append(read_article(article_id(path, folder), read_bytes(path, folder)))
        except ArticleError as error:
            print(f"not read: {error}")
    return articles


def _print_counts(passages: list[Placed], groups: list[tuple[int, ...]], seconds: float) -> None:
    sizes: dict[str, int] = defaultdict(int)
    shared: dict[tuple[str, str], set[int]] = defaultdict(set)
    for _, info in passages:
        sizes[info.id] += 1
    for group in groups:
        for one, other in combinations(group, 2):
            for here, there in ((one, other), (other, one)):
                shared[passages[here][1].id, passages[there][1].id].add(here)
    copied = {here for (here, there), places in shared.items() if here != there and 2 * len(places) > sizes[here]}
    print(f"{len(passages):,} passages of {len(sizes):,} articles compared in {seconds:.1f} s", end="")
    print(f" ({len(passages) / seconds:,.0f} passages a second)")
    members = sum(map(len, groups))
    pairs = sum(len(group) * (len(group) - 1) // 2 for group in groups)
    largest = max(map(len, groups), default=0)
    print(f"{len(groups):,} groups of {members:,} passages, {pairs:,} pairs; the largest: {largest}")
    print(f"{len(copied):,} articles share more than half of their passages with another")


def _print_pairs(passages: list[Placed], pairs: list[tuple[int, int]]) -> None:
    for number, pair in enumerate(pairs, 1):
        (one, here), (other, there) = (passages[at] for at in pair)
        print(f"\n{number}. {here.id}: {here.title}\n   {there.id}: {there.title}")
        print(f"   {_differences(one.text, other.text)}")


def _differences(one: str, other: str) -> str:
    """Both texts in one, with what only one of them has marked."""
    told = []
    for step in Indel.opcodes(one, other):
        here, there = one[step.src_start : step.src_end], other[step.dest_start : step.dest_end]
        if step.tag == "equal":
            told.append(here if len(here) <= 2 * SHOWN else f"{here[:SHOWN]}…{here[-SHOWN:]}")
            continue
        told += [f"[-{here}-]" * bool(here), f"{{+{there}+}}" * bool(there)]
    return "".join(told).replace("\n", "⏎")


def _near_pairs(passages: list[Placed], groups: list[tuple[int, ...]]) -> list[tuple[int, int]]:
    """Pairs that are alike by their words, numbers or not, and in no group together."""
    group_of = {member: number for number, group in enumerate(groups) for member in group}
    words = [words_of(passage.text).split() for passage, _ in passages]
    signatures = MinHash.bulk([{" ".join(text[i : i + 3]).encode() for i in range(len(text))} for text in words],
                              num_perm=PERMUTATIONS)  # fmt: skip
    proposals = MinHashLSH(num_perm=PERMUTATIONS, params=(BANDS, ROWS))
    pairs = []
    for at, signature in enumerate(signatures):
        for other in sorted(proposals.query(signature)):
            apart = group_of.get(at, -1) != group_of.get(other, -2)
            if apart and Indel.normalized_similarity(words[at], words[other]) >= NEAR:
                pairs.append((other, at))
        proposals.insert(at, signature)
    return pairs


if __name__ == "__main__":
    main()
