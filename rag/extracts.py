"""Hits and what was read in them → ``Answer``: extracts, citations, and whether the articles answer at all."""

from __future__ import annotations

import math
from collections.abc import Sequence

from rag.lexical import Matches
from rag.passages import size
from rag.reader import Reading
from rag.sentences import Offsets, sentence_spans
from rag.types import Citation, Extract, Hit, Passage, Span

MOST_EXTRACTS = 3
MOST_SENTENCES = 3
GROWN = 160
"""An extract takes in the sentences beside the answering one up to this size, in Chinese characters."""
NEAR_MISSES = 3
ANSWERS_AT = 0.5


def choose_extracts(hits: Sequence[Hit], readings: Sequence[Reading]) -> tuple[list[Extract], list[Citation]]:
    """The best readings as extracts, best first, none overlapping another, each with its citation.

    :param readings: Best first.
    """
    extracts: list[Extract] = []
    citations: list[Citation] = []
    for reading in readings:
        passage = hits[reading.hit].passage
        start, end = grow(passage, (reading.start, reading.end))
        if any(_overlap(extract, passage, start, end) for extract in extracts):
            continue
        number = len(extracts) + 1
        extracts.append(Extract(passage, start, end, reading.start, reading.end, reading.score, number))
        citations.append(Citation(number, hits[reading.hit].article, spans_of(passage, start, end)))
        if number == MOST_EXTRACTS:
            break
    return extracts, citations


def _overlap(extract: Extract, passage: Passage, start: int, end: int) -> bool:
    return extract.passage.id == passage.id and start < extract.end and extract.start < end


def grow(passage: Passage, answer: Offsets) -> Offsets:
    """Take in the sentence after the answering one, and the one before it, while the extract stays short.

    It stays within the paragraph: what stands beside it is often a caption or another subject.
    """
    part = next(part for part in passage.parts if part.start <= answer[0] < part.end)
    sentences = [span for span in sentence_spans(passage.text) if part.start <= span[0] < part.end]
    first = last = sentences.index(answer)
    for step in (1, -1):
        at = last + 1 if step == 1 else first - 1
        if not 0 <= at < len(sentences) or last - first + 1 == MOST_SENTENCES:
            continue
        low, high = min(first, at), max(last, at)
        if size(passage.text[sentences[low][0] : sentences[high][1]]) <= GROWN:
            first, last = low, high
    return sentences[first][0], sentences[last][1]


def spans_of(passage: Passage, start: int, end: int) -> tuple[Span, ...]:
    """Where a stretch of a passage stands in the article's paragraphs."""
    spans = []
    for part in passage.parts:
        begin, stop = max(start, part.start), min(end, part.end)
        if begin < stop:
            shift = part.offset - part.start
            spans.append(Span(part.paragraph, part.line, begin + shift, stop + shift))
    return tuple(spans)


def confidence(hits: Sequence[Hit], readings: Sequence[Reading], matches: Matches) -> float:
    """How sure it is that the articles answer, 0 to 1."""
    if not readings:
        return 0.0
    best = readings[0]
    return 1 / (1 + math.exp(-(best.dense + hits[best.hit].dense)))
