"""What a worker and its starter know of each other: how long a file may take, and what is said first."""

from __future__ import annotations

SECONDS, SECONDS_PER_MB, MAX_SECONDS = 10, 20, 120
"""Processor time that reading a file may take: so much, more for each of its megabytes, and this at most. Real articles
take milliseconds. The slowest markup known that is no trick, tables of Markdown, takes 16 s a megabyte on a slow
machine, and 20 MB of paragraphs 20 s; more hints at a loop."""
READY = b"ready\n"
"""The first that a process says: that it could be started."""


def seconds_for(size: int) -> float:
    """Processor time that reading a file of so many bytes may take."""
    return min(SECONDS + SECONDS_PER_MB * size / 1_000_000, MAX_SECONDS)
