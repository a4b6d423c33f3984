"""What an element's name, class and style say of it: never text, or a piece of the page around the article."""

from __future__ import annotations

import re
from itertools import zip_longest

from bs4.element import Tag

_NEVER_TEXT = frozenset(
    "script style noscript iframe svg template button select option input textarea title nav canvas object embed "
    "audio video map dialog".split()
)
_ROLES = {
    "navigation": "<nav>",
    "banner": "page furniture",
    "contentinfo": "page furniture",
    "complementary": "page furniture",
    "search": "page furniture",
    "dialog": "page furniture",
    "alertdialog": "page furniture",
}
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
_DRAWN = re.compile(r"^(?:katex-html|MathJax_Preview|MathJax(?:_\w+)?)$")
_GALLERY = re.compile(r"gallery|slideshow|carousel", re.I)
_GUTTER = re.compile(r"^(?:gutter|lineno|linenos|line-?numbers(?:-rows)?|hljs-ln-numbers|rouge-gutter)$", re.I)
_EDITOR = re.compile(r"^(?:article-|ep-)?editors?(?:[_-](?:name|info|line|box))?$", re.I)
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_REASONS = {
    "QR code block": "qr qrcode appendqr erweima ewm",
    "share bar": "share sharing sharebar sharebox sharing social sns addthis jiathis bdsharebuttonbox bshare",
    "related links": "related relate relates recommend recommended recommendation recommendations tuijian xiangguan "
    "hotnews morenews readmore viewmore recirc outbrain taboola mgid zergnet popular trending ranking rank "
    "paihang mostread teaser teasers",
    "comments": "comment comments disqus pinglun livefyre discussion",
    "advertisement": "ad ads adv advert adverts advertisement advertisements advertising adsbygoogle gg sponsor "
    "sponsored promo promos promotion guanggao dfp",
    "subscription prompt": "newsletter newsletters subscribe subscription paywall signup signin login register optin "
    "donate reward dashang",
    "page furniture": "sidebar breadcrumb breadcrumbs crumb crumbs copyright pagination pager pagenav toolbar cookie "
    "cookies consent gdpr modal popup popups nav navbar navigation menu menus footer skip topbar masthead feedback "
    "survey colophon",
    "tags": "tags taglist keywords",
    "gallery": "slider",
    "video placeholder": "video videos player",
    "author's card": "bio authorbio aboutauthor",
}
_REASON_OF = {word: reason for reason, words in _REASONS.items() for word in words.split()}
_TOGETHER = {
    ("read", "more"): "related links",
    ("view", "more"): "related links",
    ("hot", "news"): "related links",
    ("more", "news"): "related links",
    ("most", "read"): "related links",
    ("you", "may"): "related links",
    ("sign", "up"): "subscription prompt",
    ("sign", "in"): "subscription prompt",
    ("about", "author"): "author's card",
    ("author", "bio"): "author's card",
    ("side", "bar"): "page furniture",
    ("tag", "list"): "tags",
    ("page", "nav"): "page furniture",
}
MAX_NAMES = 20
"""Class names looked at of one element; more is a style sheet's noise."""


def never_text(tag: Tag, *, quoted: bool) -> str | None:
    """Why an element with all it holds is no text of any article, whatever it holds; None where it may be.

    :param quoted: Whether it stands in a quotation, whose footer names the one who is quoted.
    """
    if tag.name in _NEVER_TEXT:
        return f"<{tag.name}>"
    if tag.name == "footer" and not quoted:
        return "<footer>"
    if tag.name in ("rt", "rp"):
        return "ruby reading"
    for name in _names(tag):
        if _GUTTER.match(name):
            return "line numbers"
        if _DRAWN.match(name) and _has_its_source(tag, name):
            return "drawn formula"
    return None


def _has_its_source(tag: Tag, name: str) -> bool:
    """Whether a drawn formula is kept in another form beside it, so that it would be told twice."""
    after = tag.find_next_sibling()
    return name in ("katex-html", "MathJax_Preview") or (isinstance(after, Tag) and after.name == "script")


def furniture(tag: Tag) -> str | None:
    """Why an element is likely no article text, by its class, id, role or style; None where nothing speaks against it.

    Whole words of a name count: ``share-bar`` and ``shareBar`` are bars for sharing, ``shareholders`` is not.
    """
    if not tag.attrs:
        return None
    if "hidden" in tag.attrs or _HIDDEN_STYLE.search(str(tag.attrs.get("style", ""))):
        return "hidden"
    role = _ROLES.get(str(tag.attrs.get("role", "")))
    if role:
        return role
    for name in _names(tag):
        if _EDITOR.match(name):
            return "editor line"
        if _GALLERY.search(name):
            return "gallery"
        words = [word.lower() for word in _WORD.findall(name)]
        for word, following in zip_longest(words, words[1:], fillvalue=""):
            reason = _TOGETHER.get((word, following)) or _REASON_OF.get(word)
            if reason:
                return reason
    return None


def _names(tag: Tag) -> list[str]:
    if not tag.attrs:
        return []
    names = [*tag.get_attribute_list("class")[:MAX_NAMES], tag.attrs.get("id")]
    return [str(name)[:80] for name in names if name]
