"""Chinese personal names, told by their surnames."""

from __future__ import annotations

import re

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
_POST = re.compile(r"(?:记者|实习生|通讯员|编辑|摄影|作者)$")
MAX_PEN_NAME = 12
"""The longest pen name."""


def split_names(text: str) -> list[str]:
    """The names in a text, without posts and papers beside them; pen names where there is no other name.

    >>> split_names("河汊晚报记者 沈 禾、周渡"), split_names("饶舌歌手"), split_names("Anna Menin")
    (['沈禾', '周渡'], ['饶舌歌手'], ['Anna Menin'])
    """
    if not re.search(r"[\u4e00-\u9fff]", text):
        return [" ".join(text.split())] if text.strip() else []
    parts = [part for part in re.split(r"[\s、，,/|｜丨]+", _PARTED.sub(r"\1\2", text)) if part]
    names = [part for part in parts if re.fullmatch(NAME, part)]
    return names or [part for part in parts if len(part) <= MAX_PEN_NAME and not _POST.search(part)]
