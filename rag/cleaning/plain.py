"""Plain text → paragraphs."""

from __future__ import annotations

import re

from rag.cleaning.account import Account
from rag.cleaning.blocks import Block, Page
from rag.cleaning.sift import sift
from rag.cleaning.text import tidy
from rag.types import Body, Kind

_BLOCK = re.compile(r"[^\n]*\S[^\n]*(?:\n[^\n]*\S[^\n]*)*")
_START = re.compile(r"\s*(?:(?P<heading>#{1,6})\s+|(?P<item>[-*+•]|\d{1,3}[.)、])\s+|(?P<indent>　|    |\t))")


def clean_plain(text: str, first_line: int, title: str) -> Body:
    """Plain text: blank lines and indents begin a paragraph."""
    blocks = []
    for block in _BLOCK.finditer(text):
        line = text.count("\n", 0, block.start()) + 1
        gathered: list[str] = []
        kind, began = Kind.TEXT, line
        for number, row in enumerate(block[0].split("\n"), line):
            mark = _START.match(row)
            if mark or kind is Kind.HEADING:
                blocks.append(Block(tidy("\n".join(gathered)), kind, began))
                gathered, kind, began = [], _kind_of(mark), number
            gathered.append(row[mark.end() :] if mark and kind is not Kind.TEXT else row)
        blocks.append(Block(tidy("\n".join(gathered)), kind, began))
    page = Page([block for block in blocks if block.text], [])
    byline = sift(page, title, whole=False)
    account = Account(first_line)
    account.take(page.blocks)
    return Body(tuple(account.paragraphs), tuple(account.removed), byline)


def _kind_of(mark: re.Match[str] | None) -> Kind:
    if mark and mark["heading"]:
        return Kind.HEADING
    return Kind.LIST_ITEM if mark and mark["item"] else Kind.TEXT
