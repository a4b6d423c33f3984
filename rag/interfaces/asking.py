"""What ``rag ask`` and ``rag search`` ask, and what they print, of whichever process has the index open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self

from rag.core.answers import PastTurn
from rag.core.limits import ANSWER_THRESHOLD
from rag.core.options import SearchOptions, parse_filters
from rag.core.survey import Survey
from rag.errors import ArgumentError
from rag.interfaces.languages.words import ENGLISH
from rag.interfaces.printed_survey import survey_lines
from rag.interfaces.printing import answer_lines, hit_lines
from rag.interfaces.survey_files import FILE_FORMS

if TYPE_CHECKING:
    from rag.answering.retriever import Retriever


@dataclass(frozen=True, slots=True)
class Request:
    """A question of the command line, as plain values.

    :param filters: As ``parse_filters`` takes them.
    :param after: What was asked before, oldest first: questions, or turns as ``Answer.to_json`` has them.
    :param k: How many passages to list at most; None to answer.
    :param as_json: Whether the whole answer is wanted, as plain values.
    :param timed: Whether a time that the question names counts.
    :param form: What is wanted: an ``answer``, or a ``survey`` of all articles; that ``best`` first, or as ``markdown``
        or ``csv``.
    """

    question: str
    filters: Mapping[str, Any] = field(default_factory=dict)
    newest: bool = False
    threshold: float = ANSWER_THRESHOLD
    after: tuple[Any, ...] = ()
    k: int | None = None
    as_json: bool = False
    timed: bool = True
    form: str = "answer"

    @classmethod
    def from_plain(cls, values: Mapping[str, Any]) -> Self:
        """A request of what ``plain`` made.

        :raises ArgumentError: It is none.
        """
        try:
            return cls(**values)
        except TypeError as error:
            raise ArgumentError(f"no question of the command line: {error}") from error

    def plain(self) -> dict[str, Any]:
        """As values for ``json.dumps``."""
        return asdict(self)

    @property
    def options(self) -> SearchOptions:
        """What it is asked under.

        :raises RagError: An option makes no sense.
        """
        filters = parse_filters(**self.filters)
        options = SearchOptions(filters, self.newest, self.threshold, timed=self.timed)
        return options if self.k is None else replace(options, k=self.k)


def reply_to(request: Request, retriever: Retriever) -> dict[str, Any]:
    """What is printed for a request: ``lines`` with rich's markup, or the ``values`` of an answer.

    :raises RagError: It can't be answered.
    """
    options = request.options
    if request.k is not None:
        return {"lines": list(hit_lines(retriever.find(request.question, options).hits))}
    history: list[PastTurn] = []
    for earlier in request.after:
        if isinstance(earlier, str):
            found = retriever.find(earlier, SearchOptions(options.filters), history)
            history.append(found.answer().turn)
        else:
            history.append(PastTurn.from_json(earlier))
    if request.form != "answer":
        survey = retriever.survey_of(request.question, options, history)
        return _surveyed(request, survey, retriever.index.manifest.folders)
    answer = retriever.find(request.question, options, history).answer()
    if request.as_json:
        return {"values": answer.to_json()}
    return {"lines": list(answer_lines(answer, retriever.index.manifest.folders))}


def _surveyed(request: Request, survey: Survey, folders: Mapping[str, str]) -> dict[str, Any]:
    if request.as_json:
        return {"values": survey.to_json()}
    if request.form in FILE_FORMS:
        return {"text": FILE_FORMS[request.form](survey, ENGLISH.language)}
    return {"lines": list(survey_lines(survey, folders, best_first=request.form == "best"))}


def reply_to_plain(retriever: Retriever, request: Mapping[str, Any]) -> dict[str, Any]:
    """The same for a request as plain values, of the newest generation, as one who opens the index finds it."""
    retriever.refresh()
    return reply_to(Request.from_plain(request), retriever)
