"""What the page shows of a whole collection: its figures and pictures, the list of articles, and indexing it anew."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from urllib.parse import quote

from rag.core.types import ArticleInfo
from rag.index.facets import CategoryNode, FacetCount
from rag.index.holdings import Collection, ListPage, Period
from rag.interfaces.page import charts
from rag.interfaces.page.indexing_status import State, Status
from rag.interfaces.page.markup import escaped
from rag.interfaces.page.overview_words import OverviewWords

MAX_NAMES = 30
"""Names listed of a kind, and below one category; of the others, how many there are."""
MAX_LEVELS = 6
"""Levels of categories that are shown."""
MAX_ROWS = 10
"""Categories in the picture."""
MAX_FAILURES = 200
"""Files that could not be read listed: a browser chokes on tens of thousands."""


def overview_html(collection: Collection, words: OverviewWords) -> str:
    """What is indexed, in figures and pictures, and which files could not be read and why."""
    facts = {
        words.articles: f"{collection.articles:,}",
        words.passages: f"{collection.passages:,}",
        words.dates: _dates(collection, words),
        words.model: collection.model,
        words.indexed: f"{collection.created[:16].replace('T', ' ')} UTC",
        words.folder: Path(collection.folder).name,
    }
    listed = "".join(f"<dt>{name}</dt><dd><bdi>{escaped(value)}</bdi></dd>" for name, value in facts.items())
    parts = (
        f"<dl>{listed}</dl>",
        _over_time(collection.periods, words),
        _by_category(collection, words),
        _folded("categories", words.categories, _tree(collection.categories, words) + _unfiled(collection, words)),
        _folded("sources", words.sources, _choices(collection.sources, words)),
        _folded("authors", words.authors, _choices(collection.authors, words)),
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
    bars = [charts.Bar(branch.name, branch.articles) for branch in collection.categories[:MAX_ROWS]]
    told = " · ".join(f"{bar.label} {bar.value:,}" for bar in bars)
    rest = _rest(len(collection.categories) - MAX_ROWS, words, "p")
    return f"<h3>{words.by_category}</h3>{charts.rows(bars, 'rag-by-category', words.by_category, told)}{rest}"


def _tree(branches: Sequence[CategoryNode], words: OverviewWords, level: int = 1) -> str:
    """Categories, each with those below it."""
    if not branches:
        return ""
    items = "".join(
        f"<li>{_counted(branch.name, branch.articles)}"
        f"{_tree(branch.below, words, level + 1) if level < MAX_LEVELS else ''}</li>"
        for branch in branches[:MAX_NAMES]
    )
    return f'<ul class="rag-counts">{items}{_rest(len(branches) - MAX_NAMES, words)}</ul>'


def _unfiled(collection: Collection, words: OverviewWords) -> str:
    if not collection.unfiled:
        return ""
    return f'<ul class="rag-counts"><li>{_counted(words.unfiled, collection.unfiled)}</li></ul>'


def _choices(choices: Sequence[FacetCount], words: OverviewWords) -> str:
    if not choices:
        return f"<p>{words.none}</p>"
    items = "".join(f"<li>{_counted(choice.name, choice.articles)}</li>" for choice in choices[:MAX_NAMES])
    return f'<ul class="rag-counts">{items}{_rest(len(choices) - MAX_NAMES, words)}</ul>'


def _counted(name: str, articles: int) -> str:
    return f'<bdi>{escaped(name)}</bdi><span class="rag-count">{articles:,}</span>'


def _rest(count: int, words: OverviewWords, tag: str = "li") -> str:
    return f"<{tag}>{words.more.format(f'{count:,}')}</{tag}>" if count > 0 else ""


def _folded(key: str, name: str, inner: str) -> str:
    return f'<details data-key="{key}"><summary>{name}</summary>{inner}</details>' if inner else ""


def _failures(collection: Collection, words: OverviewWords) -> str:
    """Each file that could not be read: path, line and reason."""
    failures = collection.failures
    if not failures:
        return f"<p>{words.all_read}</p>"
    items = "".join(f"<li><bdi>{escaped(str(failure))}</bdi></li>" for failure in failures[:MAX_FAILURES])
    rest = _rest(len(failures) - MAX_FAILURES, words)
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
    table = f"<caption>{escaped(told)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
    return f'<table class="rag-list">{table}</table>{_pager(page, words)}'


def _row(info: ArticleInfo, words: OverviewWords) -> str:
    day = info.date.date().isoformat() if info.date else ""
    when = f'<time datetime="{day}">{day}</time>' if day else words.no_date
    link = f'<a class="rag-open" href="#article-{quote(info.id, safe="")}"><bdi>{escaped(info.title)}</bdi></a>'
    source = _isolated(dict.fromkeys(filter(None, (info.source, info.author))), " · ")
    filed = _isolated((" / ".join(path) for path in info.filed), "<br>")
    return f'<tr><td class="rag-day">{when}</td><td>{link}</td><td>{source}</td><td>{filed}</td></tr>'


def _isolated(texts: Iterable[str], joint: str) -> str:
    """Texts beside each other, none of which can turn the direction of the next."""
    return joint.join(f"<bdi>{escaped(text)}</bdi>" for text in texts)


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
            return f'<div class="rag-error" role="alert">{escaped(words.failed.format(status.message))}</div>'
        case State.DONE if status.report:
            report = status.report
            changes = (report.added, report.changed, report.removed, report.unchanged)
            said = words.done.format(*changes) if any(changes[:3]) else words.up_to_date
            return f'<div class="rag-progress" role="status">{said}</div>'
    return ""
