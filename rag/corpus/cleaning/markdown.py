"""Markdown, with or without HTML in it → blocks, each with its line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from markdown_it import MarkdownIt
from markdown_it.common.utils import normalizeReference
from markdown_it.token import Token

from rag.core.articles import Kind, Reason, Removed
from rag.corpus.cleaning.blocks import page_of
from rag.corpus.cleaning.page import Block, ElementRange, Page, left_out
from rag.corpus.cleaning.tags import escape_strays
from rag.corpus.cleaning.text import tidy, tidy_code
from rag.corpus.cleaning.tree import parse, walk

_MARKS = re.compile(
    r"^(?:#{1,6}[ \t]+\S|```|~~~|[ ]{0,3}(?:[-*+]|\d{1,2}[.)])[ \t]+\S|>[ \t]?\S|\|.+\|[ \t]*$)|"
    r"`[^`\n]{1,200}`|\[[^\]\n]{1,200}\]\([^)\s]{1,500}\)|\*\*[^*\n]{1,200}\*\*",
    re.M,
)
_BLOCK_TAG = re.compile(r"<(?:p|div|h[1-6]|[uo]l|li|table|tr|article|section|blockquote|figure)\b", re.I)
_CODE = re.compile(r"<(?:(?P<name>pre|script|style|textarea)\b|!--)", re.I)
_CODE_END = {name: re.compile(rf"</{name}\s*+>", re.I) for name in ("pre", "script", "style", "textarea")}
_CODE_END[""] = re.compile("-->")
_WRAPPER = re.compile(r"\A(\s*)<div\b[^>]*>(.*)</div>(\s*)\Z", re.I | re.S)
_STRONG_LEFT = re.compile(r"\*\*(?=\S)([^*\n]{1,200}?)(?<=\S)\*\*")
_CODE_TAG = re.compile(r"^\{%[ \t]*(?:end)?(?:codeblock|highlight)\b.*?%\}[ \t]*$", re.M)
_ADDRESS = re.compile(r"^ {0,3}\[([^\]\n^][^\]\n]{0,200})\]:[ \t]+<?((?:\w{2,10}:|[/#.])[^\s>]*).*$")
"""A line [1]: https://… that gives links their address. The parser's own rule takes notes and sentences for such."""
_FENCE = re.compile(r" {0,3}(?:```|~~~)")
_CELL_END = re.compile(r"(?<!\\)\|")
_INDENT = re.compile(r"\n(?=　)")
NESTED_MAX = 100
"""Lists and quotes in each other that the parser reads; it drops what lies deeper, so deeper text is read as plain."""
OPEN_BRACKETS_MAX = 1_000
"""Brackets that are never closed: the parser looks for the end of each anew."""
_TOO_DEEP = re.compile(rf"^[> \t*+-]{{{NESTED_MAX - 20},}}[^\s>*+-]", re.M)
_PARSER = MarkdownIt("commonmark", {"maxNesting": NESTED_MAX})
_PARSER.enable(["table", "strikethrough"]).disable(["code", "reference"])
"""Indented text is no code: writers indent paragraphs. Code stands in fences."""


def unwrapped(text: str) -> str:
    """A body without the one ``<div>`` that a feed puts around it; line breaks stay."""
    match = _WRAPPER.match(text)
    return "".join(match.groups()) if match and "<div" not in match[2].lower() else text


def is_markdown(text: str) -> bool:
    """Whether a body is marked up by Markdown's marks more than by elements."""
    text = _without_code(text)
    marks = len(_MARKS.findall(text))
    is_sane = not _TOO_DEEP.search(text) and text.count("[") <= text.count("]") + OPEN_BRACKETS_MAX
    return marks > 2 * len(_BLOCK_TAG.findall(text)) and is_sane


def _without_code(text: str) -> str:
    """A text without comments and elements that hold no Markdown; an end that is nowhere is looked for once."""
    pieces: list[str] = []
    endless: set[str] = set()
    at = 0
    for begin in _CODE.finditer(text):
        name = (begin["name"] or "").lower()
        if begin.start() < at or name in endless:
            continue
        end = _CODE_END[name].search(text, begin.end())
        if end:
            pieces.append(text[at : begin.start()])
            at = end.end()
        else:
            endless.add(name)
    return "".join([*pieces, text[at:]])


