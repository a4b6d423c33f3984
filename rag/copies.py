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
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag.lexical import fold

COPIES_VERSION = 1
"""Raised whenever the same passages would give other groups."""
SHARED = 0.8
"""Share of the longer passage's words that the shorter must hold. Below, what is added is often the news, and what is
shared the source's standing text."""
LEAST = 40
"""Words, or Chinese characters, below which only passages of the very same words are copies."""
SHORT = 30
"""Words, or Chinese characters, below which the titles must agree as well: "Price: 1,999 yuan" says something else
under another title."""
MOST_COMPARED = 64
"""Passages that one is compared with, those most alike: of thousands made from one template without numbers each would
else be compared with all."""

PERMUTATIONS, BANDS, ROWS = 64, 16, 4
"""Of MinHash and its bands: passages that share .75 of their shingles are proposed 997 times of 1,000, .5 two of
three."""
SHINGLE = 3
"""Words, or Chinese characters, in a shingle."""

_WORD = re.compile(
    r"(?:(?<![0-9a-z年月日号时分%])[-−])?[0-9]+(?:,[0-9]{3}(?![0-9]))*(?:[.:/][0-9]+)*%?"
    r"|[^\W\d_\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+|[^\W_]|[$€£¥+±<>%‰°]"
)
"""A number with its sign, a word of letters, a Chinese character, or a sign that tells something."""
_SENTENCE_END = re.compile(r"[。!?;\n]+|\.\s")
_CLAUSE_END = re.compile(r"[。!?;\n()\[\]【】“”\"|]+|\.\s|(?<![0-9])[,:]|[,:](?![0-9])|(?<![0-9a-z])\s|\s(?![0-9a-z])")
"""Not the mark between the items of a list: 公园、 is no clause."""
_DENIAL = re.compile("谣|否 认|不 实|虚 假|假 的|并 非|不 存 在|deny|denie|false|fake|hoax")
"""In what the longer of two passages adds: a rumour and its denial are no copies. Words as spaced."""
_DATELINE = re.compile(
    r"\W*+(?:[^,。:;()\n]{0,24}?(?:社|报|网|台|新闻|客户端|之家)[^,。:;()\n]{0,16}?)(?:电|讯|消息|报道)"
    r"(?:\s*\([^,。()\n]{0,8}(?:记者|通讯员)[^,。()\n]{1,30}\)\W*|\s*记者\s*\w{2,8}\s+|[\s,:)\]】]+)"
)
"""新华社北京1月2日电（记者张三） and the like, at the beginning; as folded."""
_PREFIX = r"(?:本期|值班|责任|流程|文字|图片|视频|本文|稿件|消息|信息|\w{2,8}[社报网台])?\s*"
_CREDITS = re.compile(
    rf"\W*{_PREFIX}(?:来源|原标题|编辑|责编|作者|记者|监制|审核|校对)\s*[:|丨/\s].*|.*查看更多.*|\W*\([^()0-9]*\)\W*"
    r"|\W*《[^》]{1,20}》\s*\([^()]*版\s*\)\W*",
    re.DOTALL,
)
"""What may stand after the last sentence: editors, sources, a reporter's name in brackets; as folded."""
LONGEST_CREDITS = 80
"""Characters."""


@dataclass(frozen=True, slots=True)
class Wording:
    """What a passage says, without what a re-post changes: case, width, script, marks, dateline and credits.

    :param text: Its words, with a space before and after each.
    :param size: How many they are.
    :param sentences: The words of each sentence, with a space after each word.
    :param clauses: The same, cut finer.
    :param numbers: Its numbers, in order.
    :param dateline: The numbers of its dateline, which is no part of its sentences.
    """

    text: str
    size: int
    sentences: tuple[str, ...]
    clauses: tuple[str, ...]
    numbers: tuple[str, ...]
    dateline: tuple[str, ...]


