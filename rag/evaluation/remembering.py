"""An engine that remembers the last question, so that asking and searching run the model once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

from rag.answering.retrieval import RESCORED, Engine, Found
from rag.core.types import Filters


@dataclass(frozen=True, slots=True)
class RememberingEngine(Engine):
    """Finds as its engine does, and what it was last asked it does not look for again."""

    _last: dict[tuple[str, Filters, int], Found] = field(default_factory=dict)

    @classmethod
    def of(cls, engine: Engine) -> Self:
        """The same engine with a memory."""
        return cls(engine.index, engine.encoder, engine.reader)

    def find(self, question: str, filters: Filters, k: int) -> Found:
        """All stages from a question to its readings: ``k`` hits or more, as far as there are so many."""
        asked = question, filters, max(k, RESCORED)
        if asked not in self._last:
            found = Engine.find(self, *asked)
            self._last.clear()
            self._last[asked] = found
        return self._last[asked]
