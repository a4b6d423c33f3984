"""What is indexed → HTML."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from itertools import islice

from rag.types import ArticleInfo

MOST_LISTED = 200
"""Articles, and files that could not be read, listed on the page: a browser chokes on tens of thousands."""


def collection_html(infos: Sequence[ArticleInfo], passages: int, model: str, failures: Iterable[str]) -> str:
    """What is indexed: counts, model, the newest articles, and the files that could not be read."""
    rows = "".join(
        f"<tr><td>{info.date.date() if info.date else ''}</td><td>{escape(info.title)}</td>"
        f"<td>{escape(info.author)}</td><td>{escape(' / '.join(info.categories))}</td></tr>"
        for info in infos[:MOST_LISTED]
    )
    if len(infos) > MOST_LISTED:
        rows += f"<tr><td></td><td>… {len(infos) - MOST_LISTED}</td></tr>"
    failed = "".join(f"<li>{escape(failure)}</li>" for failure in islice(failures, MOST_LISTED))
    return (
        f'<p class="rag-facts">{len(infos)} articles · {passages} passages · {escape(model)}</p>'
        f'<table class="rag-collection"><tbody>{rows}</tbody></table>' + (f"<ul>{failed}</ul>" if failed else "")
    )
