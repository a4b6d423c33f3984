"""A walk through a page → its blocks of text in reading order, and which stretch of them each element holds."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from bs4.element import Tag

from rag.cleaning.furniture import furniture
from rag.cleaning.text import bare, tidy, tidy_code
from rag.cleaning.tree import Event
from rag.scripts import size
from rag.types import Kind

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
_BLOCKS_OF_A_PAGE = ("table", "tr", "ul", "ol", "h1", "h2", "h3", "pre")
_BLANK_LINE = re.compile(r"(\n[ \t]*\n)")
_MARK = re.compile(r"[，。！？；,;!?]|\.(?:\s|$|[”\"')])")
_END = re.compile(r"[。！？!?…]|\.(?:\s|$|[”\"')])")
_SUPERSCRIPTS = str.maketrans("0123456789+-−", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻")
_POWER = re.compile(r"[+\-−]?\d{1,3}")
PROSE_MIN = 12
"""A shorter text with a comma in it may be a link's title or a menu."""
LINKED = 0.6
"""A block of which this share stands in links is a link, with a word or two beside it."""
OPEN = -1
"""The end of an element that is still open."""
PICTURES = 2
"""Descriptions of pictures that the next text is compared with: the picture's own and its thumbnail's."""


@dataclass(slots=True)
class Block:
    """A stretch of text that a reader sees as one.

    :param linked: Share of its characters that stand in links.
    :param joint: What stood between it and the block before, where only an inline element that may be furniture parts
        the two; None where they are two in any case.
    :param reason: Why it is left out; empty where it is kept.
    :param piece: Blocks that were left out as one have the same number.
    :param cut: What was cut from its beginning and end, each with the reason.
    """

    text: str
    kind: Kind
    line: int
    level: int = 0
    linked: float = 0.0
    joint: str | None = None
    reason: str = ""
    piece: int = 0
    cut: list[tuple[str, str]] = field(default_factory=list)

    size: float = field(init=False)
    prose: float = field(init=False)

    def __post_init__(self) -> None:
        self.say(self.text)

    def say(self, text: str) -> None:
        """Take another text: its size is measured in Chinese characters, and so is prose, text written in sentences."""
        self.text = text
        self.size = size(text)
        marks = not self.is_link and self.kind is not Kind.CODE and _MARK.search(text) is not None
        self.prose = self.size if marks and (self.size >= PROSE_MIN or _END.search(text)) else 0.0

    @property
    def is_link(self) -> bool:
        """Whether it is a link, or links side by side."""
        return self.linked >= LINKED


@dataclass(slots=True)
class Box:
    """An element and the blocks that it holds: ``blocks[begin:end]``.

    :param reason: What its name says it is instead of article text; empty where its name says nothing.
    """

    name: str
    begin: int
    end: int
    reason: str = ""
    hints: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """The blocks of a page, and its elements from the outer to the inner."""

    blocks: list[Block]
    boxes: list[Box]


def page_of(events: Iterable[Event]) -> Page:
    """Gather a walk into blocks: a block element that opens or closes ends one, and so does ``<br>``."""
    gatherer = _Gatherer()
    for event in events:
        gatherer.take(event)
    gatherer.end_block()
    return Page(gatherer.blocks, gatherer.boxes)


