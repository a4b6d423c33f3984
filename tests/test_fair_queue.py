"""Whose turn it is when many ask at once."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise

import pytest

from rag.errors import TooBusy
from rag.interfaces.http.fair_queue import FairQueue

SECONDS = 30


class Held:
    """Work that is done once it is let go, and the order in which it was."""

    def __init__(self) -> None:
        self.begun, self.go = threading.Event(), threading.Event()
        self.done: list[str] = []

    def first(self) -> None:
        self.begun.set()
        assert self.go.wait(SECONDS)

    def named(self, name: str, seconds: float = 0.0) -> Callable[[], None]:
        def work() -> None:
            time.sleep(seconds)
            self.done.append(name)

        return work


@pytest.fixture
def held() -> Iterator[Held]:
    held = Held()
    yield held
    held.go.set()


async def asked(queue: FairQueue, held: Held, *names: str, seconds: float = 0.0) -> list[BaseException | None]:
    """What came of work that was asked for while one piece was held, in this order; ``a1`` is asked for by ``a``.

    :param seconds: What each piece takes.
    """
    first = asyncio.create_task(queue.run("holder", held.first))
    await asyncio.to_thread(held.begun.wait, SECONDS)
    tasks = []
    for name in names:
        tasks.append(asyncio.create_task(queue.run(name[0], held.named(name, seconds))))
        await asyncio.sleep(0)
    held.go.set()
    await first
    return await asyncio.gather(*tasks, return_exceptions=True)


def test_a_flood_from_one_does_not_hold_up_another(held: Held) -> None:
    flood = [f"a{number}" for number in range(9)]
    # So long that who rests how long after a piece does not depend on when the system lets a thread run.
    asyncio.run(asked(FairQueue(at_once=1), held, *flood, "b1", "b2", "c1", seconds=0.02))
    assert held.done[:3] == ["a0", "b1", "c1"]
    assert "b2" in held.done[:6]
    assert len(held.done) == 12


def test_whoever_has_nothing_in_work_comes_before_one_who_has(held: Held) -> None:
    queue, second = FairQueue(at_once=2), Held()

    async def ask_while_one_of_two_is_held() -> None:
        first = asyncio.create_task(queue.run("a", held.first))
        other = asyncio.create_task(queue.run("holder", second.first))
        await asyncio.to_thread(held.begun.wait, SECONDS)
        await asyncio.to_thread(second.begun.wait, SECONDS)
        tasks = [asyncio.create_task(queue.run(name[0], held.named(name))) for name in ("a1", "a2", "b1", "b2")]
        await asyncio.sleep(0)
        second.go.set()
        await asyncio.gather(other, *tasks[2:])  # of two places, one who has one leaves the other to those who ask too
        held.go.set()
        await asyncio.gather(first, *tasks)

    asyncio.run(ask_while_one_of_two_is_held())
    assert held.done == ["b1", "b2", "a1", "a2"]


def test_one_asker_has_so_many_places_and_others_have_theirs(held: Held) -> None:
    told = asyncio.run(asked(FairQueue(at_once=1, each=2), held, "a1", "a2", "a3", "b1"))
    assert [type(outcome) for outcome in told] == [type(None), type(None), TooBusy, type(None)]


def test_when_all_places_are_taken_whoever_has_the_most_gives_one_up(held: Held) -> None:
    told = asyncio.run(asked(FairQueue(at_once=1, waiting=4), held, "a1", "a2", "a3", "a4", "b1", "a5"))
    assert [type(outcome) for outcome in told] == [type(None)] * 3 + [TooBusy, type(None), TooBusy]
    assert held.done == ["a1", "b1", "a2", "a3"]


def test_nobody_waits_for_ever(held: Held) -> None:
    queue = FairQueue(at_once=1, patience=0.05)
    with ThreadPoolExecutor() as threads:
        first = threads.submit(queue.call, "a", held.first)
        assert held.begun.wait(SECONDS)
        with pytest.raises(TooBusy):
            queue.call("b", held.named("b1"))
        with pytest.raises(TooBusy):
            asyncio.run(queue.run("b", held.named("b2")))
        held.go.set()
        first.result(SECONDS)
    assert not held.done


def test_one_who_gives_up_leaves_the_place_to_others(held: Held) -> None:
    queue = FairQueue(at_once=1, each=1)

    async def give_up_and_ask_again() -> None:
        first = asyncio.create_task(queue.run("holder", held.first))
        await asyncio.to_thread(held.begun.wait, SECONDS)
        given_up = asyncio.create_task(queue.run("a", held.named("a1")))
        await asyncio.sleep(0)
        given_up.cancel()
        with pytest.raises(asyncio.CancelledError):
            await given_up
        again = asyncio.create_task(queue.run("a", held.named("a2")))
        await asyncio.sleep(0)
        held.go.set()
        await asyncio.gather(first, again)

    asyncio.run(give_up_and_ask_again())
    assert held.done == ["a2"]


def test_what_goes_wrong_is_told_to_who_asked_and_the_next_is_served() -> None:
    queue = FairQueue(at_once=1)

    def wrong() -> None:
        raise ValueError("wrong")

    with pytest.raises(ValueError, match="wrong"):
        queue.call("a", wrong)
    with pytest.raises(ValueError, match="wrong"):
        asyncio.run(queue.run("a", wrong))
    assert queue.call("a", lambda: 7) == 7


def test_a_flood_leaves_half_of_the_work_at_once_to_others_who_ask_too() -> None:
    turns = FairQueue(at_once=2, each=10, waiting=10, patience=10)
    released = threading.Event()
    turns.call("b", int)  # another asks now and then
    flood = [threading.Thread(target=turns.call, args=("a", lambda: released.wait(10))) for _ in range(6)]
    for thread in flood:
        thread.start()
    time.sleep(0.2)
    began = time.monotonic()
    assert turns.call("b", lambda: "answered") == "answered"
    assert time.monotonic() - began < 1
    released.set()
    for thread in flood:
        thread.join()


def test_whoever_asks_on_and_on_rests_between_while_others_ask_too() -> None:
    turns, begun = FairQueue(at_once=1, each=10), list[float]()

    def piece() -> None:
        begun.append(time.monotonic())
        time.sleep(0.1)

    with ThreadPoolExecutor(5) as pool:
        list(pool.map(partial(turns.call, "a"), [piece] * 3))
        alone = [after - before for before, after in pairwise(begun)]
        turns.call("b", int)
        begun.clear()
        list(pool.map(partial(turns.call, "a"), [piece] * 3))
        beside_another = [after - before for before, after in pairwise(begun)]
        flood = [pool.submit(turns.call, "a", piece) for _ in range(4)]
        assert turns.call("b", lambda: "answered") == "answered"
        assert not all(piece.done() for piece in flood)
    assert min(alone) < 0.2 <= min(beside_another)
