"""A folder of 2,000 hostile files and 200 good ones: what becomes of each, and what it costs.

``python -m benchmarks.hostile_folder [--keep FOLDER]``: makes the folder (the cases of ``benchmarks.robustness``, the
patterns below grown until they bite, random bytes, random markup, damaged articles, and entries that are no files),
reads it file by file for the longest time and the most memory, then indexes it with the real model and asks a question
of each good one. Every hostile file must be in the index or among those that could not be read.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import resource
import socket
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from benchmarks.datasets import DATA, folder_of
from benchmarks.robustness import CASES, FRONT, scrap
from rag.answering.retriever import Retriever
from rag.build import build_index
from rag.corpus.folder import list_folder
from rag.corpus.listing import Listing
from rag.corpus.worker_pool import WorkerPool
from rag.corpus.worker_process import SPARE

HOSTILE, GOOD = 2_000, 200
GROWN = (1_000, 10_000, 100_000, 1_000_000)
"""Bytes that each pattern is grown to."""
PATTERNS = {
    "dates": ("<p>", "11-", "x"),
    "labels": ("<p>", "来源：", ""),
    "links": ("", "<a ", ""),
    "bold": ("<table><tr><td>", "<b>", "甲</table>"),
    "footers": ("", "<div><footer>", ""),
    "code": ("# 甲\n\n", "<pre>", ""),
    "cells": ("<table><tr>", "<td>甲", "</table>"),
    "columns": ("# 甲\n\n", "|甲", "|\n|-|\n"),
    "digits": ("<p>灯&#", "9", ";</p>"),
    "halves": ('<meta charset="unicode_escape"><p>', "\\ud800", "\xff"),
    "lists": ("---\na: ", "[", "\n---\n灯。"),
    "mappings": ("---\na: ", "{b: ", "\n---\n灯。"),
    "headers": ("<table>", "<tr><th>甲", "</table>"),
    "quotes": ('<p class="', "'", "甲"),
    "comments": ("", "<!--", "甲"),
    "entities": ("<p>", "&#x", "甲"),
    "escapes": ("<p>", "&#27;[2J", "灯。"),
    "spaces": ("<p>甲", " ", "乙"),
    "marks": ("# 甲\n\n", "**`[", "甲"),
    "sentences": ("<p>", "甲.", ""),
}
"""A beginning, what is repeated, and an end."""
ALIASES = "---\nx0: &x0 [甲, 乙]\n{}\ncategories: *x{}\n---\n灯。"
MAX_SLOW = 10
"""Files that are listed, the slowest first."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--keep", type=Path, help="make the folder here, and leave it")
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        folder = options.keep or Path(tempfile.mkdtemp())
        if not options.keep:  # Python itself can't remove what is so deep
            stack.callback(subprocess.run, ["rm", "-rf", str(folder)], check=True)
        make(folder / "articles")
        listing = list_folder(folder / "articles")
        names = hostile_names(folder / "articles")
        print(f"{len(names)} hostile entries, {GOOD} good articles")
        read_one_by_one(listing)
        build_and_ask(folder, names)


