"""Question files: what is asked, and what is known of the right answer. JSON lines → ``Question``."""

from __future__ import annotations

import json
import stat
from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rag.core import arguments
from rag.core.limits import MAX_QUESTION
from rag.errors import EvaluationError
from rag.evaluation.comparing import bare

MAX_BYTES = 64_000_000
"""A larger question file is refused. 100,000 questions with their evidence have about half of it."""
MAX_LINE = 1_000_000
"""Bytes of the longest line that is read: gold paragraphs of several articles have some 50,000."""
MAX_TEXTS = 200
"""Answers, sentences, paragraphs, articles or earlier questions of one question."""
MAX_LABEL = 40
"""Characters of ``lang`` and ``kind``: they head rows of tables."""
ANSWERABLE, UNANSWERABLE = "answerable", "unanswerable"
UNDETERMINED = "und"
"""The code of ISO 639 for a language that is not known."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question and what is right.

    :param text: As it is asked.
    :param lang: Its language; figures are given by it. ``und`` where the file does not say.
    :param articles: Ids of the articles that answer; empty where none does.
    :param answers: Words that answer, any of them.
    :param evidence: Sentences that answer, any of them.
    :param paragraphs: Whole paragraphs that answer, any of them.
    :param history: Questions asked before it in the same conversation, in order.
    :param kind: Of an unanswerable question, what makes it one; figures are given by it.
    :param line: Its line in the file, from 1; 0 where it comes from none.
    """

    id: str
    text: str
    lang: str = UNDETERMINED
    articles: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    paragraphs: tuple[str, ...] = ()
    history: tuple[str, ...] = ()
    kind: str = ANSWERABLE
    line: int = 0

    @property
    def answerable(self) -> bool:
        """Whether an article answers it."""
        return bool(self.articles)


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line of a question file that can't be used: file, line from 1, and what is wrong."""

    path: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.reason}"


@dataclass(frozen=True, slots=True)
class QuestionFile:
    """What a question file holds: its questions, and the lines that were left out.

    :param passed_over: Thumbs that do not tell what is right.
    """

    questions: tuple[Question, ...]
    bad_lines: tuple[BadLine, ...]
    passed_over: int = 0


class _Unusable(ValueError):
    """What is wrong with one line."""


class _Thumbs:
    """Thumbs of readers, in order: a later one takes back an earlier one on the same.

    A thumb up says that these words in that article answer, or that nothing does; the later of these two holds. A thumb
    down does not tell what is right: it takes back what it contradicts, and is passed over. So is "nothing answers"
    under filters, which says nothing of the other articles.
    """

    def __init__(self) -> None:
        self.taken = 0
        self._right: dict[Any, dict[Any, Question]] = {}

    def take(self, row: dict[str, Any], number: int, known: Collection[str]) -> None:
        """Take a line."""
        if row["thumb"] not in ("up", "down"):
            raise _Unusable('`thumb` is neither "up" nor "down"')
        said = self._right.setdefault((_asked(row.get("question")), _texts(row, "history")), {})
        of = _texts(row, "article"), _texts(row, "evidence")
        if row["thumb"] == "down":
            said.pop(of, None)
        elif of[0] or not row.get("filters"):
            question = _parse(row, number, known)
            if question.answerable:
                said.pop(((), ()), None)
            else:
                said.clear()
            said[of] = question
        self.taken += 1

    @property
    def holding(self) -> int:
        """How many of them tell what is right."""
        return sum(map(len, self._right.values()))

    def questions(self) -> list[Question]:
        """What is known to be right after the last of them: all that was said of one question together."""
        return [_together(list(said.values())) for said in self._right.values() if said]


def _together(said: list[Question]) -> Question:
    """One question with all that answers it."""
    return replace(
        said[0],
        articles=tuple(dict.fromkeys(name for one in said for name in one.articles)),
        answers=tuple(dict.fromkeys(words for one in said for words in one.answers)),
        evidence=tuple(dict.fromkeys(sentence for one in said for sentence in one.evidence)),
    )


