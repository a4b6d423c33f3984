"""Article RAG: ask a folder of saved articles, get extracts word for word, each with a citation.

The public names are loaded when first used, so that ``import rag`` is quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rag.answering.retriever import Retriever, ask, retrieve
    from rag.build import build_index
    from rag.core.answers import Answer, Check, Citation, Extract, PastTurn
    from rag.core.filters import Filters
    from rag.core.hits import Hit
    from rag.core.options import SearchOptions
    from rag.core.passages import Passage
    from rag.core.progress import Progress, Report
    from rag.errors import RagError

__version__ = "0.1.0"

_HOMES = {
    "rag.errors": ("RagError",),
    "rag.build": ("build_index",),
    "rag.answering.retriever": ("Retriever", "ask", "retrieve"),
    "rag.core.answers": ("Answer", "Check", "Citation", "Extract", "PastTurn"),
    "rag.core.filters": ("Filters",),
    "rag.core.options": ("SearchOptions",),
    "rag.core.progress": ("Progress", "Report"),
    "rag.core.hits": ("Hit",),
    "rag.core.passages": ("Passage",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Answer",
    "Check",
    "Citation",
    "Extract",
    "Filters",
    "Hit",
    "Passage",
    "PastTurn",
    "Progress",
    "RagError",
    "Report",
    "Retriever",
    "SearchOptions",
    "ask",
    "build_index",
    "retrieve",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'rag' has no attribute {name!r}")
    return getattr(import_module(_HOME_OF[name]), name)
