"""Work that many wait for, done in turn: whoever asks for much waits behind those who ask for little.

Each asker has a line of their own, and the lines are served round robin, those first whose asker has the least in work.
A flood from one address then delays another address by the work in progress, and by nothing else; and since what is in
work slows all else down, whoever asks on and on rests between two pieces while others ask too.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections import Counter, OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import CancelledError, Future
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any, TypeVar

from rag.errors import TooBusy

AT_ONCE = min(4, os.cpu_count() or 1)
"""Pieces of work done at once: one to a processor. With two to each, a flood had another's question take twice as long,
since each shares the processor with what is in work already; no more were answered. Beyond four, memory counts: each
thread that runs the model keeps some."""
EACH = 32
"""Pieces that one asker may have in work and waiting. Twenty people behind one address may all ask at once."""
WAITING = 120
"""Pieces that wait in all: as many as are done in ``PATIENCE`` at a quarter of a second each on two processors."""
SEEN_SECONDS = 60.0
"""How long an asker counts as one of those who ask."""
MAX_REST = 2.0
"""How long an asker rests at most, in times of what their last piece took (measurements: time and memory)."""
PATIENCE = 30.0
"""Longest wait for a turn, in seconds."""

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class _Task:
    whose: str
    work: Callable[[], Any]
    future: Future[Any]

    def run(self) -> None:
        if not self.future.set_running_or_notify_cancel():
            return
        try:
            result = self.work()
        except BaseException as error:
            self.future.set_exception(error)
        else:
            self.future.set_result(result)


class FairQueue:
    """Does work in threads of its own, which are few since each that runs the model keeps memory for it.

    :param at_once: Pieces done at once.
    :param each: Pieces that one asker may have in work and waiting; a further one is refused.
    :param waiting: Pieces that may wait in all. Beyond it, whoever has the most of them loses the newest of theirs to
        one who has fewer, or a newcomer is refused.
    :param patience: Seconds that a piece waits at most.
    """

    def __init__(
        self, at_once: int = AT_ONCE, each: int = EACH, waiting: int = WAITING, patience: float = PATIENCE
    ) -> None:
        self._at_once, self._each, self._waiting, self._patience = at_once, each, waiting, patience
        self._change = threading.Condition()
        self._lines: OrderedDict[str, deque[_Task]] = OrderedDict()
        self._working: Counter[str] = Counter()
        self._threads = 0
        self._seen: dict[str, float] = {}
        self._resting: dict[str, float] = {}

    def call(self, whose: str, work: Callable[[], Result]) -> Result:
        """Have something done when its turn comes, and wait for it.

        :param whose: Who asks, as an address.
        :raises TooBusy: Too much waits already, or it would take too long.
        """
        future = self._join(whose, work)
        try:
            return future.result(self._patience)
        except CancelledError:
            raise TooBusy from None
        except TimeoutError:
            if self._leave(future):
                raise TooBusy from None
            return future.result()

    async def run(self, whose: str, work: Callable[[], Result]) -> Result:
        """As ``call``, without holding a thread while it waits; one that is cancelled gives up its place."""
        future = self._join(whose, work)
        done = asyncio.wrap_future(future)
        try:
            await asyncio.wait([done], timeout=self._patience)
            if not done.done() and self._leave(future):
                raise TooBusy
            return await done
        except asyncio.CancelledError:
            if future.cancelled() and not _is_cancelled_itself():
                raise TooBusy from None
            self._leave(future)
            raise

    def _join(self, whose: str, work: Callable[[], Result]) -> Future[Result]:
        context, future = copy_context(), Future[Result]()
        with self._change:
            self._make_room(whose)
            self._seen[whose] = time.monotonic()
            self._lines.setdefault(whose, deque()).append(_Task(whose, lambda: context.run(work), future))
            if self._threads < self._at_once:
                self._threads += 1
                threading.Thread(target=self._work, name="turns", daemon=True).start()
            self._change.notify()
        return future

    def _make_room(self, whose: str) -> None:
        mine = len(self._lines.get(whose, ()))
        waiting = sum(map(len, self._lines.values()))
        if mine + self._working[whose] >= self._each:
            raise TooBusy
        if waiting + self._working.total() < self._at_once + self._waiting:
            return
        longest = max(self._lines.values(), key=len, default=deque[_Task]())
        if len(longest) <= mine + 1:
            raise TooBusy
        self._take_out(longest[-1])

    def _leave(self, future: Future[Any]) -> bool:
        """Give up a place; whether it was not at work yet."""
        with self._change:
            task = next((task for line in self._lines.values() for task in line if task.future is future), None)
            if task:
                self._take_out(task)
        return task is not None

    def _take_out(self, task: _Task) -> None:
        line = self._lines[task.whose]
        line.remove(task)
        if not line:
            del self._lines[task.whose]
        task.future.cancel()

    def _work(self) -> None:
        while True:
            with self._change:
                while (task := self._next()) is None:
                    self._change.wait(self._rest())
                self._working[task.whose] += 1
            began = time.monotonic()
            task.run()
            with self._change:
                self._let_rest(task.whose, time.monotonic() - began)
                self._change.notify_all()
                self._working[task.whose] -= 1
                if not self._working[task.whose]:
                    del self._working[task.whose]
            del task

    def _next(self) -> _Task | None:
        """The first of the line whose turn it is, which is then the last: of whoever has the least in work.

        None where nothing waits, or all who wait rest or have their share in work.
        """
        now, share = time.monotonic(), self._share()
        free = [each for each in self._lines if self._working[each] < share and self._resting.get(each, now) <= now]
        if not free:
            return None
        whose = min(free, key=self._working.__getitem__)
        line = self._lines.pop(whose)
        task = line.popleft()
        if line:
            self._lines[whose] = line
        return task

    def _share(self) -> int:
        """Pieces that one asker may have in work: all, or half where others ask too, who then wait for no other."""
        return self._at_once if self._askers() < 2 else max(1, self._at_once // 2)

    def _let_rest(self, whose: str, seconds: float) -> None:
        """Have an asker rest after a piece, so that over time all who ask have equal parts."""
        now, parts = time.monotonic(), self._share() * self._askers() / self._at_once
        self._resting = {each: end for each, end in self._resting.items() if end > now}
        self._resting[whose] = now + min(parts - 1, MAX_REST) * seconds

    def _rest(self) -> float | None:
        """Seconds until somebody whose turn it then is has rested; None where that is nobody."""
        now, share = time.monotonic(), self._share()
        ends = [self._resting.get(each, now) for each in self._lines if self._working[each] < share]
        return max(min(ends) - now, 0.0) if ends else None

    def _askers(self) -> int:
        """How many have asked of late."""
        now = time.monotonic()
        self._seen = {whose: then for whose, then in self._seen.items() if then > now - SEEN_SECONDS}
        return len(self._seen)


def _is_cancelled_itself() -> bool:
    """Whether whoever waits was cancelled, not what they wait for."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
