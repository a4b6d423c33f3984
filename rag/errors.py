"""Everything that Article RAG raises on purpose.

RagError
├── ArticleError        one article file can't be read: path, line and reason
├── FolderError         the folder of articles is not there, or holds no article
├── ModelError          the embedding model can't be found, converted or loaded
├── IndexFolderError    about an index folder
│   ├── IndexMissing    there is no index in the folder
│   ├── IndexUnusable   it is damaged, of another format, or made with another model
│   └── IndexBusy       another process is building it
├── PortError           the page can't be served on a port
├── QuestionError       the question is empty or too long
├── FilterError         a filter makes no sense
└── EvaluationError     an evaluation can't be run or written
"""

from __future__ import annotations


class RagError(Exception):
    """Base of all errors raised on purpose; the message is one line, fit to be shown to a user."""


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


class FolderError(RagError):
    """The folder of articles is not there, or holds no article file."""


class ModelError(RagError):
    """The embedding model can't be found, converted or loaded."""


class IndexFolderError(RagError):
    """Something about an index folder."""


class IndexMissing(IndexFolderError):
    """The folder holds no index."""


class IndexUnusable(IndexFolderError):
    """The index is damaged, of another format, or was made with another model."""


class IndexBusy(IndexFolderError):
    """Another process is building this index."""


class PortError(RagError):
    """The page can't be served on the port that was asked for."""


class QuestionError(RagError):
    """The question is empty or too long."""


class FilterError(RagError):
    """A filter makes no sense: a date that is no date, or a range that ends before it starts."""


class EvaluationError(RagError):
    """An evaluation can't be run or written: of the question file no line can be used, or a picture has no form."""
