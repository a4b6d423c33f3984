"""Hostile and huge article files: how long reading one takes, and how much memory, per megabyte.

``python -m benchmarks.robustness`` reads each in a process of its own and prints what came of it; ``--fuzz SECONDS``
throws random markup and bytes at the reader instead, and prints how many, the slowest, and every input that broke it.
``--growth SECONDS`` repeats pieces of markup, alone and in pairs, and prints those that take more than four times the
time when there are four times as many.
"""

from __future__ import annotations

import argparse
import random
import resource
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from benchmarks import growth
from rag.core.articles import Article, Kind
from rag.core.files import MAX_BYTES
from rag.corpus.articles import read_article
from rag.errors import ArticleError

FRONT = "---\ntitle: 河口\n---\n"
SENTENCE = "渡口今早恢复通航，首班船载客四十人。"
MEGABYTE = 1_000_000


def _filled(piece: str, size: int = MEGABYTE) -> str:
    return piece * (size // len(piece.encode()) + 1)


def _nested(opening: str, closing: str, levels: int = 10_000) -> str:
    return opening * levels + SENTENCE + closing * levels


CASES: dict[str, Callable[[], str | bytes]] = {
    "10,000 nested div": lambda: _nested("<div>", "</div>"),
    "10,000 nested div, no end tags": lambda: _nested("<div>", ""),
    "10,000 nested span": lambda: _nested("<span>", "</span>"),
    "10,000 nested p": lambda: _nested("<p>甲", ""),
    "10,000 nested lists": lambda: _nested("<ul><li>甲", "</li></ul>"),
    "10,000 nested tables": lambda: _nested("<table><tr><td>甲</td><td>", "</td></tr></table>"),
    "10,000 nested quotes": lambda: _nested("<blockquote>", "</blockquote>"),
    "10,000 nested links": lambda: _nested("<a href=/>", "</a>"),
    "10,000 nested suspects": lambda: _nested('<div class="share">甲，', "</div>"),
    "10,000 nested formulas": lambda: _nested("<math><mfrac>", "</mfrac></math>"),
    "10,000 nested footers": lambda: _nested("<blockquote><footer>", "</footer></blockquote>"),
    "100,000 nested div": lambda: _nested("<div>", "</div>", 100_000),
    "10,000 nested brackets": lambda: _nested("（", "）"),
    "10,000 nested Markdown quotes": lambda: "# 甲\n\n" + ">" * 10_000 + SENTENCE,
    "10,000 nested Markdown lists": lambda: "\n".join("  " * level + "- 甲" for level in range(1_000)),
    "20 MB of paragraphs": lambda: _filled(f"<p>{SENTENCE}</p>\n", MAX_BYTES - 1000),
    "20 MB in one paragraph": lambda: "<p>" + _filled(SENTENCE, MAX_BYTES - 1000),
    "20 MB of plain text": lambda: _filled(f"{SENTENCE}\n\n", MAX_BYTES - 1000),
    "20 MB of Markdown": lambda: "# 甲\n\n" + _filled(f"- **{SENTENCE}**\n", MAX_BYTES - 1000),
    "20 MB on one line of Markdown": lambda: "# 甲\n\n" + _filled("**甲 [乙](/丙) `丁` ", MAX_BYTES - 1000),
    "a million entities": lambda: "<p>" + "&#28193;" * 1_000_000 + "</p>",
    "a million broken entities": lambda: "<p>" + "&#x" * 1_000_000,
    "a million ampersands": lambda: "<p>" + "&" * 1_000_000,
    "a million line breaks": lambda: "<br>" * 1_000_000,
    "a million spaces": lambda: f"<p>甲{' ' * 1_000_000}乙</p>",
    "a million spaces before each word": lambda: _filled(f"<p>甲{' ' * 10_000}乙</p>"),
    "a million open angles": lambda: "<" * 1_000_000,
    "a million open comments": lambda: "<!--" * 1_000_000,
    "a million short comments": lambda: "<!-- x -->" * 1_000_000,
    "a million declarations": lambda: "<!a" * 1_000_000,
    "a million instructions": lambda: "<?a" * 1_000_000,
    "a million CDATA": lambda: "<![CDATA[" * 200_000,
    "a tag with 100,000 attributes": lambda: "<p " + " ".join(f"a{n}=1" for n in range(100_000)) + f">{SENTENCE}",
    "a class with 100,000 names": lambda: '<p class="' + "share-x " * 100_000 + f'">{SENTENCE}',
    "an attribute of a megabyte": lambda: '<p class="' + "a" * MEGABYTE + f'">{SENTENCE}',
    "a tag that never ends": lambda: "<p " + "a" * MEGABYTE,
    "a megabyte of tags that never end": lambda: f"<p>{SENTENCE}</p>" + _filled("<a "),
    "a megabyte of end tags that never end": lambda: f"<p>{SENTENCE}</p>" + _filled("</a "),
    "a megabyte of tags that end in quotes": lambda: f"<p>{SENTENCE}</p>" + _filled('<a b=">" '),
    "a megabyte of breaks and end tags": lambda: f"<p>{SENTENCE}</p>" + _filled("<br></p>"),
    "a megabyte of open code": lambda: "# 甲\n\n" + _filled("<pre> "),
    "a megabyte of footers in boxes": lambda: "<p>甲" + "<div>" * 45_000 + "<footer>甲</footer>" * 45_000,
    "a megabyte of text in 100,000 boxes": lambda: "<i>" * 100_000 + _filled("甲<br>"),
    "a cell of 100,000 boxes": lambda: "<table><tr><td>乙</td><td>" + "<div>甲</div>" * 100_000 + "</table>",
    "50,000 bold elements in each other": lambda: "<table><tr><td>" + "<b>甲" * 50_000 + "</td><td>乙</table>",
    "a sentence of 50,000 inline boxes": lambda: f"<p>{SENTENCE}" + "<span class=share>甲</span>乙" * 50_000,
    "100,000 headings of links": lambda: f"<p>{SENTENCE}" + "<p>相关阅读</p>" * 100_000,
    "dates side by side": lambda: "<p>发布时间：" + "11-" * 35 + f"x</p><p>{SENTENCE}",
    "a number of a million digits": lambda: "<p>&#" + "1" * MEGABYTE + f";{SENTENCE}",
    "a line of a million spaces": lambda: f"{SENTENCE}\n{' ' * MEGABYTE}\n{SENTENCE}",
    "a table of 1,000 columns and 20,000 short rows": lambda: (
        "|甲" * 1000 + "|\n" + "|-" * 1000 + "|\n" + "|\n" * 20_000
    ),
    "a table of 100,000 cells": lambda: "<table><tr>" + "<td>甲" * 100_000 + "</table>",
    "a table of 100,000 rows": lambda: "<table>" + "<tr><td>甲<td>乙" * 100_000 + "</table>",
    "100,000 suspects": lambda: '<div class="share">甲</div>' * 100_000 + f"<p>{SENTENCE}",
    "100,000 short lines before links": lambda: f"<p>{SENTENCE}" + "<p>甲" * 100_000 + "<p><a href=/>乙</a>" * 3,
    "a page of 10,000 nested boxes": lambda: "<html><body>" + f'<div class="share"><p>{SENTENCE}</p>' * 10_000,
    "100,000 links": lambda: f"<p>{SENTENCE}" + "<p><a href=/>甲</a>" * 100_000,
    "a page of 100,000 boxes": lambda: "<html><body>" + f"<div><p>{SENTENCE}</p></div>" * 50_000,
    "100,000 labels": lambda: "<p>" + "来源：" * 100_000,
    "a megabyte of digits": lambda: "<p>" + "1" * MEGABYTE,
    "a megabyte of dates": lambda: "<p>" + _filled("2021-12-07 "),
    "a megabyte of brackets": lambda: "<p>" + _filled("（作者："),
    "a megabyte of stars": lambda: "# 甲\n\n" + "*" * MEGABYTE,
    "a megabyte of backticks": lambda: "# 甲\n\n" + _filled("`甲 "),
    "a megabyte of square brackets": lambda: "# 甲\n\n" + "[" * MEGABYTE,
    "a megabyte of pipes": lambda: "# 甲\n\n" + _filled("|甲|乙|\n|-|-|\n"),
    "a megabyte of front matter": lambda: "---\n" + _filled("a: b\n") + f"---\n{SENTENCE}",
    "front matter nested 10,000 deep": lambda: "---\na: " + "[" * 10_000 + "\n---\n" + SENTENCE,
    "lone surrogates": lambda: b"<p>" + b"\xed\xa0\x80" * 1000 + SENTENCE.encode(),
    "numeric surrogates": lambda: "<p>&#xD800;&#xDFFF;" + SENTENCE,
    "a NUL byte": lambda: f"<p>甲\0乙{SENTENCE}",
    "a megabyte of NUL": lambda: b"\0" * MEGABYTE,
    "random bytes": lambda: random.Random(0).randbytes(MEGABYTE),
    "random bytes with a UTF-16 mark": lambda: b"\xff\xfe" + random.Random(0).randbytes(MEGABYTE),
    "UTF-8 cut in a character": lambda: SENTENCE.encode()[:-1],
}


def read(data: str | bytes) -> Article:
    """Read a case as a file with front matter would be."""
    if isinstance(data, str):
        data = (data if data.startswith("---") else FRONT + data).encode("utf-8", "surrogatepass")
    return read_article("a.md", data)


def check(article: Article, data: bytes) -> None:
    """What holds for every article: lines in the file, tidy paragraphs, no empty ones.

    :raises AssertionError: It does not.
    """
    lines = len(data.decode("utf-8", "replace").splitlines()) + data.count(b"\r") + 1
    assert article.paragraphs
    for paragraph in article.paragraphs:
        assert paragraph.text.strip()
        assert 1 <= paragraph.line <= lines
        assert paragraph.kind is Kind.CODE or "\n" not in paragraph.text
    for piece in article.removed:
        assert piece.reason
        assert piece.text
        assert 1 <= piece.line <= lines


SCRAPS = (
    "<p> </p> <br> <br/> <div> </div> <table> <tr> <td> <th> </table> <thead> <pre> </pre> <code> <li> <ul> </ul> <dl> "
    "<dt> <h2> </h2> <svg> <title> <math> <mfrac> </math> <ruby> <rt> <sup> <a_href=/> </a> <span> </span> <footer> "
    "<blockquote> <b &#0; &#xD800; &#99999999; &amp &nbsp; ='a <!-- --> --!> <!--> <![if> <![endif]--> <![weird[x]]> "
    "<![CDATA[ ]]> <! <? > <html> <body> <head> </head> <main> <article> <nav> <script> </script> <style> </style> "
    "<script_type='math/tex'> <img_alt=甲> &lt;p&gt; &lt;br&gt; 字。 甲，乙。 ab 来源：甲报 作者：沈禾 责任编辑：乙 "
    "原标题：丙 （完） 2021-12-07 相关阅读 参考资料 扫码关注公众号 "
    "#_甲 -_乙 1._丙 >_丁 ``` | |-|-| ** [甲](/) {%_x_%} --- "
    "\\ "
    "\x00 \x0b \u2028 \u200d \ufeff \ud7ff"
).split(" ")
NAMES = ("share", "comment", "paywall", "gutter", "caption", "katex-html", "MathJax", "content", "editor", "related")


def scrap(chance: random.Random) -> str:
    """A piece of markup or text."""
    if chance.random() < 0.1:
        return f'<{chance.choice(("div", "span", "p", "td"))} class="{chance.choice(NAMES)}">'
    if chance.random() < 0.15:
        return "\n" * chance.randint(1, 2)
    return chance.choice(SCRAPS).replace("_", " ")


def fuzz(seconds: float, seed: int) -> None:
    """Throw random articles at the reader for a while."""
    chance = random.Random(seed)
    count = 0
    refused: Counter[str] = Counter()
    slowest, worst = 0.0, b""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        text = "".join(scrap(chance) for _ in range(chance.randint(1, 60)))
        data = text.encode("utf-8", "surrogatepass")
        if chance.random() < 0.2:
            at = chance.randrange(len(data))
            data = data[:at] + chance.randbytes(chance.randint(1, 4)) + data[at:]
        start = time.perf_counter()
        try:
            check(read_article("a.md", data), data)
        except ArticleError as error:
            refused[error.reason.partition("(")[0][:40]] += 1
        except Exception as error:
            print(f"BROKEN {type(error).__name__}: {error}\n  {data!r}")
        spent = time.perf_counter() - start
        count += 1
        if spent > slowest:
            slowest, worst = spent, data
    print(f"{count} articles in {seconds:.0f} s, slowest {slowest * 1000:.1f} ms, {len(worst)} bytes")
    print("refused:", ", ".join(f"{reason} {number}" for reason, number in refused.most_common()) or "none")


def main() -> None:
    """Run the cases, or fuzz."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fuzz", type=float, metavar="SECONDS")
    parser.add_argument("--growth", type=float, metavar="SECONDS")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--case", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.fuzz:
        fuzz(asked.fuzz, asked.seed)
    elif asked.growth:
        growth.search(asked.growth, asked.seed)
    elif asked.case:
        _run(asked.case)
    else:
        print(f"{'':36}{'MB':>7}{'s':>8}{'s/MB':>8}{'peak MB':>9}  paragraphs")
        for name in CASES:
            command = [sys.executable, "-m", "benchmarks.robustness", "--case", name]
            done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[1], check=False)
            print(done.stdout.rstrip() or f"{name:36} BROKEN {done.stderr.strip().splitlines()[-1:]}", flush=True)


def _run(name: str) -> None:
    data = CASES[name]()
    size = len(data if isinstance(data, bytes) else data.encode("utf-8", "surrogatepass")) / MEGABYTE
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    try:
        outcome = str(len(read(data).paragraphs))
    except ArticleError as error:
        outcome = str(error)
    spent = time.perf_counter() - start
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1000
    print(f"{name:36}{size:7.2f}{spent:8.2f}{spent / max(size, 0.01):8.2f}{memory:9.0f}  {outcome[:70]}")


if __name__ == "__main__":
    main()
