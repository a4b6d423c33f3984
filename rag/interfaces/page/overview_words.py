"""What is said of a collection, in each language."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OverviewWords:
    """What is said of a collection in one language."""

    articles: str
    passages: str
    dates: str
    span: str
    undated: str
    no_dates: str
    model: str
    indexed: str
    folder: str
    not_read: str
    all_read: str
    over_time: str
    most_in: str
    by_category: str
    categories: str
    unfiled: str
    sources: str
    authors: str
    none: str
    more: str
    found: str
    found_for: str
    nothing_found: str
    date: str
    title: str
    source: str
    category: str
    no_date: str
    pages: str
    page: str
    previous: str
    next: str
    stages: dict[str, str]
    starting: str
    done: str
    up_to_date: str
    failed: str


ENGLISH = OverviewWords(
    articles="Articles",
    passages="Passages",
    dates="Dates",
    span="{} to {}",
    undated="{} without a date",
    no_dates="no article has a date",
    model="Model",
    indexed="Indexed",
    folder="Folder",
    not_read="Files that could not be read",
    all_read="Every file was read.",
    over_time="Articles over time",
    most_in="From {} to {}. Most in {}: {}.",
    by_category="Articles by category",
    categories="Categories",
    unfiled="without a category",
    sources="Sources",
    authors="Authors",
    none="none",
    more="and {} more",
    found="Articles: {}",
    found_for="Articles found for “{}”: {}",
    nothing_found="No article is found.",
    date="Date",
    title="Title",
    source="Source",
    category="Category",
    no_date="no date",
    pages="Pages of the list",
    page="Page {} of {}",
    previous="Previous",
    next="Next",
    stages={
        "model": "preparing the model",
        "read": "reading articles",
        "encode": "encoding passages",
        "compare": "finding copies",
        "write": "writing the index",
        "open": "opening the new index",
    },
    starting="starting",
    done="Indexed: {} added, {} changed, {} removed, {} unchanged.",
    up_to_date="Nothing has changed in the folder.",
    failed="Not indexed: {}. The index before stays in use.",
)
CHINESE = OverviewWords(
    articles="文章",
    passages="段落",
    dates="日期",
    span="{} 至 {}",
    undated="{} 篇无日期",
    no_dates="没有一篇文章带日期",
    model="模型",
    indexed="索引时间",
    folder="文件夹",
    not_read="未能读取的文件",
    all_read="所有文件都已读取。",
    over_time="文章的时间分布",
    most_in="从 {} 到 {}，{} 最多：{} 篇。",
    by_category="各类别的文章数",
    categories="类别",
    unfiled="未分类",
    sources="来源",
    authors="作者",
    none="无",
    more="另有 {} 个",
    found="文章：{} 篇",
    found_for="“{}”共找到文章：{} 篇",
    nothing_found="没有找到文章。",
    date="日期",
    title="标题",
    source="来源",
    category="类别",
    no_date="无日期",
    pages="列表分页",
    page="第 {} 页，共 {} 页",
    previous="上一页",
    next="下一页",
    stages={
        "model": "准备模型",
        "read": "读取文章",
        "encode": "编码段落",
        "compare": "查找重复",
        "write": "写入索引",
        "open": "打开新索引",
    },
    starting="开始",
    done="索引完成：新增 {} 篇，改动 {} 篇，移除 {} 篇，未变 {} 篇。",
    up_to_date="文件夹没有变化。",
    failed="索引未完成：{}。仍使用原来的索引。",
)
