"""Plain text → blocks, each with its line."""

from __future__ import annotations

import re

from rag.core.types import Kind
from rag.corpus.cleaning.page import Block, Page
from rag.corpus.cleaning.text import tidy

_BLOCK = re.compile(r"^[^\S\n]*+\S[^\n]*+(?:\n[^\S\n]*+\S[^\n]*+)*+", re.M)
_INDENT = re.compile(r"　|    |\t")


def page_of_plain(text: str) -> Page:
    """The paragraphs of a plain text: a blank line or an indent begins one."""
    blocks: list[Block] = []
    line, at = 1, 0
    for match in _BLOCK.finditer(text):
        line += text.count("\n", at, match.start())
        at = match.start()
        gathered: list[str] = []
        began = line
        for number, row in enumerate(match[0].split("\n"), line):
            if _INDENT.match(row) and gathered:
                blocks.append(Block(tidy("\n".join(gathered)), Kind.TEXT, began))
                gathered = []
            began = began if gathered else number
            gathered.append(row)
        blocks.append(Block(tidy("\n".join(gathered)), Kind.TEXT, began))
    return Page([block for block in blocks if block.text], [])
