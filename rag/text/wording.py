"""What a passage says, word for word, whatever its case, width, script and marks: as re-posts are compared."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rag.text.writing_systems import fold

_WORD = re.compile(
    r"(?:(?<![0-9a-z年月日号时分%])[-−])?[0-9]+(?:,[0-9]{3}(?![0-9]))*(?:[.:/][0-9]+)*%?"
    r"|[^\W\d_\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+|[^\W_]|[$€£¥+±<>%‰°]"
)
"""A number with its sign, a word of letters, a Chinese character, or a sign that tells something."""
_SENTENCE_END = re.compile(r"[。!?;\n]+|\.\s")
_CLAUSE_END = re.compile(r"[。!?;\n()\[\]【】“”\"|]+|\.\s|(?<![0-9])[,:]|[,:](?![0-9])|(?<![0-9a-z])\s|\s(?![0-9a-z])")
"""Not the mark between the items of a list: 公园、 is no clause."""
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
MAX_CREDITS = 80
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
    return text[:end] if end and len(tail) <= MAX_CREDITS and _CREDITS.fullmatch(tail) else text
