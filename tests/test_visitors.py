"""How much one visitor may ask for."""

from __future__ import annotations

from rag.interfaces.http.visitors import BURST, LIGHT, RATE, Presence, Rates, visitor_of


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_so_much_at_once_and_then_as_it_flows_back() -> None:
    clock = Clock()
    rates = Rates(rate=2, burst=5, clock=clock)
    assert [rates.admits("a") for _ in range(7)] == [True] * 5 + [False] * 2
    assert rates.admits("b")
    clock.seconds += 1
    assert [rates.admits("a") for _ in range(3)] == [True, True, False]
    clock.seconds += 1000
    assert [rates.admits("a") for _ in range(6)] == [True] * 5 + [False]


def test_a_long_request_counts_as_several() -> None:
    rates = Rates(rate=1, burst=10, clock=Clock())
    assert rates.admits("a", 9)
    assert not rates.admits("a", 2)
    assert rates.admits("a", 1)


def test_twenty_people_open_the_page_through_one_address_and_ask_all_the_time() -> None:
    clock = Clock()
    rates = Rates(clock=clock)
    assert all(rates.admits("home", LIGHT) for _ in range(20 * 100))
    for _ in range(60):
        clock.seconds += 1
        assert all(rates.admits("home") for _ in range(20))
        assert all(rates.admits("home", LIGHT) for _ in range(20))


def test_a_flood_is_held_to_the_rate() -> None:
    clock = Clock()
    rates = Rates(clock=clock)
    admitted = 0
    for _ in range(6000):
        clock.seconds += 0.01
        admitted += rates.admits("flood")
    assert admitted <= BURST + 60 * RATE + 1


def test_a_household_is_one_visitor_in_ipv6_and_neighbours_are_two() -> None:
    assert visitor_of("2001:db8:1:2::1") == visitor_of("2001:db8:1:2:ffff::9")
    assert visitor_of("2001:db8:1:2::1") != visitor_of("2001:db8:1:3::1")
    assert visitor_of("192.0.2.1") != visitor_of("192.0.2.2")


def test_what_is_held_is_counted_for_each_alone() -> None:
    presence = Presence(2)
    with presence.noted("a", 2), presence.noted("b"):
        assert not presence.is_over("a")
        with presence.noted("a"):
            assert presence.is_over("a")
            assert not presence.is_over("b")
    assert not presence.is_over("a")
