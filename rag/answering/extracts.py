"""Answer candidates → extracts, each with its citation."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from rag.answering.candidates import AnswerCandidate
from rag.core.answers import Citation, Extract, Place, spans_of
from rag.core.hits import Copy
from rag.core.passages import Passage
from rag.text.sentences import Offsets, sentence_spans
from rag.text.wording import wording, words_of
from rag.text.writing_systems import size

MAX_EXTRACTS = 3
MAX_SENTENCES = 3
GROWN = 160
"""An extract takes in the sentences beside the answering one up to this size, in Chinese characters."""
NEAR_MISSES = 3
RELATIVE_THRESHOLD = 0.4
"""Confidence of a further extract that is shown beside the best, as a share of the best's: the less it is known which
one answers, the more are shown (measurements: extracts)."""


def choose_extracts(candidates: Sequence[AnswerCandidate]) -> tuple[list[Extract], list[Citation]]:
    """The best candidates as extracts, best first, each with its citation; none overlaps another or says the same.

    :param candidates: Best first, of which the first answers.
    """
    lowest = RELATIVE_THRESHOLD * candidates[0].confidence
    following = (one for one in candidates[1:] if one.confidence >= lowest)
    extracts: list[Extract] = []
    citations: list[Citation] = []
    for candidate in (candidates[0], *following):
        passage = candidate.hit.passage
        start, end = grow(passage, (candidate.start, candidate.end))
        if any(_repeats(extract, passage, start, end, candidate) for extract in extracts):
            continue
        number = len(extracts) + 1
        marked = candidate.answer_start, candidate.answer_end
        extracts.append(Extract(passage, start, end, *marked, candidate.confidence, number))
        also_in = places_of(extracts[-1], candidate.hit.copies)
        citations.append(Citation(number, candidate.hit.article, spans_of(passage, start, end), also_in))
        if number == MAX_EXTRACTS:
            break
    return extracts, citations


def _repeats(extract: Extract, passage: Passage, start: int, end: int, candidate: AnswerCandidate) -> bool:
    """Whether a stretch overlaps an extract, or its best sentence is told there: a quote stands in many articles."""
    if extract.passage.id == passage.id:
        return start < extract.end and extract.start < end
    return words_of(passage.text[candidate.start : candidate.end]) in words_of(extract.text)


def places_of(extract: Extract, copies: Iterable[Copy]) -> tuple[Place, ...]:
    """Where an extract stands in the copies of its passage. A copy may lack a sentence, and then is no place of it."""
    stretches = ((copy, _stretch(extract, copy.passage.text)) for copy in copies)
    return tuple(Place(copy.article, spans_of(copy.passage, *span)) for copy, span in stretches if span)


def _stretch(extract: Extract, text: str) -> Offsets | None:
    """The sentences of a copy that the extract has too; None where the one with the marked words is not there."""
    if wording(sentence_of(extract)).text not in words_of(text):
        return None
    at = text.find(extract.text)
    if at >= 0:
        return at, at + len(extract.text)
    words = words_of(extract.text)
    runs = groupby(sentence_spans(text), lambda span: words_of(text[slice(*span)]) in words)
    shared = [list(run) for is_shared, run in runs if is_shared]
    longest = max(shared, key=lambda run: run[-1][1] - run[0][0], default=[(0, len(text))])
    return longest[0][0], longest[-1][1]


def sentence_of(extract: Extract) -> str:
    """The sentence in which the marked words stand."""
    text = extract.passage.text
    return next(text[a:b] for a, b in sentence_spans(text) if a <= extract.answer_start < b)


def grow(passage: Passage, answer: Offsets) -> Offsets:
    """Take in the sentence after the answering one, and the one before it, while the extract stays short.

    It stays within the paragraph: what stands beside it is often a caption or another subject.
    """
    part = next(part for part in passage.parts if part.start <= answer[0] < part.end)
    sentences = [span for span in sentence_spans(passage.text) if part.start <= span[0] < part.end]
    first = last = sentences.index(answer)
    for step in (1, -1):
        at = last + 1 if step == 1 else first - 1
        if not 0 <= at < len(sentences) or last - first + 1 == MAX_SENTENCES:
            continue
        low, high = min(first, at), max(last, at)
        if size(passage.text[sentences[low][0] : sentences[high][1]]) <= GROWN:
            first, last = low, high
    return sentences[first][0], sentences[last][1]
