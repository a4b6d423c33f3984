"""Other ways to find a passage, each over the same passages and with the same model as ours.

A way is a function from a question and a count to ids of passages, best first, none twice; fewer than the count where
it finds fewer.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from importlib.util import find_spec

import bm25s
import faiss
import numpy as np
import rjieba

from rag.models.encoder import Encoder, Vectors

Way = Callable[[str, int], list[int]]

RRF_K = 60
"""The constant of Cormack et al., "Reciprocal Rank Fusion Outperforms Condorcet and Individual Rank Learning Methods",
2009."""
RRF_DEPTH = 100
"""Passages that each way hands to the fusion: as many as ours takes from each of its searches."""
QUERY, PASSAGE = "query: ", "passage: "
"""What the model was trained to see before questions and passages."""
_WORD = re.compile(r"\w")


def has_txtai() -> bool:
    """Whether txtai is installed."""
    return find_spec("txtai") is not None


def plain_dense(vectors: Vectors, encoder: Encoder) -> Way:
    """Cosine alone, of every passage.

    :param vectors: Of the passages, by id, shape (passages, dimension).
    """
    flat = faiss.IndexFlatIP(vectors.shape[1])
    flat.add(vectors)

    def search(question: str, count: int) -> list[int]:
        _, ids = flat.search(encoder.encode_query(question)[None], min(count, flat.ntotal))
        return ids[0].tolist()

    return search


def plain_bm25(texts: Sequence[str]) -> Way:
    """BM25 as bm25s comes, over jieba's words for search engines; a passage without any word of the question is none.

    :param texts: Of the passages, by id.
    """
    engine = bm25s.BM25()
    engine.index([words(text) or [""] for text in texts], show_progress=False)

    def search(question: str, count: int) -> list[int]:
        asked = [word for word in words(question) if word in engine.vocab_dict]
        if not asked:
            return []
        scores = engine.get_scores(asked)
        best = np.argsort(-scores, kind="stable")[:count]
        return best[scores[best] > 0].tolist()

    return search


def words(text: str) -> list[str]:
    """Jieba's words for search engines, in lower case, without punctuation."""
    return [word for word in rjieba.cut_for_search(text.lower()) if _WORD.match(word)]


def reciprocal_rank_fusion(*ways: Way) -> Way:
    """Several ways fused by rank, of equal weight: a passage's score is the sum of 1 / (``RRF_K`` + rank), from 1."""

    def search(question: str, count: int) -> list[int]:
        scores: dict[int, float] = defaultdict(float)
        for way in ways:
            for rank, passage_id in enumerate(way(question, RRF_DEPTH), 1):
                scores[passage_id] += 1 / (RRF_K + rank)
        return sorted(scores, key=lambda passage_id: (-scores[passage_id], passage_id))[:count]

    return search


def txtai_hybrid(texts: Sequence[str], vectors: Vectors, encoder: Encoder) -> Way:
    """Txtai with ``hybrid=True``, its other settings as they come, and the model's own prompts.

    It is handed our vectors of the passages and our encoder for questions, by its ``external`` method: with the same
    weights and prompts its own are the same but for rounding, and take as long again to make. How it cuts words, scores
    them and fuses is its own. It fuses ten times as many passages of each search as it is asked for.

    :param texts: Of the passages, by id.
    :param vectors: Of the passages, by id, shape (passages, dimension).
    """
    from txtai import Embeddings

    known = {PASSAGE + text: vector for text, vector in zip(texts, vectors, strict=True)}

    def transform(prompted: list[str]) -> Vectors:
        if prompted[0] in known:
            return np.stack([known[text] for text in prompted])
        return np.stack([encoder.encode_query(text.removeprefix(QUERY)) for text in prompted])

    prompts = {"query": QUERY, "data": PASSAGE}
    embeddings = Embeddings(hybrid=True, method="external", transform=transform, instructions=prompts)
    embeddings.index(enumerate(texts))

    def search(question: str, count: int) -> list[int]:
        return [passage_id for passage_id, _ in embeddings.search(question, count)]

    return search