def page_of_markdown(text: str, first_line: int) -> Page:
    """The blocks of a Markdown text; HTML in it is read as HTML.

    :param first_line: The line of the file on which the text begins.
    """
    lines = _CODE_TAG.sub("```", text).split("\n")
    addresses, removed = _without_addresses(lines, first_line)
    reader = _Reader(lines, first_line, removed)
    for token in _PARSER.parse("\n".join(lines), {"references": addresses}):
        reader.take(token)
    return Page(reader.blocks, reader.boxes, reader.removed)


def _without_addresses(lines: list[str], first_line: int) -> tuple[dict[str, dict[str, str]], list[Removed]]:
    """Empty the lines that give links their address: these addresses by name, and the lines."""
    addresses: dict[str, dict[str, str]] = {}
    removed: list[Removed] = []
    in_code = False
    for number, line in enumerate(lines):
        in_code ^= _FENCE.match(line) is not None
        match = None if in_code else _ADDRESS.match(line)
        if match:
            addresses[normalizeReference(match[1])] = {"href": match[2], "title": ""}
            removed.append(left_out(line, first_line + number, Reason.LINK_ADDRESS))
            lines[number] = ""
    return addresses, removed


class _Reader:
    """Takes the tokens of a Markdown text one by one."""

    def __init__(self, rows: Sequence[str], first_line: int, removed: list[Removed]) -> None:
        self.blocks: list[Block] = []
        self.boxes: list[ElementRange] = []
        self.removed = removed
        self._rows = rows
        self._first_line = self._line = first_line
        self._heading = 0
        self._lists = 0
        self._quotes = 0
        self._cells: list[str] | None = None
        self._in_head = False

    def take(self, token: Token) -> None:
        """Take one token."""
        if token.map:
            self._line = self._first_line + token.map[0]
        match token.type.removesuffix("_open").removesuffix("_close"):
            case "inline":
                self._take_inline(token)
            case "fence":
                self._take_code(token)
            case "html_block":
                self._take_html(token.content, Kind.TEXT, 0)
            case "tr" if token.nesting > 0:
                self._cells = []
            case "tr":
                self._end_row()
            case element:
                self._within(element, token)

    def _within(self, element: str, token: Token) -> None:
        """Keep in mind which elements are open."""
        if element == "heading":
            self._heading = int(token.tag[1]) if token.nesting > 0 else 0
        elif element in ("bullet_list", "ordered_list"):
            self._lists += token.nesting
        elif element == "blockquote":
            self._quotes += token.nesting
        elif element == "thead":
            self._in_head = token.nesting > 0

    def _take_inline(self, token: Token) -> None:
        for child in token.children or ():
            if child.type == "text":
                child.content = _STRONG_LEFT.sub(r"\1", child.content)
        html = _PARSER.renderer.render(token.children or [], _PARSER.options, {})
        if self._cells is not None:
            is_markup = "<" in html or "&" in html
            self._cells.append(tidy(parse(escape_strays(html)).get_text() if is_markup else html))
            return
        kind, level = Kind.TEXT, 0
        if self._heading:
            kind, level = Kind.HEADING, self._heading
        elif self._lists:
            kind, level = Kind.LIST_ITEM, self._lists
        elif self._quotes:
            kind = Kind.QUOTE
        self._take_html(_INDENT.sub("\n<br>", html), kind, level)

    def _take_html(self, html: str, kind: Kind, level: int) -> None:
        html = escape_strays(html)
        page = page_of(walk(parse(html), html, self._line), kind, level)
        before = len(self.blocks)
        self.blocks += page.blocks
        self.boxes += [replace(box, begin=box.begin + before, end=box.end + before) for box in page.boxes]
        self.removed += page.removed

    def _take_code(self, token: Token) -> None:
        code = tidy_code(token.content)
        if code:
            blank = len(token.content) - len(token.content.lstrip("\n"))
            self.blocks.append(Block(code, Kind.CODE, self._line + 1 + blank))

    def _end_row(self) -> None:
        """Hand over a row, with the cells that stand beyond the table's last column, which the parser drops."""
        cells, self._cells = self._cells or [], None
        written = _CELL_END.split(self._rows[self._line - self._first_line].strip().removeprefix("|"))
        cells += [tidy(cell) for cell in written[len(cells) :]]
        if any(cells):
            kind = Kind.TABLE_HEADER if self._in_head else Kind.TABLE_ROW
            self.blocks.append(Block("\t".join(cells).rstrip("\t"), kind, self._line))
