"""What an index holds, on the terminal: one article as cleaned, and all of it in numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from rag.core.articles import Article, ArticleInfo
from rag.core.limits import MAX_COPIES_SHOWN
from rag.core.places import MilvusAddress, Place
from rag.errors import IndexMissing, IndexUnusable
from rag.index.facets import FacetCount
from rag.index.opening import index_over, open_index
from rag.index.reposts import articles_sharing, count_copies
from rag.index.snapshot import Snapshot
from rag.interfaces.printing import brief, origin, out, shown, shown_line

LONG = "until its part of the index is written anew, which a later change may do"
"""How long a removed article can be brought back."""
LISTED = 12
"""Names that are listed of each kind: the most frequent."""


def print_article(article: Article, index: Place) -> None:
    """Print an article as cleaned, with the lines of its file, what was removed and why, and where it stands too.

    :param index: What may hold it, and copies of it; it need not be there.
    """
    info = article.info
    out.print(f"[bold]{shown(info.title)}[/]\n[dim]{shown(origin(info))}[/]")
    if info.original_title:
        out.print(f"[dim]original title: {shown(info.original_title)}[/]")
    _print_reposts(article, index)
    out.print()
    for paragraph in article.paragraphs:
        label = f"{paragraph.kind} {paragraph.level}" if paragraph.level else paragraph.kind
        kind = "" if paragraph.kind == "text" else f"[cyan]({label})[/] "
        out.print(f"[dim]{paragraph.line:>5}[/]  {kind}{shown(paragraph.text)}")
    if article.removed:
        out.print("\n[bold]removed[/]")
    for piece in article.removed:
        out.print(f"[dim]{piece.line:>5}[/]  [yellow]{shown(piece.reason)}[/]: {shown(piece.text)}")


def _print_reposts(article: Article, index: Place) -> None:
    """Name the articles that hold most of an indexed article's passages."""
    if isinstance(index, MilvusAddress):
        return
    try:
        opened = open_index(index)
    except (IndexMissing, IndexUnusable):
        return
    shared = articles_sharing(opened, article.info)
    for info, count in shared[:MAX_COPIES_SHOWN]:
        told = f"{count} of its {opened.store.sizes()[article.info.id]} passages also in"
        out.print(f"[dim]{told}: {shown(brief(info))} {shown_line(info.id)}[/]")
    if len(shared) > MAX_COPIES_SHOWN:
        out.print(f"[dim]and in {len(shared) - MAX_COPIES_SHOWN} more[/]")


def print_removed(articles: Sequence[ArticleInfo]) -> None:
    """List the articles that can be brought back, and say for how long."""
    for info in articles:
        out.print(f"{shown_line(info.id)}  [dim]{shown_line(brief(info))}[/]")
    if not articles:
        out.print("no article was removed that can be brought back")
        return
    out.print(f"{len(articles)} removed; rag restore ARTICLE or --all brings back, {LONG}")


def print_status(folder: Path, snapshot: Snapshot) -> None:
    """Print what an index holds, of what it was made, and whether its files are whole.

    :param folder: Where it was opened.
    """
    index = index_over(snapshot)
    manifest, store, filtering = index.manifest, index.store, index.filtering
    copies = count_copies(index)
    infos, so_far = store.infos(), "" if manifest.is_finished else ", not all of them yet"
    days = sorted(info.date.date().isoformat() for info in infos if info.date)
    widest = [choice for choice in filtering.categories.choices() if choice.level == 1]
    rows = {
        "index": f"{folder}, generation {index.generation.name}, files whole",
        "built": f"{manifest.created} from {_folders(manifest.folders)}",
        "model": f"{manifest.model} ({manifest.dimension} dimensions, weights {manifest.model_digest[:12]})",
        "articles": f"{manifest.articles} in {manifest.passages} passages{so_far}",
        "dates": f"{days[0]} to {days[-1]}, {len(infos) - len(days)} without" if days else "none",
        "copies": f"{copies.passages} passages in {copies.groups} groups, {copies.reposts} articles repost another",
        "categories": _listed(widest),
        "authors": _listed(filtering.authors.choices()),
        "sources": _listed(filtering.sources.choices()),
        "left out": ", ".join(f"{reason} {count}" for reason, count in store.left_out().items()) or "nothing",
        "not read": str(len(manifest.failures)),
    }
    if collections := filtering.collections.choices():
        rows["collections"] = _listed(collections)
    for name, value in rows.items():
        out.print(f"[bold]{name:<12}[/]{shown(value)}")
    for failure in manifest.failures:
        out.print(f"  {shown_line(failure)}")


def print_milvus_status(address: MilvusAddress) -> None:
    """Print what an index holds that a server keeps, and of what it was made.

    :raises RagError: It can't be opened.
    """
    from rag.index.milvus.milvus_index import open_milvus  # slow to load, and an extra

    index = open_milvus(address)
    manifest, names, days = index.manifest, index.filtering, index.days()
    rows = {
        "index": f"{address}, generation {index.generation.number}",
        "built": f"{manifest.created} from {_folders(manifest.folders)}",
        "model": f"{manifest.model} ({manifest.dimension} dimensions, weights {manifest.model_digest[:12]})",
        "articles": f"{manifest.articles} in {manifest.passages} passages",
        "dates": f"{min(days)} to {max(days)}, {manifest.articles - days.total()} without" if days else "none",
        "categories": _listed([choice for choice in names.categories.choices() if choice.level == 1]),
        "authors": _listed(names.authors.choices()),
        "sources": _listed(names.sources.choices()),
        "not read": str(len(manifest.failures)),
    }
    if collections := names.collections.choices():
        rows["collections"] = _listed(collections)
    for name, value in rows.items():
        out.print(f"[bold]{name:<12}[/]{shown(value)}")
    for failure in manifest.failures:
        out.print(f"  {shown_line(failure)}")


def _folders(folders: Mapping[str, str]) -> str:
    return ", ".join(f"{name}={path}" if name else path for name, path in folders.items())


def _listed(choices: Sequence[FacetCount]) -> str:
    """Names with their counts, the first few, and how many more there are."""
    told = ", ".join(f"{choice.name} {choice.articles}" for choice in choices[:LISTED]) or "none"
    return f"{told}, and {len(choices) - LISTED} more" if len(choices) > LISTED else told
