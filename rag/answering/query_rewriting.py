"""A question and what came before → a query that stands alone.

Nothing is generated: the query is the question's own words, with words of the question before it where they are
missing. A question that brings its own subject is left as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import rjieba

from rag.core.answers import PastTurn
from rag.core.articles import Article
from rag.index.open_index import OpenIndex
from rag.text.named_entities import named_entities
from rag.text.writing_systems import HAN, script_of, simplified, size

REMEMBERED = 3
"""Turns that are looked back on for what the conversation is about."""
SHORT = 8
"""Size, in Chinese characters, up to which a question without a name asks about all of the one before: "为什么？"."""
FEW, RARE_NAME, RARE_NOUN = 16, 0.05, 0.005
"""A name or noun that no article cited has brings a new subject if so many passages have it at most, or this share of
them: common ones bring none. So many have one or two articles that are about it: their titles stand in each of their
passages."""
MIN_SUBJECT, MAX_SUBJECT = 3, 60
"""A subject says too little below this size, in Chinese characters, and is cut beyond so many characters."""

_HE = r"(?:(?<![其吉排])他(?![信国乡人杀日])|她|(?<!其)它)"
_THIS = r"""[这那该](?!.名?叫\w+的)
    (?=[家位个部本场项种次颗座条支款件份篇届只艘所站片剧书人地里儿边时两三几]|比例|公司|团体|组织|计划|技术)"""
_POINTS_BACK = re.compile(
    rf"""
    (?P<ahead> ^(?:在|自从|当){_HE}(?=[^，,之]+[，,]) )
    | [把被对给向跟和与比]{_HE}(?!们?的) | {_HE}(?=们?(?:之|的?[吗呢吧]?\W*$))
    | (?P<own> {_HE} | 此[人事前后书片] | 其(?![他它中实余次间]) )
    | (?P<beside> (?<=[^，,\s在对把从和与跟给被向为用到了过]){_THIS} ) | {_THIS}
    | ^(?:还|后来|然后|接着|另一) | 前者 | 后者 | 上述 | 第[一二三四五六七八九十0-9]+[个位种条项部](?=$|[是呢叫有在])
    """,
    re.VERBOSE,
)
"""Words that point back, or else to a new subject of their own sentence, which stands before them (``own``: "Tesla and
his car"), right before them (``beside``: "海底捞这次") or after them (``ahead``: "Before he retired, where did Tesla").
What is in no group only points back: an object is not the subject of its own verb ("马云夸过他")."""
_POINTS_BACK_IN_ENGLISH = re.compile(
    r"""
    \b(?: (?P<ahead> ^(?:before|after|while|when|since|until) \s (?:he|she|it|they|his|her|its|their) (?=\s[^,]+,) )
    | (?:in|on|at|of|to|for|from|with|by|about|over|into|than) \s it | it(?=\W*$) | him | them
    | (?P<own> he | she | they | her | his | hers | its | theirs?
      | it (?!\s(?:true|known|possible|likely)\b) (?!\s(?-i:[A-Z])[\w\s]+\swho\b) )
    | (?:is|was|are|were|did|do|does|of|in|on|about|for|to|by|from|with|at|after|before|than)
      \s (?:this|that|these|those) (?!\s(?:case|of|who)\b) | (?:from|in|over|to) \s there
    | (?:this|that|the \s (?:first|second|third|last|other)) \s ones? | the \s (?:former|latter) )\b
    """,
    re.VERBOSE | re.IGNORECASE,
)
_ELLIPSIS = re.compile(r"(?:那么|那|而)?(?P<what>.{1,16}?)又?呢[？?。！!\s]*")
_ELLIPSIS_IN_ENGLISH = re.compile(
    r"(?:and|what about|how about)\s+(?!(?:who|what|when|where|why|how|which|is|are|was|were|did|do|does)\b)"
    r"(?P<what>(?:[\w'’-]++\s*+){1,5})\?*",
    re.IGNORECASE,
)
_CORRECTION = re.compile(
    r"""
    (?:不是(?P<wrong>[^，,。]{1,16})[，,。]\s*)? (?:不对?[，,]\s*)?
    我(?:是|想|要)?(?:问|说|指)的?(?:是)? \s*+ (?P<right>.+)
    | (?:no,?\s+)? i \s (?:mean|meant) \s++ (?P<english>.+)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_LEAD = re.compile(
    r"(?:那么|那(?![家位个部本场项种次颗座条支款件份篇届只艘所里儿边时些])|另外|对了|再问一下)[，,\s]*"
    r"|(?:and|so|but|then|also)\b[,\s]*",
    re.IGNORECASE,
)
_ASKS = re.compile(r"什么|谁|哪|几|多少|多[大高长久远]|怎|为何|吗|是否")
_QUOTED = re.compile(r"[《“「『\"]([^《》“”「」『』\"]{1,30})[》”」』\"]")
_YEAR = re.compile(r"(?<!\d)(?:1\d|20)\d\d(?!\d)")
_LATIN = re.compile(r"[A-Za-z][A-Za-z0-9.+-]*[A-Za-z0-9]")
_CAPITALISED = re.compile(r"(?<=[\w,'’\"] )[A-Z][\w'’-]*(?: (?:of |the )*[A-Z0-9][\w'’-]*)*")
_NAME_TAGS = ("nr", "ns", "nt", "nz")
"""Persons, places, organisations and other names, as the word list tags them."""
_FIXED = ("l", "i")
"""Tags of what is taken for one word: 活字印刷."""
_LETTERS_AT_END = re.compile(r"[^\W\d_]{2,30}(?<!的)$")
_NO_SUBJECTS = frozenset("时候 时间 地方 东西 原因 名字 方面 情况 问题 办法 关系 作用 特点 结果 内容".split())


@dataclass(frozen=True, slots=True)
class Name:
    """A name in a question, and of what kind: a title, a year, Latin letters, or a tag of the word list."""

    text: str
    kind: str


def standalone(question: str, history: Sequence[PastTurn], index: OpenIndex) -> str:
    """The query to run for a question.

    :param question: As asked.
    :param history: The turns before it, oldest first.
    :param index: Tells which words are rare, and what the cited articles say.
    :return: The question itself where it stands alone.
    """
    if not history:
        return question
    before, plain = history[-1].query, simplified(question)
    if correction := _CORRECTION.fullmatch(plain):
        return _corrected(correction, history, index)
    if ellipsis := _ELLIPSIS.fullmatch(plain) or _ELLIPSIS_IN_ENGLISH.fullmatch(plain):
        return _replaced(before, ellipsis["what"].strip("，, "))
    told = _told(history, index)
    pointing = (*_POINTS_BACK.finditer(plain), *_POINTS_BACK_IN_ENGLISH.finditer(plain))
    bound = all(_has_own_subject(word, told, index) for word in pointing)
    if bound if pointing else _stands_alone(plain, history, told, index):
        return question
    lead = _LEAD.match(plain)
    rest = question[lead.end() :] if lead else question
    earlier = history if pointing else _about(plain, history, index)
    asks_the_same = not pointing and size(rest) <= SHORT and not names(rest)
    return f"{earlier[-1].query if asks_the_same else _subject(earlier, index)} {rest}"


def names(text: str) -> list[Name]:
    """The names in a text, in order, each once.

    >>> [name.text for name in names("北京的《远洋日报》在2018年卖了多少份？")]
    ['北京', '远洋日报', '2018']
    """
    latin = _LATIN if script_of(text) == HAN else _CAPITALISED
    found = [Name(match[1], "title") for match in _QUOTED.finditer(text)]
    found += [Name(match[0], "year") for match in _YEAR.finditer(text)]
    found += [Name(match[0], "latin") for match in latin.finditer(text)]
    plain, at = simplified(text), 0
    for word, tag in rjieba.tag(plain):
        at = plain.index(word, at)
        if len(word) > 1 and tag.startswith(_NAME_TAGS) and script_of(word) == HAN:
            found.append(Name(text[at : at + len(word)], tag[:2]))
        at += len(word)
    return _each_once(found, text)


def _each_once(found: Sequence[Name], text: str) -> list[Name]:
    """Names in the order in which they stand, without those that are part of another."""
    longest_first = sorted(dict.fromkeys(found), key=lambda name: -len(name.text))
    kept: list[Name] = []
    for name in longest_first:
        if not any(name.text in other.text for other in kept):
            kept.append(name)
    return sorted(kept, key=lambda name: text.find(name.text))


def _subject(history: Sequence[PastTurn], index: OpenIndex) -> str:
    """What the conversation is about: the names in the newest query that has any, else all of the newest query.

    A name that is recognised takes the place of what the word list has of it: 宁德时代 of 宁德.
    """
    for turn in reversed(history[-REMEMBERED:]):
        query = turn.query
        cited = [article.info.title for article in _cited([turn], index)]
        titles = [Name(title, "title") for title in cited if title and title in query]
        recognised = [Name(name.text, name.kind) for name in named_entities(query) if script_of(query) == HAN]
        found = " ".join(name.text for name in _each_once(names(query) + titles + recognised, query))
        if size(found) >= MIN_SUBJECT:
            return found[:MAX_SUBJECT]
    return history[-1].query[:MAX_SUBJECT]


def _corrected(correction: re.Match[str], history: Sequence[PastTurn], index: OpenIndex) -> str:
    """What was meant, asked as the question before was: "不是镓，我问的是锗", "I mean Uranus"."""
    right = (correction["right"] or correction["english"]).strip("：:，,。 ")
    if _ASKS.search(right):
        return f"{_subject(history, index)} {right}"
    right = right.strip("？?！!")
    before, wrong = simplified(history[-1].query), correction["wrong"]
    return before.replace(wrong, right) if wrong and wrong in before else _replaced(before, right)


def _replaced(before: str, what: str) -> str:
    """The question before, about something else.

    It takes the place of the name that is of its kind, or of the one thing that is asked about; else it is put before.

    >>> _replaced("2005年亚马逊的干旱影响了多大面积的雨林？", "2010年")
    '2010年亚马逊的干旱影响了多大面积的雨林？'
    >>> _replaced("宁德时代董事长曾毓群的身价是多少？", "马云")
    '宁德时代董事长马云的身价是多少？'
    """
    new, alike = names(what), _alike(before, what)
    if not alike:
        things = _things(before)
        is_thing = _things(what) == [what]
        return before.replace(things[0], what, 1) if is_thing and len(things) == 1 else f"{what} {before}"
    return before.replace(alike, new[-1].text if new and new[-1].kind in ("title", "year") else what, 1)


def _alike(before: str, what: str) -> str | None:
    """The first name in the question before that is of the kind of what is asked about now.

    A Chinese name's kind is told by what stands around it, or else by the word list: 宁德 is a place, 宁德时代 a firm.
    """
    new, named = names(what), named_entities(what)
    if named and not (new and new[-1].kind in ("title", "year", "latin")):
        found = [name.text for name in named_entities(before) if name.kind == named[-1].kind]
        if found:
            return found[0]
    alike = next((name.text for name in names(before) if new and name.kind == new[-1].kind), None)
    return next((name.text for name in named_entities(before) if alike and alike in name.text), alike)


def _things(text: str) -> list[str]:
    """What a Chinese text speaks of: nouns and names that stand side by side as one.

    >>> _things("马里亚纳海沟有多深？"), _things("紫金矿业的净利润是多少？")
    (['马里亚纳海沟'], ['紫金矿业', '净利润'])
    """
    things, at = [], 0
    for is_thing, run in groupby(rjieba.tag(simplified(text)), lambda row: _is_noun(row[1])):
        size_of_run = sum(len(word) for word, _ in run)
        if is_thing and size_of_run > 1:
            things.append(text[at : at + size_of_run])
        at += size_of_run
    return [thing for thing in dict.fromkeys(things) if thing not in _NO_SUBJECTS]


def _is_noun(tag: str) -> bool:
    return tag.startswith("n") or tag in _FIXED


def _has_own_subject(pointing: re.Match[str], told: str, index: OpenIndex) -> bool:
    """Whether what a word points to is a new subject of its own sentence."""
    how, question, at = pointing.lastgroup, pointing.string, pointing.start()
    if how == "beside":
        word, tag = rjieba.tag(question[:at])[-1]
        if tag.startswith("v") and len(word) > 1:
            return False
        beside = _LETTERS_AT_END.search(question[:at].lower())
        if beside and beside[0] not in told and index.frequency(beside[0]) <= FEW:
            return True
    return how is not None and _brings_subject(question, told, index, until=None if how == "ahead" else at)


def _stands_alone(question: str, history: Sequence[PastTurn], told: str, index: OpenIndex) -> bool:
    """Whether a question that points nowhere has a subject of its own.

    In English a whole sentence has it. In Chinese, and in a few English words, it may be left out; it is there if the
    question has a name or noun of the question before it, or brings a new subject.
    """
    if script_of(question) != HAN and len(question.split()) > SHORT // 2:
        return True
    before = simplified(history[-1].query).lower()
    is_told = any(len(word) > 1 and word in before for word in _subjects(question))
    return is_told or _brings_subject(question, told, index)


def _brings_subject(question: str, told: str, index: OpenIndex, until: int | None = None) -> bool:
    """Whether a question has, up to a place, a name or a rare noun that is new to the conversation and its articles."""
    part = question[:until].lower()
    return any(word in part and word not in told for word in _rare_subjects(question, index))


def _about(question: str, history: Sequence[PastTurn], index: OpenIndex) -> Sequence[PastTurn]:
    """The conversation up to the newest turn that speaks of what a question asks about; all of it where none does."""
    asked = [*_rare_subjects(question, index)]
    for end in range(len(history), max(0, len(history) - REMEMBERED), -1):
        told = _told(history[end - 1 : end], index)
        if any(word in told for word in asked):
            return history[:end]
    return history


def _rare_subjects(text: str, index: OpenIndex) -> Iterator[str]:
    for word, share in _subjects(text).items():
        if index.frequency(word) <= max(FEW, share * len(index)):
            yield word


def _subjects(text: str) -> dict[str, float]:
    """The nouns and names of a text, in small letters, and of which share of all passages each may be and be rare."""
    nouns = {word: RARE_NOUN for word, tag in rjieba.tag(text) if _is_noun(tag) and word not in _NO_SUBJECTS}
    return nouns | {name.text.lower(): RARE_NAME for name in names(text) if name.kind != "year"}


def _told(history: Sequence[PastTurn], index: OpenIndex) -> str:
    """All that was asked, and all that the articles say that were cited or came nearest."""
    articles = _cited(history[-REMEMBERED:], index)
    texts = [turn.query for turn in history[-REMEMBERED:]] + [article.info.title for article in articles]
    texts += [paragraph.text for article in articles for paragraph in article.paragraphs]
    return simplified("\n".join(texts)).lower()


def _cited(turns: Sequence[PastTurn], index: OpenIndex) -> list[Article]:
    """The articles that turns cite, each once; without those that the index has no more."""
    ids = dict.fromkeys(article_id for turn in turns for article_id in turn.article_ids)
    return [article for article in index.articles([*ids]) if article]
