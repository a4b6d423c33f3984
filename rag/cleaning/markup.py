"""HTML → paragraphs: the page as a tree, walked into blocks, and the blocks sifted."""

from __future__ import annotations

import re

from rag.cleaning.account import Account
from rag.cleaning.blocks import page_of
from rag.cleaning.bylines import byline_in_comment, merged
from rag.cleaning.head import head_of
from rag.cleaning.sift import sift
from rag.cleaning.source import mend
from rag.cleaning.tree import parse, walk
from rag.types import Body, Byline

_WHOLE = re.compile(r"<(?:html|head|body)\b", re.I)


def clean_markup(text: str, first_line: int, title: str) -> Body:
    """Turn HTML into paragraphs."""
    text = mend(text)
    soup = parse(text)
    head = head_of(soup)
    account = Account(first_line)
    page = page_of(walk(soup, text, account.leave_out))
    byline = sift(page, title or head.title, whole=bool(_WHOLE.search(text)))
    swallowed = (byline_in_comment(piece.text) for piece in account.removed if piece.reason == "comment")
    byline = merged(byline, Byline(reporter=next((found.reporter for found in swallowed if found.reporter), "")))
    account.take(page.blocks)
    account.removed.sort(key=lambda piece: piece.line)
    return Body(tuple(account.paragraphs), tuple(account.removed), byline, head)
