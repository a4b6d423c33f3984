"""HTML → paragraphs: the page as a tree, walked once without recursion, cut at block elements and line breaks."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

from bs4 import BeautifulSoup
from bs4.element import Comment, Doctype, NavigableString, PreformattedString, Tag

from rag.cleaning.account import Account
from rag.cleaning.rules import reason_to_skip
from rag.cleaning.text import tidy, tidy_code
from rag.types import Body, Kind

_BLOCKS = frozenset(
    "address article aside blockquote body caption center dd details div dl dt fieldset figcaption figure footer "
    "form h1 h2 h3 h4 h5 h6 header hr html legend li main nav ol p pre section summary "
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
_BLOCKS_OF_A_PAGE = ("table", "ul", "ol", "h1", "h2", "h3", "pre")
_MARKUP_TAG = re.compile(r"<[^>]*>?")
_BLANK_LINE = re.compile(r"(\n[ \t]*\n)")


def clean_markup(text: str, first_line: int) -> Body:
    """Turn HTML into paragraphs."""
    soup = BeautifulSoup(text, "html.parser")
    account = Account(first_line)
    heading = soup.find(lambda tag: tag.name == "title" and tag.find_parent("svg") is None) or soup.find("h1")
    account.title = tidy(heading.get_text()) if heading else ""
    flow = _Flow(account)
    for event in _walk(soup, text, account):
        flow.take(event)
    flow.end_paragraph()
    return account.body()


@dataclass(frozen=True, slots=True)
class _Event:
    """A step of the walk: an element opens (``tag``), text stands (``text``), or an element closes."""

    line: int
    tag: Tag
    text: str | None = None
    closes: bool = False


def _walk(root: Tag, source: str, account: Account) -> Iterator[_Event]:
    """Walk a tree in reading order, however deep; elements that are never article text are recorded and passed over."""
    lines = _LineOf(source)
    open_tags: list[tuple[Tag, Iterator[object]]] = [(root, iter(root.contents))]
    line = 1
    while open_tags:
        parent, children = open_tags[-1]
        child = next(children, None)
        if child is None:
            open_tags.pop()
            yield _Event(line, parent, closes=True)
        elif isinstance(child, Tag):
            line = lines.after_start_tag(child) or line
            reason = reason_to_skip(child)
            if reason is None:
                yield _Event(line, child)
                open_tags.append((child, iter(child.contents)))
            else:
                account.remove(child.get_text(), line, reason)
                line = lines.after(child, line)
        elif isinstance(child, NavigableString):
            if not isinstance(child, PreformattedString):
                yield _Event(line, parent, text=str(child))
            elif isinstance(child, Comment) and not isinstance(child, Doctype):
                account.remove(_MARKUP_TAG.sub("", child), line, "comment")
            line += child.count("\n")


class _LineOf:
    """Lines of start tags in the source."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._starts = [0, *(match.end() for match in re.finditer("\n", source))]

    def after(self, tag: Tag, line: int) -> int:
        """The line on which an element ends whose start tag ends on ``line``."""
        for piece in tag.descendants:
            line = (self.after_start_tag(piece) or line) if isinstance(piece, Tag) else line + str(piece).count("\n")
        return line

    def after_start_tag(self, tag: Tag) -> int | None:
        """The line, from 1, on which a start tag ends; None for a tag that the parser made up."""
        if tag.sourceline is None or tag.sourcepos is None:
            return None
        begin = self._starts[min(tag.sourceline, len(self._starts)) - 1] + tag.sourcepos
        end = self._source.find(">", begin)
        return bisect_right(self._starts, end) if end >= 0 else tag.sourceline


class _Flow:
    """Gathers inline text into paragraphs: a block element that opens or closes ends one, and so does ``<br>``."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._pieces: list[str] = []
        self._line = 0
        self._kinds: list[tuple[Tag, Kind]] = []
        self._row: tuple[Tag, int, list[str]] | None = None

    def take(self, event: _Event) -> None:
        """Take one step of the walk."""
        if event.text is not None:
            self._take_inline(event)
        elif event.closes:
            self._close(event.tag)
        else:
            self._open(event.tag, event.line)

    def end_paragraph(self) -> None:
        """Hand over what was gathered."""
        text = "".join(self._pieces)
        kind = self._kinds[-1][1] if self._kinds else Kind.TEXT
        clean_text = tidy_code(text) if kind is Kind.CODE else tidy(text)
        self._pieces = []
        if self._row is not None:
            self._row[2][-1:] = [f"{self._row[2][-1]} {clean_text}".strip()]
        else:
            self._account.add(clean_text, kind, self._line)

    def _take_inline(self, event: _Event) -> None:
        """Text in no element at all is plain text between markup: there a blank line ends a paragraph."""
        line = event.line
        pieces = _BLANK_LINE.split(event.text or "") if event.tag.parent is None else [event.text or ""]
        for number, piece in enumerate(pieces):
            if number % 2:
                self.end_paragraph()
            else:
                self._take_text(piece, line)
            line += piece.count("\n")

    def _take_text(self, text: str, line: int) -> None:
        if not self._pieces:
            blank = len(text) - len(text.lstrip())
            if blank == len(text):
                return
            self._line = line + text.count("\n", 0, blank)
        self._pieces.append(text)

    def _open(self, tag: Tag, line: int) -> None:
        if tag.name == "br":
            self._break(line)
            return
        kind = _kind_of(tag)
        if tag.name in _BLOCKS or kind:
            self.end_paragraph()
        if kind:
            self._kinds.append((tag, kind))
        if tag.name == "tr":
            self._end_row()
        if tag.name == "tr" and _is_data_row(tag):
            self._row = (tag, line, [""])
        elif tag.name in ("td", "th") and self._row is not None:
            self._row[2].append("")

    def _close(self, tag: Tag) -> None:
        if tag.name in _BLOCKS or (self._kinds and self._kinds[-1][0] is tag):
            self.end_paragraph()
        if self._kinds and self._kinds[-1][0] is tag:
            self._kinds.pop()
        if self._row is not None and self._row[0] is tag:
            self._end_row()

    def _end_row(self) -> None:
        """Hand over a row; an empty cell keeps its place, so that columns stay columns."""
        if self._row is not None:
            _, line, cells = self._row
            self._row = None
            self._account.add("\t".join(cells[1:]).rstrip("\t"), Kind.TABLE_ROW, line)

    def _break(self, line: int) -> None:
        if self._kinds and self._kinds[-1][1] is Kind.CODE:
            self._take_text("\n", line)
        else:
            self.end_paragraph()


def _kind_of(tag: Tag) -> Kind | None:
    kind = _KINDS.get(tag.name)
    names = tag.get_attribute_list("class") if tag.attrs and kind is None else []
    return Kind.CAPTION if any(_CAPTION_CLASS.search(str(name)) for name in names if name) else kind


def _is_data_row(row: Tag) -> bool:
    """Whether a row holds data, one value a cell, rather than laying out the page."""
    cells = row.find_all(("td", "th"), recursive=False)
    lays_out = (cell.find(_BLOCKS_OF_A_PAGE) is not None or len(cell.find_all("p")) > 1 for cell in cells)
    return len(cells) > 1 and not any(lays_out)
