"""Credits: who wrote an article, for whom, who edited it and when it was published, in lines of labelled names."""

from __future__ import annotations

import re
from typing import NamedTuple

from rag.core.articles import Byline, Reason
from rag.corpus.cleaning.bylines import MAX_PEN_NAME, NAME, split_names
from rag.corpus.cleaning.text import bare, either_script
from rag.text.sentences import sentence_spans

CREDITS_MAX = 120
"""The longest line of credits: source, author, editor and time of publication side by side."""
CONTACT_MAX = 240
"""The longest line that tells how to reach an author."""
NAME_MAX = 40
"""The longest name of a paper, or names of reporters, in a line of credits."""
TITLE_MAX = 120
"""The longest title in a line 原标题：…"""

_LABELLED = {
    "source": (
        Reason.SOURCE_LINE,
        "本文来源|文章来源|稿件来源|新闻来源|信息来源|来源|稿源|本文转载自|本文转自|转载自|转自|原文出处|出处|"
        "原文链接|原文地址|本文链接|本文地址",
    ),
    "reporter": (
        Reason.REPORTER_LINE,
        "本文作者|原作者|作者|本报记者|特约记者|实习记者|见习记者|全媒体记者|记者|通讯员|撰文|撰稿|采写|采访|主笔|文字|"
        "Written by|Author|By",
    ),
    "editor": (
        Reason.EDITOR_LINE,
        "责任编辑|值班编辑|执行编辑|网络编辑|实习编辑|本文编辑|责编|编辑|编审|初审|复审|终审|审核|审校|校对|一校|二校|"
        "监制|总监制|主编|值班主编|值班编委|统筹|策划|制图|排版|美编|运营|出品人|翻译|译者|编译|摄影|Editor|Editing by|"
        "Reporting by",
    ),
    "published": (Reason.DATE_LINE, "发布时间|发表时间|更新时间|发布日期|发表日期|发布于|Published|Updated|Posted"),
    "date": (Reason.DATE_LINE, "时间|日期"),
    "count": (Reason.PAGE_FURNITURE, "阅读量|阅读|浏览量|浏览次数|浏览|点击量|点击数|点击|评论|点赞|字号|字体"),
}
"""What is labelled: the reason for which a line of such names is left out, and the labels. The first tells of a line
that holds several."""
_LABELS = re.compile(
    rf"(?:{'|'.join(f'(?P<{group}>{either_script(labels)})' for group, (_, labels) in _LABELLED.items())})"
    rf"(?:\s*[:：丨|｜/／]\s*|(?<=[a-z]) |\s+(?={NAME}))"
)
_SLASHED = re.compile(r"^[【〔\[（(]?[文◎]\s*+(?:[/／|｜丨:：]\s*+)?(?=\S)")
_TITLE_LINE = re.compile(either_script(r"^(?:本文)?(?:原标题|原题|原文标题)(?:为)?\s*[:：丨|｜]\s*(?P<value>.+)$"))
_TITLE_LABEL = re.compile(either_script(r"^(?:本文)?(?:原标题|原题)(?:为)?\s*[:：丨|｜]\s*"))
_GOES_ON = re.compile(r"\s*[，。！？、；：,.!?;:…”’」』）)\]】》·|｜丨—-]")
_BRACKETS = {"(": ")", "（": "）", "[": "]", "【": "】", "〔": "〕", "［": "］"}
_SENTENCE = re.compile(r"[。！？!?；;]|，.*，")
_MARKED = re.compile(r"[/／|｜丨]")
_DEBRIS = re.compile(r"©|\.\.")
_LINK = re.compile(r"https?://[^\s，。、]+")
_COUNTED = re.compile(r"[\d,.]*+\s*+(?:[万wWkK+]++\s*+)?次?|[大中小\s]+[】\])]?")
_LATIN_NAMES = re.compile(r"(?:[A-Z][\w.'-]*+(?:,|\s+(?:and|&))?\s*){1,8}(?:[|/].{0,40})?(?:\bon\b.*|\d.{0,30})?")
_NAMES = re.compile(r"[\w·.\-/@_ 　、，,]+")
_SAID = re.compile(r"[我你您他她吗呢吧啊了是的这那]")
_TALK = re.compile(r"^(?:记者|作者|编辑|主持人)\s*[:：]")

