"""A walk through a page → its blocks of text in reading order, and which stretch of them each element holds."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable
from dataclasses import replace

from bs4.element import Tag

from rag.core.articles import Kind, Removed
from rag.corpus.cleaning.page import Block, ElementRange, Event, Page, left_out
from rag.corpus.cleaning.page_chrome import page_chrome
from rag.corpus.cleaning.tables import Row, is_data_row
from rag.corpus.cleaning.text import bare, tidy, tidy_code

_BLOCKS = frozenset(
    "address article aside blockquote body caption center dd details div dl dt fieldset figcaption figure footer "
    "form h1 h2 h3 h4 h5 h6 header hr html legend li main ol p pre section summary "
    "table tbody td tfoot th thead tr ul".split()
)
_KINDS = {
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), Kind.HEADING),
    **dict.fromkeys(("li", "dt", "dd"), Kind.LIST_ITEM),
    **dict.fromkeys(("figcaption", "caption"), Kind.CAPTION),
    "blockquote": Kind.QUOTE,
    "pre": Kind.CODE,
}
_CAPTION_CLASS = re.compile(r"(?:^|[_-])(?:caption|img_?desc\w*|pic_?desc\w*)(?:$|[_-])", re.I)
_BLANK_LINE = re.compile(r"(\n[ \t]*\n)")
_SUPERSCRIPTS = str.maketrans("0123456789+-−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻")
_POWER = re.compile(r"[+\-−]?\d{1,3}")
OPEN = -1
"""The end of an element that is still open."""
PICTURES = 2
"""Descriptions of pictures that the next text is compared with: the picture's own and its thumbnail's."""


def page_of(events: Iterable[Event], kind: Kind = Kind.TEXT, level: int = 0) -> Page:
    """Gather a walk into blocks: a block element that opens or closes ends one, and so does ``<br>``.

    :param kind: What text is that no element says the kind of.
    :param level: Its level.
    """
    gatherer = _Gatherer(kind, level)
    for event in events:
        gatherer.take(event)
    gatherer.end_block()
    return Page(gatherer.blocks, gatherer.boxes, gatherer.removed)


class _Gatherer:
    """Gathers inline text into blocks."""

    def __init__(self, kind: Kind, level: int) -> None:
        self.blocks: list[Block] = []
        self.boxes: list[ElementRange] = []
        self.removed: list[Removed] = []
        self._else = kind, level
        self._pieces: list[str] = []
        self._begun = False
        self._joint: str | None = None
        self._linked = 0
        self._line = 0
        self._links = 0
        self._lists = 0
        self._kinds: list[tuple[Tag, Kind, int]] = []
        self._open: list[tuple[Tag, ElementRange]] = []
        self._row: Row | None = None
        self._pictures: deque[str] = deque(maxlen=PICTURES)

    def take(self, event: Event) -> None:
        """Take one step of the walk."""
        if event.reason:
            self.removed.append(left_out(event.text or "", event.line, event.reason))
        elif event.text is not None:
            self._take_inline(event)
        elif event.closes:
            self._close(event.tag)
        else:
            self._open_tag(event.tag, event.line)

    def end_block(self, joint: str | None = None) -> None:
        """Hand over what was gathered.

        :param joint: What parts it from the next block, where that may belong to it.
        """
        text = "".join(self._pieces)
        kind, level = self._kinds[-1][1:] if self._kinds else self._else
        clean = tidy_code(text) if kind is Kind.CODE else tidy(text)
        if self._pictures and not self._kinds and bare(clean) in self._pictures:
            kind, level = Kind.CAPTION, 0
        linked = self._linked / max(len(bare(text)), 1)
        self._pieces, self._begun, self._linked = [], False, 0
        if self._row is not None:
            self._row.add(clean, linked)
        elif clean:
            self._hand_over(Block(clean, kind, self._line, level, linked, self._joint))
        if clean or joint is None:
            self._joint = joint if clean else None

    def _hand_over(self, block: Block) -> None:
        self._pictures.clear()
        self.blocks.append(block)

    def _take_inline(self, event: Event) -> None:
        """Text in no element at all is plain text between markup: there a blank line ends a block."""
        line, text = event.line, event.text or ""
        if event.tag.name == "sup":
            text = self._raised(text)
        pieces = _BLANK_LINE.split(text) if event.tag.parent is None else [text]
        for number, piece in enumerate(pieces):
            if number % 2:
                self.end_block()
            else:
                self._take_text(piece, line)
            line += piece.count("\n")

    def _raised(self, text: str) -> str:
        """A power of ten stays one: 10⁸, not 108. Other raised text, such as a note's number, stays as it is."""
        before = self._pieces[-1][-1:] if self._pieces else ""
        return text.translate(_SUPERSCRIPTS) if before.isdigit() and _POWER.fullmatch(text) else text

    def _take_text(self, text: str, line: int) -> None:
        if not self._begun:
            blank = len(text) - len(text.lstrip())
            if blank < len(text):
                self._begun, self._line = True, line + text.count("\n", 0, blank)
            elif not self._is_code:
                return
        self._pieces.append(text)
        if self._links:
            self._linked += len(bare(text))

    @property
    def _space_before(self) -> str:
        """The space, or nothing, that a reader sees where an inline element begins or ends."""
        return " " if self._pieces and self._pieces[-1][-1:].isspace() else ""

    @property
    def _is_code(self) -> bool:
        return bool(self._kinds) and self._kinds[-1][1] is Kind.CODE

    def _open_tag(self, tag: Tag, line: int) -> None:
        if tag.name == "br":
            self._break(line)
            return
        if tag.name == "img":
            self._pictures.append(bare(str(tag.get("alt") or "")))
        self._links += _is_link(tag)
        self._lists += tag.name in ("ul", "ol")
        kind, reason = _kind_of(tag), None if self._row else page_chrome(tag)  # a row of data stays whole
        if tag.name in _BLOCKS or kind or reason:
            self.end_block(None if tag.name in _BLOCKS or kind else self._space_before)
            if tag.name in _BLOCKS and self._open and self._open[-1][0].name == "p":
                self._end_box()  # a block ends a paragraph that was never closed
            self._open.append((tag, ElementRange(tag.name, len(self.blocks), OPEN, reason, _hints(tag))))
        if kind:
            self._kinds.append((tag, kind, self._level(tag)))
        self._open_row(tag, line)

    def _level(self, tag: Tag) -> int:
        if tag.name == "li":
            return max(self._lists, 1)
        return int(tag.name[1]) if _kind_of(tag) is Kind.HEADING else 0

    def _open_row(self, tag: Tag, line: int) -> None:
        if tag.name == "tr":
            self._end_row()
            if is_data_row(tag):
                self._row = Row(tag, line)
        elif tag.name in ("td", "th") and self._row is not None:
            self._row.new_cell()

    def _close(self, tag: Tag) -> None:
        self._links -= _is_link(tag)
        self._lists -= tag.name in ("ul", "ol")
        opened = bool(self._open) and self._open[-1][0] is tag
        if opened:
            self.end_block(None if tag.name in _BLOCKS or _kind_of(tag) else self._space_before)
        if self._kinds and self._kinds[-1][0] is tag:
            self._kinds.pop()
        if self._row is not None and self._row.tag is tag:
            self._end_row()
        if opened:
            self._end_box()
            box = self._open.pop()[1]
            if box.end > box.begin:
                self.boxes.append(box)

    def _end_box(self) -> None:
        tag, box = self._open[-1]
        if box.end == OPEN:
            self._open[-1] = tag, replace(box, end=len(self.blocks))

    def _end_row(self) -> None:
        """Hand over a row; an empty cell keeps its place, so that columns stay columns."""
        row, self._row = self._row, None
        if row is not None and row.text:
            kind = Kind.TABLE_HEADER if row.is_header else Kind.TABLE_ROW
            self._hand_over(Block(row.text, kind, row.line, linked=row.linked))

    def _break(self, line: int) -> None:
        if self._is_code:
            self._take_text("\n", line)
        else:
            self.end_block()


def _kind_of(tag: Tag) -> Kind | None:
    kind = _KINDS.get(tag.name)
    names = tag.get_attribute_list("class") if tag.attrs and kind is None else []
    return Kind.CAPTION if any(_CAPTION_CLASS.search(str(name)) for name in names if name) else kind


def _hints(tag: Tag) -> str:
    """What an element says of itself: class, id and what it is a property of."""
    if not tag.attrs:
        return ""
    names = (*tag.get_attribute_list("class"), tag.attrs.get("id"), tag.attrs.get("itemprop"))
    return " ".join(str(name) for name in names if name)[:200]


def _is_link(tag: Tag) -> bool:
    """Whether an element is a link, one whose address was lost too, rather than the place that a link leads to."""
    return tag.name == "a" and ("href" in tag.attrs or not tag.attrs.keys() & {"name", "id"})
