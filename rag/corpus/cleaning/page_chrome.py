"""What an element's name, class and style say of it: never text, or a piece of the page around the article."""

from __future__ import annotations

import re
from itertools import zip_longest

from bs4.element import Tag

from rag.core.articles import Reason

_NEVER_TEXT = {reason.strip("<>"): reason for reason in Reason if reason.startswith("<")}
_PAGE_ROLES = ("banner", "contentinfo", "complementary", "search", "dialog", "alertdialog")
_ROLES = {"navigation": Reason.NAV, **dict.fromkeys(_PAGE_ROLES, Reason.PAGE_FURNITURE)}
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)
_DRAWN = re.compile(r"^(?:katex-html|MathJax_Preview|MathJax(?:_\w+)?)$")
_GALLERY = re.compile(r"gallery|slideshow|carousel", re.I)
_GUTTER = re.compile(r"^(?:gutter|lineno|linenos|line-?numbers(?:-rows)?|hljs-ln-numbers|rouge-gutter)$", re.I)
_EDITOR = re.compile(r"^(?:article-|ep-)?editors?(?:[_-](?:name|info|line|box))?$", re.I)
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_FURNITURE = {
    Reason.SHARE_BAR: (0.05, "share sharing sharebar sharebox social sns addthis jiathis bdsharebuttonbox bshare"),
    Reason.TAGS: (0.05, "tags taglist keywords tag-list"),
    Reason.VIDEO_PLACEHOLDER: (0.15, "video videos player"),
    Reason.ADVERTISEMENT: (
        0.15,
        "ad ads adv advert adverts advertisement advertisements advertising adsbygoogle gg sponsor sponsored promo "
        "promos promotion guanggao dfp",
    ),
    Reason.SUBSCRIPTION_PROMPT: (
        0.15,
        "newsletter newsletters subscribe subscription paywall signup signin login register optin donate reward "
        "dashang sign-up sign-in",
    ),
    Reason.EDITOR_LINE: (0.2, ""),
    Reason.RELATED_LINKS: (
        0.2,
        "related relate relates recommend recommended recommendation recommendations tuijian xiangguan hotnews "
        "morenews readmore viewmore recirc outbrain taboola mgid zergnet popular trending ranking rank paihang "
        "mostread teaser teasers read-more view-more hot-news more-news most-read you-may",
    ),
    Reason.AUTHOR_CARD: (0.2, "bio authorbio aboutauthor about-author author-bio"),
    Reason.QR_CODE: (0.3, "qr qrcode appendqr erweima ewm"),
    Reason.PAGE_FURNITURE: (
        0.3,
        "sidebar breadcrumb breadcrumbs crumb crumbs copyright pagination pager pagenav toolbar cookie cookies consent "
        "gdpr modal popup popups nav navbar navigation menu menus footer skip topbar masthead feedback survey colophon "
        "side-bar page-nav",
    ),
    Reason.COMMENTS: (0.5, "comment comments disqus pinglun livefyre discussion"),
    Reason.GALLERY: (0.5, "slider"),
    Reason.HIDDEN: (0.5, ""),
    Reason.NAV: (0.5, ""),
}
"""What an element may be: the greatest share of the page's prose that one holds, for with more it is not what its name
says; and the words that name it, two that stand side by side with a hyphen."""
MAX_PROSE = {reason: most for reason, (most, _) in _FURNITURE.items()}
_REASON_OF = {name: reason for reason, (_, names) in _FURNITURE.items() for name in names.split()}
MAX_NAMES = 20
"""Class names looked at of one element; more is a style sheet's noise."""


def never_text(tag: Tag, *, quoted: bool) -> Reason | None:
    """Why an element with all it holds is no text of any article, whatever it holds; None where it may be.

    :param quoted: Whether it stands in a quotation, whose footer names the one who is quoted.
    """
    reason = _NEVER_TEXT.get(tag.name)
    if reason and not (quoted and reason is Reason.FOOTER):
        return reason
    if tag.name in ("rt", "rp"):
        return Reason.RUBY_READING
    for name in _names(tag):
        if _GUTTER.match(name):
            return Reason.LINE_NUMBERS
        if _DRAWN.match(name) and _has_its_source(tag, name):
            return Reason.DRAWN_FORMULA
    return None


def _has_its_source(tag: Tag, name: str) -> bool:
    """Whether a drawn formula is kept in another form beside it, so that it would be told twice."""
    after = tag.find_next_sibling()
    return name in ("katex-html", "MathJax_Preview") or (isinstance(after, Tag) and after.name == "script")


def page_chrome(tag: Tag) -> Reason | None:
    """Why an element is likely no article text, by its class, id, role or style; None where nothing speaks against it.

    Whole words of a name count: ``share-bar`` and ``shareBar`` are bars for sharing, ``shareholders`` is not.
    """
    if not tag.attrs:
        return None
    if "hidden" in tag.attrs or _HIDDEN_STYLE.search(str(tag.attrs.get("style", ""))):
        return Reason.HIDDEN
    role = _ROLES.get(str(tag.attrs.get("role", "")))
    if role:
        return role
    for name in _names(tag):
        if _EDITOR.match(name):
            return Reason.EDITOR_LINE
        if _GALLERY.search(name):
            return Reason.GALLERY
        words = [word.lower() for word in _WORD.findall(name)]
        for word, following in zip_longest(words, words[1:], fillvalue=""):
            reason = _REASON_OF.get(f"{word}-{following}") or _REASON_OF.get(word)
            if reason:
                return reason
    return None


def _names(tag: Tag) -> list[str]:
    if not tag.attrs:
        return []
    names = [*tag.get_attribute_list("class")[:MAX_NAMES], tag.attrs.get("id")]
    return [str(name)[:80] for name in names if name]
