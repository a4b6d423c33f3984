"""Blocks → those that are the article's and those that are not, by what stands around them and what they say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import accumulate, count, takewhile

from rag.core.types import Byline, Kind
from rag.corpus.cleaning import credit_lines, lines
from rag.corpus.cleaning.bylines import byline_of, merged
from rag.corpus.cleaning.page import Block, ElementRange, Page
from rag.corpus.cleaning.region import article_stretch
from rag.corpus.cleaning.text import bare

MAX_PROSE = {
    "share bar": 0.05,
    "tags": 0.05,
    "video placeholder": 0.15,
    "advertisement": 0.15,
    "subscription prompt": 0.15,
    "editor line": 0.2,
    "related links": 0.2,
    "author's card": 0.2,
    "QR code block": 0.3,
    "page furniture": 0.3,
}
"""An element is not what its name says when it holds a greater share of the prose than this."""
MAX_PROSE_ELSE = 0.5
A_WORD = 20
"""Prose, in characters, that any furniture may hold: a button's or a prompt's."""
OF_PAGES_ONLY = ("author's card", "gallery")
"""What an article's own text may hold, and is furniture only in a page that was saved whole."""
OF_WORDS_ALONE = ("prompt", "copyright line", "image credit", "disclaimer", "how to reach the feed")
EDGE = 8
"""Blocks before the first sentence and after the last in which credits stand."""
NEXT_TO = 8
"""Blocks of a whole page before and after the article in which its credits may stand."""
_ADDRESS = re.compile(r"^(?:https?://|www\.)|\.(?:docx?|xlsx?|pptx?|pdf|zip|wps)$", re.I)
MAX_LINKS = 0.5
"""Links at the end are the article itself, a list of links, when they are more of it than this."""
READ_MORE_LINKED = 0.3
"""Share of a line 延伸阅读：… that stands in its link."""
LIST_MAX = 200
"""Blocks of the longest list of other articles."""
LABEL_MAX = 16
"""A short line among links is the heading of some of them."""


def sift(page: Page, title: str, *, whole: bool) -> Byline:
    """Give each block that is no article text its reason, and tell what the article says of where it comes from.

    :param title: The article's title, as known.
    :param whole: Whether this is a page that was saved whole, with all that stands around an article.
    """
    byline = Byline()
    if whole:
        byline = _leave_out_surroundings(page)
        _leave_out_title(page.blocks, title)
    _leave_out_furniture(page, whole=whole)
    _join(page.blocks)
    _leave_out_announced_links(page)
    byline = merged(byline, _cut_title(page.blocks, title))
    byline = merged(byline, _leave_out_lines(page.blocks))
    byline = merged(byline, _leave_out_credits(page.blocks, whole=whole))
    _leave_out_edge_links(page)
    byline = merged(byline, _leave_out_credits(page.blocks, whole=whole))  # those that links stood around
    byline = merged(byline, _cut_credits(page.blocks))
    _keep_something(page.blocks)
    kept = [block.text for block in _kept(page.blocks) if block.kind is Kind.TEXT]
    return merged(byline, byline_of([*kept[:2], *kept[-1:]]))


_pieces = count(1)


def _mark(blocks: Sequence[Block], reason: str) -> None:
    """Leave blocks out as one piece; those that were left out before keep their reason."""
    piece = next(_pieces)
    for block in _kept(blocks):
        block.reason, block.piece = reason, piece


def _leave_out_furniture(page: Page, *, whole: bool) -> None:
    """Elements that are furniture by name, unless they hold the article, or quote a post from where it is shared."""
    prose = list(accumulate((0.0 if block.reason else block.prose for block in page.blocks), initial=0.0))
    holds = _Holdings(page.blocks)
    gone = ElementRange("", 0, 0)
    for box in reversed(page.boxes):  # the outer before the inner
        is_gone = gone.begin <= box.begin and box.end <= gone.end
        if is_gone or not box.reason or (box.reason in OF_PAGES_ONLY and not whole):
            continue
        most = max(A_WORD, MAX_PROSE.get(box.reason, MAX_PROSE_ELSE) * prose[-1])
        if prose[box.end] - prose[box.begin] <= most and not holds.text_all_the_same(box, whole=whole):
            _mark(page.blocks[box.begin : box.end], box.reason)
            gone = box