def make(folder: Path, seed: int = 0) -> None:
    """Write the folder."""
    chance = random.Random(seed)
    folder.mkdir(parents=True)
    odd = make_odd_entries(folder)
    files = [*cases(), *grown()]
    rest = HOSTILE - len(files) - odd
    files += [(f"bytes-{n}.md", chance.randbytes(chance.randint(0, 20_000))) for n in range(rest // 4)]
    files += [(f"markup-{n}.html", markup(chance)) for n in range(rest // 4)]
    articles = sound_articles()
    files += [(f"damaged-{n}.md", damaged(chance.choice(articles), chance)) for n in range(HOSTILE - len(files) - odd)]
    for name, data in files:
        (folder / name).write_bytes(data)
    for number in range(GOOD):
        (folder / f"good-{number}.md").write_text(good(number), encoding="utf-8")


def cases() -> Iterator[tuple[str, bytes]]:
    """The named cases of ``benchmarks.robustness``."""
    for number, case in enumerate(CASES.values()):
        data = case()
        if isinstance(data, str):
            data = (data if data.startswith("---") else FRONT + data).encode("utf-8", "surrogatepass")
        yield f"case-{number}.md", data


def grown() -> Iterator[tuple[str, bytes]]:
    """Each pattern in each size."""
    for name, (begin, piece, end) in PATTERNS.items():
        for size in GROWN:
            text = begin + piece * (size // len(piece.encode())) + end
            yield f"grown-{name}-{size}.md", text.encode("latin-1" if "\xff" in end else "utf-8")
    for depth in (10, 100, 1_000):
        rows = "\n".join(f"x{n}: &x{n} [*x{n - 1}, *x{n - 1}]" for n in range(1, depth))
        yield f"grown-aliases-{depth}.md", ALIASES.format(rows, depth - 1).encode()


def markup(chance: random.Random) -> bytes:
    """Random tags, marks and text."""
    return "".join(scrap(chance) for _ in range(chance.randint(1, 200))).encode("utf-8", "surrogatepass")


def sound_articles() -> list[bytes]:
    """Real articles where they are at hand, or the samples."""
    folder = folder_of("news") if DATA.is_dir() else Path(__file__).parents[1] / "samples"
    return [path.read_bytes() for path in sorted(folder.rglob("*.md"))]


def damaged(data: bytes, chance: random.Random) -> bytes:
    """An article in which some bytes are lost, doubled, exchanged or put in."""
    for _ in range(chance.randint(1, 20)):
        at = chance.randrange(len(data) + 1)
        cut = at + chance.randint(0, 200)
        match chance.randrange(5):
            case 0:
                data = data[:at] + data[cut:]
            case 1:
                data = data[:cut] + data[at:]
            case 2:
                data = data[:at] + chance.randbytes(chance.randint(1, 20)) + data[at:]
            case 3:
                data = data[:at] + scrap(chance).encode("utf-8", "surrogatepass") + data[at:]
            case 4:
                data = data[:at][: chance.randint(1, 20_000)] + data[at:][:20_000]
    return data


def make_odd_entries(folder: Path) -> int:
    """Entries that are no files, or can't be had; gives how many an index must name."""
    (folder / "loop.md").symlink_to("loop.md")
    (folder / "nowhere.md").symlink_to("nothing")
    (folder / "out.md").symlink_to("/etc/hostname")
    (folder / "zero.md").symlink_to("/dev/zero")
    (folder / "itself").symlink_to(".")
    os.mkfifo(folder / "pipe.md")
    (folder / "a folder.md").mkdir()
    (folder / "\x1b[2J\u202e\n.md").write_bytes(b"")
    (folder / os.fsdecode(b"\xff\xfe.md")).write_bytes("灯。".encode())
    with socket.socket(socket.AF_UNIX) as listening:
        here = Path.cwd()
        os.chdir(folder)  # a socket's path may have 108 bytes
        listening.bind("socket.md")
        os.chdir(here)
    make_deep(folder)
    return len(hostile_names(folder)) + 1


def make_deep(folder: Path, levels: int = 1_500) -> None:
    """Folders in each other, farther than a path can name."""
    here = os.open(folder, os.O_RDONLY)
    for _ in range(levels):
        os.mkdir("deep", dir_fd=here)
        below = os.open("deep", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)


def hostile_names(folder: Path) -> set[str]:
    """Names of all that an index must hold or tell."""
    names = {os.fsencode(entry.name).decode("utf-8", "backslashreplace") for entry in os.scandir(folder)}
    return {name for name in names if not name.startswith("good-")} - {"a folder.md", "deep"}


PLACES = "松石镇 竹沙村 梅泉湾 兰岭县 菊坡乡 桂崖岛 柳渡口 杏桥街 枫塘里 柏洲屿".split()
SUBJECTS = (
    ("灯塔", "换上新灯以后，灯塔的光在晴天能照到{}海里外。", "灯塔的光能照多远？", "{}海里"),
    ("渡船", "新渡船一趟能载{}名乘客，比旧船快一刻钟。", "渡船一趟能载多少人？", "{}名"),
    ("图书馆", "图书馆去年借出{}册书，多半是小说。", "图书馆去年借出多少册书？", "{}册"),
    ("茶园", "茶园今年春天采了{}斤鲜叶，雨水比往年少。", "茶园今年采了多少鲜叶？", "{}斤"),
    ("石桥", "石桥重修后全长{}米，桥面铺的是旧石板。", "石桥有多长？", "{}米"),
    ("篮球队", "篮球队这一季赢了{}场，队长是修车的师傅。", "篮球队赢了多少场？", "{}场"),
    ("水库", "水库的水位降到{}厘米，三十年来最低。", "水库的水位是多少？", "{}厘米"),
    ("钟楼", "钟楼的大钟重{}公斤，每天敲两次。", "钟楼的大钟有多重？", "{}公斤"),
    ("菜市场", "菜市场搬迁后有{}个摊位，鱼摊在最里面。", "菜市场有多少个摊位？", "{}个"),
    ("小学", "小学今年招了{}名新生，要加一间教室。", "小学招了多少新生？", "{}名"),
    ("果园", "果园种了{}棵梨树，后年才结果。", "果园种了多少棵梨树？", "{}棵"),
    ("医院", "医院添了{}张病床，新楼还没有启用。", "医院添了多少张病床？", "{}张"),
    ("邮局", "邮局一天要送{}封信，多数寄往山里。", "邮局一天送多少封信？", "{}封"),
    ("剧团", "剧团今年演出{}回，最远去了北岸。", "剧团演出多少回？", "{}回"),
    ("铁匠铺", "铁匠铺一年打{}把锄头，炉火是祖上传下的。", "铁匠铺一年打多少把锄头？", "{}把"),
    ("公园", "公园里的湖有{}亩水面，冬天可以溜冰。", "公园里的湖有多大？", "{}亩"),
    ("车站", "车站每天发{}班车，末班在晚上九点。", "车站每天发多少班车？", "{}班"),
    ("养蜂场", "养蜂场有{}箱蜜蜂，花期里搬三次家。", "养蜂场有多少箱蜜蜂？", "{}箱"),
    ("博物馆", "博物馆收藏了{}件瓷器，一半来自沉船。", "博物馆收藏了多少件瓷器？", "{}件"),
    ("面馆", "面馆一早上卖{}碗面，汤要熬一整夜。", "面馆一早上卖多少碗面？", "{}碗"),
)
"""Of each good article: what it is about, what it says, a question, and the answer to it."""


def good(number: int) -> str:
    """An article that answers one question."""
    place, (subject, said, _, _) = PLACES[number % len(PLACES)], SUBJECTS[number // len(PLACES)]
    title = f"---\ntitle: '{place}的{subject}'\nauthor: 林渡\ndate: 2021-03-05\n---\n"
    return f"\n{title}<p>　　{place}{said.format(number + 211)}</p>\n"


def read_one_by_one(listing: Listing) -> None:
    """Read the files by one process after the other, and print the slowest and the most memory."""
    spent: list[tuple[float, str]] = []
    outcomes: Counter[str] = Counter()
    before = time.perf_counter()
    with WorkerPool(listing.root, listing.names, workers=1) as pool:
        for outcome in pool:
            now = time.perf_counter()
            spent.append((now - before, outcome.name))
            before = now
            outcomes[outcome.failure.reason.partition(":")[0][:50] if outcome.failure else "read"] += 1
    SPARE.end()
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000
    print(f"read one by one: {sum(seconds for seconds, _ in spent):.0f} s, most memory of a process {peak:.0f} MB")
    for seconds, name in sorted(spent, reverse=True)[:MAX_SLOW]:
        print(f"  {seconds:6.1f} s  {name}  {(listing.root / name).stat().st_size / 1_000_000:.1f} MB")
    print("  " + ", ".join(f"{reason} {count}" for reason, count in outcomes.most_common(12)))


def build_and_ask(folder: Path, names: set[str]) -> None:
    """Index the folder, see that every hostile entry is accounted for, and ask a question of each good article."""
    began = time.perf_counter()
    report = build_index(folder / "articles", folder / "index")
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    spent = time.perf_counter() - began
    print(
        f"indexed in {spent:.0f} s: {report.articles} articles, {report.passages} passages, {len(report.failures)} not"
    )
    print(f"  {report.encoded} passages encoded, {len(report.notices)} notices, memory of the builder {own:.0f} MB")
    SPARE.end()
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        print("  no process is left but the one that stays for the next")
    retriever = Retriever.open(folder / "index")
    told = {failure.path for failure in report.failures}
    indexed = set(retriever.index.digests())
    lost = names - told - indexed
    print(f"  hostile: {len(names & indexed)} indexed, {len(names & told)} told, {len(lost)} lost {sorted(lost)[:5]}")
    print(
        f"  good: {len(indexed - names)} indexed, {sum(answers(retriever, number) for number in range(GOOD))} answered"
    )


def answers(retriever: Retriever, number: int) -> bool:
    """Whether the article's own words are shown for its question."""
    place, (_, _, question, told) = PLACES[number % len(PLACES)], SUBJECTS[number // len(PLACES)]
    answer = retriever.ask(f"{place}的{question}")
    return any(
        extract.passage.article_id == f"good-{number}.md" and told.format(number + 211) in extract.text
        for extract in answer.extracts
    )


if __name__ == "__main__":
    main()
