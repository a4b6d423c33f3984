"""What an evaluation is: all results, their figures, and what they were measured on."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any

from rag.evaluation.measures import Figures
from rag.evaluation.results import Result
from rag.index.index import Index


@dataclass(frozen=True, slots=True)
class Corpus:
    """What was asked: figures of two evaluations compare where its digests are the same.

    :param digest: SHA-256 over ids and file digests of all articles in the index, in hex.
    :param model_digest: Of the model's weights.
    """

    articles: int
    passages: int
    digest: str
    model: str
    model_digest: str

    @classmethod
    def of(cls, index: Index) -> Corpus:
        """What an index holds."""
        manifest = index.manifest
        digest = corpus_digest(index.store.digests())
        return cls(manifest.articles, manifest.passages, digest, manifest.model, manifest.model_digest)


def corpus_digest(digests: Mapping[str, str]) -> str:
    """SHA-256, in hex, over the sorted pairs of article id and file digest."""
    return hashlib.sha256(json.dumps(sorted(digests.items())).encode("ascii")).hexdigest()


@dataclass(frozen=True, slots=True)
class Evaluation:
    """How well an index answered a set of questions.

    :param all: Figures of all questions together.
    :param languages: Figures by language, in the order in which they come.
    :param results: One for each question, in order.
    """

    corpus: Corpus
    all: Figures
    languages: tuple[Figures, ...]
    results: tuple[Result, ...]

    def to_json(self) -> dict[str, Any]:
        """Everything as plain values for ``json.dumps``; each result with its rank and miss."""
        plain: dict[str, Any] = _plain(asdict(self))
        for mine, result in zip(plain["results"], self.results, strict=True):
            mine["rank"], mine["miss"] = result.rank, result.miss.name.lower() if result.miss else None
        return plain


def _plain(value: Any) -> Any:
    """Names of enumerations in lower case instead of what is shown, sets in order."""
    if isinstance(value, dict):
        return {_plain(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, frozenset):
        return sorted(value)
    return value.name.lower() if isinstance(value, Enum) else value
