"""Where the page is served: sockets at an address, and who can reach it. Nothing here is slow to load."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence

from rag.errors import PortError
from rag.interfaces.http.visitors import is_this_machine

UNREAD_BYTES = 262_144
"""Bytes that the system keeps of a reply that is not read yet; left alone, it keeps megabytes for each connection."""


def bound(host: str, port: int) -> list[socket.socket]:
    """Sockets at an address, taken at once: before a model is loaded, and so that nothing else takes it meanwhile.

    :raises PortError: It can't be had.
    """
    host = host.strip("[]")
    taken: list[socket.socket] = []
    try:
        for family, kind, _, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            one = socket.socket(family, kind)
            taken.append(one)
            if os.name == "posix":  # elsewhere it would let two processes have one port
                one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, UNREAD_BYTES)
            one.bind((address[0], port or taken[0].getsockname()[1], *address[2:]))
    except (OSError, OverflowError, UnicodeError) as error:
        for one in taken:
            one.close()
        told = f"can't serve on {host}, port {port} ({error}): choose another with --host or --port"
        raise PortError(told) from error
    return taken


def address_of(host: str, sockets: Sequence[socket.socket]) -> str:
    """The address of the page, as a browser takes it."""
    host = host.strip("[]")
    return f"http://{f'[{host}]' if ':' in host else host}:{sockets[0].getsockname()[1]}"


def warning(host: str, login: str | None) -> str | None:
    """What is to be known of an address that others can reach, in a line; None for one that they can't."""
    name = host.strip("[]")
    if name == "localhost" or is_this_machine(name):
        return None
    if login:
        return f"warning: others can reach {host}, and name and password travel unencrypted: trust that network"
    return f"warning: others can reach {host} and read all articles: --login NAME asks them for a password"
