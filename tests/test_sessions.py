"""Whose session is whose, and what becomes of what nobody fetches."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import ExitStack

import pytest

from rag.interfaces.http.sessions import (
    BYTES_EACH,
    FETCH_SECONDS,
    WAITING_EACH,
    WAITING_IN_ALL,
    WAITING_IN_ONE,
    Sessions,
    is_session,
)


class Shelf:
    """A server's memory: so many outcomes wait in each session."""

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter()
        self.states: set[str] = set()

    def ids(self) -> set[str]:
        return self.states | set(self.outcomes)

    def waiting(self, session: str) -> int:
        return self.outcomes[session]

    async def drop(self, session: str) -> None:
        self.outcomes.pop(session, None)

    async def forget(self, session: str) -> None:
        await self.drop(session)
        self.states.discard(session)


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def clock() -> Clock:
    return Clock()


def use(sessions: Sessions, shelf: Shelf, clock: Clock, visitor: str, *names: str, passing: bool = False) -> None:
    for name in names:
        clock.seconds += 1
        asyncio.run(sessions.use(name, visitor, passing=passing))
        shelf.states.add(name)


def ask(sessions: Sessions, shelf: Shelf, name: str, size: int = 100) -> None:
    with sessions.joining("visitor", name, size):
        shelf.outcomes[name] += 1


def test_a_flood_of_sessions_pushes_out_its_own_and_nobody_elses(shelf: Shelf, clock: Clock) -> None:
    sessions = Sessions(shelf, each=3, most=100, clock=clock)
    use(sessions, shelf, clock, "reader", "conversation")
    use(sessions, shelf, clock, "flood", *(f"f{number}" for number in range(50)))
    assert shelf.states == {"conversation", "f47", "f48", "f49"}


def test_one_that_is_used_again_stays(shelf: Shelf, clock: Clock) -> None:
    sessions = Sessions(shelf, each=2, clock=clock)
    use(sessions, shelf, clock, "reader", "a", "b", "a", "c")
    assert shelf.states == {"a", "c"}


def test_when_there_are_too_many_in_all_whoever_has_the_most_loses_one(shelf: Shelf, clock: Clock) -> None:
    sessions = Sessions(shelf, each=10, most=4, clock=clock)
    use(sessions, shelf, clock, "many", "m1", "m2", "m3")
    use(sessions, shelf, clock, "one", "o1")
    use(sessions, shelf, clock, "other", "p1")
    assert shelf.states == {"m2", "m3", "o1", "p1"}


def test_requests_of_programs_push_out_no_conversation(shelf: Shelf, clock: Clock) -> None:
    sessions = Sessions(shelf, each=2, most=2, clock=clock)
    use(sessions, shelf, clock, "reader", "a", "b")
    use(sessions, shelf, clock, "reader", *(f"call{number}" for number in range(20)), passing=True)
    assert {"a", "b"} <= shelf.states


def test_so_much_waits_in_a_session_of_a_visitor_and_in_all_and_no_more(shelf: Shelf, clock: Clock) -> None:
    sessions = Sessions(shelf, each=100, clock=clock)
    use(sessions, shelf, clock, "a", *(f"a{number}" for number in range(9)))
    for _ in range(WAITING_IN_ONE):
        assert sessions.has_room("a", "a0", 100)
        ask(sessions, shelf, "a0")
    assert not sessions.has_room("a", "a0", 100)
    assert sessions.has_room("a", "a1", 100)
    for number in range(WAITING_EACH - WAITING_IN_ONE):
        ask(sessions, shelf, f"a{1 + number % 8}")
    assert not sessions.has_room("a", "a9", 100)
    assert sessions.has_room("b", "b0", 100)
    use(sessions, shelf, clock, "c", *(f"c{number}" for number in range(40)))
    for number in range(WAITING_IN_ALL - WAITING_EACH):
        ask(sessions, shelf, f"c{number % 40}")
    assert not sessions.has_room("b", "b0", 100)


