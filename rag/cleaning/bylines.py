"""Who wrote an article and for whom, as told in its first and last sentences or in a comment."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rag.cleaning.lines import judge_edge
from rag.types import Byline

LEAD = 80
"""Characters in which a news text names its reporter."""
_NAME = r"(?![\u4e00-\u9fff]{0,4}(?:报道|发自|北京|上海|采访|摄影|通讯员|编辑|实习|记者))[\u4e00-\u9fff·]{2,4}"
_NAMES = rf"(?P<names>{_NAME}(?:[\s、，/]+{_NAME}){{0,4}})"
_POST = r"(?:首席|特约|特派|实习|见习|高级|资深|全媒体|融媒体|主任)*"
_ENDS = r"(?=[\s，,：:）)]|$)"
_LEADS = (
    re.compile(
        rf"(?:^|[【（(\s])(?P<source>[\w《》·]{{2,12}}?)(?<!本报)(?<!本刊)(?<!本网)(?:讯\s*[（(]?)?{_POST}记者[\s:：丨|｜/]*{_NAMES}{_ENDS}"
    ),
    re.compile(rf"(?:^|[【（(\s])(?:本报|本刊|本网|本台)?(?:讯\s*[（(]?)?{_POST}记者[\s:：丨|｜/]*{_NAMES}{_ENDS}"),
)
_AGENCY = re.compile(
    r"^(?:【[^】]{1,60}】)?(?P<source>[\u4e00-\u9fff]{2,6}?[社网报])(?:[\u4e00-\u9fff·]{2,8}?)?\d{1,2}月\d{1,2}日(?:\d{1,2}时)?(?:电|讯)"
)
_NO_PAPER = re.compile(r"本报|本刊|本网|据|当地|一[位名]|多[位名]|^(?:向|对|和|与|各|有)|是|的|^\d|说|表示")


def byline_of(lines: Iterable[str]) -> Byline:
    """What the first words of an article say: 新华社北京3月5日电（记者张三、李四）, or 河汊晚报记者 沈禾 江城报道."""
    found = Byline()
    for text in lines:
        lead = text[:LEAD]
        for pattern in _LEADS:
            match = pattern.search(lead)
            if match:
                names = "、".join(re.split(r"[\s、，/]+", match["names"]))
                source = match.groupdict().get("source") or ""
                found = merged(found, Byline("" if _NO_PAPER.search(source) else source.strip("《》"), names))
        agency = _AGENCY.match(lead)
        found = merged(found, Byline(source=agency["source"] if agency else ""))
    return found


def byline_in_comment(text: str) -> Byline:
    """What a comment says that swallowed a line of credits; nothing where it is any other comment."""
    for line in re.findall(r"[（(][^（()）]{2,60}[)）]", text):
        verdict = judge_edge(line, whole=False)
        if verdict and verdict.byline != Byline():
            return verdict.byline
    return Byline()


def merged(first: Byline, second: Byline) -> Byline:
    """The first, and where it is silent, the second."""
    return Byline(
        first.source or second.source,
        first.reporter or second.reporter,
        first.original_title or second.original_title,
    )
