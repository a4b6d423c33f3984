"""Who a visitor is, by address alone, and how much one of them may ask for."""

from __future__ import annotations

import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

RATE, BURST = 40.0, 600.0
"""Requests of a visitor in a second over time, and at once. Twenty people who ask all the time through one address
make 20 a second here; a page that is opened asks for 60 things, ``LIGHT`` each, and one that shows indexing for 2 a
second."""
LIGHT = 0.2
"""What a request counts that only fetches what is ready: files of the page, and streams."""
HEAVY_BYTES = 20_000
"""A longer request counts as several, one for each such part."""
MAX_VISITORS = 10_000
"""Addresses that are kept in mind. Whoever was not seen for longest is taken for new: that forgives them ``BURST``."""
NEIGHBOURS = 64
"""Bits of an IPv6 address that tell one household from another."""


def visitor_of(host: str) -> str:
    """What tells visitors apart: the address, or of IPv6 the network that is given to one household.

    >>> visitor_of("192.0.2.7"), visitor_of("2001:db8:1:2:3::4"), visitor_of("::ffff:192.0.2.7")
    ('192.0.2.7', '2001:db8:1:2::/64', '192.0.2.7')
    """
    address = ip_of(host)
    return str(ip_network((address, NEIGHBOURS), strict=False) if isinstance(address, IPv6Address) else address or host)


def is_this_machine(host: str) -> bool:
    """Whether an address is one by which this machine speaks to itself.

    >>> is_this_machine("127.0.0.2"), is_this_machine("::ffff:127.0.0.1"), is_this_machine("192.0.2.7")
    (True, True, False)
    """
    address = ip_of(host)
    return address is not None and address.is_loopback


def ip_of(host: str) -> IPv4Address | IPv6Address | None:
    """The address that a host is, an IPv4 one where it is that in the form of IPv6; None where it is a name."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


class Rates:
    """How much each visitor may ask for: so much at once, and then as it flows back.

    :param rate: What flows back in a second.
    :param burst: What one has who has asked for nothing yet.
    :param clock: Seconds.
    """

    def __init__(self, rate: float = RATE, burst: float = BURST, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._burst, self._clock = rate, burst, clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def admits(self, visitor: str, cost: float = 1.0) -> bool:
        """Take so much of what a visitor has left; nothing, and False, where that is too little."""
        now = self._clock()
        left, then = self._left.pop(visitor, (self._burst, now))
        left = min(self._burst, left + (now - then) * self._rate)
        admitted = left >= cost
        self._left[visitor] = (left - cost if admitted else left, now)
        if len(self._left) > MAX_VISITORS:
            self._left.popitem(last=False)
        return admitted


class Presence:
    """How much each visitor holds at a time.

    :param each: How much one may hold.
    """

    def __init__(self, each: int) -> None:
        self._each = each
        self._held: Counter[str] = Counter()

    def is_over(self, visitor: str) -> bool:
        """Whether one holds more than they may."""
        return self._held[visitor] > self._each

    def note(self, visitor: str, amount: int) -> None:
        """Note so much more, or less."""
        self._held[visitor] += amount
        if not self._held[visitor]:
            del self._held[visitor]

    @contextmanager
    def noted(self, visitor: str, amount: int = 1) -> Iterator[None]:
        """Note so much more for a while."""
        self.note(visitor, amount)
        try:
            yield
        finally:
            self.note(visitor, -amount)