_DAY = (
    r"(?:\d{4}\s*[-/.年]\s*)?\d{1,2}\s*[-/.月]\s*\d{1,2}\s*日?|"
    r"\d{1,2}(?:st|nd|rd|th)?\s+[A-Z][a-z]{2,8}\.?,?\s+\d{4}|[A-Z][a-z]{2,8}\.?\s+\d{1,2},?\s+\d{4}"
)
_TIME = r"\d{1,2}[:：]\d{2}(?:[:：]\d{2})?\s*(?:[ap]\.?m\.?)?\s*(?:[A-Z]{2,4}(?![A-Z])(?:[+-]\d{1,2})?)?"
_BESIDE = (
    "星期[一二三四五六日天]|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|"
    "Published|Updated|Posted|Original|on|at|发布|更新|于"
)
_WHEN = re.compile(rf"^(?>\W*(?:{_DAY}|{_TIME}|{_BESIDE}))++\W*", re.I)
_BESIDE_SOURCE = re.compile(rf"(?<!\s)\s*+(?:{_DAY})|返回|查看|点击|扫码|[，,]")
_ORIGIN = re.compile(
    r"^[(（]?本文(?:来自|转自|转载自|首发于|原载于?|源自|授权转载自)\s*(?:微信)?(?:公众号|公号|网站|作者)?\s*[:：]?\s*"
    r"[“\"「『《]?(?P<value>(?!我)[^”\"」』》（(，,。；;]{2,30})"
)
_ORIGIN_AUTHOR = re.compile(r"作者\s*[:：]\s*(?P<value>[^，,。；;）)]{2,30})")
_ORIGIN_TITLE = re.compile(r"(?:原文标题|原标题|原题)(?:为)?\s*+(?:[:：]\s*+)?[《“](?P<value>[^》”]{2,80})[》”]")
_CONTACT = re.compile(
    r"(?:[Ff]ollow|[Ee]mail|[Rr]each(?:ed)?|[Cc]ontact|[Ww]rite to|[Tt]ips?)\b.{0,80}"
    r"(?:@\w|on (?:Twitter|Facebook|Instagram))"
)
_TAIL_EDITOR = re.compile(
    r"(?<!\s)\s*+[(（\[【](?:责任编辑|责编|编辑|校对|实习编辑|值班编辑)\s*[:：][^（）()【】\[\]]{1,40}[)）\]】]$"
)
_PAPER = re.compile(r"[\w·]{1,9}(?:报|社|网|台|新闻|客户端|周刊|杂志|财经|在线|日报|晚报)")


class Verdict(NamedTuple):
    """Why a line is left out, and what it says of where the article comes from."""

    reason: Reason
    byline: Byline = Byline()


def judge_title(text: str) -> Verdict | None:
    """What a line 原标题：… says: the title that an article had at its source."""
    title = _TITLE_LINE.match(unwrapped(text)) if len(text) <= TITLE_MAX else None
    if title is None or title["value"].rstrip("”」』").endswith("。"):
        return None
    return Verdict(Reason.ORIGINAL_TITLE, Byline(original_title=title["value"].strip()))


def judge_edge(text: str, *, whole: bool) -> Verdict | None:
    """Why a line before an article's first words or after its last is no text: credits, or when it was published.

    :param whole: Whether the line stands in a page that was saved whole: in an article's own body a date alone may
        be a heading, and an address part of the text.
    """
    if whole and len(text) <= CONTACT_MAX and _CONTACT.search(text):
        return Verdict(Reason.AUTHOR_CONTACT)
    if len(text) > CREDITS_MAX:
        return None
    return _origin(text) or _credits(unwrapped(text), whole=whole) or _date_line(text, whole=whole)


def _origin(text: str) -> Verdict | None:
    """What a sentence such as 本文来自微信公众号“…”，作者：…，经授权发布。 says of where the article was first."""
    match = _ORIGIN.match(text)
    if match is None:
        return None
    author, title = _ORIGIN_AUTHOR.search(text), _ORIGIN_TITLE.search(text)
    reporter = "、".join(split_names(author["value"])) if author else ""
    return Verdict(Reason.SOURCE_LINE, Byline(match["value"].strip(), reporter, title["value"] if title else ""))


def unwrapped(text: str) -> str:
    """A line without the brackets around the whole of it, or with one that was never closed."""
    text = text.strip()
    close = _BRACKETS.get(text[:1])
    if close is None or text.find(close) not in (-1, len(text) - 1):
        return text
    return text[1:].removesuffix(close).strip()


