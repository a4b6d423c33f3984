"""An article's body → paragraphs, and an account of what was left out and why.

A body is read into blocks of text, whichever way it is marked up; then the blocks are sifted: what stands around an
article in a page, and lines that are the feed's own words, are left out, each with its reason.
"""

from __future__ import annotations

import re

from rag.core.types import Body, Head
from rag.corpus.cleaning.account import Account
from rag.corpus.cleaning.blocks import page_of
from rag.corpus.cleaning.head import head_of
from rag.corpus.cleaning.markdown import is_markdown, page_of_markdown, unwrapped
from rag.corpus.cleaning.page import Page
from rag.corpus.cleaning.plain import page_of_plain
from rag.corpus.cleaning.sift import sift
from rag.corpus.cleaning.source import mend
from rag.corpus.cleaning.tags import escape_strays
from rag.corpus.cleaning.text import bare, tidy
from rag.corpus.cleaning.tree import parse, walk

__all__ = ["bare", "clean", "tidy"]

MAX_MARKDOWN = 1_000_000
"""Characters of the longest Markdown text: reading it takes 300 times its size in memory."""
_WHOLE = re.compile(r"<(?:html|head|body)\b", re.I)
_TELLS_TITLE = re.compile(r"<(?:title|meta|link|h1)\b", re.I)
_TAG = re.compile(r"</?[a-z][^<>]*>|<!--", re.I)
_ENTITY = re.compile(r"&(?:#x?[0-9a-f]{1,6}|[a-z]{2,8});", re.I)


def clean(text: str, first_line: int = 1, title: str = "", *, plain: bool = False) -> Body:
    """Turn an article's body into paragraphs.

    :param text: The body: HTML, whole pages too, Markdown, or plain text.
    :param first_line: The line of the file on which ``text`` begins, from 1.
    :param title: The article's title, where it is known from elsewhere: a page that says it again does so for nothing.
    :param plain: Whether the text is said to be plain: then nothing in it is markup, unless it begins with a tag.

    >>> clean("<p>　　甲。</p><p>责任编辑：乙</p>").paragraphs
    (Paragraph(text='甲。', kind=<Kind.TEXT: 'text'>, line=1, level=0),)
    """
    account = Account(first_line)
    if plain and not text.lstrip().startswith("<"):
        page, head, whole = page_of_plain(text), Head(), False
    else:
        page, head, whole = _read(mend(text), account)
    byline = sift(page, title or head.title, whole=whole)
    account.take(page.blocks)
    return account.body(byline, head)


def _read(text: str, account: Account) -> tuple[Page, Head, bool]:
    """The page, what its head says, and whether it was saved whole, with all that stands around an article."""
    inner = unwrapped(text)
    if len(text) <= MAX_MARKDOWN and is_markdown(inner):
        return page_of_markdown(inner, account.leave_out), Head(), False
    text = escape_strays(text)
    if not _TAG.search(unwrapped(text)) and not _ENTITY.search(inner):
        return page_of_plain(inner), Head(), False
    soup = parse(text)
    head = head_of(soup) if _TELLS_TITLE.search(text) else Head()
    return page_of(walk(soup, text, account.leave_out)), head, _WHOLE.search(text) is not None
