"""Whether a citation tells the truth: what it quotes stands in the file, there, letter for letter."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rag.core.answers import Answer, Check, Citation, Extract
from rag.core.articles import Article
from rag.core.files import real_path
from rag.core.passages import Span
from rag.corpus.articles import read_article, read_bytes
from rag.errors import ArticleError
from rag.evaluation.results import Verdict


def verdicts(answer: Answer, folders: Mapping[str, str]) -> tuple[Verdict, ...]:
    """What checking each of an answer's citations found.

    :param folders: The folders of articles that the index was built from, by collection.
    """
    return tuple(verify(extract, citation, folders) for extract, citation in answer.cited)


def verify(extract: Extract, citation: Citation, folders: Mapping[str, str]) -> Verdict:
    """Read the cited file again and compare.

    :param folders: The folders of articles that the index was built from, by collection.
    """
    try:
        check = citation.check(folders)
        if check is Check.UNCHANGED:  # and so was read before, within the limits of a worker
            name, folder = citation.article.path, real_path(folders[citation.article.collection])
            article = read_article(name, read_bytes(folder / name, folder))
            return Verdict.VERIFIED if _stands(extract, citation, article) else Verdict.WRONG
    except (ArticleError, OSError):
        return Verdict.GONE
    return Verdict.CHANGED if check is Check.CHANGED else Verdict.GONE


def _stands(extract: Extract, citation: Citation, article: Article) -> bool:
    quoted = list(_pieces(extract.text, citation.spans))
    return "\n".join(quoted) == extract.text and all(
        _stands_on_line(piece, span, article) for piece, span in zip(quoted, citation.spans, strict=True)
    )


def _pieces(text: str, spans: tuple[Span, ...]) -> Iterator[str]:
    """The extract's text cut as its spans say, with a line break between two."""
    at = 0
    for span in spans:
        length = span.end - span.start
        yield text[at : at + length]
        at += length + 1


def _stands_on_line(piece: str, span: Span, article: Article) -> bool:
    """Whether a paragraph on the cited line reads so.

    By its line and not by its number: in the index, paragraphs that many articles repeat are taken out, and those after
    them move up.
    """
    return any(
        paragraph.line == span.line and paragraph.text[span.start : span.end] == piece
        for paragraph in article.paragraphs
    )
