"""What the page shows of a whole collection: its figures and pictures, the list of articles, and indexing it anew."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from urllib.parse import quote

from rag import charts
from rag.collection import Collection, ListPage, Period
from rag.errors import ArticleError
from rag.index.facets import Branch, Choice
from rag.reindexing import State, Status
from rag.types import ArticleInfo

MOST_NAMES = 30
"""Names listed of a kind, and below one category; of the others, how many there are."""
MOST_LEVELS = 6
"""Levels of categories that are shown."""
MOST_ROWS = 10
"""Categories in the picture."""
MOST_FAILURES = 200
"""Files that could not be read listed: a browser chokes on tens of thousands."""


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
    all_read="every file was read",
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
    all_read="所有文件都已读取",
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


def overview_html(collection: Collection, words: OverviewWords) -> str:
    """What is indexed, in figures and pictures, and which files could not be read and why."""
    facts = {
        words.articles: f"{collection.articles:,}",
        words.passages: f"{collection.passages:,}",
        words.dates: _dates(collection, words),
        words.model: collection.model,
        words.indexed: f"{collection.created[:16].replace('T', ' ')} UTC",
        words.folder: collection.folder,
    }
    listed = "".join(f"<dt>{name}</dt><dd><bdi>{escape(value)}</bdi></dd>" for name, value in facts.items())
    parts = (
        f"<dl>{listed}</dl>",
        _over_time(collection.periods, words),
        _by_category(collection, words),
        _folded(words.categories, _tree(collection.categories, words) + _unfiled(collection, words)),
        _folded(words.sources, _choices(collection.sources, words)),
        _folded(words.authors, _choices(collection.authors, words)),
        _failures(collection, words),
    )
    return f'<section class="rag-overview">{"".join(parts)}</section>'


def _dates(collection: Collection, words: OverviewWords) -> str:
    if not (collection.first and collection.last):
        return words.no_dates
    span = words.span.format(collection.first, collection.last)
    return f"{span} · {words.undated.format(f'{collection.undated:,}')}" if collection.undated else span


def _over_time(periods: Sequence[Period], words: OverviewWords) -> str:
    if not periods:
        return ""
    most = max(periods, key=lambda period: period.articles)
    told = words.most_in.format(periods[0].label, periods[-1].label, most.label, f"{most.articles:,}")
    bars = [charts.Bar(period.label, period.articles) for period in periods]
    return f"<h3>{words.over_time}</h3>{charts.columns(bars, 'rag-time', words.over_time, told)}"


def _by_category(collection: Collection, words: OverviewWords) -> str:
    """The widest categories, most frequent first; nothing where there is none."""
    if not collection.categories:
        return ""
    bars = [charts.Bar(branch.name, branch.articles) for branch in collection.categories[:MOST_ROWS]]
    told = " · ".join(f"{bar.label} {bar.value:,}" for bar in bars)
    rest = _rest(len(collection.categories) - MOST_ROWS, words, "p")
    return f"<h3>{words.by_category}</h3>{charts.rows(bars, 'rag-by-category', words.by_category, told)}{rest}"


def _tree(branches: Sequence[Branch], words: OverviewWords, level: int = 1) -> str:
    """Categories, each with those below it."""
    if not branches:
        return ""
    items = "".join(
        f"<li>{_counted(branch.name, branch.articles)}"
        f"{_tree(branch.below, words, level + 1) if level < MOST_LEVELS else ''}</li>"
        for branch in branches[:MOST_NAMES]
    )
    return f'<ul class="rag-counts">{items}{_rest(len(branches) - MOST_NAMES, words)}</ul>'


def _unfiled(collection: Collection, words: OverviewWords) -> str:
    if not collection.unfiled:
        return ""
    return f'<ul class="rag-counts"><li>{_counted(words.unfiled, collection.unfiled)}</li></ul>'


def _choices(choices: Sequence[Choice], words: OverviewWords) -> str:
    if not choices:
        return f"<p>{words.none}</p>"
    items = "".join(f"<li>{_counted(choice.name, choice.articles)}</li>" for choice in choices[:MOST_NAMES])
    return f'<ul class="rag-counts">{items}{_rest(len(choices) - MOST_NAMES, words)}</ul>'


def _counted(name: str, articles: int) -> str:
    return f'<bdi>{escape(name)}</bdi><span class="rag-count">{articles:,}</span>'


def _rest(count: int, words: OverviewWords, tag: str = "li") -> str:
    return f"<{tag}>{words.more.format(f'{count:,}')}</{tag}>" if count > 0 else ""


def _folded(name: str, inner: str) -> str:
    return f"<details><summary>{name}</summary>{inner}</details>" if inner else ""


def _failures(collection: Collection, words: OverviewWords) -> str:
    """Each file that could not be read: path, line and reason."""
    failures = collection.failures
    if not failures:
        return f"<p>{words.all_read}</p>"
    shown = (ArticleError(failure.path, failure.line, failure.reason) for failure in failures[:MOST_FAILURES])
    items = "".join(f"<li><bdi>{escape(str(failure))}</bdi></li>" for failure in shown)
    rest = _rest(len(failures) - MOST_FAILURES, words)
    return f'<h3>{words.not_read} ({len(failures):,})</h3><ul class="rag-counts rag-failures">{items}{rest}</ul>'


def list_html(page: ListPage, words: OverviewWords) -> str:
    """A page of the list of articles: links ``#article-ID``, percent-encoded, and ``#list-NUMBER`` for other pages."""
    found = f"{page.found:,}"
    told = words.found_for.format(page.text, found) if page.text else words.found.format(found)
    if not page.articles:
        return f'<p role="status">{words.nothing_found}</p>'
    names = (words.date, words.title, words.source, words.category)
    head = "".join(f'<th scope="col">{name}</th>' for name in names)
    body = "".join(_row(info, words) for info in page.articles)
    table = f"<caption>{escape(told)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
    return f'<table class="rag-list">{table}</table>{_pager(page, words)}'


