"""What the head of a page that was saved whole says of it: title, author, site, date and address."""

from __future__ import annotations

from bs4 import BeautifulSoup
from bs4.element import Tag

from rag.core.articles import Head
from rag.corpus.cleaning.text import tidy

_META = {
    "title": "og:title twitter:title",
    "author": "author article:author dc.creator byl parsely-author",
    "site": "og:site_name application-name mediaid",
    "date": "article:published_time og:published_time publishdate pubdate date datepublished dc.date",
    "url": "og:url",
}
VALUE_MAX = 500
TITLES_MAX = 20
"""Elements ``<title>`` among which the page's is looked for; the others name its drawings."""


def head_of(soup: BeautifulSoup) -> Head:
    """Read ``<title>``, the first heading, and the ``<meta>`` elements that pages for readers carry."""
    found: dict[str, str] = {}
    for meta in soup.find_all("meta", limit=200):
        name = meta.get("property") or meta.get("name") or meta.get("itemprop")
        content = tidy(str(meta.get("content") or "")[:VALUE_MAX])
        if name and content:
            found.setdefault(str(name).lower(), content)
    values = {key: next((found[name] for name in names.split() if name in found), "") for key, names in _META.items()}
    if values["author"].startswith("http"):
        values["author"] = ""
    canonical = soup.find("link", rel="canonical")
    values["url"] = values["url"] or (tidy(str(canonical.get("href") or "")) if isinstance(canonical, Tag) else "")
    return Head(**(values | {"title": values["title"] or _title(soup)}))


def _title(soup: BeautifulSoup) -> str:
    """``<title>``, or the first heading where that is the same without the name of the site."""
    titles = soup.find_all("title", limit=TITLES_MAX)
    title = next((tag for tag in titles if tag.find_parent("svg") is None), None)
    heading = soup.find("h1")
    said, headed = (tidy(tag.get_text()) if isinstance(tag, Tag) else "" for tag in (title, heading))
    return headed if headed and (not said or said.startswith(headed)) else said