def test_twenty_four_people_behind_one_address_may_ask_at_once(shelf: Shelf, clock: Clock) -> None:
    sessions = Sessions(shelf, clock=clock)
    for number in range(24):
        assert sessions.has_room("home", f"s{number}", 1000)
        use(sessions, shelf, clock, "home", f"s{number}")
        ask(sessions, shelf, f"s{number}", 1000)


def test_long_requests_are_counted_by_their_length(shelf: Shelf, clock: Clock) -> None:
    sessions = Sessions(shelf, clock=clock)
    use(sessions, shelf, clock, "a", "s")
    ask(sessions, shelf, "s", BYTES_EACH)
    assert not sessions.has_room("a", "s", 1)
    shelf.outcomes.clear()
    assert sessions.has_room("a", "s", 1)


def test_those_that_are_only_arriving_count_already(shelf: Shelf, clock: Clock) -> None:
    sessions = Sessions(shelf, clock=clock)
    use(sessions, shelf, clock, "a", "s")
    with ExitStack() as arriving:
        for _ in range(WAITING_IN_ONE):
            arriving.enter_context(sessions.joining("a", "s", 1))
        assert not sessions.has_room("a", "s", 1)
        assert sessions.has_room("a", None, 1)
        for _ in range(WAITING_EACH - WAITING_IN_ONE):
            arriving.enter_context(sessions.joining("a", None, 1))
        assert not sessions.has_room("a", None, 1)
    assert sessions.has_room("a", "s", 1)


def test_what_nobody_fetches_is_let_go_after_a_while_and_the_conversation_stays(shelf: Shelf, clock: Clock) -> None:
    sessions = Sessions(shelf, clock=clock)
    use(sessions, shelf, clock, "a", "left", "listened")
    for name in ("left", "listened"):
        ask(sessions, shelf, name)
    with sessions.listening("listened"):
        clock.seconds += FETCH_SECONDS / 2
        asyncio.run(sessions.sweep())
        assert shelf.outcomes["left"]
        clock.seconds += FETCH_SECONDS
        asyncio.run(sessions.sweep())
    assert (shelf.outcomes["left"], shelf.outcomes["listened"]) == (0, 1)
    assert shelf.states == {"left", "listened"}


def test_a_session_for_one_request_is_over_once_that_is_fetched_or_was_not_for_long(shelf: Shelf, clock: Clock) -> None:
    sessions = Sessions(shelf, clock=clock)
    use(sessions, shelf, clock, "a", "fetched", "left", passing=True)
    for name in ("fetched", "left"):
        ask(sessions, shelf, name)
    shelf.outcomes.pop("fetched")
    asyncio.run(sessions.end("fetched"))
    assert shelf.states == {"left"}
    clock.seconds += FETCH_SECONDS + 1
    asyncio.run(sessions.sweep())
    assert not shelf.ids()


def test_what_a_program_asked_for_a_moment_ago_waits_for_it(shelf: Shelf) -> None:
    clock = Clock()
    clock.seconds = 10 * FETCH_SECONDS
    sessions = Sessions(shelf, clock=clock)
    shelf.outcomes["event"] += 1  # of an event whose session is its own, and is known only from the reply
    use(sessions, shelf, clock, "program", "event", passing=True)
    asyncio.run(sessions.sweep())
    assert shelf.outcomes["event"]
    clock.seconds += FETCH_SECONDS + 1
    asyncio.run(sessions.sweep())
    assert not shelf.outcomes["event"]


def test_what_is_nobodys_is_let_go_but_not_while_it_may_be_only_coming_in(shelf: Shelf, clock: Clock) -> None:
    sessions = Sessions(shelf, clock=clock)
    shelf.states.add("stray")
    asyncio.run(sessions.sweep())
    assert shelf.states == {"stray"}
    asyncio.run(sessions.sweep())
    assert not shelf.states


@pytest.mark.parametrize("name", ["", "x" * 65, "a/b", "a b", "ä", 7, None, ["a"], "\0"])
def test_an_id_is_short_and_of_letters_and_digits(name: object) -> None:
    assert not is_session(name)
