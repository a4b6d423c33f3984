"""An engine that remembers the last question, so that asking and searching run the model once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

from rag.answering.retrieval import RERANK_DEPTH, Engine, SearchResult
from rag.core.types import Filters


@dataclass(frozen=True, slots=True)
class RememberingEngine(Engine):
    """Finds as its engine does, and what it was last query it does not look for again."""

    _last: dict[tuple[str, Filters, int], SearchResult] = field(default_factory=dict)

    @classmethod
    def of(cls, engine: Engine) -> Self:
        """The same engine with a memory."""
        return cls(engine.index, engine.encoder, engine.reader)

    def find(self, question: str, filters: Filters, k: int) -> SearchResult:
        """As ``Engine.find``."""
        query = question, filters, max(k, RERANK_DEPTH)
        if query not in self._last:
            found = Engine.find(self, *query)
            self._last.clear()
            self._last[query] = found
        return self._last[query]