class _Gatherer:
    """Gathers inline text into blocks."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.boxes: list[Box] = []
        self._pieces: list[str] = []
        self._begun = False
        self._joint: str | None = None
        self._linked = 0
        self._line = 0
        self._links = 0
        self._lists = 0
        self._kinds: list[tuple[Tag, Kind, int]] = []
        self._open: list[tuple[Tag, Box]] = []
        self._row: _Row | None = None
        self._pictures: deque[str] = deque(maxlen=PICTURES)

    def take(self, event: Event) -> None:
        """Take one step of the walk."""
        if event.text is not None:
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
        kind, level = self._kinds[-1][1:] if self._kinds else (Kind.TEXT, 0)
        clean = tidy_code(text) if kind is Kind.CODE else tidy(text)
        linked = self._linked / max(len(bare(text)), 1)
        self._pieces, self._begun, self._linked = [], False, 0
        if self._row is not None:
            self._row.add(clean, linked)
        elif clean:
            self._hand_over(Block(clean, kind, self._line, level, linked, self._joint))
        if clean or joint is None:
            self._joint = joint if clean else None

    def _hand_over(self, block: Block) -> None:
        if block.kind is Kind.TEXT and bare(block.text) in self._pictures:
            block.kind = Kind.CAPTION
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
        self._links += tag.name == "a" and "href" in tag.attrs
        self._lists += tag.name in ("ul", "ol")
        kind, reason = _kind_of(tag), furniture(tag) or ""
        if tag.name in _BLOCKS or kind or reason:
            self.end_block(None if tag.name in _BLOCKS or kind else self._space_before)
            if reason:
                self._end_row()
            if tag.name in _BLOCKS and self._open and self._open[-1][0].name == "p":
                self._end_box(self._open[-1][1])  # a block ends a paragraph that was never closed
            self._open.append((tag, Box(tag.name, len(self.blocks), OPEN, reason, _hints(tag))))
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
            if _is_data_row(tag):
                self._row = _Row(tag, line)
        elif tag.name in ("td", "th") and self._row is not None:
            self._row.new_cell()

    def _close(self, tag: Tag) -> None:
        self._links -= tag.name == "a" and "href" in tag.attrs
        self._lists -= tag.name in ("ul", "ol")
        opened = bool(self._open) and self._open[-1][0] is tag
        if opened:
            self.end_block(None if tag.name in _BLOCKS or _kind_of(tag) else self._space_before)
        if self._kinds and self._kinds[-1][0] is tag:
            self._kinds.pop()
        if self._row is not None and self._row.tag is tag:
            self._end_row()
        if opened:
            box = self._open.pop()[1]
            self._end_box(box)
            if box.end > box.begin:
                self.boxes.append(box)

    def _end_box(self, box: Box) -> None:
        if box.end == OPEN:
            box.end = len(self.blocks)

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


class _Row:
    """A row of a data table, cell by cell."""

    def __init__(self, tag: Tag, line: int) -> None:
        self.tag = tag
        self.line = line
        cells = tag.find_all(("td", "th"), recursive=False)
        in_head = isinstance(tag.parent, Tag) and tag.parent.name == "thead"
        is_first = tag.find_previous_sibling("tr") is None
        self.is_header = in_head or all(cell.name == "th" or (is_first and _is_bold(cell)) for cell in cells)
        self._cells: list[str] = []
        self._linked = 0.0

    def new_cell(self) -> None:
        """Begin a cell."""
        self._cells.append("")

    def add(self, text: str, linked: float) -> None:
        """Add text to the cell that is open; what stands between cells goes to the one before."""
        if text and not self._cells:
            self.new_cell()
        if text:
            self._cells[-1] = f"{self._cells[-1]} {text}".strip()
            self._linked += linked * len(bare(text))

    @property
    def text(self) -> str:
        """The cells, a tab between them."""
        return "\t".join(self._cells).rstrip("\t")

    @property
    def linked(self) -> float:
        """Share of the row that stands in links."""
        return self._linked / max(len(bare(self.text)), 1)


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


def _is_bold(cell: Tag) -> bool:
    """Whether all that a cell says is bold, as the first row of a table without ``<th>`` often is."""
    said = bare(cell.get_text())
    return bool(said) and said == "".join(bare(bold.get_text()) for bold in cell.find_all(("b", "strong")))


def _is_data_row(row: Tag) -> bool:
    """Whether a row holds data, one value a cell, rather than laying out the page."""
    cells = row.find_all(("td", "th"), recursive=False)
    return len(cells) > 1 and not any(map(_lays_out, cells))


def _lays_out(cell: Tag) -> bool:
    """Whether a cell holds blocks of a page, or more than one paragraph; the search ends at the first that tells."""
    paragraphs = 0
    waiting: list[object] = [cell]
    while waiting:
        tag = waiting.pop()
        if isinstance(tag, Tag):
            paragraphs += tag.name == "p"
            if tag.name in _BLOCKS_OF_A_PAGE or paragraphs > 1:
                return True
            waiting.extend(reversed(tag.contents))
    return False