def wording(text: str) -> Wording:
    """Read a passage as copies are compared.

    >>> read = wording("新华社北京1月2日电（记者张三）今日，股價上漲2.5%。")
    >>> read.sentences, read.clauses
    (('今 日 股 价 上 涨 2.5% ',), ('今 日 ', '股 价 上 涨 2.5% '))
    >>> read.numbers, read.dateline
    (('2.5%',), ('1', '2'))
    """
    folded = fold(text)
    match = _DATELINE.match(folded)
    begin = match.end() if match else 0
    body = _without_credits(folded[begin:])
    if not _WORD.search(body):
        begin, body = 0, folded
    sentences, clauses = (tuple(filter(None, map(_spaced, end.split(body)))) for end in (_SENTENCE_END, _CLAUSE_END))
    words = "".join(sentences)
    dateline = _spaced(folded[:begin])
    return Wording(f" {words}", words.count(" "), sentences, clauses, _numbers(words), _numbers(dateline))


def words_of(text: str) -> str:
    """The words of a text, with a space before and after each: alike whatever its script, case, width and marks."""
    return " " + _spaced(fold(text))


def _spaced(text: str) -> str:
    """The words of a folded text, each with a space after it; no comma in a number."""
    return "".join(word.replace(",", "").replace("−", "-") + " " for word in _WORD.findall(text))


def _numbers(words: str) -> tuple[str, ...]:
    return tuple(word for word in words.split() if any(map(str.isdecimal, word)))


def _without_credits(text: str) -> str:
    """Drop what stands after the last sentence, if it is credits."""
    ends = [match.end() for match in _SENTENCE_END.finditer(text.rstrip())]
    end = ends[-1] if ends else 0
    while end < len(text) and text[end] in "\"'”’」』":
        end += 1
    tail = text[end:]
    return text[:end] if end and len(tail) <= LONGEST_CREDITS and _CREDITS.fullmatch(tail) else text


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
    if shorter.size < max(LEAST, SHARED * longer.size):
        return False
    return any(_reads_like(text, pieces) for pieces in (longer.sentences, longer.clauses))


def _reads_like(text: str, pieces: tuple[str, ...]) -> bool:
    """Whether the pieces that stand in a text make all of it, and the others deny nothing."""
    kept = " " + "".join(piece for piece in pieces if f" {piece}" in text)
    return kept == text and not any(_DENIAL.search(piece) for piece in pieces if f" {piece}" not in text)


def find_copies(texts: Sequence[str], titles: Sequence[str]) -> list[tuple[int, ...]]:
    """Groups of passages, each a copy of every other of its group. The same corpus always gives the same groups.

    :param texts: The passages of a corpus.
    :param titles: The title of each one's article.
    :return: Positions of the passages of each group, two or more, in order; the groups by their first.
    """
    alike: dict[tuple[str, ...], list[int]] = defaultdict(list)
    wordings: dict[tuple[str, ...], Wording] = {}
    for at, (text, title) in enumerate(zip(texts, titles, strict=True)):
        worded = wording(text)
        key = (worded.text, *worded.dateline, fold(title) if worded.size < SHORT else "")
        alike[key].append(at)
        wordings.setdefault(key, worded)
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

    often = Counter(worded.numbers for worded in wordings.values() if worded.size >= LEAST)
    keys = [key for key, worded in wordings.items() if worded.size >= LEAST and often[worded.numbers] > 1]
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
    best: list[int] = others[np.lexsort((others, -shared))[:MOST_COMPARED]].tolist()
    return best


def _shingles(wording: Wording) -> Iterator[int]:
    """Hashes of neighbouring words, salted with the numbers: passages with other numbers share none."""
    salt = zlib.crc32(" ".join(wording.numbers).encode())
    words = wording.text.split()
    for start in range(len(words) - SHINGLE + 1):
        yield zlib.crc32(" ".join(words[start : start + SHINGLE]).encode(), salt)
