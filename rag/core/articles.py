"""Articles as they are read and cleaned: what is known of one, its paragraphs, and what was left out.

Values that travel between stages are frozen, here and elsewhere, so that a stage can only make new ones. Offsets count
Python characters. Paragraph numbers and lines count from 1, as they are shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any

NAME_JOINT = "、"
"""Between the names of several authors; a filter by author matches each of them."""


class Kind(StrEnum):
    """What a paragraph was in the article's page."""

    TEXT = "text"
    HEADING = "heading"
    LIST_ITEM = "list item"
    TABLE_HEADER = "table header"
    TABLE_ROW = "table row"
    CODE = "code"
    QUOTE = "quote"
    CAPTION = "caption"


class Reason(StrEnum):
    """Why a piece of a file was left out, as users are told; a name in angle brackets is an element, never text."""

    AUDIO = "<audio>"
    BUTTON = "<button>"
    CANVAS = "<canvas>"
    DIALOG = "<dialog>"
    EMBED = "<embed>"
    FOOTER = "<footer>"
    IFRAME = "<iframe>"
    INPUT = "<input>"
    MAP = "<map>"
    NAV = "<nav>"
    NOSCRIPT = "<noscript>"
    OBJECT = "<object>"
    OPTION = "<option>"
    SCRIPT = "<script>"
    SELECT = "<select>"
    STYLE = "<style>"
    SVG = "<svg>"
    TEMPLATE = "<template>"
    TEXTAREA = "<textarea>"
    TITLE_ELEMENT = "<title>"
    VIDEO = "<video>"
    COMMENT = "comment"
    HIDDEN = "hidden"
    LINE_NUMBERS = "line numbers"
    DRAWN_FORMULA = "drawn formula"
    RUBY_READING = "ruby reading"
    LINK_ADDRESS = "address of a link"
    TEMPLATE_TAG = "template tag"
    OUTSIDE_THE_ARTICLE = "outside the article"
    PAGE_FURNITURE = "page furniture"
    SHARE_BAR = "share bar"
    QR_CODE = "QR code block"
    TAGS = "tags"
    COMMENTS = "comments"
    GALLERY = "gallery"
    VIDEO_PLACEHOLDER = "video placeholder"
    ADVERTISEMENT = "advertisement"
    SUBSCRIPTION_PROMPT = "subscription prompt"
    PROMPT = "prompt"
    RELATED_LINKS = "related links"
    AUTHOR_CARD = "author's card"
    TITLE = "title"
    ORIGINAL_TITLE = "original title"
    SOURCE_LINE = "source line"
    REPORTER_LINE = "reporter line"
    EDITOR_LINE = "editor line"
    DATE_LINE = "date line"
    IMAGE_CREDIT = "image credit"
    COPYRIGHT_LINE = "copyright line"
    DISCLAIMER = "disclaimer"
    AUTHOR_CONTACT = "how to reach the author"
    FEED_CONTACT = "how to reach the feed"
    ORNAMENT = "ornament"
    REPEATED_LINE = "repeated line"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One cleaned paragraph and the line of the file on which its text begins.

    :param level: Of a heading, 1 to 6; of a list item, how deep its list lies in others, from 1; else 0.
    """

    text: str
    kind: Kind
    line: int
    level: int = 0


@dataclass(frozen=True, slots=True)
class Removed:
    """A piece of the file that cleaning left out, and the reason."""

    text: str
    line: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class Byline:
    """What an article's own text says of where it comes from; empty where it says nothing.

    :param source: The paper or site (来源).
    :param reporter: Who wrote it (作者, 记者); several with ``、`` between them.
    :param original_title: The title it had there (原标题).
    """

    source: str = ""
    reporter: str = ""
    original_title: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """What the head of a page that was saved whole says of it; empty where it says nothing."""

    title: str = ""
    author: str = ""
    site: str = ""
    date: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Body:
    """What cleaning makes of an article's body: its paragraphs, what was left out, and what it says of itself."""

    paragraphs: tuple[Paragraph, ...]
    removed: tuple[Removed, ...] = ()
    byline: Byline = Byline()
    head: Head = Head()


