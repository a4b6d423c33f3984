"""Where in a page that was saved whole the article stands."""

from __future__ import annotations

import re
from itertools import accumulate

from rag.core.articles import Kind
from rag.corpus.cleaning.page import Block, ElementRange, Page, sums_of

LINK_COST = 8.0
"""What a link counts against the element that holds it, besides its size."""
STRAY_COST = 4.0
"""What a word or two that is no sentence counts against it: a menu's entry, a label, a number."""
SHARE = 0.8
"""An inner element that holds this share of the prose is taken in place of the outer one."""
NAMED_SHARE = 0.6
"""The same for an element that calls itself the article."""
MAX_STEPS = 12
"""Steps inwards; real pages take a few."""
_NO_REGION = frozenset("p li ul ol dl dt dd blockquote figure h1 h2 h3 h4 h5 h6 span a em strong b i".split())
"""Parts of an article, never the whole."""
LEFT = 0.2
"""Share of the prose that must be left without what is furniture by name, for names to be believed."""
_NAMED = re.compile(
    r"articlebody|article[-_]?(?:body|content|text|main)|post[-_]?(?:body|content|entry|text)|entry[-_]?content|story[-_]?body|"
    r"main[-_]?content|content[-_]?(?:body|article|text|main|area)|artibody|endtext|cnt[-_]?main|"
    r"rich_media_content|markdown-body|^content$|^article$|^text$|^zoom$",
    re.I,
)


def article_stretch(page: Page) -> tuple[int, int]:
    """The blocks of the article: those of the element in which prose outweighs links and stray words most.

    From there inwards as long as one element holds most of the prose: so comments and notes on the same level stay
    outside. What is furniture by name counts for nothing, unless hardly any prose is left without it.
    """
    prose = [block.prose for block in page.blocks]
    without = _without_furniture(page, prose)
    return _stretch(page, without if sum(without) > LEFT * sum(prose) else prose)


def _without_furniture(page: Page, prose: list[float]) -> list[float]:
    """The prose without that in elements that are furniture by name and do not hold most of it."""
    sums = sums_of(prose)
    named = [box for box in page.boxes if box.reason and box.held(sums) <= sums[-1] / 2]
    depth = [0] * (len(prose) + 1)
    for box in named:
        depth[box.begin] += 1
        depth[box.end] -= 1
    return [0.0 if open_boxes else size for size, open_boxes in zip(prose, accumulate(depth), strict=False)]


def _stretch(page: Page, prose: list[float]) -> tuple[int, int]:
    worth, sums = sums_of(map(_weight, page.blocks, prose)), sums_of(prose)

    def rank(box: ElementRange) -> tuple[float, int]:
        return box.held(worth), box.begin - box.end

    boxes = [box for box in page.boxes if box.name not in _NO_REGION]
    best = max([ElementRange("", 0, len(page.blocks)), *reversed(boxes)], key=rank)
    for _ in range(MAX_STEPS):
        enough = best.held(sums)
        inner = [box for box in boxes if _inside(box, best) and _is_enough(box.held(sums), box, enough)]
        if not inner:
            break
        best = max(inner, key=rank)
    return best.begin, best.end


def _inside(box: ElementRange, outer: ElementRange) -> bool:
    return outer.begin <= box.begin and box.end <= outer.end and box.end - box.begin < outer.end - outer.begin


def _is_enough(prose: float, box: ElementRange, outer: float) -> bool:
    named = box.name in ("article", "main") or _NAMED.search(box.hints)
    return prose > (NAMED_SHARE if named else SHARE) * outer


def _weight(block: Block, prose: float) -> float:
    if prose or (block.kind is Kind.HEADING and not block.is_link):
        return prose
    if block.is_link:
        return -LINK_COST - block.size
    return block.size / 2 if block.kind in (Kind.CODE, Kind.TABLE_ROW, Kind.TABLE_HEADER) else -STRAY_COST
