"""Many people at once: how long each waits for an answer, what fails, and whether the server's memory grows.

``python -m benchmarks.load INDEX [--people 20] [--seconds 300] [--pause 0]``: starts the page on a free port in a
process of its own, and asks it over HTTP the titles of indexed articles as questions, each person one after the other.
``--pause`` is how many seconds each reads before the next question.
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
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import numpy as np

from rag.index import Index

ROOT = Path(__file__).parents[1]
START_SECONDS = 240
WARMING = 3
"""Rounds of questions before anything is measured: the first use what is loaded and cached once."""


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
    options = parser.parse_args()
    questions = [info.title for info in Index.open(options.index).store.infos()]
    with serving(options.index) as (address, process):
        people(address, questions, options.people, WARMING, 0)
        print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} at the start")
        memory = [resident(process)]
        watcher = threading.Thread(target=watch, args=(process, options.seconds, memory))
        watcher.start()
        told = people(address, questions, options.people, None, options.pause, options.seconds)
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
    address: str, questions: list[str], count: int, rounds: int | None, pause: float, seconds: float = 0
) -> Told:
    """Let people ask at once, each so many rounds or, where that is None, for so many seconds."""
    told, end = Told(), time.monotonic() + seconds

    def person(number: int) -> None:
        chosen, asked = random.Random(number), 0
        with httpx.Client(base_url=address, timeout=120) as client:
            while asked < rounds if rounds is not None else time.monotonic() < end:
                ask(client, chosen.choice(questions), told)
                asked += 1
                time.sleep(pause * chosen.uniform(0.5, 1.5))

    threads = [threading.Thread(target=person, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return told


def ask(client: httpx.Client, question: str, told: Told) -> None:
    """Ask through the queue, as the page does, and read the stream to its end."""
    began = time.perf_counter()
    try:
        event = client.post("/gradio_api/call/v2/ask", json={"question": question})
        stream = client.get(f"/gradio_api/call/ask/{event.json()['event_id']}").text if event.is_success else event.text
    except (httpx.HTTPError, ValueError, KeyError) as error:
        told.errors[type(error).__name__] += 1
        return
    complete = re.search(r"event: complete\ndata: (.*)", stream)
    if complete and json.loads(complete[1])[0]["question"] == question:
        told.seconds.append(time.perf_counter() - began)
    else:
        told.errors[stream[:100]] += 1


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
