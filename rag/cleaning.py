"""HTML → paragraphs, and an account of what was left out and why.

The page is read into a tree, walked once without recursion, and cut into paragraphs at block elements and
line breaks. Elements that are never article text are passed over whole; paragraphs that are the feed's own
words rather than the article's are taken out by what they say. Both are recorded.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

from bs4 import BeautifulSoup
from bs4.element import Comment, Doctype, NavigableString, PreformattedString, Tag

from rag.types import Body, Kind, Paragraph, Removed

CLEANING_VERSION = 1
"""Raised whenever the same file would give other paragraphs: an index of another version is rebuilt."""

SHOWN_OF_REMOVED = 120
"""Characters kept of each piece that was left out."""
PROMPT_MAX = 60
"""A prompt to scan, subscribe or download is short; a longer paragraph that mentions one is article text."""

_MARKUP = re.compile(
    r"<(?:p|div|br|span|h[1-6]|[uo]l|table|article|section|body|html|pre|blockquote|img|a|font|b|strong)\b[^<]*>", re.I
)

_BLOCKS = frozenset(
    "address article aside blockquote body caption center dd details div dl dt fieldset figcaption figure footer "
    "form h1 h2 h3 h4 h5 h6 header hr html legend li main nav ol p pre section summary "
    "table tbody td tfoot th thead tr ul".split()
)
_NEVER_TEXT = frozenset(
    "script style noscript iframe svg template button select option input textarea head nav footer canvas object embed "
    "audio video map form".split()
)
_KINDS = {
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), Kind.HEADING),
    **dict.fromkeys(("li", "dt", "dd"), Kind.LIST_ITEM),
    **dict.fromkeys(("figcaption", "caption"), Kind.CAPTION),
    "blockquote": Kind.QUOTE,
    "pre": Kind.CODE,
}
_CAPTION_CLASS = re.compile(r"(?:^|[_-])(?:caption|img_?desc\w*|pic_?desc\w*)(?:$|[_-])", re.I)
_UNWANTED_CLASS = (
    (re.compile(r"(?:^|[_-])(?:append)?qr(?:code)?(?:$|[_-])", re.I), "QR code block"),
    (re.compile(r"(?:^|[_-])(?:article-)?editor(?:$|[_-])", re.I), "editor line"),
    (re.compile(r"(?:^|[_-])(?:share|sns)(?:$|[_-]?(?:bar|box|btn|buttons|tools|links)?$)", re.I), "share bar"),
    (
        re.compile(r"^(?:related|recommend(?:ed|ation|ations)?|hot-?news|more-?news|view-more|read-?more)$", re.I),
        "related links",
    ),
    (
        re.compile(
            r"^(?:ad|ads|adv|advert|advertisement|adsbygoogle|sidebar|breadcrumbs?|copyright|pagination)$", re.I
        ),
        "page furniture",
    ),
)
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)

_LINE_RULES = (
    (re.compile(r"^[(（【\[]?(?:责任编辑|值班编辑|责编|本文编辑|编辑|校对|审校)\s*[:：丨|].{1,40}$"), "editor line"),
    (re.compile(r"^[(（]作者\s*[:：].{1,40}[)）]$"), "editor line"),
    (re.compile(r"^炒股就看.{0,60}$"), "advertisement"),
    (re.compile(r"^.{0,50}(?:未经.{0,8}许可|禁止转载|版权归.{1,20}所有).{0,20}$"), "copyright line"),
    (re.compile(r"^(?:题图|封面图?)(?:来自|来源).{1,40}$"), "image credit"),
)
_PROMPT = re.compile(
    r"扫(?:一扫|描|码).{0,20}(?:关注|下载|二维码|阅读|加入)|长按.{0,10}二维码|(?:下载|打开|尽在).{0,14}(?:APP|客户端)|"
    r"关注.{0,14}(?:公众号|微信号)|点击.{0,10}(?:阅读原文|关注)",
    re.I,
)
_FIELD = re.compile(r"^(?P<name>原标题|来源|文章来源|稿件来源)\s*[:：丨]\s*(?P<value>.{1,120})$")

_ZERO_WIDTH = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_SPACES = re.compile(r"\s+")
_WIDE = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\U00020000-\U0003ffff]")


def clean(text: str, first_line: int = 1) -> Body:
    """Turn an article's body into paragraphs.

    :param text: The body: HTML, or plain text where it has no element that makes a paragraph.
    :param first_line: The line of the file on which ``text`` begins, from 1.

    >>> clean("<p>　　甲。</p><p>责任编辑：乙</p>").paragraphs
    (Paragraph(text='甲。', kind=<Kind.TEXT: 'text'>, line=1),)
    """
    return _clean_markup(text, first_line) if _MARKUP.search(text) else _clean_plain(text, first_line)


def tidy(text: str) -> str:
    """One line of text: white space runs become one space, or none between wide characters across a line break."""
    text = _ZERO_WIDTH.sub("", text)
    return _SPACES.sub(lambda run: _joint(text, run), text).strip()


def _joint(text: str, run: re.Match[str]) -> str:
    across_lines = "\n" in run[0] and run.start() > 0 and run.end() < len(text)
    if across_lines and _WIDE.match(text[run.start() - 1]) and _WIDE.match(text[run.end()]):
        return ""
    return " "


@dataclass(slots=True)
class _Account:
    """Paragraphs and removals, as they are found."""

    first_line: int
    paragraphs: list[Paragraph] = field(default_factory=list)
    removed: list[Removed] = field(default_factory=list)
    title: str = ""
    source: str = ""

    def add(self, text: str, kind: Kind, line: int) -> None:
        """Keep one paragraph, or record why it is not kept. Lines count from the body's first."""
        if not text:
            return
        if kind is not Kind.CODE:
            named = _FIELD.match(text)
            if named and named["name"] != "原标题":
                self.source = self.source or named["value"]
            reason = f"{named['name']} line" if named else _reason_against(text)
            if reason:
                self.remove(text, line, reason)
                return
        self.paragraphs.append(Paragraph(text, kind, line + self.first_line - 1))

    def remove(self, text: str, line: int, reason: str) -> None:
        """Record what is left out. Empty pieces are nobody's loss and go unrecorded."""
        shown = tidy(text)[:SHOWN_OF_REMOVED]
        if shown:
            self.removed.append(Removed(shown, line + self.first_line - 1, reason))

    def body(self) -> Body:
        """What was found."""
        return Body(tuple(self.paragraphs), tuple(self.removed), self.title, self.source)


