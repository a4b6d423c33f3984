"""Paragraphs → passages that fit the encoder, cut only between sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from rag.core.articles import Article, Kind, Paragraph
from rag.core.passages import Part, Passage
from rag.text.sentences import sentence_spans
from rag.text.writing_systems import size

ENOUGH = 120
"""A passage of this size is not joined with the next paragraph."""
MAX_SIZE = 300
"""A passage grows to this size at most; a longer paragraph is cut into pieces of about equal size below it
(measurements: passages)."""
_HEADS = (Kind.HEADING, Kind.TABLE_HEADER)
"""What never ends a passage, as far as anything follows."""


@dataclass(frozen=True, slots=True)
class _Piece:
    """A paragraph, or a cut of one: paragraph number from 1, and offsets into its text."""

    paragraph: Paragraph
    number: int
    start: int
    end: int

    @property
    def text(self) -> str:
        return self.paragraph.text[self.start : self.end]


def cut_passages(article: Article, fits: Callable[[str], bool]) -> Iterator[Passage]:
    """Cut an article into passages, in reading order, each without an id.

    Every character of every paragraph stands in exactly one passage, but for white space at cuts, and the header of a
    table, with which each passage of its rows begins.

    :param fits: Whether the encoder takes a text whole.
    """
    for group in _groups(article.paragraphs):
        yield from _fitting(article.info.id, group, lambda text: fits(article.info.indexed_text(text)))


def _groups(paragraphs: tuple[Paragraph, ...]) -> Iterator[list[_Piece]]:
    """Join short neighbours, cut long ones, and keep a heading with what follows it."""
    group: list[_Piece] = []
    header: list[_Piece] = []
    total = 0.0
    for number, paragraph in enumerate(paragraphs, 1):
        header = _header_after(header, paragraph, number)
        for piece in _pieces(paragraph, number):
            has_room = total < ENOUGH and total + size(piece.text) <= MAX_SIZE
            if group and not _joins(group[-1].paragraph.kind, paragraph.kind, has_room=has_room):
                yield group
                group = list(header) if paragraph.kind is Kind.TABLE_ROW else []
                total = sum(size(member.text) for member in group)
            group.append(piece)
            total += size(piece.text)
    if group:
        yield group


def _header_after(header: list[_Piece], paragraph: Paragraph, number: int) -> list[_Piece]:
    """The header of the table that a paragraph stands in; none outside of tables, or where it is itself long."""
    if paragraph.kind is Kind.TABLE_ROW:
        return header
    is_header = paragraph.kind is Kind.TABLE_HEADER and size(paragraph.text) <= ENOUGH
    return [_Piece(paragraph, number, 0, len(paragraph.text))] if is_header else []


def _joins(before: Kind, kind: Kind, *, has_room: bool) -> bool:
    """Whether a paragraph joins the one before it: text always joins its heading, and a heading no text before it.

    Headings join each other as long as there is room, and so do headers: a page may be nothing but these.
    """
    if kind is Kind.HEADING or before is kind is Kind.TABLE_HEADER:
        return has_room and before is kind
    return has_room or before in _HEADS


def _pieces(paragraph: Paragraph, number: int) -> list[_Piece]:
    whole = _Piece(paragraph, number, 0, len(paragraph.text))
    total = size(paragraph.text)
    if total <= MAX_SIZE:
        return [whole]
    share = total / -(-total // MAX_SIZE)
    pieces: list[_Piece] = []
    start, grown = 0, 0.0
    sentences = sentence_spans(paragraph.text)
    for begin, end in sentences:
        weight = size(paragraph.text[begin:end])
        if grown and (grown + weight / 2 > share or grown + weight > MAX_SIZE):
            pieces.append(_Piece(paragraph, number, start, begin))
            start, grown = begin, 0.0
        grown += weight
    pieces.append(_Piece(paragraph, number, start, len(paragraph.text)))
    return [_trimmed(piece) for piece in pieces]


def _trimmed(piece: _Piece) -> _Piece:
    text = piece.text
    start = piece.start + len(text) - len(text.lstrip())
    return _Piece(piece.paragraph, piece.number, start, start + len(text.strip()))


def _fitting(article_id: str, group: list[_Piece], fits: Callable[[str], bool]) -> Iterator[Passage]:
    """The group as one passage, or halved until the encoder takes each part whole."""
    passage = _passage(article_id, group)
    if fits(passage.text) or len(passage.text) == 1:
        yield passage
        return
    first, second = _halves(group)
    yield from _fitting(article_id, first, fits)
    yield from _fitting(article_id, second, fits)


def _halves(group: list[_Piece]) -> tuple[list[_Piece], list[_Piece]]:
    """Cut between paragraphs, a single one between sentences, a single sentence in the middle; headings stay on."""
    *headings, last = group
    if headings and len(last.text) > 1 and all(piece.paragraph.kind in _HEADS for piece in headings):
        begin, rest = _halves([last])
        return [*headings, *begin], rest
    if len(group) > 1:
        return group[: len(group) // 2], group[len(group) // 2 :]
    piece = group[0]
    begins = [begin for begin, _ in sentence_spans(piece.text)][1:]
    cut = min(begins, key=lambda begin: abs(begin - len(piece.text) / 2)) if begins else len(piece.text) // 2
    halves = (piece.start, piece.start + cut), (piece.start + cut, piece.end)
    first, second = (_trimmed(_Piece(piece.paragraph, piece.number, a, b)) for a, b in halves)
    return [first], [second]


def _passage(article_id: str, group: list[_Piece]) -> Passage:
    parts: list[Part] = []
    at = 0
    for piece in group:
        parts.append(Part(piece.number, piece.paragraph.line, at, at + len(piece.text), piece.start))
        at += len(piece.text) + 1
    return Passage(-1, article_id, "\n".join(piece.text for piece in group), tuple(parts))
