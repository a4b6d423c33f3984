"""Where an index is kept: in a folder, or by a Milvus server."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from rag.core import arguments
from rag.core.files import folder_name
from rag.core.milvus_address import MilvusAddress
from rag.errors import ArgumentError

_ADDRESS = re.compile(
    r"milvus(\+tls)?://([^/:@\s\[\]]+|\[[0-9A-Fa-f:.]+\])(?::(\d{1,5}))?/([A-Za-z_]\w{0,99})/?", re.ASCII
)
_BEGINS = re.compile(r"milvus[\w+]*:/", re.IGNORECASE)
PORT = 19530
"""Of a Milvus server, unless another is named."""


Place = Path | MilvusAddress
__all__ = ["PORT", "MilvusAddress", "Place", "given_place", "is_address", "place_name"]


def is_address(value: object) -> bool:
    """Whether what is written is meant for the address of a server."""
    return isinstance(value, MilvusAddress) or (isinstance(value, str) and bool(_BEGINS.match(value)))


def given_place(name: str, value: Any) -> Place:
    """A folder, or the address of a server: ``milvus://HOST:PORT/NAME``, and ``milvus+tls://`` where it is encrypted.

    >>> given_place("index", "milvus://localhost:19530/news").name
    'news'

    :param name: Of the argument.
    :raises ArgumentError: It is neither.
    """
    if isinstance(value, MilvusAddress):
        return value
    if not is_address(value):
        return arguments.folder(name, value)
    match = _ADDRESS.fullmatch(value)
    port = int(match[3] or PORT) if match else 0
    if match is None or not 0 < port < 65_536:
        give = "milvus://HOST:PORT/NAME, the name of letters, digits and _; user and password by MILVUS_USER and "
        raise ArgumentError(f"{name} is {arguments.shown(value)}: give {give}MILVUS_PASSWORD")
    return MilvusAddress(match[2], port, match[4], secure=bool(match[1]))


def place_name(place: Place) -> str:
    """What messages call an index, which visitors of the page may read."""
    return place.name if isinstance(place, MilvusAddress) else folder_name(place)
