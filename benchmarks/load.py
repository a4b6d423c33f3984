"""Many people at once: how long each waits for an answer, what fails, and whether the server's memory grows.

``python -m benchmarks.load INDEX [--people 20] [--seconds 300] [--pause 0] [--page]``: starts the page on a free port
in a process of its own, and asks it over HTTP the titles of indexed articles as questions, each person one after the
other. ``--pause`` is how many seconds each reads before the next question; with ``--page`` they ask in conversations,
by the events that the page's own script sends, else as programs do.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import socket
import statistics
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from rag.index.opening import open_index

ROOT = Path(__file__).parents[1]
START_SECONDS = 240
WARMING = 3
"""Rounds of questions before anything is measured: the first use what is loaded and cached once."""


Way = Callable[[httpx.Client, str, str], str]
"""How a question is asked: with a connection, in the name of a person, and what came of it."""


@dataclass(slots=True)
class Told:
    """What came back, from all people."""

    seconds: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("index", type=Path)
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--pause", type=float, default=0)
    parser.add_argument("--page", action="store_true", help="ask as the page's own script does")
    options = parser.parse_args()
    questions = [info.title for info in open_index(options.index).store.infos()]
    with serving(options.index) as (address, process):
        way = asking_in_the_page(address) if options.page else ask
        people(address, questions, way, options.people, WARMING, 0)
        print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} at the start")
        memory = [resident(process)]
        watcher = threading.Thread(target=watch, args=(process, options.seconds, memory))
        watcher.start()
        told = people(address, questions, way, options.people, None, options.pause, options.seconds)
        watcher.join()
        print_told(told, options, memory)


@contextmanager
def serving(index: Path) -> Iterator[tuple[str, int]]:
    """The page in a process of its own; gives its address and the process's number."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "app.py", "--index", str(index.resolve()), "--port", str(port)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop("DISPLAY", None)
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL) as server:
        try:
            address = f"http://127.0.0.1:{port}"
            wait_until_up(address, server)
            yield address, server.pid
        finally:
            server.terminate()


def wait_until_up(address: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(START_SECONDS):
        if server.poll() is not None:
            sys.exit("the page ended before it was up")
        try:
            httpx.get(f"{address}/config")
        except httpx.TransportError:
            time.sleep(1)
        else:
            return
    sys.exit(f"the page was not up after {START_SECONDS} seconds")


def people(
    address: str, questions: list[str], way: Way, count: int, rounds: int | None, pause: float, seconds: float = 0
) -> Told:
    """Let people ask at once, each so many rounds or, where that is None, for so many seconds."""
    told, end = Told(), time.monotonic() + seconds

    def person(number: int) -> None:
        chosen, asked, name = random.Random(number), 0, uuid.uuid4().hex
        with httpx.Client(base_url=address, timeout=120) as client:
            while asked < rounds if rounds is not None else time.monotonic() < end:
                note(way, client, name, chosen.choice(questions), told)
                asked += 1
                time.sleep(pause * chosen.uniform(0.5, 1.5))

    threads = [threading.Thread(target=person, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return told


def note(way: Way, client: httpx.Client, name: str, question: str, told: Told) -> None:
    """Ask, and note how long it took or what went wrong."""
    began = time.perf_counter()
    try:
        wrong = way(client, name, question)
    except (httpx.HTTPError, ValueError, KeyError) as error:
        wrong = type(error).__name__
    if wrong:
        told.errors[wrong[:100]] += 1
    else:
        told.seconds.append(time.perf_counter() - began)


def ask(client: httpx.Client, _name: str, question: str) -> str:
    """Ask as a program does, and read the stream to its end; gives what went wrong, if anything."""
    event = client.post("/gradio_api/call/v2/ask", json={"question": question})
    stream = client.get(f"/gradio_api/call/ask/{event.json()['event_id']}").text if event.is_success else event.text
    complete = re.search(r"event: complete\ndata: (.*)", stream)
    return "" if complete and json.loads(complete[1])[0]["question"] == question else stream


def asking_in_the_page(address: str) -> Way:
    """A way of asking as the page's script does: within the conversation of a person's session."""
    functions = httpx.get(f"{address}/config").json()["dependencies"]
    function, trigger, inputs = next(
        (each["id"], target, each["inputs"]) for each in functions for target, name in each["targets"] if name == "ask"
    )

    def ask_in_the_page(client: httpx.Client, name: str, question: str) -> str:
        event: dict[str, Any] = {"fn_index": function, "trigger_id": trigger, "session_hash": name}
        event |= {"data": [None] * len(inputs), "event_data": {"question": question, "turn": None}}
        joined = client.post("/gradio_api/queue/join", json=event)
        if not joined.is_success:
            return joined.text
        stream = client.get("/gradio_api/queue/data", params={"session_hash": name}).text
        completed = re.search(r'^data: (.*"msg":\s*"process_completed".*)$', stream, re.MULTILINE)
        told = json.loads(completed[1]) if completed else {}
        drawn = str(told.get("output"))
        return "" if told.get("success") and "rag-cite" in drawn and "rag-error" not in drawn else stream[-100:]

    return ask_in_the_page


def resident(process: int) -> float:
    """Memory of a process in MB, as Linux tells it."""
    status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))) / 1024


def watch(process: int, seconds: float, memory: list[float]) -> None:
    """Note a process's memory every tenth of the time."""
    for _ in range(10):
        time.sleep(seconds / 10)
        memory.append(resident(process))


def print_told(told: Told, options: argparse.Namespace, memory: list[float]) -> None:
    spent = told.seconds
    print(f"{options.people} people for {options.seconds:.0f} s, load {os.getloadavg()[0]:.1f} at the end")
    if spent:
        print(f"{len(spent)} answers, {len(spent) / options.seconds:.1f} a second")
        print(f"p50 {statistics.median(spent):.2f} s, p95 {np.percentile(spent, 95):.2f} s, longest {max(spent):.2f} s")
    print(f"errors: {sum(told.errors.values())} {dict(told.errors) or ''}")
    print("memory of the server, MB: " + " ".join(f"{size:.0f}" for size in memory))


if __name__ == "__main__":
    main()
