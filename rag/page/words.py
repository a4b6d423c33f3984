"""What the page says of its own, in each language that it speaks."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rag.types import Check

_HAN = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class Words:
    """What the page says in one language."""

    no_answer: str
    nearest: str
    filtered_out: str
    paragraph: str
    line: str
    no_date: str
    link: str
    also_in: str
    more: str
    checks: dict[Check, str]
    searched_for: str
    filtered_by: str
    since: str
    until: str
    kinds: dict[str, str]
    comma: str
    newest_first: str
    by_likeness: str
    unknown: str
    near: str
    bad_date: str
    backward: str


ENGLISH = Words(
    no_answer="The articles do not answer this.",
    nearest="Nearest passages, which are no answer",
    filtered_out="No article passes these filters.",
    paragraph="paragraph {}",
    line="line {}",
    no_date="no date",
    link="original page",
    also_in="also in",
    more="and {} more",
    checks={
        Check.UNCHANGED: "The file is as it was indexed.",
        Check.CHANGED: "The file has changed since it was indexed.",
        Check.GONE: "The file is gone since it was indexed.",
    },
    searched_for="Searched for: {}",
    filtered_by="Filtered by: {}",
    since="from {}",
    until="until {}",
    kinds={"category": "category", "author": "author", "source": "source"},
    comma=", ",
    newest_first="newest first",
    by_likeness="Chosen by likeness alone: no reader was trained for this model, and nothing tells whether the "
    "articles answer.",
    unknown="The index knows no {} “{}”.",
    near=" The nearest: {}.",
    bad_date="“{}” is no date: write it as 2021-12-31, 2021-12 or 2021.",
    backward="The dates end on {}, before they start on {}.",
)
CHINESE = Words(
    no_answer="这些文章没有回答这个问题。",
    nearest="最接近的段落（并非答案）",
    filtered_out="没有文章符合筛选条件。",
    paragraph="第 {} 段",
    line="第 {} 行",
    no_date="无日期",
    link="原文链接",
    also_in="另见",
    more="另有 {} 篇",
    checks={
        Check.UNCHANGED: "文件与建立索引时一致。",
        Check.CHANGED: "文件在建立索引之后有改动。",
        Check.GONE: "文件在建立索引之后已不存在。",
    },
    searched_for="检索：{}",
    filtered_by="筛选：{}",
    since="{} 起",
    until="{} 止",
    kinds={"category": "类别", "author": "作者", "source": "来源"},
    comma="、",
    newest_first="最新在前",
    by_likeness="仅按相似度选出：这个模型没有经过训练的阅读器，无法判断文章是否真正回答了问题。",
    unknown="索引中没有这个{}：“{}”。",
    near="相近的有：{}。",
    bad_date="“{}”不是日期，请写成 2021-12-31、2021-12 或 2021。",
    backward="结束日期 {} 早于开始日期 {}。",
)


def words_for(text: str) -> Words:
    """The language to speak: that of the question."""
    return CHINESE if _HAN.search(text) else ENGLISH
