"""A visitor who means it ill, and ordinary people beside them: what these notice, and whether the server holds out.

``python -m benchmarks.visitors INDEX [--minutes 5] [--people 6]``: serves a copy of the index, on loopback alone.
People on other addresses ask, as the page and as programs do, and read what they get: first alone, and then beside one
address that does all that a bad visitor can, at most ``RATE`` requests a second: each kind in turn, then all at once.
Told are people's waits and errors, minute by minute, the server's memory, and what the bad visitor was told.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import socket
import statistics
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import numpy as np

from benchmarks.load import Told, Way, ask, asking_in_the_page, note, people, resident, serving
from rag.index.opening import open_index

BAD, ELSEWHERE = "127.0.0.1", "192.0.2.9"
"""Where the bad visitor's connections come from, as of a proxy on this machine, and the address that it tells."""
RATE, WORKERS, MAX_HELD = 40.0, 6, 40
"""Requests a second in all, threads that make them, and connections that are held open."""
WARMING = 8
"""People who ask ten questions each before anything is measured: the first use what is loaded and cached once."""
ALONE = 3
"""Minutes in which people ask alone."""
MAX_MEGABYTES, MAX_SECONDS = 200, 2.0
"""What must hold in each minute with the bad visitor: growth of the server's memory over what it was with people alone,
each the median of the minute's seconds, since a question in work takes 50 MB for a moment; and the 95th percentile of
people's waits."""
PAUSE = 4.0
"""Seconds that people read before they ask again, on average."""


@dataclass(slots=True)
class Bad:
    """A visitor who means it ill.

    :param port: Of the server.
    :param functions: The page's events: id, inputs and id of the trigger, by name.
    :param article: Id of an article to open.
    :param told: Replies, by kind and status; 0 where the connection was ended.
    """

    port: int
    functions: dict[str, tuple[int, int, int | None]]
    article: str
    client: httpx.Client
    told: Counter[tuple[str, int]] = field(default_factory=Counter)
    held: list[socket.socket] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    next: float = 0.0

    def wait(self) -> None:
        """Until the next request may be made."""
        with self.lock:
            self.next = max(self.next, time.monotonic()) + 1 / RATE
            pause = self.next - time.monotonic()
        time.sleep(max(pause, 0))

    def send(self, kind: str, method: str, path: str, **options: Any) -> None:
        """Make a request, and note what came of it."""
        self.wait()
        try:
            status = self.client.request(method, path, **options).status_code
        except httpx.HTTPError:
            status = 0
        self.told[kind, status] += 1

    def join(self, kind: str, name: str, session: str, **event: Any) -> None:
        """Have an event of the page begun, whose outcome waits to be fetched."""
        function, inputs, trigger = self.functions[name]
        body = {"fn_index": function, "trigger_id": trigger, "data": [None] * inputs, "session_hash": session}
        self.send(kind, "POST", "/gradio_api/queue/join", json={**body, "event_data": event})

    def hold(self, kind: str, sent: bytes) -> None:
        """Open a connection, send something, and neither go on nor read; the oldest is read at last and ended."""
        self.wait()
        status = 0
        with suppress(OSError):
            connection = socket.create_connection(("127.0.0.1", self.port), 5, (BAD, 0))
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.sendall(sent)
            self.held.append(connection)
            status = 1
        self.told[f"{kind} (connections)", status] += 1
        while len(self.held) > MAX_HELD:
            self.held.pop(0).close()


def question_flood(bad: Bad) -> None:
    bad.join("questions of made-up sessions", "ask", made_up(), question=f"哪一年发生的事？{made_up()}")


def unfetched(bad: Bad) -> None:
    session = made_up()
    for _ in range(5):
        bad.join("outcomes left unfetched", "open", session, what=f"article:{bad.article}")
    bad.send("calls left unfetched", "POST", "/gradio_api/call/v2/ask", json={"question": "火星车哪年着陆？"})


def slow_reader(bad: Bad) -> None:
    session = made_up()
    bad.join("slow readers", "open", session, what=f"article:{bad.article}")
    bad.hold("slow readers", f"GET /gradio_api/queue/data?session_hash={session} HTTP/1.1\r\nHost: a\r\n\r\n".encode())


def slow_sender(bad: Bad) -> None:
    head = "POST /gradio_api/queue/join HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 900000\r\n"
    bad.hold("slow senders", f"{head}\r\n{{".encode())
    bad.hold("heads without an end", head.encode())
    with suppress(OSError, IndexError):
        random.choice(bad.held).sendall(b"x")


