"""Passages that say the same: re-posts, syndicated articles, what an updated version kept. Found over a whole corpus.

Numbers decide first, for reports made from one template differ in little else. Of passages with the same numbers a
locality-sensitive hash proposes those that share most of their words, and ``is_copy`` decides.

Not found: the same passage with a word changed, since a name or 上涨 for 下跌 is one word too; one whose added sentence
holds a number; and one that is cut elsewhere so that neither holds the other.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from rag.text.wording import Wording, wording
from rag.text.writing_systems import fold

SHARED = 0.8
"""Share of the longer passage's words that the shorter must hold. Below, what is added is often the news, and what is
shared the source's standing text."""
MIN_SIZE = 40
"""Words, or Chinese characters, below which only passages of the very same words are copies."""
SHORT = 30
"""Words, or Chinese characters, below which the titles must agree as well: "Price: 1,999 yuan" says something else
under another title."""
MAX_COMPARED = 64
"""Passages that one is compared with, those most alike: of thousands made from one template without numbers each would
else be compared with all."""

PERMUTATIONS, BANDS, ROWS = 64, 16, 4
"""Of MinHash and its bands (measurements: copies)."""
SHINGLE = 3
"""Words, or Chinese characters, in a shingle."""

_DENIAL = re.compile("谣|否 认|不 实|虚 假|假 的|并 非|不 存 在|deny|denie|false|fake|hoax")
"""In what the longer of two passages adds: a rumour and its denial are no copies. Words as spaced."""


def is_copy(one: Wording, other: Wording) -> bool:
    """Whether two passages tell the same: the longer, without what the shorter lacks, reads like it.

    What it lacks are whole sentences or clauses, none a denial. Both have the same numbers in the same order. A
    dateline may be missing, but not be of another day.
    """
    if one.numbers != other.numbers or (one.dateline and other.dateline and one.dateline != other.dateline):
        return False
    shorter, longer = sorted((one, other), key=lambda wording: wording.size)
    text = shorter.text
    if text == longer.text:
        return True
    if shorter.size < max(MIN_SIZE, SHARED * longer.size):
        return False
    return any(_reads_like(text, pieces) for pieces in (longer.sentences, longer.clauses))


def _reads_like(text: str, pieces: tuple[str, ...]) -> bool:
    """Whether the pieces that stand in a text make all of it, and the others deny nothing."""
    kept = " " + "".join(piece for piece in pieces if f" {piece}" in text)
    return kept == text and not any(_DENIAL.search(piece) for piece in pieces if f" {piece}" not in text)


MARKS = 1 + BANDS
"""Numbers by which passages that may be copies are found: those that share one of these."""


def marks_of(texts: Sequence[str], titles: Sequence[str]) -> NDArray[np.uint32]:
    """The marks of passages, shape (len(texts), ``MARKS``): two that are copies share one, or are linked by others.

    The first is of all words, and so shared by passages of the same ones; the others are of the bands of a signature,
    and 0 where a passage is too short to have copies of other words.

    :param titles: The title of each one's article.
    """
    from datasketch import MinHash  # slow to load: it brings scipy

    marks = np.zeros((len(texts), MARKS), np.uint32)
    keyed = [_keyed(text, title) for text, title in zip(texts, titles, strict=True)]
    marks[:, 0] = [zlib.crc32(repr(key).encode("utf-8", "surrogatepass")) for key, _ in keyed]
    long = [at for at, (_, worded) in enumerate(keyed) if worded.size >= MIN_SIZE]
    shingles = (_shingles(keyed[at][1]) for at in long)
    for at, signature in zip(long, MinHash.generator(shingles, num_perm=PERMUTATIONS, hashfunc=int), strict=True):
        bands = np.ascontiguousarray(signature.hashvalues, np.uint32).reshape(BANDS, ROWS)
        marks[at, 1:] = [zlib.crc32(band.tobytes(), number) or 1 for number, band in enumerate(bands)]
    return marks


def _keyed(text: str, title: str) -> tuple[tuple[str, ...], Wording]:
    """What passages have in common that are of the very same words, and these."""
    worded = wording(text)
    return (worded.text, *worded.dateline, fold(title) if worded.size < SHORT else ""), worded


def find_copies(texts: Sequence[str], titles: Sequence[str]) -> list[tuple[int, ...]]:
    """Groups of passages, each a copy of every other of its group. The same corpus always gives the same groups.

    :param texts: The passages of a corpus.
    :param titles: The title of each one's article.
    :return: Positions of the passages of each group, two or more, in order; the groups by their first.
    """
    alike: dict[tuple[str, ...], list[int]] = defaultdict(list)
    wordings: dict[tuple[str, ...], Wording] = {}
    for at, (text, title) in enumerate(zip(texts, titles, strict=True)):
        key, worded = _keyed(text, title)
        alike[key].append(at)
        # Of the same words with other marks, always the same one stands for all.
        wordings[key] = min(wordings.get(key, worded), worded, key=lambda each: (each.sentences, each.clauses))
    groups: dict[object, list[int]] = defaultdict(list)
    numbers = _group(wordings)
    for key, members in alike.items():
        groups[numbers.get(key, key)] += members
    return sorted(tuple(sorted(members)) for members in groups.values() if len(members) > 1)


def _group(wordings: dict[tuple[str, ...], Wording]) -> dict[tuple[str, ...], int]:
    """The number of a group for each wording that is not short and may have a copy of other words.

    By complete linkage: the longest come first, and each joins the most alike of the groups all of which it is a copy
    of.
    """
    from datasketch import MinHash, MinHashLSH  # slow to load: it brings scipy

    often = Counter(worded.numbers for worded in wordings.values() if worded.size >= MIN_SIZE)
    keys = [key for key, worded in wordings.items() if worded.size >= MIN_SIZE and often[worded.numbers] > 1]
    keys.sort(key=lambda key: (-wordings[key].size, key))
    shingles = (_shingles(wordings[key]) for key in keys)
    signatures = MinHash.generator(shingles, num_perm=PERMUTATIONS, hashfunc=int)
    proposals = MinHashLSH(num_perm=PERMUTATIONS, params=(BANDS, ROWS))
    groups: list[list[Wording]] = []
    numbers: list[int] = []
    hashes = np.empty((len(keys), PERMUTATIONS), np.uint32)
    for at, (key, signature) in enumerate(zip(keys, signatures, strict=True)):
        hashes[at] = signature.hashvalues
        near = dict.fromkeys(numbers[other] for other in _most_alike(hashes, at, proposals.query(signature)))
        number = next((n for n in near if all(is_copy(wordings[key], other) for other in groups[n])), len(groups))
        if number == len(groups):
            groups.append([])
        groups[number].append(wordings[key])
        numbers.append(number)
        proposals.insert(at, signature, check_duplication=False)
    return dict(zip(keys, numbers, strict=True))


def _most_alike(hashes: NDArray[np.uint32], at: int, proposed: list[int]) -> list[int]:
    """Those proposed that share the most of a signature, best first."""
    others = np.array(proposed, np.int64)
    shared = (hashes[others] == hashes[at]).sum(axis=1)
    best: list[int] = others[np.lexsort((others, -shared))[:MAX_COMPARED]].tolist()
    return best


def _shingles(wording: Wording) -> Iterator[int]:
    """Hashes of neighbouring words, salted with the numbers: passages with other numbers share none."""
    salt = zlib.crc32(" ".join(wording.numbers).encode())
    words = wording.text.split()
    for start in range(len(words) - SHINGLE + 1):
        yield zlib.crc32(" ".join(words[start : start + SHINGLE]).encode(), salt)
