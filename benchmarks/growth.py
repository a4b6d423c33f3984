"""Pieces of markup, repeated: an article that is four times as long is to be read in four times the time.

``python -m benchmarks.robustness --growth SECONDS`` tries each piece alone, and as many pairs as there is time for.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Iterator
from itertools import product

from benchmarks.limits import GivenUpError, cpu_limit
from rag.corpus.articles import read_article
from rag.errors import ArticleError

_TAGS = (
    "<p> </p> <div> </div> <span> </span> <b> </b> <a_href=/> <a_href='/'> </a> <br> </br> <br/> <hr> <img> "
    "<img_alt=甲> <li> </li> <ul> </ul> <dl> <dt> <dd> <h1> <h2> </h2> <table> </table> <tr> </tr> <td> </td> "
    "<th> <thead> <caption> <pre> </pre> <code> </code> <blockquote> </blockquote> <footer> </footer> "
    "<figure> <figcaption> <nav> </nav> <sup> <ruby> <rt> <rp> </ruby> <svg> </svg> <title> </title> <math> "
    "</math> <msup> <mfrac> <annotation> <script> </script> <script_type='math/tex'> <style> </style> "
    "<textarea> </textarea> <template> <select> <iframe> <noscript> <html> <head> <body> <article> <main> "
    "<meta_name=author_content=沈禾> <link_rel=canonical_href=/> <plaintext> <div_class=share> "
    "<div_class='related'> <span_class=share> <span_class='share'>甲</span> <div_class=content> "
    "<span_class=katex-html> <span_class=MathJax> <p_class=caption> <p_class=' <p_class=\" <p_hidden> <p_a=b "
    "<div_style=' <x> </x>"
)
_HALF_TAGS = (
    '<a_ <a_b= <a_b=\' <a_b="> <a_b=">" </a_ </ <! <!a <!- <!-- --> --!> <!--> <? <?a <![CDATA[ ]]> <![if < > '
    "<x ' \" = / & &amp &amp; &# &#1 &#x &#65; &#xD800; &lt;p&gt; &lt; ;"
)
_TEXT = (
    "甲 甲， 甲。 甲，乙。丙 a a._ _ 　 \n \n\n \n　 \t \0 \u200b 来源： 作者：沈禾 责任编辑： 记者 原标题： "
    "（ ） 【 2021-12-07 11- 10:30 1, 相关阅读 参考资料 分享 扫码关注 版权所有 声明："
)
_MARKS = (
    "#_ ##_ -_ *_ 1._ >_ > ``` ~~~ ` `` ** * __ ~~ [ ] [甲]( ) ![ [甲](/乙) [a]:_/b\n \\ % {% %} {%_raw_%} "
    "<http://a <a@b http://a.b ---\n -_-_ +_ ===\n a:_b\n ____ &\n | |甲 |- |-|\n |甲|乙|\n \n|-|-|\n"
)
FRAGMENTS = tuple(
    piece.replace("_", " ") for pieces in (_TAGS, _HALF_TAGS, _TEXT, _MARKS) for piece in pieces.split(" ")
)
"""Pieces that the reader treats in a way of their own."""
BEGINNINGS = ("<p>甲。", "# 甲\n\n", "甲\n")
"""What makes an article HTML, Markdown or plain text."""
SIZE = 10_000
"""Characters of the shorter article."""
SLOWER = 7.0
"""Times as long for four times the text: 4 ** 1.4."""
WORTH = 0.060
"""CPU seconds for the longer article that are looked into."""
CAP = 10.0
"""CPU seconds after which an article is given up."""


def seconds(text: str, name: str = "a.md") -> float:
    """CPU seconds that reading an article takes, or ``CAP``."""
    data = text.encode("utf-8", "surrogatepass")
    start = time.process_time()
    try:
        with cpu_limit(CAP):
            read_article(name, data)
    except ArticleError:
        pass
    except GivenUpError:
        return CAP
    return time.process_time() - start


def growth(article: Callable[[int], str], size: int = SIZE, worth: float = WORTH) -> tuple[float, float]:
    """How many times as long an article takes that is four times as long, and CPU seconds for the longer.

    :param article: Makes an article of some number of characters.
    :param worth: CPU seconds for the longer, below which it is not worth asking, and grows by 0. One that is given up
        grows without end.
    """
    longer = seconds(article(4 * size))
    if longer < worth:
        return 0.0, longer
    if longer >= CAP:
        return math.inf, longer
    shorter = min(seconds(article(size)) for _ in range(2))
    longer = min(longer, seconds(article(4 * size)))
    return longer / max(shorter, 1e-4), longer


def shapes(one: str, other: str) -> Iterator[tuple[str, Callable[[int], str]]]:
    """Articles made of two pieces: side by side, and the one and then the other."""
    for beginning in BEGINNINGS:
        yield f"{beginning!r} + n * {one + other!r}", _side_by_side(beginning, one + other)
        if one and other:
            yield f"{beginning!r} + n * {one!r} + n * {other!r}", _one_by_one(beginning, one, other)


def _side_by_side(beginning: str, both: str) -> Callable[[int], str]:
    return lambda size: beginning + both * (size // len(both))


def _one_by_one(beginning: str, one: str, other: str) -> Callable[[int], str]:
    def article(size: int) -> str:
        number = size // (len(one) + len(other))
        return beginning + one * number + other * number

    return article


def search(limit: float, seed: int = 0) -> None:
    """Try each piece, then pairs, for some seconds, and print those that grow too fast."""
    began = time.monotonic()
    pairs = [pair for pair in product(FRAGMENTS, repeat=2) if pair[0] != pair[1]]
    random.Random(seed).shuffle(pairs)
    tried = slow = 0
    for one, other in [*((piece, "") for piece in FRAGMENTS), *pairs]:
        for shown, article in shapes(one, other):
            if time.monotonic() - began > limit:
                print(f"{tried} articles in {limit:.0f} s, {slow} slow")
                return
            times, spent = growth(article)
            tried += 1
            if times > SLOWER:
                slow += 1
                print(f"{times:6.1f} times, {spent:6.2f} s: {shown}", flush=True)
    print(f"all {tried} articles, {slow} slow")