def chunked(bad: Bad) -> None:
    bad.send("chunks", "POST", "/gradio_api/queue/join", content=iter([b"x" * 10_000] * 10))
    head = b"POST /gradio_api/queue/join HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked"
    bad.hold("lengths told twice", head + b"\r\n\r\nfffff\r\n" + b"x" * 100_000)


def oversized(bad: Bad) -> None:
    bad.send("too long", "POST", "/gradio_api/queue/join", content=b"x" * 1_100_000)
    bad.send("as long as may be", "POST", "/gradio_api/queue/join", content=b'{"data":[' + b"[]," * 300_000 + b"[]]}")


def broken(bad: Bad) -> None:
    for body in (b"{", b"[]", random.randbytes(500), b"[" * 50_000):
        bad.send("broken requests", "POST", "/gradio_api/queue/join", content=body)
    bad.hold("broken requests", random.randbytes(300) + b"\r\n\r\n")


def hostile_events(bad: Bad) -> None:
    session = made_up()
    for name in random.sample(list(bad.functions), 4):
        bad.join("hostile events", name, session, what="article:../../etc/passwd", turn="9" * 5000, form={"since": 1})


def preflights(bad: Bad) -> None:
    asks = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    bad.send("preflights", "OPTIONS", "/gradio_api/queue/join", headers=asks)


def session_flood(bad: Bad) -> None:
    function, inputs, _ = bad.functions["load"]
    body = {"fn_index": function, "data": [None] * inputs, "session_hash": made_up(), "event_data": None}
    bad.send("sessions", "POST", "/gradio_api/run/predict", json=body)


def reindexing(bad: Bad) -> None:
    bad.join("indexing anew", "reindex", made_up())


def feedback(bad: Bad) -> None:
    session = made_up()
    bad.join("feedback", "ask", session, question="火星车哪年着陆？")
    bad.join("feedback", "rate", session, place="0-1", thumb="down", word="x" * 500)


def tools(bad: Bad) -> None:
    call = {"name": "ask", "arguments": {"question": "火星车哪年着陆？"}}
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}
    accept = {"Accept": "application/json, text/event-stream"}
    patience = random.choice((0.5, 60))  # half of them are given up before they are answered
    bad.send("MCP calls", "POST", "/gradio_api/mcp/", json=body, headers=accept, timeout=patience)


KINDS: tuple[Callable[[Bad], None], ...] = (
    question_flood,
    unfetched,
    slow_reader,
    slow_sender,
    chunked,
    oversized,
    broken,
    hostile_events,
    preflights,
    session_flood,
    reindexing,
    feedback,
    tools,
)


def made_up() -> str:
    return uuid.uuid4().hex[:12]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("index", type=Path)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--people", type=int, default=6)
    options = parser.parse_args()
    infos = list(open_index(options.index).store.infos())
    with copy_of(options.index) as index, serving(index) as (address, process):
        with connected(address, "127.0.0.3") as client:
            functions = events_of(client)
        people(address, [info.title for info in infos], ask, WARMING, 10, 0)
        print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}; memory at rest {resident(process):.0f} MB")
        longest = max(infos, key=lambda info: len(client_article(address, info.id))).id
        with connected(address, BAD) as client:
            client.headers["X-Forwarded-For"] = ELSEWHERE
            bad = Bad(int(address.rpartition(":")[2]), functions, longest, client)
            holds = run(bad, address, process, [info.title for info in infos], options.minutes * 60, options.people)
        print_bad(bad)
    if not holds:
        sys.exit("a bad visitor was noticed by others")


