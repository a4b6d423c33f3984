"""Who wrote an article and for whom, as told in its first and last sentences."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rag.core.types import Byline
from rag.corpus.cleaning.names import NAMES, split_names

LEAD = 80
"""Characters in which a news text names its reporter."""
_POST = r"(?:首席|特约|特派|实习|见习|高级|资深|全媒体|融媒体|主任)*"
_PAPER = r"[\w《》·]{1,12}?(?:报道?|社|网|台|新闻|客户端|周刊|杂志|财经|在线|之声|传媒|观察|News)"
_DATELINE = r"(?:\d{4}年)?(?:\d{1,2}月\d{1,2}日)?(?:电|讯|报道)?\s*[（(]?"
_LEADS = (
    re.compile(
        rf"(?:^|[【（(\s])(?P<source>{_PAPER})(?:[\u4e00-\u9fff]{{2,6}}?)?{_DATELINE}{_POST}[记記]者[\s:：丨|｜/]*{NAMES}"
    ),
    re.compile(rf"(?:^|[【（(\s])(?:本报|本刊|本网|本台)?{_DATELINE}{_POST}[记記]者[\s:：丨|｜/]*{NAMES}"),
)
_AGENCY = re.compile(
    r"^(?:【[^】]{1,60}】)?(?P<source>[\u4e00-\u9fff]{2,6}?[社网报])(?:[\u4e00-\u9fff·]{2,8}?)?\d{1,2}月\d{1,2}日(?:\d{1,2}时)?(?:电|讯)"
)
_NO_PAPER = re.compile(
    r"本报|本刊|本网|据|当地|一[位名]|多[位名]|^(?:向|对|和|与|各|有)|是|的|^\d+[年月日时号]|说|表示"
)


def byline_of(lines: Iterable[str]) -> Byline:
    """What the first words of an article say: 新华社北京3月5日电（记者张三、李四）, or 河汊晚报记者 沈禾 江城报道."""
    found = Byline()
    for text in lines:
        lead = text[:LEAD]
        for pattern in _LEADS:
            match = pattern.search(lead)
            if match:
                names = "、".join(split_names(match["names"]))
                source = match.groupdict().get("source") or ""
                found = merged(found, Byline("" if _NO_PAPER.search(source) else source.strip("《》"), names))
        agency = _AGENCY.match(lead)
        found = merged(found, Byline(source=agency["source"] if agency else ""))
    return found


def merged(first: Byline, second: Byline) -> Byline:
    """The first, and where it is silent, the second."""
    return Byline(
        first.source or second.source,
        first.reporter or second.reporter,
        first.original_title or second.original_title,
    )
