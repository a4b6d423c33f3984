"""How long the list of articles and what is said of them take, over a made-up index: no model is loaded.

python -m benchmarks.collection [ARTICLES]
"""

from __future__ import annotations

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from rag.build import build_index
from rag.core.filters import Filters
from rag.index.collection import browse, describe, open_article
from rag.index.index import Index
from rag.index.opening import open_index
from rag.interfaces.languages.chinese import CHINESE
from rag.interfaces.page.collection import list_html, overview_html
from tests.conftest import FakeEncoder, write_article

ARTICLES = 10_000
RUNS = 20
WORDS = "灯塔 渡船 茶园 机器 书店 球队 铁路 桥梁 海港 彗星 图书 工具 雾笛 码头 气象 列车".split()


def main() -> None:
    articles = int(sys.argv[1]) if len(sys.argv) > 1 else ARTICLES
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        _write(folder / "articles", articles)
        report = build_index(folder / "articles", folder / "index", FakeEncoder())
        print(f"{report.articles} articles, {report.passages} passages, indexed in {report.seconds:.0f} s")
        with open_index(folder / "index") as index:
            _measure(index)


def _write(folder: Path, articles: int) -> None:
    chance = random.Random(7)
    for number in range(articles):
        words = chance.choices(WORDS, k=4)
        day = date(2015, 1, 1) + timedelta(days=chance.randrange(4000))
        write_article(
            folder / f"{number % 100:02}/{number:05}.md",
            f"{words[0]}与{words[1]}的第{number}次记录",
            f"第{number}号{words[2]}旁的{words[3]}由第{chance.randrange(10**6)}队记录。",
            author=f"记者{chance.randrange(500)}",
            categories=f"\n- {words[0]}\n- {words[1]}",
            date=day.isoformat(),
        )


def _measure(index: Index) -> None:
    """Print the first call, which reads what later ones use, and the median and the longest of the later ones."""
    last = -(-index.manifest.articles // 50)
    source = Filters(sources=("记者7",))
    calls: dict[str, Callable[[], object]] = {
        "first page": lambda: list_html(browse(index), CHINESE),
        "last page": lambda: list_html(browse(index, number=last), CHINESE),
        "page of a search": lambda: list_html(browse(index, "灯塔 记者7"), CHINESE),
        "search that finds nothing": lambda: list_html(browse(index, "没有 这个"), CHINESE),
        "page of a source": lambda: list_html(browse(index, filters=source), CHINESE),
        "figures and pictures": lambda: overview_html(describe(index), CHINESE),
        "one article": lambda: open_article(index, "07/00007.md"),
    }
    for name, call in calls.items():
        times = []
        for _ in range(1 + RUNS):
            began = time.perf_counter()
            call()
            times.append(1000 * (time.perf_counter() - began))
        later = times[1:]
        told = f"then {statistics.median(later):6.2f}, at most {max(later):6.2f}"
        print(f"{name:<27} first {times[0]:7.1f} ms, {told}")


if __name__ == "__main__":
    main()
