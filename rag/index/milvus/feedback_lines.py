"""What readers say of answers, where a server keeps the index: it keeps the lines as well."""

from __future__ import annotations

import uuid

from rag.core.milvus_address import MilvusAddress
from rag.errors import FeedbackError
from rag.index.milvus.collections import MAX_TEXT, NOTHING, Kind
from rag.index.milvus.server import Server

FEEDBACK = "feedback"


def keep_line(address: MilvusAddress, line: str) -> None:
    """Keep a line.

    :raises FeedbackError: It is too long.
    :raises ServerError: The server can't be reached, or does not take it.
    """
    if len(line.encode()) > MAX_TEXT:
        raise FeedbackError(f"the question and its filters are too long to be kept: {MAX_TEXT:,} bytes at most")
    server = Server(address)
    row = {"id": f"{FEEDBACK}/{uuid.uuid4().hex}", "kind": FEEDBACK, "generation": 0, "text": line}
    server.upsert(Kind.STATE, [row | NOTHING])


def kept_lines(address: MilvusAddress) -> list[str]:
    """All lines that were kept.

    :raises ServerError: The server can't be reached.
    """
    rows = Server(address).query(Kind.STATE, f'kind == "{FEEDBACK}"', ("text",), newest=True)
    return sorted(row["text"] for row in rows)
