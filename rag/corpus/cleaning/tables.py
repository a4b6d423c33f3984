"""Tables: rows that hold data, and rows that lay out a page."""

from __future__ import annotations

from bs4.element import NavigableString, Tag

from rag.corpus.cleaning.text import bare

MAX_BREAKS = 3
"""Line breaks in a cell of data; a cell with more lays out a page."""
_BLOCKS_OF_A_PAGE = ("table", "tr", "ul", "ol", "h1", "h2", "h3", "pre")


class Row:
    """A row of a data table, cell by cell."""

    def __init__(self, tag: Tag, line: int) -> None:
        self.tag = tag
        self.line = line
        cells = tag.find_all(("td", "th"), recursive=False)
        in_head = isinstance(tag.parent, Tag) and tag.parent.name == "thead"
        is_first = tag.find_previous_sibling("tr") is None
        self.is_header = in_head or all(cell.name == "th" or (is_first and _is_bold(cell)) for cell in cells)
        self._cells: list[list[str]] = []
        self._linked = 0.0

    def new_cell(self) -> None:
        """Begin a cell."""
        self._cells.append([])

    def add(self, text: str, linked: float) -> None:
        """Add text to the cell that is open; what stands between cells goes to the one before."""
        if not text:
            return
        if not self._cells:
            self.new_cell()
        said = text.rstrip() if self._cells[-1] else text.strip()
        if said:
            self._cells[-1].append(said)
        self._linked += linked * len(bare(text))

    @property
    def text(self) -> str:
        """The cells, a tab between them."""
        return "\t".join(map(" ".join, self._cells)).rstrip("\t")

    @property
    def linked(self) -> float:
        """Share of the row that stands in links."""
        return self._linked / max(len(bare(self.text)), 1)


def is_data_row(row: Tag) -> bool:
    """Whether a row holds data, one value a cell, rather than laying out the page."""
    cells = row.find_all(("td", "th"), recursive=False)
    return len(cells) > 1 and not any(map(_lays_out, cells))


def _lays_out(cell: Tag) -> bool:
    """Whether a cell holds blocks of a page, or more than one paragraph; the search ends at the first that tells."""
    paragraphs = breaks = 0
    for piece in cell.descendants:
        if isinstance(piece, Tag):
            paragraphs += piece.name == "p"
            breaks += piece.name == "br"
            if piece.name in _BLOCKS_OF_A_PAGE or paragraphs > 1 or breaks > MAX_BREAKS:
                return True
    return False


def _is_bold(cell: Tag) -> bool:
    """Whether all that a cell says is bold, as the first row of a table without ``<th>`` often is."""
    waiting: list[tuple[object, bool]] = [(cell, False)]
    is_bold = False
    while waiting:
        piece, in_bold = waiting.pop()
        if isinstance(piece, Tag):
            in_bold = in_bold or piece.name in ("b", "strong")
            waiting.extend((child, in_bold) for child in piece.contents)
        elif type(piece) is NavigableString and piece.strip():
            if not in_bold:
                return False
            is_bold = True
    return is_bold