def run(bad: Bad, address: str, process: int, titles: list[str], seconds: float, count: int) -> bool:
    """Let people go on alone and then beside the bad visitor for so long; whether what must hold did."""
    told, ways = Told(), (ask, asking_in_the_page(address))
    end = time.monotonic() + ALONE * 60 + seconds
    threads = [
        threading.Thread(target=read_and_ask, args=(ways[at % 2], address, f"127.0.0.{3 + at}", titles, told, end))
        for at in range(count)
    ]
    for thread in threads:
        thread.start()
    alone = [print_minute("alone", told, process, 60.0) for _ in range(ALONE)]
    worst = [threading.Thread(target=misbehave, args=(bad, number, seconds)) for number in range(WORKERS)]
    for thread in worst:
        thread.start()
    beside: list[Minute] = []
    while (left := end - time.monotonic()) > 1:
        beside.append(print_minute(f"minute {len(beside) + 1}", told, process, min(60.0, left)))
    for thread in (*threads, *worst):
        thread.join()
    with connected(address, "127.0.0.99") as client:
        alive = not ask(client, "", titles[0])
    growth = max(minute.memory for minute in beside) - max(minute.memory for minute in alone)
    p95 = max(minute.p95 for minute in beside)
    print(f"alone: p95 {max(minute.p95 for minute in alone):.2f} s at most; beside the bad visitor {p95:.2f} s")
    print(f"{len(told.seconds)} answers to others, p50 {statistics.median(told.seconds):.2f} s, "
          f"p95 {np.percentile(told.seconds, 95):.2f} s, longest {max(told.seconds):.2f} s")  # fmt: skip
    print(f"errors of others: {told.errors.total()} {dict(told.errors) or ''}")
    print(f"memory grew by {growth:.0f} MB at most; alive at the end: {'yes' if alive else 'no'}")
    return p95 <= MAX_SECONDS and alive and not told.errors and growth <= MAX_MEGABYTES


def misbehave(bad: Bad, number: int, seconds: float) -> None:
    """For half of the time each kind in turn, then any."""
    began, chosen = time.monotonic(), random.Random(number)
    while (passed := time.monotonic() - began) < seconds:
        kind = KINDS[int(passed / (seconds / 2) * len(KINDS))] if passed < seconds / 2 else chosen.choice(KINDS)
        kind(bad)


def read_and_ask(way: Way, address: str, source: str, titles: list[str], told: Told, end: float) -> None:
    """Ask, read, and ask again; people do not all begin in one instant."""
    chosen, name = random.Random(source), made_up()
    time.sleep(PAUSE * chosen.random())
    with connected(address, source) as client:
        while time.monotonic() < end:
            note(way, client, name, chosen.choice(titles), told)
            time.sleep(PAUSE * chosen.uniform(0.5, 1.5))


class Minute(NamedTuple):
    """What a minute was like: the 95th percentile of people's waits, and the server's memory in MB, its median."""

    p95: float
    memory: float


def print_minute(name: str, told: Told, process: int, seconds: float) -> Minute:
    """Let a minute pass, and tell what it was like."""
    before, end, memory = len(told.seconds), time.monotonic() + seconds, []
    while time.monotonic() < end:
        memory.append(resident(process))
        time.sleep(1)
    spent = told.seconds[before:] or [float("inf")]
    minute = Minute(float(np.percentile(spent, 95)), statistics.median(memory))
    print(f"{name}: {len(spent)} answers, p50 {statistics.median(spent):.2f} s, p95 {minute.p95:.2f} s, errors so far "
          f"{told.errors.total()}, memory {minute.memory:.0f} MB, at most {max(memory):.0f}", flush=True)  # fmt: skip
    return minute


def print_bad(bad: Bad) -> None:
    """What the bad visitor was told: status and how often; 0 where the connection was ended or not had."""
    for kind in sorted({kind for kind, _ in bad.told}):
        counts = {status: count for (each, status), count in sorted(bad.told.items()) if each == kind}
        print(f"  {kind}: " + ", ".join(f"{count} × {status}" for status, count in counts.items()))


def client_article(address: str, name: str) -> str:
    """An article as a program is shown it."""
    body = {"data": [name, 1]}
    with connected(address, "127.0.0.3") as client:
        return json.dumps(client.post("/gradio_api/run/article", json=body).json())


def events_of(client: httpx.Client) -> dict[str, tuple[int, int, int | None]]:
    """The page's events that the server works on, by name."""
    functions = client.get("/config").json()["dependencies"]
    return {
        name: (each["id"], len(each["inputs"]), target)
        for each in functions
        if each["backend_fn"]
        for target, name in each["targets"]
    }


@contextmanager
def connected(address: str, source: str) -> Iterator[httpx.Client]:
    """A client that speaks from an address of its own."""
    limits = httpx.Limits(max_connections=50)
    transport = httpx.HTTPTransport(local_address=source, limits=limits)
    with httpx.Client(base_url=address, timeout=60, transport=transport) as client:
        yield client


@contextmanager
def copy_of(index: Path) -> Iterator[Path]:
    """A copy, which may be indexed anew and given feedback."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(shutil.copytree(index, Path(folder, "index")))


if __name__ == "__main__":
    main()