@dataclass(frozen=True, slots=True)
class ArticleInfo:
    """What is known of an article besides its text.

    :param id: Path from the folder's root with forward slashes, after the name of its collection where the index has
        several: the article's identity.
    :param author: As in the front matter: often the feed.
    :param source: The paper or site the text came from (来源), where the article names one.
    :param date: None where the file gives none that can be read.
    :param category_paths: Each place in which it is filed: its categories from the widest to the narrowest, as in the
        front matter.
    :param digest: SHA-256 of the file's bytes, in hex.
    :param reporter: Who wrote it (作者, 记者), where the article names someone.
    :param original_title: The title it had at its source (原标题), where the article gives it.
    :param collection: The name of the collection that it is in; empty where the index has no collections.
    """

    id: str
    title: str
    author: str
    source: str
    date: datetime | None
    category_paths: tuple[tuple[str, ...], ...]
    url: str
    digest: str
    reporter: str = ""
    original_title: str = ""
    collection: str = ""

    @property
    def path(self) -> str:
        """Where its file is, from the root of its collection's folder."""
        return self.id.removeprefix(f"{self.collection}/") if self.collection else self.id

    @property
    def origin(self) -> str:
        """Where it comes from: its source, or else its author, often the feed; empty where neither is known."""
        return self.source or self.author

    @property
    def day(self) -> str:
        """The day of its date, in ISO form; empty where it has none."""
        return self.date.date().isoformat() if self.date else ""

    @property
    def day_number(self) -> int:
        """The same as a number, as ``datetime.date.toordinal`` counts; 0 where it has none."""
        return self.date.toordinal() if self.date else 0

    @property
    def filed_under(self) -> tuple[str, ...]:
        """Each place in which it is filed, as it is shown: 科技 / AI."""
        return tuple(map(" / ".join, self.category_paths))

    @property
    def categories(self) -> tuple[str, ...]:
        """The names of all its categories, each once, whichever place they belong to."""
        return _names(self.category_paths)

    def indexed_text(self, text: str) -> str:
        """What is embedded, and what words are taken from, for a passage; what is shown is the passage alone.

        The title tells what "he" and "the company" are, and the categories what the title leaves unsaid (measurements:
        passages). After a change, raise the version of ``passages`` in ``rag.corpus.versions``.
        """
        return f"{self.title}\n{' '.join(self.categories)}\n{text}"

    @property
    def local_date(self) -> datetime:
        """The date by the article's own clock, since one with a time zone can't be compared with one without.

        The earliest there is where the article has none.
        """
        return self.date.replace(tzinfo=None) if self.date else datetime.min


@dataclass(frozen=True, slots=True)
class Article:
    """An article file, read and cleaned."""

    info: ArticleInfo
    paragraphs: tuple[Paragraph, ...]
    removed: tuple[Removed, ...] = ()

    def without_boilerplate(self, kept: Iterable[int]) -> Article:
        """The article with its paragraphs cut to what is its own; the rest is told among what was left out.

        :param kept: Characters of each paragraph that are its own.
        """
        paragraphs: list[Paragraph] = []
        removed = list(self.removed)
        for paragraph, end in zip(self.paragraphs, kept, strict=True):
            own = paragraph.text[:end].rstrip()
            if own:
                paragraphs.append(replace(paragraph, text=own))
            if end < len(paragraph.text):
                removed.append(Removed(paragraph.text[end:].strip(), paragraph.line, Reason.REPEATED_LINE))
        return Article(self.info, tuple(paragraphs), tuple(sorted(removed, key=lambda piece: piece.line)))


@dataclass(frozen=True, slots=True)
class Failure:
    """An article file, or another entry of the folder, that could not be read.

    :param path: From the folder's root.
    :param line: From 1; None where no line can be named.
    :param reason: What is wrong, in one line.
    """

    path: str
    line: int | None
    reason: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.reason}" if self.line else f"{self.path}: {self.reason}"


def plain(value: Any) -> dict[str, Any]:
    """A value as plain ones for ``json.dumps``, with dates as text."""
    return asdict(value, dict_factory=_plain)


def _plain(fields: list[tuple[str, Any]]) -> dict[str, Any]:
    values = {name: value.isoformat() if isinstance(value, date) else value for name, value in fields}
    if "category_paths" in values:  # of an article, programs are told the names alone too
        values["categories"] = _names(values["category_paths"])
    return values


def _names(paths: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for path in paths for name in path))
