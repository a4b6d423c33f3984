"""What is indexed → HTML: counts, what could not be read, and all articles to browse."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import islice

from rag.errors import ArticleError
from rag.index import Index
from rag.page.markup import button, escaped
from rag.page.words import Words
from rag.types import ArticleInfo

ON_A_LEAF = 50
"""Articles listed at once."""
MOST_FAILURES = 200
"""Files that could not be read, listed on the page: a browser chokes on tens of thousands."""
MOST_SOUGHT = 200
"""Characters of what is looked for."""


@dataclass(frozen=True, slots=True)
class Browsing:
    """Where a reader is in the list of articles.

    :param sought: Words that title, author, source or path must have.
    :param leaf: Which ``ON_A_LEAF`` of them are listed, from 0.
    """

    sought: str = ""
    leaf: int = 0


def browsing_of(sought: object, leaf: object) -> Browsing:
    """Where the reader wants to go; whatever makes no sense is left out."""
    words = sought.strip()[:MOST_SOUGHT] if isinstance(sought, str) else ""
    return Browsing(words, int(leaf) if isinstance(leaf, str) and leaf.isdecimal() and len(leaf) < 9 else 0)


def collection_html(index: Index, browsing: Browsing, words: Words) -> str:
    """What is indexed now."""
    infos = index.store.infos()
    manifest = index.manifest
    days = sorted(info.date.date().isoformat() for info in infos if info.date)
    told = {
        words.articles_label: words.counts.format(f"{len(infos):,}", f"{len(index):,}"),
        words.dates: f"{days[0]} – {days[-1]}" if days else words.no_date,
        words.built: manifest.created[:16].replace("T", " ") + " UTC",
        words.model: manifest.model,
    }
    rows = "".join(f"<dt>{name}</dt><dd>{escaped(value)}</dd>" for name, value in told.items())
    failures = [str(ArticleError(f.path, f.line, f.reason)) for f in islice(manifest.failures, MOST_FAILURES)]
    return (
        f'<h2>{words.collection}</h2><dl class="rag-known">{rows}</dl>'
        f"{failures_html(failures, len(manifest.failures), words)}{list_html(infos, browsing, words)}"
    )


def failures_html(failures: Iterable[str], count: int, words: Words) -> str:
    """The files that could not be read, and why, folded away."""
    if not count:
        return ""
    listed = "".join(f"<li>{escaped(failure)}</li>" for failure in failures)
    return (
        f'<details class="rag-failures" data-key="failures"><summary>{words.failures.format(count)}</summary>'
        f"<ul>{listed}</ul></details>"
    )


def list_html(infos: Sequence[ArticleInfo], browsing: Browsing, words: Words) -> str:
    """The articles that have the words that are looked for, newest first, each to be opened."""
    found = [info for info in infos if _has(info, browsing.sought)]
    leaf = min(browsing.leaf, max(len(found) - 1, 0) // ON_A_LEAF)
    shown = found[leaf * ON_A_LEAF : (leaf + 1) * ON_A_LEAF]
    rows = "".join(_row(info) for info in shown) or f'<li class="rag-note">{words.none_found}</li>'
    field = (
        f'<input type="search" class="rag-find" data-find value="{escaped(browsing.sought)}" '
        f'placeholder="{words.find}" aria-label="{words.find}" maxlength="{MOST_SOUGHT}">'
    )
    return f'{field}<ul class="rag-list">{rows}</ul>{_leaves(leaf, len(found), words)}'


def _has(info: ArticleInfo, sought: str) -> bool:
    text = " ".join((info.title, info.author, info.source, info.reporter, info.id)).casefold()
    return all(word in text for word in sought.casefold().split())


def _row(info: ArticleInfo) -> str:
    day = info.date.date().isoformat() if info.date else "–"
    facts = " · ".join(filter(None, (info.source or info.author, " / ".join(info.categories))))
    title = button(info.title, "open", "rag-open", article=info.id)
    return f"<li><time>{escape(day)}</time>{title}<small>{escaped(facts)}</small></li>"


def _leaves(leaf: int, count: int, words: Words) -> str:
    last = max(count - 1, 0) // ON_A_LEAF
    if not last:
        return ""
    newer = button(words.previous, "leaf", leaf=str(leaf - 1)) if leaf else ""
    older = button(words.following, "leaf", leaf=str(leaf + 1)) if leaf < last else ""
    return f'<div class="rag-leaves">{newer}<span>{leaf + 1} / {last + 1}</span>{older}</div>'