def read_questions(path: str | Path, articles: Collection[str]) -> QuestionFile:
    """Read a question file: JSON lines in UTF-8. A line that can't be used is left out and told; the rest goes on.

    Each line is an object: ``question``; and as they are known ``id``, ``lang``, ``article`` (an id in the index, or
    a list of them), ``answers``, ``evidence``, ``paragraphs``, ``history`` (texts or lists of texts) and ``kind``.
    ``article`` that is null, or ``"answerable": false``, says that nothing answers. A line with ``thumb`` is what a
    reader said of an answer, as ``rag.interfaces.feedback`` keeps it: see ``_Thumbs``.

    :param articles: Ids of the articles in the index; a question about another one can't be used.
    :raises EvaluationError: The file can't be read, is too large, or holds no line at all.
    :raises ArgumentError: An argument is of the wrong type.
    """
    path = arguments.path("path", path)
    if isinstance(articles, str | bytes) or not isinstance(articles, Sequence | Set | Mapping):
        raise arguments.refused("articles", articles, "the ids of the articles in the index, as a list or set")
    questions: list[Question] = []
    thumbs = _Thumbs()
    bad: list[BadLine] = []
    for number, line in enumerate(_read(path).split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            row = _object(line)
            if "thumb" in row:
                thumbs.take(row, number, articles)
            else:
                questions.append(_parse(row, number, articles))
        except _Unusable as error:
            bad.append(BadLine(str(path), number, str(error)))
    if not questions and not bad and not thumbs.taken:
        raise EvaluationError(f"{path} holds no question: write one JSON object a line")
    questions = sorted(questions + thumbs.questions(), key=lambda question: question.line)
    return QuestionFile(tuple(questions), tuple(bad), thumbs.taken - thumbs.holding)


def _read(path: Path) -> bytes:
    try:
        if stat.S_ISDIR(path.stat().st_mode):
            raise EvaluationError(f"{path} is a folder: name a file of questions, one JSON object a line")
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise EvaluationError(f"can't read the questions in {path}: {error.strerror or error}") from error
    if len(data) > MAX_BYTES:
        raise EvaluationError(f"{path} has over {MAX_BYTES:,} bytes: split it")
    return data.removeprefix(b"\xef\xbb\xbf")


def _parse(row: dict[str, Any], number: int, known: Collection[str]) -> Question:
    articles = _articles(row, known)
    return Question(
        id=_id(row.get("id"), number),
        text=_asked(row.get("question")),
        lang=_label(row, "lang") or UNDETERMINED,
        articles=articles,
        answers=_texts(row, "answers"),
        evidence=_texts(row, "evidence"),
        paragraphs=_texts(row, "paragraphs"),
        history=tuple(_asked(text) for text in _texts(row, "history")),
        kind=_label(row, "kind") or (ANSWERABLE if articles else UNANSWERABLE),
        line=number,
    )


def _object(line: bytes) -> dict[str, Any]:
    if len(line) > MAX_LINE:
        raise _Unusable(f"the line has {len(line):,} bytes, over the limit of {MAX_LINE:,}")
    try:
        text = line.decode("utf-8")
        row = json.loads(text)
        json.dumps(row, ensure_ascii=False).encode("utf-8")
    except UnicodeDecodeError:
        raise _Unusable("it is not UTF-8: save the file in UTF-8") from None
    except UnicodeEncodeError:
        raise _Unusable("it holds half a character (\\ud800 to \\udfff without its other half)") from None
    except (ValueError, RecursionError) as error:
        reason = getattr(error, "msg", None) or "nested too deep, or a number too long"
        raise _Unusable(f"it is no JSON: {reason}") from None
    if not isinstance(row, dict):
        raise _Unusable('it is no JSON object: write {"question": "…"}')
    return row


def _id(value: Any, number: int) -> str:
    if value is None:
        return str(number)
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise _Unusable("`id` is no text and no number")
    return str(value)


def _asked(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise _Unusable("there is no question: give `question`, a text" if value is None else "a question is no text")
    if len(value.strip()) > MAX_QUESTION:
        raise _Unusable(f"a question has {len(value.strip())} characters: {MAX_QUESTION} at most")
    return value


def _articles(row: dict[str, Any], known: Collection[str]) -> tuple[str, ...]:
    """The right articles; none where the line says that nothing answers."""
    articles = tuple(dict.fromkeys(_texts(row, "article")))
    says = row.get("answerable")
    if says is None:
        says = bool(articles) or "article" not in row
    if not isinstance(says, bool):
        raise _Unusable("`answerable` is neither true nor false")
    if says and not articles:
        raise _Unusable("it names no article: give `article`, or say answerable: false")
    if not says and articles:
        raise _Unusable("it names an article, and says answerable: false")
    for article in articles:
        if article not in known:
            raise _Unusable(f"the index has no article {article[:200]!r}: rag status tells from where it was built")
    return articles


def _texts(row: dict[str, Any], key: str) -> tuple[str, ...]:
    """A text, or a list of texts, without those that are blank: they would be found everywhere."""
    value = row.get(key)
    texts = [] if value is None else [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise _Unusable(f"`{key}` is no text and no list of texts")
    if len(texts) > MAX_TEXTS:
        raise _Unusable(f"`{key}` has {len(texts)} texts: {MAX_TEXTS} at most")
    return tuple(text for text in texts if bare(text))


def _label(row: dict[str, Any], key: str) -> str:
    value = row.get(key)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > MAX_LABEL:
        raise _Unusable(f"`{key}` is no text of {MAX_LABEL} characters at most")
    return value.strip()