def _credits(text: str, *, whole: bool) -> Verdict | None:
    """A line that is nothing but labelled names, as 来源：… 作者：… 责任编辑：… is."""
    slashed = _SLASHED.match(text)
    if slashed and ("记者" in text[:20] or _MARKED.search(slashed[0])) and not _SENTENCE.search(text):
        text = f"作者：{text[slashed.end() :]}"
    dated = _WHEN.match(text)
    start = dated.end() if dated else 0
    labels = list(_LABELS.finditer(text, start))
    if not labels or labels[0].start() > start or (_TALK.match(text) and len(labels) == 1 and not _is_name(text)):
        return None
    values: dict[str, list[str]] = {}
    ends = [label.start() for label in labels[1:]] + [len(text)]
    for label, end in zip(labels, ends, strict=True):
        value = text[label.end() : end].strip(" 　|｜丨/·,，;；")
        if not _is_value(str(label.lastgroup), value):
            return None
        values.setdefault(str(label.lastgroup), []).append(value)
    if not whole and not values.keys() & {"source", "reporter", "editor", "published"}:
        return None
    source = next(iter(values.get("source", ())), "")
    reporter = "、".join(split_names(" ".join(values.get("reporter", ()))))
    reason = next(reason for group, (reason, _) in _LABELLED.items() if group in values)
    return Verdict(reason, Byline(_without_when(source), reporter))


def _is_value(group: str, value: str) -> bool:
    """Whether a text can be what its label says: an event's 时间, or a sentence that begins with By, is no credit."""
    if group in ("date", "published"):
        return bool(value) and _WHEN.fullmatch(value) is not None
    if group == "count":
        return _COUNTED.fullmatch(value) is not None
    if group == "reporter" and value.isascii() and not _LATIN_NAMES.fullmatch(value):
        return False
    if group == "source" and _LINK.fullmatch(value):
        return True
    return len(value) <= NAME_MAX and not _SENTENCE.search(value) and not _DEBRIS.search(value)


def _is_name(text: str) -> bool:
    """Whether what follows a label that also begins talk (记者：…) is a name, not something said."""
    value = re.split(r"[:：]", text, maxsplit=1)[-1].strip()
    most = MAX_PEN_NAME if text.startswith("作者") else 4
    return bool(_NAMES.fullmatch(value)) and all(
        1 < len(name) <= most and not _SAID.search(name) for name in split_names(value)
    )


def _without_when(text: str) -> str:
    """A source without the time of publication, the place or the prompt that stands beside it."""
    name = _BESIDE_SOURCE.split(text, maxsplit=1)[0].strip()
    return name.split()[0] if re.match(r"[\u4e00-\u9fff]{2}", name) else name


def _date_line(text: str, *, whole: bool) -> Verdict | None:
    """A line that is a date, or a date and the name of a paper."""
    when = _WHEN.match(text)
    if when is None or not re.search(r"\d", when[0]):
        return None
    rest = text[when.end() :].strip(" 　|｜丨·/-—")
    if not rest:
        return Verdict(Reason.DATE_LINE) if whole else None
    if _PAPER.fullmatch(rest) and re.search(r"\d{4}", when[0]):
        return Verdict(Reason.DATE_LINE, Byline(source=rest))
    return None


def credits_at_end(text: str) -> tuple[int, Verdict | None]:
    """Where a paragraph's own text ends, before credits that stand in its last sentence, and what they say."""
    match = _TAIL_EDITOR.search(text)
    begin = match.start() if match else max((end for _, end in sentence_spans(text)[:-1]), default=0)
    verdict = judge_edge(text[begin:].strip(), whole=False) if begin else None
    return (begin, verdict) if verdict else (len(text), None)


def title_at_start(text: str, title: str) -> int:
    """How many characters of a paragraph are 原标题 and the title, which run into its first sentence; 0 for none.

    Where a mark follows, the title is but the first words of a longer one.
    """
    label = _TITLE_LABEL.match(text)
    at, said = label.end() if label else 0, bare(title)
    if not at or not said:
        return 0
    for character in said:
        while at < len(text) and text[at].isspace():
            at += 1
        if not text.startswith(character, at):
            return 0
        at += 1
    return 0 if _GOES_ON.match(text, at) else at
