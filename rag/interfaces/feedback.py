"""What readers say of an answer: thumbs up or down, a line each in ``feedback.jsonl`` in the index folder.

It stands beside the generations, so that it outlives them, and is what ``rag eval`` reads.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from rag.answering.extracts import sentence_of
from rag.core import arguments
from rag.core.answers import Answer, Thumb
from rag.core.filters import Filters
from rag.core.limits import MAX_COMMENT
from rag.core.places import MilvusAddress, Place, given_place
from rag.errors import FeedbackError
from rag.index.generations import current_generation
from rag.text.writing_systems import HAN, script_of

FEEDBACK = "feedback.jsonl"
_LOCK = ".feedback.lock"
MAX_HISTORY = 20
"""Questions before it that are kept, the newest: a follow-up looks back on three."""
MAX_QUOTED = 1000
"""Characters of the words and of the sentence that are kept, from their beginning."""
MAX_LINE = 200_000
"""Bytes of a line."""
MAX_BYTES = 32_000_000
"""Bytes of the file: some 50,000 lines. ``rag eval`` reads twice as many."""
PATIENCE = 5.0
"""Seconds to wait while another process writes: a line takes milliseconds."""


@dataclass(frozen=True, slots=True)
class Feedback:
    """What a reader says of one extract, or of "the articles do not answer this".

    :param history: Questions asked before it in the same conversation, in order.
    :param filters: Under which it was asked.
    :param article: Id of the article that the extract is from; empty where the articles did not answer.
    :param words: The marked words.
    :param sentence: The sentence in which they stand.
    :param word: What the reader adds.
    """

    thumb: Thumb
    question: str
    history: tuple[str, ...]
    filters: Filters
    article: str
    words: str
    sentence: str
    word: str
    when: datetime


def feedback_on(
    answer: Answer, thumb: Thumb, citation: int | None = None, word: str = "", history: Sequence[Answer] = ()
) -> Feedback:
    """A reader's thumb on an answer.

    :param citation: Number of the extract's citation; None for an answer that says that the articles do not answer.
    :param word: What the reader adds, if anything.
    :param history: Answers to the questions before this one, oldest first.
    :raises FeedbackError: The answer has no such extract, or the word is too long.
    :raises ArgumentError: An argument is of the wrong type.
    """
    arguments.instance("answer", answer, Answer, "a rag.Answer")
    thumb = arguments.choice("thumb", thumb, Thumb)
    citation = None if citation is None else arguments.whole("citation", citation)
    word = arguments.instance("word", word, str, "text").strip()
    arguments.several("history", history, Answer, "the answers before, oldest first")
    if len(word) > MAX_COMMENT:
        raise FeedbackError(f"what you add has {len(word)} characters: {MAX_COMMENT} at most")
    extract = next((extract for extract in answer.extracts if extract.citation == citation), None)
    if extract is None and (citation is not None or answer.answered):
        which = arguments.shown(citation)
        raise FeedbackError("say which extract is meant" if citation is None else f"the answer has no extract {which}")
    return Feedback(
        thumb=thumb,
        question=answer.question.strip(),
        history=tuple(earlier.question.strip() for earlier in history[-MAX_HISTORY:]),
        filters=answer.filters,
        article=extract.passage.article_id if extract else "",
        words=extract.answer[:MAX_QUOTED] if extract else "",
        sentence=sentence_of(extract)[:MAX_QUOTED] if extract else "",
        word=word,
        when=datetime.now(UTC),
    )


def keep_feedback(index: str | Place, feedback: Feedback) -> Place:
    """Append a line to the feedback file of an index. Several processes and threads may do so at once.

    :param index: The index folder; or the address of the server, which keeps the lines beside the index.
    :return: The file, or the address.
    :raises IndexMissing: There is no index.
    :raises ServerError: The server can't be reached, or does not do what it is asked.
    :raises FeedbackError: The file can't be written, or is full; or the line is too long.
    :raises ArgumentError: The index is no path of a folder, or the feedback none.
    """
    index = given_place("index", index)
    arguments.instance("feedback", feedback, Feedback, "what feedback_on returns")
    line = json.dumps(_row(feedback), ensure_ascii=False, default=str).encode("utf-8", "replace") + b"\n"
    if len(line) > MAX_LINE:
        raise FeedbackError(f"the question and its filters have {len(line):,} bytes: {MAX_LINE:,} at most are kept")
    if isinstance(index, MilvusAddress):
        from rag.index.milvus.feedback_lines import keep_line  # slow to load, and an extra

        keep_line(index, line.decode())
        return index
    current_generation(index)
    path = index / FEEDBACK
    try:
        with FileLock(index / _LOCK, timeout=PATIENCE):
            _append(path, line)
    except Timeout:
        raise FeedbackError(f"another process is writing {FEEDBACK}: try again") from None
    except OSError as error:
        raise FeedbackError(f"can't write {FEEDBACK}: {error.strerror or error}") from error
    return path


def _append(path: Path, line: bytes) -> None:
    with path.open("ab+") as stream:
        size = stream.tell()
        if size + len(line) > MAX_BYTES:
            raise FeedbackError(f"{FEEDBACK} is full: move it elsewhere, and a new one is begun")
        if size:
            stream.seek(-1, 2)
            if stream.read(1) != b"\n":  # a line that was cut off, on a full disk or by hand
                line = b"\n" + line
        stream.write(line)


def _row(feedback: Feedback) -> dict[str, Any]:
    """A line as ``read_questions`` takes it. What is empty is left out, but for the article that no extract is from."""
    row = {
        "thumb": feedback.thumb.value,
        "question": feedback.question,
        "lang": "zh" if script_of(feedback.question) == HAN else "",
        "history": feedback.history,
        "filters": {name: value for name, value in asdict(feedback.filters).items() if value},
        "article": feedback.article or None,
        "answers": [feedback.words] if feedback.words else [],
        "evidence": [feedback.sentence] if feedback.sentence else [],
        "word": feedback.word,
        "when": feedback.when.isoformat(timespec="seconds"),
    }
    return {key: value for key, value in row.items() if value or key == "article"}
