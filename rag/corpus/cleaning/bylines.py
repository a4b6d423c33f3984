"""Who wrote an article and for whom, as told in its first and last sentences; personal names, told by surnames."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rag.core.articles import Byline

_SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩邓冯曹彭曾肖田董潘袁蔡蒋余于杜叶程魏苏吕丁任卢姚沈钟姜崔"
    "谭陆范汪廖石金韦贾夏付方邹熊白孟秦邱侯江尹薛闫阎段雷龙黎史陶贺毛郝顾龚邵万覃武钱戴严莫孔向常汤康易乔赖文施洪季"
    "焦祝柳裴翟颜伍纪倪葛章岳齐梅路安骆殷耿柯米管盛翁涂尤霍艾华鲁包柴左詹关曲牛靳祁辛申苗游卓凌穆舒窦冉卜车项仲宁甘蒲单"
    "盖房屈娄应缪景司解冷习宗宫童费阮晏欧兰商苟饶佟鞠敖都喻谷庄聂裘古岑俞祖戚臧师荣查瞿闻隋鄢简佘桂燕巩丛卞刁明巫郎仇牟皮商浦茅麦古水"
    "張劉陳楊黃趙吳孫馬鄭謝許韓鄧馮蕭葉蘇呂盧鍾薑譚陸範賈鄒閻龍賀顧龔邵萬錢戴嚴湯喬賴溫莊聶"
)
NAME = rf"(?:欧阳|司马|上官|诸葛|皇甫|尉迟|司徒|慕容|公孙|令狐|[{_SURNAMES}])[\u4e00-\u9fff]{{1,2}}(?![\u4e00-\u9fff·])"
"""A name is told by its surname: 记者了解到 names nobody."""
NAMES = rf"(?P<names>{NAME}(?:[\s、，/]+{NAME}){{0,4}})"
"""Names side by side."""
_PARTED = re.compile(r"(?<![\u4e00-\u9fff])([\u4e00-\u9fff])[ 　]([\u4e00-\u9fff])(?![\u4e00-\u9fff])")
_ENDS_IN_POST = re.compile(r"(?:记者|实习生|通讯员|编辑|摄影|作者)$")
MAX_PEN_NAME = 12
"""The longest pen name."""
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


def split_names(text: str) -> list[str]:
    """The names in a text, without posts and papers beside them; pen names where there is no other name.

    >>> split_names("河汊晚报记者 沈 禾、周渡"), split_names("饶舌歌手"), split_names("Anna Menin")
    (['沈禾', '周渡'], ['饶舌歌手'], ['Anna Menin'])
    """
    if not re.search(r"[\u4e00-\u9fff]", text):
        return [" ".join(text.split())] if text.strip() else []
    parts = [part for part in re.split(r"[\s、，,/|｜丨]+", _PARTED.sub(r"\1\2", text)) if part]
    names = [part for part in parts if re.fullmatch(NAME, part)]
    return names or [part for part in parts if len(part) <= MAX_PEN_NAME and not _ENDS_IN_POST.search(part)]


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
