"""What is indexed → HTML: its figures and pictures, indexing it anew, and the list of articles to search and open."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote
from weakref import WeakKeyDictionary

from rag.core.articles import ArticleInfo
from rag.index.collection import MAX_SEARCHED, Collection, ListPage, Period, browse, describe
from rag.index.facets import CategoryNode, FacetCount
from rag.index.open_index import OpenIndex
from rag.interfaces.indexing_status import OPENING, State, Status
from rag.interfaces.languages.words import Words
from rag.interfaces.page import charts
from rag.interfaces.page.markup import button, escaped

MAX_NAMES, MAX_LEVELS, MAX_ROWS, MAX_FAILURES = 30, 6, 10, 200
"""What is shown of names of a kind and below one category, of levels of categories, of categories in the picture, and
of files that could not be read, since a browser chokes on tens of thousands; of the others, how many there are."""


@dataclass(frozen=True, slots=True)
class Browsing:
    """Where a reader is in the list of articles.

    :param text: What it is searched for.
    :param number: Of the page of the list, from 1.
    """

    text: str = ""
    number: int = 1


def browsing_of(text: str, number: str) -> Browsing:
    """Where a reader wants to go. It comes from outside: what makes no sense is left out."""
    at = int(number) if number.isascii() and number.isdecimal() and len(number) < 9 else 1
    return Browsing(text.strip()[:MAX_SEARCHED], max(at, 1))


def collection_html(
    index: OpenIndex, browsing: Browsing, status: Status, words: Words, *, may_index: bool = True
) -> str:
    """What is indexed now.

    :param may_index: Whether the reader may have the folder indexed anew.
    """
    shown = browse(index, browsing.text, number=browsing.number)
    # What is typed meanwhile stays: the field is never given a value.
    field = (
        f'<input type="search" class="rag-find" data-find '
        f'placeholder="{words.find}" aria-label="{words.find}" maxlength="{MAX_SEARCHED}">'
    )
    anew = reindexing_html(status, words, may_index=may_index)
    return (
        f"<h2>{words.collection}</h2>{overview_html(_described(index), words)}{anew}"
        f"<h3>{words.articles}</h3>{field}{list_html(shown, words)}"
    )


_DESCRIBED: WeakKeyDictionary[OpenIndex, Collection] = WeakKeyDictionary()
"""A generation stays what it is: with many articles, each look at it would take a tenth of a second."""


def _described(index: OpenIndex) -> Collection:
    if index not in _DESCRIBED:
        _DESCRIBED[index] = describe(index)
    return _DESCRIBED[index]


def overview_html(collection: Collection, words: Words) -> str:
    """What is indexed, in figures and pictures, and which files could not be read and why."""
    facts = {
        words.articles: f"{collection.articles:,}",
        words.passages: f"{collection.passages:,}",
        words.dates: _dates(collection, words),
        words.model: collection.model,
        words.indexed: f"{collection.created[:16].replace('T', ' ')} UTC",
        words.folder: words.comma.join(name or Path(path).name for name, path in collection.folders.items()),
    }
    unfiled = _counts([_counted(words.unfiled, collection.unfiled)]) if collection.unfiled else ""
    listed = "".join(f"<dt>{name}</dt><dd><bdi>{escaped(value)}</bdi></dd>" for name, value in facts.items())
    so_far = "" if collection.is_finished else f"<p>{words.unfinished.format(f'{collection.articles:,}')}</p>"
    parts = (
        so_far,
        f"<dl>{listed}</dl>",
        _over_time(collection.periods, words),
        _by_category(collection, words),
        _folded("categories", words.categories, _tree(collection.categories, words) + unfiled),
        _folded("sources", words.sources, _choices(collection.sources, words)),
        _folded("collections", words.collections, _choices(collection.collections, words)),
        _folded("authors", words.authors, _choices(collection.authors, words)),
        _failures(collection, words),
    )
    return f'<section class="rag-overview">{"".join(parts)}</section>'


def _dates(collection: Collection, words: Words) -> str:
    if not (collection.first and collection.last):
        return words.no_dates
    span = words.span.format(collection.first, collection.last)
    return f"{span} · {words.undated.format(f'{collection.undated:,}')}" if collection.undated else span


def _over_time(periods: Sequence[Period], words: Words) -> str:
    if not periods:
        return ""
    most = max(periods, key=lambda period: period.articles)
    told = words.most_in.format(periods[0].label, periods[-1].label, most.label, f"{most.articles:,}")
    bars = [charts.Bar(period.label, period.articles) for period in periods]
    return f"<h3>{words.over_time}</h3>{charts.columns(bars, 'rag-time', words.over_time, told)}"


def _by_category(collection: Collection, words: Words) -> str:
    """The widest categories, most frequent first; nothing where there is none."""
    if not collection.categories:
        return ""
    bars = [charts.Bar(branch.name, branch.articles) for branch in collection.categories[:MAX_ROWS]]
    told = " · ".join(f"{bar.label} {bar.value:,}" for bar in bars)
    rest = _rest(len(collection.categories) - MAX_ROWS, words, "p")
    return f"<h3>{words.by_category}</h3>{charts.rows(bars, 'rag-by-category', words.by_category, told)}{rest}"


def _tree(branches: Sequence[CategoryNode], words: Words, level: int = 1) -> str:
    """Categories, each with those below it."""
    if not branches or level > MAX_LEVELS:
        return ""
    shown = branches[:MAX_NAMES]
    items = (_counted(branch.name, branch.articles) + _tree(branch.below, words, level + 1) for branch in shown)
    return _counts(items, _rest(len(branches) - MAX_NAMES, words))


def _choices(choices: Sequence[FacetCount], words: Words) -> str:
    if not choices:
        return f"<p>{words.none}</p>"
    items = (_counted(choice.name, choice.articles) for choice in choices[:MAX_NAMES])
    return _counts(items, _rest(len(choices) - MAX_NAMES, words))


def _counts(items: Iterable[str], rest: str = "", css_class: str = "rag-counts") -> str:
    return f'<ul class="{css_class}">{"".join(f"<li>{item}</li>" for item in items)}{rest}</ul>'


def _counted(name: str, articles: int) -> str:
    return f'<bdi>{escaped(name)}</bdi><span class="rag-count">{articles:,}</span>'


def _rest(count: int, words: Words, tag: str = "li") -> str:
    return f"<{tag}>{words.more_names.format(f'{count:,}')}</{tag}>" if count > 0 else ""


def _folded(key: str, name: str, inner: str) -> str:
    return f'<details data-key="{key}"><summary>{name}</summary>{inner}</details>' if inner else ""


def _failures(collection: Collection, words: Words) -> str:
    """Each file that could not be read: path, line and reason."""
    failures = collection.failures
    if not failures:
        return f"<p>{words.all_read}</p>"
    items = (f"<bdi>{escaped(str(failure))}</bdi>" for failure in failures[:MAX_FAILURES])
    listed = _counts(items, _rest(len(failures) - MAX_FAILURES, words), "rag-counts rag-failures")
    return f"<h3>{words.not_read} ({len(failures):,})</h3>{listed}"


def list_html(page: ListPage, words: Words) -> str:
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


def _row(info: ArticleInfo, words: Words) -> str:
    when = f'<time datetime="{info.day}">{info.day}</time>' if info.day else words.no_date
    link = f'<a class="rag-open" href="#article-{quote(info.id, safe="")}"><bdi>{escaped(info.title)}</bdi></a>'
    source = _isolated(dict.fromkeys(filter(None, (info.source, info.author))), " · ")
    filed = _isolated(info.filed_under, "<br>")
    return f'<tr><td class="rag-day">{when}</td><td>{link}</td><td>{source}</td><td>{filed}</td></tr>'


def _isolated(texts: Iterable[str], joint: str) -> str:
    """Texts beside each other, none of which can turn the direction of the next."""
    return joint.join(f"<bdi>{escaped(text)}</bdi>" for text in texts)


def _pager(page: ListPage, words: Words) -> str:
    if page.pages == 1:
        return ""
    before = f'<a rel="prev" href="#list-{page.number - 1}">{words.previous}</a>' if page.number > 1 else ""
    after = f'<a rel="next" href="#list-{page.number + 1}">{words.next}</a>' if page.number < page.pages else ""
    here = f'<span aria-current="page">{words.page.format(f"{page.number:,}", f"{page.pages:,}")}</span>'
    return f'<nav class="rag-pager" aria-label="{words.pages}">{before}{here}{after}</nav>'


def reindexing_html(status: Status, words: Words, *, may_index: bool = True) -> str:
    """How far indexing anew is, and the button that begins it."""
    is_offered = may_index and status.state is not State.RUNNING
    begin = button(words.reindex, "reindex", "rag-tool rag-reindex") if is_offered else ""
    if is_offered and status.refused:
        begin += button(words.remove_them, "reindex", "rag-tool rag-reindex", replace="yes")
    return f'<div class="rag-anew" data-state="{status.state.value}">{_progress(status, words)}{begin}</div>'


def _progress(status: Status, words: Words) -> str:
    """A bar while it runs, then what came of it; nothing before the first run."""
    match status.state:
        case State.RUNNING:
            stages = {
                "model": words.preparing,
                "read": words.reading,
                "cut": words.cutting,
                "encode": words.encoding,
                "compare": words.comparing,
                "write": words.writing,
                OPENING: words.opening,
            }
            stage = stages.get(status.stage, words.starting)
            count = f" {status.done:,}/{status.total:,}" if status.total > 1 else ""
            bar = f'<progress max="1" value="{status.share:.3f}" aria-label="{stage}"></progress>'
            return f'<div class="rag-progress">{bar}<div>{stage}{count}</div></div>'
        case State.FAILED if status.refused:
            would = words.would_remove.format(status.refused.removed, status.refused.known)
            return f'<div class="rag-error" role="alert">{escaped(would)}</div>'
        case State.FAILED:
            return f'<div class="rag-error" role="alert">{escaped(words.not_indexed.format(status.message))}</div>'
        case State.DONE if status.report:
            report = status.report
            changes = (report.added, report.changed, report.removed, report.unchanged)
            said = words.done.format(*changes) if any(changes[:3]) else words.up_to_date
            return f'<div class="rag-progress" role="status">{said}</div>'
    return ""
