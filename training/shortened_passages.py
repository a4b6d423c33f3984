"""Passages with sentences left out: those that answer no longer do, or still do.

A question whose words were changed can be told by its wording; one that only lost its answer can't. So that it is not
told by the gaps either, passages that answer get gaps as well.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from rag.text.sentences import sentence_spans
from training.examples import Span, Text

LEFT_OUT = 0.25
"""How many of the sentences that do not answer are left out."""


def without_answer(text: Text, answers: Sequence[Span], chance: random.Random) -> Text | None:
    """A passage without the sentences that answer.

    :param answers: Offsets in its own text.
    :return: None where nothing is left, or what is left, or the title, still has an answer.
    """
    held = {text.own[slice(*span)] for span in answers}
    kept = [span for span in _sentences(text) if not _any_within(answers, span) and chance.random() >= LEFT_OUT]
    left = _of(text, kept)
    return left if kept and not any(answer in left.whole for answer in held) else None


def with_answer(text: Text, answers: Sequence[Span], chance: random.Random) -> tuple[Text, list[Span]]:
    """A passage without some of the sentences that do not answer, and its answers' offsets there."""
    kept = [span for span in _sentences(text) if _any_within(answers, span) or chance.random() >= LEFT_OUT]
    moved, at = [], 0
    for start, end in kept:
        moved += [(begin - start + at, stop - start + at) for begin, stop in answers if start <= begin and stop <= end]
        at += end - start
    return (_of(text, kept), moved) if len(moved) == len(answers) else (text, list(answers))


def _sentences(text: Text) -> list[Span]:
    """Sentences of a passage's own text, each with the white space after it."""
    starts = [start for start, _ in sentence_spans(text.own)]
    return list(zip([0, *starts[1:]], [*starts[1:], len(text.own)], strict=True))


def _any_within(answers: Sequence[Span], sentence: Span) -> bool:
    return any(start < sentence[1] and sentence[0] < end for start, end in answers)


def _of(text: Text, sentences: list[Span]) -> Text:
    """A passage of these sentences alone; its paragraphs are not told apart."""
    own = "".join(text.own[slice(*span)] for span in sentences)
    return Text(text.whole[: text.shift] + own, text.shift, text.document, ())
