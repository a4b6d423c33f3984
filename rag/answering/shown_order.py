"""The order in which what was found is shown, where it is not the best that comes first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rag.core.answers import Citation, Extract
from rag.core.types import Hit


def newest_hits_first(hits: Sequence[Hit]) -> list[Hit]:
    """Hits by their article's date, newest first, undated last; of one date, in the order they came."""
    return sorted(hits, key=lambda hit: hit.article.local_date, reverse=True)


def newest_extracts_first(
    extracts: Sequence[Extract], citations: Sequence[Citation]
) -> tuple[list[Extract], list[Citation]]:
    """Extracts and their citations as ``newest_hits_first`` has hits, numbered anew in that order.

    :param citations: One for each extract, in the same order.
    """
    pairs = sorted(zip(extracts, citations, strict=True), key=lambda pair: pair[1].article.local_date, reverse=True)
    return (
        [replace(extract, citation=number) for number, (extract, _) in enumerate(pairs, 1)],
        [replace(citation, number=number) for number, (_, citation) in enumerate(pairs, 1)],
    )