def _reason_against(text: str) -> str | None:
    """Why a paragraph's words are the feed's and not the article's; None where they are the article's."""
    if len(text) <= PROMPT_MAX and _PROMPT.search(text):
        return "prompt"
    return next((reason for rule, reason in _LINE_RULES if rule.match(text)), None)


def _clean_markup(text: str, first_line: int) -> Body:
    soup = BeautifulSoup(text, "html.parser")
    account = _Account(first_line)
    heading = soup.find("title") or soup.find("h1")
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


def _walk(root: Tag, source: str, account: _Account) -> Iterator[_Event]:
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
            reason = _reason_to_skip(child)
            if reason is None:
                yield _Event(line, child)
                open_tags.append((child, iter(child.contents)))
            else:
                account.remove(child.get_text(), line, reason)
                line += sum(str(piece).count("\n") for piece in child.descendants if isinstance(piece, NavigableString))
        elif isinstance(child, NavigableString):
            if not isinstance(child, PreformattedString):
                yield _Event(line, parent, text=str(child))
            elif isinstance(child, Comment) and not isinstance(child, Doctype):
                account.remove(_MARKUP_TAG.sub("", child), line, "comment")
            line += child.count("\n")


_MARKUP_TAG = re.compile(r"<[^>]*>?")


class _LineOf:
    """Lines of start tags in the source."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._starts = [0, *(match.end() for match in re.finditer("\n", source))]

    def after_start_tag(self, tag: Tag) -> int | None:
        """The line, from 1, on which a start tag ends; None for a tag that the parser made up."""
        if tag.sourceline is None or tag.sourcepos is None:
            return None
        begin = self._starts[min(tag.sourceline, len(self._starts)) - 1] + tag.sourcepos
        end = self._source.find(">", begin)
        return bisect_right(self._starts, end) if end >= 0 else tag.sourceline


def _reason_to_skip(tag: Tag) -> str | None:
    """Why an element with all it holds is no article text; None where it may be."""
    if tag.name in _NEVER_TEXT:
        return f"<{tag.name}>"
    if not tag.attrs:
        return None
    if "hidden" in tag.attrs or _HIDDEN_STYLE.search(str(tag.attrs.get("style", ""))):
        return "hidden"
    names = [*(tag.get_attribute_list("class")), tag.attrs.get("id")]
    for name in filter(None, names):
        for rule, reason in _UNWANTED_CLASS:
            if rule.search(str(name)):
                return reason
    return None


class _Flow:
    """Gathers inline text into paragraphs: a block element that opens or closes ends one, and so does ``<br>``."""

    def __init__(self, account: _Account) -> None:
        self._account = account
        self._pieces: list[str] = []
        self._line = 0
        self._kinds: list[tuple[Tag, Kind]] = []
        self._row: tuple[Tag, int, list[str]] | None = None

    def take(self, event: _Event) -> None:
        """Take one step of the walk."""
        if event.text is not None:
            self._take_text(event.text, event.line)
        elif event.closes:
            self._close(event.tag)
        else:
            self._open(event.tag, event.line)

    def end_paragraph(self) -> None:
        """Hand over what was gathered."""
        text = "".join(self._pieces)
        kind = self._kinds[-1][1] if self._kinds else Kind.TEXT
        clean_text = _tidy_code(text) if kind is Kind.CODE else tidy(text)
        self._pieces = []
        if self._row is not None:
            self._row[2][-1:] = [f"{self._row[2][-1]} {clean_text}".strip()]
        else:
            self._account.add(clean_text, kind, self._line)

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
            _, line, cells = self._row
            self._row = None
            self._account.add("\t".join(filter(None, cells)), Kind.TABLE_ROW, line)

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
    return len(cells) > 1 and not any(cell.find(("table", "ul", "ol", "h1", "h2", "h3", "pre")) for cell in cells)


def _tidy_code(text: str) -> str:
    lines = [line.rstrip() for line in text.replace("\xa0", " ").splitlines()]
    return "\n".join(lines).strip("\n")


_PLAIN_BLOCK = re.compile(r"[^\n]*\S[^\n]*(?:\n[^\n]*\S[^\n]*)*")
_PLAIN_START = re.compile(r"\s*(?:(?P<heading>#{1,6})\s+|(?P<item>[-*+•]|\d{1,3}[.)、])\s+|(?P<indent>　|    |\t))")


def _clean_plain(text: str, first_line: int) -> Body:
    """Plain text or simple Markdown: blank lines, indents, ``#`` headings and list marks begin a paragraph."""
    account = _Account(first_line)
    for block in _PLAIN_BLOCK.finditer(text):
        line = text.count("\n", 0, block.start()) + 1
        gathered: list[str] = []
        kind, began = Kind.TEXT, line
        for number, row in enumerate(block[0].split("\n"), line):
            mark = _PLAIN_START.match(row)
            if mark or kind is Kind.HEADING:
                account.add(tidy("\n".join(gathered)), kind, began)
                gathered, kind, began = [], _plain_kind(mark), number
            gathered.append(row[mark.end() :] if mark and kind is not Kind.TEXT else row)
        account.add(tidy("\n".join(gathered)), kind, began)
    return account.body()


def _plain_kind(mark: re.Match[str] | None) -> Kind:
    if mark and mark["heading"]:
        return Kind.HEADING
    return Kind.LIST_ITEM if mark and mark["item"] else Kind.TEXT
