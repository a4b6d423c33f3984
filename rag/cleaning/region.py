"""Where in a page that was saved whole the article stands."""

from __future__ import annotations

import re
from itertools import accumulate

from rag.cleaning.blocks import Block, Box, Page
from rag.types import Kind

LINK_COST = 8.0
"""What a link counts against the element that holds it, besides its size."""
STRAY_COST = 4.0
"""What a word or two that is no sentence counts against it: a menu's entry, a label, a number."""
SHARE = 0.8
"""An inner element that holds this share of the prose is taken in place of the outer one."""
NAMED_SHARE = 0.6
"""The same for an element that calls itself the article."""
_NAMED = re.compile(
    r"articlebody|article[-_]?(?:body|content|text|main)|post[-_]?(?:body|content|entry|text)|entry[-_]?content|story[-_]?body|"
    r"main[-_]?content|content[-_]?(?:body|article|text|main|area)|artibody|endtext|cnt[-_]?main|"
    r"rich_media_content|markdown-body|^content$|^article$|^text$|^zoom$",
    re.I,
)


def article_stretch(page: Page) -> tuple[int, int]:
    """The blocks of the article: those of the element in which prose outweighs links and stray words most.

    From there inwards as long as one element holds most of the prose: so comments and notes on the same level stay
    outside.
    """
    costs = list(accumulate((_weight(block) for block in page.blocks), initial=0.0))
    prose = list(accumulate((0.0 if block.reason else block.prose for block in page.blocks), initial=0.0))

    def between(sums: list[float], box: Box) -> float:
        return sums[box.end] - sums[box.begin]

    everything = Box("", 0, len(page.blocks))
    best = max([everything, *reversed(page.boxes)], key=lambda box: (between(costs, box), box.begin - box.end))
    while True:
        inner = [box for box in page.boxes if _inside(box, best) and _is_enough(between(prose, box), box, between(prose, best))]
        if not inner:
            return best.begin, best.end
        best = max(inner, key=lambda box: (between(costs, box), box.begin - box.end))


def _inside(box: Box, outer: Box) -> bool:
    return outer.begin <= box.begin and box.end <= outer.end and box.end - box.begin < outer.end - outer.begin


def _is_enough(prose: float, box: Box, outer: float) -> bool:
    named = box.name in ("article", "main") or _NAMED.search(box.hints)
    return box.name not in ("p", "li", "ul", "ol") and prose > (NAMED_SHARE if named else SHARE) * outer


def _weight(block: Block) -> float:
    if block.reason or block.kind is Kind.HEADING and not block.is_link:
        return 0.0
    if block.prose:
        return block.prose
    if block.is_link:
        return -LINK_COST - block.size
    return block.size / 2 if block.kind in (Kind.CODE, Kind.TABLE_ROW, Kind.TABLE_HEADER) else -STRAY_COST
