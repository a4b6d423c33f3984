"""The collections of an index in a Milvus server, and what their rows hold."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

MAX_TEXT = 65_535
"""Bytes of a text in a row."""
FOREVER = 1 << 40
"""The generation in which a row that is in use goes."""
MAX_NAMES = 1_024
"""Names by which an article can be filtered."""


class Kind(StrEnum):
    """What the rows of a collection are.

    Each row of a passage or an article tells in which generation it came (``born``) and in which it goes (``died``): a
    reader of a generation sees those that had come and not gone. Milvus wants a vector in each collection; where there
    is none to be searched, it is of two numbers that say nothing.
    """

    PASSAGES = "passages"
    ARTICLES = "articles"
    PAGES = "pages"
    STATE = "state"

    def describe(self, schema: Any, dimension: int) -> str:
        """Add the fields to a schema; returns the name of the vector."""
        for name, form in _FIELDS[self].items():
            schema.add_field(name, **_form(form), is_primary=name == "id")
        vector = "vector" if self is Kind.PASSAGES else "nothing"
        schema.add_field(vector, **_vector(dimension if self is Kind.PASSAGES else len(NOTHING["nothing"])))
        return vector

    @property
    def numbers_looked_up(self) -> tuple[str, ...]:
        """Fields by which many rows are asked for at once: to go through all numbers for one or two takes no time."""
        return _LOOKED_UP.get(self, ())


def signed(digest: int) -> int:
    """A digest of 64 bits as a signed number."""
    return digest - (1 << 64) if digest >= 1 << 63 else digest


NOTHING = {"nothing": [0.0, 0.0]}
"""The vector of a row that has none."""
_VISIBLE = {"born": int, "died": int}
_FIELDS: dict[Kind, dict[str, Any]] = {
    # alike: by which passages that say the same are known; article: its row; names: digests of what it can be
    # filtered by; head: what is searched of it before its text
    Kind.PASSAGES: {
        "id": int,
        **_VISIBLE,
        "article": int,
        "alike": int,
        "day": int,
        "names": list,
        "script": 32,
        "head": MAX_TEXT,
        "text": MAX_TEXT,
        "parts": MAX_TEXT,
        "marks": 256,
    },
    # key: a digest of its id; source: of the feed; found_by: what the list of articles is searched for
    Kind.ARTICLES: {
        "id": int,
        **_VISIBLE,
        "key": int,
        "bucket": int,
        "source": int,
        "day": int,
        "names": list,
        "found_by": MAX_TEXT,
        "digest": 64,
        "info": MAX_TEXT,
        "kept": MAX_TEXT,
        "outline": MAX_TEXT,
        "pieces": int,
        "passages": int,
    },
    # of postings (run, n, lo, hi, size, most, least: see ``pages``), and the pieces of articles
    Kind.PAGES: {
        "id": 64,
        "run": int,
        "n": int,
        "lo": int,
        "hi": int,
        "size": int,
        "most": int,
        "least": int,
        "packed": MAX_TEXT,
    },
    Kind.STATE: {"id": 200, "kind": 16, "generation": int, "text": MAX_TEXT},
}
_LOOKED_UP = {Kind.PASSAGES: ("alike",)}


def _form(form: Any) -> dict[str, Any]:
    from pymilvus import DataType  # slow to load, and an extra

    if form is int:
        return {"datatype": DataType.INT64}
    if form is list:
        return {"datatype": DataType.ARRAY, "element_type": DataType.INT64, "max_capacity": MAX_NAMES}
    return {"datatype": DataType.VARCHAR, "max_length": form}


def _vector(dimension: int) -> dict[str, Any]:
    from pymilvus import DataType  # slow to load, and an extra

    return {"datatype": DataType.FLOAT_VECTOR, "dim": dimension}


def vector_index(kind: Kind) -> dict[str, Any]:
    """How the vectors of a collection are found: of passages by a graph."""
    if kind is Kind.PASSAGES:
        return {"index_type": "HNSW", "metric_type": "IP", "params": {"M": 16, "efConstruction": 200}}
    return {"index_type": "FLAT", "metric_type": "L2"}


def index_of_numbers(*, is_old: bool) -> str:
    """How rows are found by a number."""
    return "STL_SORT" if is_old else "INVERTED"