class _Holdings:
    """How many blocks of a kind stand before each, so that what an element holds is told without a look at each."""

    def __init__(self, blocks: Sequence[Block]) -> None:
        self._quotes = list(accumulate((block.kind is Kind.QUOTE for block in blocks), initial=0))
        self._linked = list(accumulate((block.linked > 0 for block in blocks), initial=0))
        self._prose = list(accumulate((block.prose > 0 for block in blocks), initial=0))

    def text_all_the_same(self, box: ElementRange, *, whole: bool) -> bool:
        """A post that is quoted where it is shared, and an article's own recommendation in words, without a link."""
        quotes, linked, prose = (sums[box.end] - sums[box.begin] for sums in (self._quotes, self._linked, self._prose))
        if box.reason == "share bar":
            return quotes > 0
        return box.reason == "related links" and not whole and not linked and prose > 0


def _join(blocks: Sequence[Block]) -> None:
    """Put together again what an inline element parted that proved to be text; the emptied block stays in its place."""
    last: Block | None = None
    pieces: list[str] = []
    for block in blocks:
        if block.joint is None or last is None or last.reason or block.reason:
            _say(last, pieces)
            last, pieces = block, [block.text]
        else:
            pieces += [block.joint, block.text]
            block.say("")
    _say(last, pieces)


def _say(block: Block | None, pieces: Sequence[str]) -> None:
    if block is not None and len(pieces) > 1:
        block.say("".join(pieces))


def _leave_out_surroundings(page: Page) -> Byline:
    """What stands around the article in a whole page; credits that stand next to it are read before."""
    begin, end = article_stretch(page)
    byline = Byline()
    for block in [*page.blocks[max(0, begin - NEXT_TO) : begin][::-1], *page.blocks[end : end + NEXT_TO]]:
        byline = merged(byline, _judge_edge(block, whole=True))
    _mark(page.blocks[:begin], "outside the article")
    _mark(page.blocks[end:], "outside the article")
    return byline


def _leave_out_announced_links(page: Page) -> None:
    """Headings of lists of other articles, with the links that follow or that stand in the same element."""
    total = sum(block.prose for block in page.blocks)
    for box in page.boxes:
        label = page.blocks[box.begin]
        if 1 < box.end - box.begin <= LIST_MAX and _announces(label):
            rest = page.blocks[box.begin + 1 : box.end]
            if any(block.is_link for block in rest) and sum(block.prose for block in rest) <= total / 4:
                _mark([label, *rest], "related links")
    kept = list(_kept(page.blocks))
    for number, label in enumerate(kept):
        if _announces(label):
            links = list(takewhile(lambda block: block.is_link, kept[number + 1 : number + LIST_MAX]))
            if links:
                _mark([label, *links], "related links")


def _announces(label: Block) -> bool:
    return not label.reason and label.size <= LABEL_MAX and lines.announces_links(label.text)


def _leave_out_lines(blocks: Sequence[Block]) -> Byline:
    """Lines that tell by themselves that they are none of the article's."""
    byline = Byline()
    for block in _kept(blocks):
        verdict = lines.judge(block.text) if block.kind is not Kind.CODE else None
        if verdict:
            _mark([block], verdict.reason)
            byline = merged(byline, verdict.byline)
        elif block.linked > READ_MORE_LINKED and lines.is_read_more(block.text):
            _mark([block], "related links")
    return byline


def _leave_out_edge_links(page: Page) -> None:
    """Links before the article's first sentence and after its last, with their headings, unless it refers to them."""
    kept = list(_kept(page.blocks))
    size = sum(block.size for block in kept)
    first = next((number for number, block in enumerate(kept) if block.kind is not Kind.HEADING), 0)
    for run, least in ((_run(kept[::-1])[::-1], 2), (_run(kept[first:]), 1)):
        links = [number for number, block in enumerate(run) if block.is_link]
        if len(links) < least or any(lines.announces_references(block.text) or _is_address(block) for block in run):
            continue
        run = run[_heading_of(page, run[: links[0] + 1]) : links[-1] + 1]
        if sum(block.size for block in run) <= MAX_LINKS * size:
            _mark(run, "related links")


