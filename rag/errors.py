"""Everything that Article RAG raises on purpose: each a ``RagError``, whose message is one line for the user."""

from __future__ import annotations

from datetime import date

MAX_QUOTED = 60
"""Characters of a value that a message quotes."""


class RagError(Exception):
    """Base of all errors raised on purpose; the message is one line, fit to be shown to a user."""

    def __str__(self) -> str:
        return " ".join(super().__str__().splitlines())  # a path may hold a line end


class ArticleError(RagError):
    """One article file can't be read. The rest of the folder goes on.

    :param path: The file, relative to the folder of articles.
    :param line: The line in the file, from 1; None where no line can be named.
    :param reason: What is wrong and what to do, in one line.
    """

    def __init__(self, path: str, line: int | None, reason: str) -> None:
        self.path = path
        self.line = line
        self.reason = reason
        super().__init__(f"{path}:{line}: {reason}" if line else f"{path}: {reason}")


class FileUnopened(ArticleError):
    """An article file can't be opened, so that nobody knows what is in it."""


class FolderError(RagError):
    """The folder of articles is not there, or holds no article file."""


class StillWritten(FolderError):
    """All articles of the folder may still be in the writing."""


class WorkerError(RagError):
    """No process can be started to read articles in."""


class ModelError(RagError):
    """The embedding model can't be found, converted or loaded."""


class IndexFolderError(RagError):
    """Something about an index folder."""


class IndexMissing(IndexFolderError):
    """The folder holds no index."""


class IndexUnusable(IndexFolderError):
    """The index is damaged, of another format, or was made with another model."""


class IndexDamaged(IndexUnusable):
    """What an index holds is not what was written."""


class IndexMending(IndexDamaged):
    """The same, and it is being mended."""

    def __init__(self) -> None:
        super().__init__("the index is damaged and is being mended of the articles: ask again in a moment")


class IndexUnopened(IndexUnusable):
    """A file of the index may not be opened, so that nobody knows what is in it."""


class IndexBusy(IndexFolderError):
    """This index is being built already, by this process or another."""


class RemovalRefused(IndexFolderError):
    """Bringing an index up to date would take many articles out of it, or puts those of another folder in their place.

    :param removed: Articles that would go.
    :param known: Articles that the index has.
    """

    def __init__(self, message: str, removed: int, known: int) -> None:
        self.removed = removed
        self.known = known
        super().__init__(message)


class NotRemoved(IndexFolderError):
    """An article can't be brought back.

    :param article: As asked for.
    :param removed: How many articles can be.
    """

    def __init__(self, article: str, removed: int) -> None:
        self.article = shortened(article)
        self.removed = removed
        told = f"rag restore lists the {removed} that can be" if removed else "none can be"
        super().__init__(f"{self.article} can't be brought back: {told}")


class ServerError(RagError):
    """The server that keeps an index can't be reached, is too old, or does not do what it is asked."""


class PortError(RagError):
    """The page can't be served on the port that was asked for."""


class LoginError(RagError):
    """There is no password for the login, or none that is fit."""


class ArgumentError(RagError):
    """A function is called with what it can't take: of the wrong type, out of its bounds, or too much."""


class TooBusy(RagError):
    """Too many questions wait already."""

    def __init__(self) -> None:
        super().__init__("busy: too many questions wait already; ask again in a few seconds")


class QuestionError(RagError):
    """The question is empty, too long, or no text."""


class QuestionTooLong(QuestionError):
    """The question has too many characters.

    :param characters: How many it has.
    :param most: How many it may have.
    """

    def __init__(self, characters: int, most: int) -> None:
        self.characters = characters
        self.most = most
        super().__init__(f"the question has {characters} characters: ask in {most} at most")


class ListingError(RagError):
    """The list of articles can't be looked through in this way."""


class UnknownArticle(RagError):
    """The index holds no article of an id.

    :param article_id: As asked for, whatever it is.
    """

    def __init__(self, article_id: object) -> None:
        name = shortened(article_id) if isinstance(article_id, str) else type(article_id).__name__
        super().__init__(f"the index holds no article {name!r}: citations and the list of articles give the ids")


class FilterError(RagError):
    """A filter makes no sense."""


class UnknownName(FilterError):
    """No article in the index bears a name that is filtered by.

    :param kind: ``category``, ``author``, ``source`` or ``collection``.
    :param name: As asked for.
    :param nearest: Names that there are and that are like it, nearest first.
    """

    def __init__(self, kind: str, name: str, nearest: tuple[str, ...]) -> None:
        self.kind = kind
        self.name = shortened(name)
        self.nearest = tuple(shortened(near) for near in nearest)
        offered = f"did you mean {' or '.join(self.nearest)}?" if nearest else "rag status lists those there are"
        super().__init__(f"the index knows no {kind} {self.name!r}: {offered}")


class NoDate(FilterError):
    """What is written as a date is none.

    :param text: As written.
    """

    def __init__(self, text: str) -> None:
        self.text = shortened(text)
        super().__init__(f"{self.text!r} is no date: write it as 2021-12-31, 2021-12 or 2021")


class BackwardRange(FilterError):
    """The dates that are filtered by end before they start.

    :param since: First day.
    :param until: Last day.
    """

    def __init__(self, since: date, until: date) -> None:
        self.since = since
        self.until = until
        super().__init__(f"the date range ends on {until}, before it starts on {since}")


class LinkError(RagError):
    """A link that reopens a question can't be read, or what is asked does not fit into one."""


class FeedbackError(RagError):
    """What a reader says of an answer can't be kept: it is of no answer, too long, or its file can't be written."""


class EvaluationError(RagError):
    """An evaluation can't be run or written: of the question file no line can be used, or a picture has no form."""


def shortened(text: str) -> str:
    """A text of any length as a part of one line."""
    line = " ".join(text.split())
    return line if len(line) <= MAX_QUOTED else f"{line[: MAX_QUOTED - 1]}…"