def _row(info: ArticleInfo, words: OverviewWords) -> str:
    day = info.date.date().isoformat() if info.date else ""
    when = f'<time datetime="{day}">{day}</time>' if day else words.no_date
    link = f'<a class="rag-open" href="#article-{quote(info.id, safe="")}"><bdi>{escape(info.title)}</bdi></a>'
    source = _isolated(dict.fromkeys(filter(None, (info.source, info.author))), " · ")
    filed = _isolated((" / ".join(path) for path in info.filed), "<br>")
    return f'<tr><td class="rag-day">{when}</td><td>{link}</td><td>{source}</td><td>{filed}</td></tr>'


def _isolated(texts: Iterable[str], joint: str) -> str:
    """Texts beside each other, none of which can turn the direction of the next."""
    return joint.join(f"<bdi>{escape(text)}</bdi>" for text in texts)


def _pager(page: ListPage, words: OverviewWords) -> str:
    if page.pages == 1:
        return ""
    before = f'<a rel="prev" href="#list-{page.number - 1}">{words.previous}</a>' if page.number > 1 else ""
    after = f'<a rel="next" href="#list-{page.number + 1}">{words.next}</a>' if page.number < page.pages else ""
    here = f'<span aria-current="page">{words.page.format(f"{page.number:,}", f"{page.pages:,}")}</span>'
    return f'<nav class="rag-pager" aria-label="{words.pages}">{before}{here}{after}</nav>'


def reindexing_html(status: Status, words: OverviewWords) -> str:
    """How far indexing anew is: a bar while it runs, then what came of it; nothing before the first run."""
    match status.state:
        case State.RUNNING:
            stage = words.stages.get(status.stage, words.starting)
            count = f" {status.done:,}/{status.total:,}" if status.total > 1 else ""
            bar = f'<progress max="1" value="{status.share:.3f}" aria-label="{stage}"></progress>'
            return f'<div class="rag-progress">{bar}<div>{stage}{count}</div></div>'
        case State.FAILED:
            return f'<div class="rag-error" role="alert">{escape(words.failed.format(status.message))}</div>'
        case State.DONE if status.report:
            report = status.report
            changes = (report.added, report.changed, report.removed, report.unchanged)
            said = words.done.format(*changes) if any(changes[:3]) else words.up_to_date
            return f'<div class="rag-progress" role="status">{said}</div>'
    return ""
