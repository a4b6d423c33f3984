"""Rules for links to other articles: lists of them that are announced, single ones, and those at an article's edges."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile

from rag.core.articles import Kind, Reason
from rag.corpus.cleaning.lines import MAX_PROMPT
from rag.corpus.cleaning.page import Block, Page, Piece
from rag.corpus.cleaning.text import either_script

LIST_MAX = 200
"""Blocks of the longest list of other articles."""
LABEL_MAX = 16
"""A short line among links is the heading of some of them."""
MAX_LINKS = 0.5
"""Links at the end are the article itself, a list of links, when they are more of it than this."""
READ_MORE_LINKED = 0.3
"""Share of a line 延伸阅读：… that stands in its link."""
_LIST_OF = (
    "延伸|相关|推荐|更多|热门|精彩|往期|精选|编辑|最新|本周|今日|本地|"
    "Related|Recommended|Read|More|Most|Popular|Trending"
)
_WHAT = (
    "阅读|推荐|新闻|文章|链接|报道|资讯|专题|回顾|精选|精彩|内容|看|热点|要闻|"
    r"(?:articles?|stories|reading|posts?|news|more|next|also|from|popular|read|on|topics)\b"
)
_FOR_YOU = "猜[你您]|[你您]可能|为你|大家都在|文章目录|目录$|You may|Related$|Recommended$"
_RELATED = re.compile(
    either_script(
        rf"^[【\[（(■◆●▪➤»>\s]*(?:(?:{_LIST_OF})[\s·•・]{{0,3}}(?:{_WHAT})[^。]{{0,12}}|(?:{_FOR_YOU})[^。]{{0,12}})$"
    ),
    re.I,
)
_READ_MORE = re.compile(
    either_script(r"^(?:Read more|Read also|See also|More|Related|Read|相关|延伸阅读|推荐阅读)\s*[:：].{4,}$"), re.I
)
_REFERENCES = re.compile(
    r"参考|引用|文献|资料|出处|注释|脚注|附录|附件|Reference|Source|Citation|Footnote|Further", re.I
)
_ADDRESS = re.compile(r"^(?:https?://|www\.)|\.(?:docx?|xlsx?|pptx?|pdf|zip|wps)$", re.I)


def announced_in_an_element(page: Page, kept: Sequence[int]) -> Iterator[Piece]:
    """Headings of lists of other articles, with all else in the same element."""
    total = sum(block.prose for block in page.blocks)
    waiting = set(kept)
    for box in page.boxes:
        if 1 < box.end - box.begin <= LIST_MAX and box.begin in waiting and _announces(page.blocks[box.begin]):
            rest = page.blocks[box.begin + 1 : box.end]
            if any(block.is_link for block in rest) and sum(block.prose for block in rest) <= total / 4:
                waiting.difference_update(range(box.begin, box.end))
                yield Piece(range(box.begin, box.end), Reason.RELATED_LINKS)


def announced_by_a_heading(page: Page, kept: Sequence[int]) -> Iterator[Piece]:
    """Headings of lists of other articles, with the links that follow."""
    end = 0
    for at, number in enumerate(kept):
        if at >= end and _announces(page.blocks[number]):
            links = list(takewhile(lambda number: page.blocks[number].is_link, kept[at + 1 : at + LIST_MAX]))
            end = at + 1 + len(links)
            if links:
                yield Piece([number, *links], Reason.RELATED_LINKS)


def _announces(label: Block) -> bool:
    is_short = label.size <= LABEL_MAX
    return is_short and _RELATED.match(label.text) is not None and _REFERENCES.search(label.text) is None


def read_more(page: Page, kept: Sequence[int]) -> Iterator[Piece]:
    """Lines that lead to another article, as 延伸阅读：… does."""
    for number in kept:
        block = page.blocks[number]
        if block.linked > READ_MORE_LINKED and _READ_MORE.match(block.text):
            yield Piece([number], Reason.RELATED_LINKS)


def at_the_edges(page: Page, kept: Sequence[int]) -> Iterator[Piece]:
    """Links before the article's first sentence and after its last, with their headings, unless it refers to them."""
    blocks = page.blocks
    first = next((at for at, number in enumerate(kept) if blocks[number].kind is not Kind.HEADING), 0)
    for run, least in ((_run(page, kept[::-1])[::-1], 2), (_run(page, kept[first:]), 1)):
        links = [at for at, number in enumerate(run) if blocks[number].is_link]
        if len(links) >= least and not any(_refers(blocks[number]) for number in run):
            run = run[_heading_of(page, run[: links[0] + 1]) : links[-1] + 1]
            if _size(page, run) <= MAX_LINKS * _size(page, kept):
                yield Piece(run, Reason.RELATED_LINKS)


def _run(page: Page, numbers: Sequence[int]) -> list[int]:
    """The links that a sequence begins with, and the short lines before, among and after them."""
    return list(takewhile(lambda number: _is_link_or_label(page.blocks[number]), numbers))


def _is_link_or_label(block: Block) -> bool:
    return block.is_link or (block.size <= LABEL_MAX and not block.prose and block.kind is not Kind.CODE)


def _refers(block: Block) -> bool:
    """Whether a text refers to its links: a heading says so, or a link shows where it leads, or leads to a file."""
    if len(block.text) <= MAX_PROMPT and _REFERENCES.search(block.text):
        return True
    return block.is_link and _ADDRESS.search(block.text) is not None


def _heading_of(page: Page, run: Sequence[int]) -> int:
    """Where in a run that ends with its first link the heading of the links stands: it begins an element with them."""
    begins = {box.begin for box in page.boxes if box.begin <= run[-1] < box.end}
    return next((at for at, number in enumerate(run) if number in begins), len(run) - 1)


def _size(page: Page, numbers: Sequence[int]) -> float:
    return sum(page.blocks[number].size for number in numbers)
