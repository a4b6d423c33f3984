"""Article RAG: ask a folder of saved articles, get extracts word for word, each with a citation.

The public names are loaded when first used, so that ``import rag`` is quick.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rag.errors import RagError
    from rag.indexing import Progress, Report, build_index
    from rag.retriever import Retriever, ask, retrieve
    from rag.types import Answer, Check, Citation, Extract, Filters, Hit, Passage

__version__ = "0.1.0"

_HOMES = {
    "rag.errors": ("RagError",),
    "rag.indexing": ("Progress", "Report", "build_index"),
    "rag.retriever": ("Retriever", "ask", "retrieve"),
    "rag.types": ("Answer", "Check", "Citation", "Extract", "Filters", "Hit", "Passage"),
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
    "Progress",
    "RagError",
    "Report",
    "Retriever",
    "ask",
    "build_index",
    "retrieve",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module 'rag' has no attribute {name!r}")
    return getattr(import_module(_HOME_OF[name]), name)
