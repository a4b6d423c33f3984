"""Passages, which are embedded, searched and cited from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Part:
    """Where one paragraph, or a cut of it, stands in a passage.

    ``passage.text[start:end]`` is ``paragraph.text[offset:offset + end - start]``, letter for letter.

    :param paragraph: Number of the paragraph in its article, from 1.
    :param line: Line of the file on which the paragraph begins.
    """

    paragraph: int
    line: int
    start: int
    end: int
    offset: int


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of one paragraph: number from 1, line of the file, and offsets into the paragraph."""

    paragraph: int
    line: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Passage:
    """What is embedded, searched and cited from: neighbouring paragraphs, or a cut of a long one.

    :param id: Row in the index's vectors; -1 while it has none.
    """

    id: int
    article_id: str
    text: str
    parts: tuple[Part, ...]
