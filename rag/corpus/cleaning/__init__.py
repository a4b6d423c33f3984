"""An article's body → paragraphs, and an account of what was left out and why.

A body is read into blocks of text, whichever way it is marked up; then the blocks are sifted: what stands around an
article in a page, and lines that are the feed's own words, are left out, each with its reason.
"""

from __future__ import annotations

import re
from dataclasses import replace

from rag.core.articles import Body, Head, Kind
from rag.corpus.cleaning.blocks import page_of
from rag.corpus.cleaning.filter_blocks import filter_blocks
from rag.corpus.cleaning.head import head_of
from rag.corpus.cleaning.markdown import is_markdown, page_of_markdown, unwrapped
from rag.corpus.cleaning.page import Block, Page
from rag.corpus.cleaning.source import mend
from rag.corpus.cleaning.tags import escape_strays
from rag.corpus.cleaning.text import tidy
from rag.corpus.cleaning.tree import parse, walk

__all__ = ["clean", "tidy"]

MAX_MARKDOWN = 1_000_000
"""Characters of the longest Markdown text: reading it takes 300 times its size in memory."""
_WHOLE = re.compile(r"<(?:html|head|body)\b", re.I)
_TELLS_TITLE = re.compile(r"<(?:title|meta|link|h1)\b", re.I)
_TAG = re.compile(r"</?[a-z][^<>]*>|<!--", re.I)
_ENTITY = re.compile(r"&(?:#x?[0-9a-f]{1,6}|[a-z]{2,8});", re.I)
_PLAIN_BLOCK = re.compile(r"^[^\S\n]*+\S[^\n]*+(?:\n[^\S\n]*+\S[^\n]*+)*+", re.M)
_PLAIN_INDENT = re.compile(r"　|    |\t")


def clean(text: str, first_line: int = 1, title: str = "", *, plain: bool = False) -> Body:
    """Turn an article's body into paragraphs.

    :param text: The body: HTML, whole pages too, Markdown, or plain text.
    :param first_line: The line of the file on which ``text`` begins, from 1.
    :param title: The article's title, where it is known from elsewhere: a page that says it again does so for nothing.
    :param plain: Whether the text is said to be plain: then nothing in it is markup, unless it begins with a tag.

    >>> clean("<p>　　甲。</p><p>责任编辑：乙</p>").paragraphs
    (Paragraph(text='甲。', kind=<Kind.TEXT: 'text'>, line=1, level=0),)
    """
    is_plain = plain and not text.lstrip().startswith("<")
    page = _page_of_plain(text, first_line) if is_plain else _read(mend(text), first_line)
    return filter_blocks(replace(page, title=title or page.head.title))


def _read(text: str, first_line: int) -> Page:
    """A body by what it looks like: Markdown, plain text, or else HTML."""
    inner = unwrapped(text)
    if len(text) <= MAX_MARKDOWN and is_markdown(inner):
        return page_of_markdown(inner, first_line)
    text = escape_strays(text)
    if not _TAG.search(unwrapped(text)) and not _ENTITY.search(inner):
        return _page_of_plain(inner, first_line)
    soup = parse(text)
    head = head_of(soup) if _TELLS_TITLE.search(text) else Head()
    return replace(page_of(walk(soup, text, first_line)), head=head, whole=_WHOLE.search(text) is not None)


def _page_of_plain(text: str, first_line: int) -> Page:
    """The paragraphs of a plain text: a blank line or an indent begins one."""
    blocks: list[Block] = []
    line, at = first_line, 0
    for match in _PLAIN_BLOCK.finditer(text):
        line += text.count("\n", at, match.start())
        at = match.start()
        gathered: list[str] = []
        began = line
        for number, row in enumerate(match[0].split("\n"), line):
            if _PLAIN_INDENT.match(row) and gathered:
                blocks.append(Block(tidy("\n".join(gathered)), Kind.TEXT, began))
                gathered = []
            began = began if gathered else number
            gathered.append(row)
        blocks.append(Block(tidy("\n".join(gathered)), Kind.TEXT, began))
    return Page([block for block in blocks if block.text])