def _run(blocks: Sequence[Block]) -> list[Block]:
    """The links that a sequence begins with, and the short lines before, among and after them."""
    run: list[Block] = []
    for block in blocks:
        if not block.is_link and (block.size > LABEL_MAX or block.prose or block.kind is Kind.CODE):
            break
        run.append(block)
    return run


def _is_address(block: Block) -> bool:
    """Whether a link shows where it leads, as those do that a text refers to, or leads to a file."""
    return block.is_link and _ADDRESS.search(block.text) is not None


def _heading_of(page: Page, run: Sequence[Block]) -> int:
    """Where in a run that ends with its first link the heading of the links stands: it begins an element with them."""
    places = {id(block): number for number, block in enumerate(page.blocks)}
    link = places[id(run[-1])]
    begins = {box.begin for box in page.boxes if box.begin <= link < box.end}
    return next((number for number, block in enumerate(run) if places[id(block)] in begins), len(run) - 1)


def _leave_out_credits(blocks: Sequence[Block], *, whole: bool) -> Byline:
    """Credits before the first sentence and after the last, and after it what a feed says of rights and views."""
    byline = Byline()
    for at_end, edge in enumerate((list(_kept(blocks)), list(_kept(blocks))[::-1])):
        for block in edge[:EDGE]:
            byline = merged(byline, _judge_edge(block, whole=whole))
            verdict = (
                lines.judge_end(block.text) if at_end and not block.reason and block.kind is not Kind.CODE else None
            )
            if verdict:
                _mark([block], verdict.reason)
            if block.prose and not block.reason:
                break
    return byline


def _judge_edge(block: Block, *, whole: bool) -> Byline:
    """Leave a block out if it is credits, and tell what they say; a caption names the source of its picture only."""
    if block.kind is Kind.CODE or block.reason:
        return Byline()
    verdict = credit_lines.judge_edge(block.text, whole=whole)
    if verdict is None:
        return Byline()
    _mark([block], verdict.reason)
    return Byline() if block.kind is Kind.CAPTION else verdict.byline


def _cut_title(blocks: Sequence[Block], title: str) -> Byline:
    """原标题 and the title, where they run into the first sentence."""
    for block in list(_kept(blocks))[:2]:
        begin = credit_lines.title_at_start(block.text, title)
        if 0 < begin < len(block.text):
            block.cut.append((block.text[:begin], "original title"))
            block.say(block.text[begin:].lstrip())
            return Byline(original_title=title)
    return Byline()


def _cut_credits(blocks: Sequence[Block]) -> Byline:
    """Credits that stand in the last sentences of the last paragraphs."""
    byline = Byline()
    for block in [block for block in _kept(blocks) if block.prose][-2:]:
        end, verdict = credit_lines.credits_at_end(block.text)
        if verdict:
            block.cut.append((block.text[end:].strip(), verdict.reason))
            block.say(block.text[:end].rstrip())
            byline = merged(byline, verdict.byline)
    return byline


def _keep_something(blocks: Sequence[Block]) -> None:
    """Where a rule of words alone would leave nothing of an article, it is likelier wrong than the article is empty."""
    if next(_kept(blocks), None) is None:
        for block in blocks:
            if block.reason in OF_WORDS_ALONE:
                block.reason = ""


def _leave_out_title(blocks: Sequence[Block], title: str) -> None:
    """The title, where the page says it again before its first sentence, with or without the name of the site."""
    wanted = bare(title)
    for block in _kept(blocks):
        said = bare(block.text)
        if wanted and (said == wanted or (block.kind is Kind.HEADING and wanted.startswith(said))):
            _mark([block], "title")
        if block.prose:
            return


def _kept(blocks: Sequence[Block]) -> Iterator[Block]:
    return (block for block in blocks if block.text and not block.reason)
