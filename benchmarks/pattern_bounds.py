"""Patterns that only ever see short text, and the code that sees to it."""

from __future__ import annotations

from rag.corpus.cleaning.bylines import LEAD
from rag.corpus.cleaning.lines import MAX_LINE, MAX_PROMPT
from rag.corpus.decoding import DECLARED_WITHIN
from rag.text.wording import MAX_CREDITS

BOUNDED: dict[str, tuple[int, str]] = {
    "rag.corpus.cleaning.bylines._LEADS": (LEAD, "byline_of cuts each line to LEAD"),
    "rag.corpus.cleaning.lines._BUTTON_LINE": (MAX_PROMPT, "_is_buttons turns longer lines away"),
    "rag.corpus.cleaning.lines._EVERYWHERE": (MAX_LINE, "judge turns longer lines away"),
    "rag.corpus.cleaning.lines._PROMPT": (MAX_LINE, "judge turns longer lines away"),
    "rag.corpus.decoding._DECLARED": (DECLARED_WITHIN, "_candidate_encodings searches so many bytes"),
    "rag.text.wording._CREDITS": (MAX_CREDITS, "only a tail of MAX_CREDITS is matched"),
    "rag.text.quantities._RANGE": (24, "_MAX_START characters before an amount are searched"),
    "rag.text.sentences._LIST_NUMBER": (6, "the last 6 characters before a full stop are searched"),
}
"""Pattern → its longest text, in characters, and what bounds it. All others see text as long as a file."""
