"""An article file → ``Article``: its bytes, what is known of it, and its cleaned text."""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

from bs4.exceptions import ParserRejectedMarkup

from rag.core.articles import NAME_JOINT, Article, ArticleInfo, Body
from rag.core.files import TooLarge, digest_of, read_file, real_path
from rag.corpus.cleaning import clean, tidy
from rag.corpus.decoding import decode
from rag.corpus.front_matter import read_front_matter
from rag.errors import ArticleError, FileUnopened

MAX_TEXT = 2_000_000
"""Characters of an article's text; a long novel has one million. More would take hours to encode, and is a dump of
something else."""
MAX_FIELD = 500
"""Characters kept of a front-matter value: what is longer is no title."""
MAX_LIST = 100
"""Categories kept of a list."""

_NUMERIC_DATE = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})")
_LINE_END = re.compile(r"\r\n?")
_LINK = re.compile(r"https?://[^\s\"'<>]+$")
_URL_KEYS = ("url", "link", "original_url", "source_url", "permalink", "source")


def read_bytes(path: Path, folder: Path) -> bytes:
    """The bytes of an article file.

    :raises FileUnopened: It can't be opened, or is no ordinary file.
    :raises ArticleError: It is empty, or is over ``MAX_BYTES``.
    """
    name = article_id(path, folder)
    try:
        data = read_file(path)
    except TooLarge as error:
        raise ArticleError(name, None, str(error.strerror)) from error
    except OSError as error:
        raise FileUnopened(name, None, f"can't be opened: {error.strerror or error}") from error
    if not data.strip():
        raise ArticleError(name, 1, "the file is empty")
    return data


def article_id(path: Path, folder: Path) -> str:
    """An article's identity: its path from the folder's root, with forward slashes."""
    return path.relative_to(real_path(folder)).as_posix()


def read_article(name: str, data: bytes) -> Article:
    """Read one article from its bytes.

    :param name: The article's id.
    :raises ArticleError: It is binary, its front matter is broken, no text is left after cleaning, or too much.
    """
    text = _LINE_END.sub("\n", decode(name, data))
    fields, start = read_front_matter(name, text)
    first_line = text.count("\n", 0, start) + 1
    try:
        body = clean(text[start:], first_line, _value(fields, "title"), plain=name.lower().endswith(".txt"))
    except ParserRejectedMarkup as error:
        raise ArticleError(
            name, first_line, f"the HTML can't be parsed: {str(error).split(':')[-1].strip()}"
        ) from error
    if not body.paragraphs:
        counts = Counter(piece.reason for piece in body.removed)
        removed = ", ".join(f"{reason} {count}" for reason, count in counts.most_common(5)) or "nothing"
        raise ArticleError(name, first_line, f"no text is left after cleaning (removed: {removed})")
    characters = sum(len(paragraph.text) for paragraph in body.paragraphs)
    if characters > MAX_TEXT:
        raise ArticleError(name, None, f"it has {characters:,} characters of text, over the limit of {MAX_TEXT:,}")
    return Article(_info(name, data, fields, body), body.paragraphs, body.removed)


def _info(name: str, data: bytes, fields: dict[str, Any], body: Body) -> ArticleInfo:
    """What is known of an article: from its front matter first, then from its text, then from a whole page's head."""
    origin = _value(fields, "source")
    return ArticleInfo(
        id=name,
        title=_value(fields, "title") or body.head.title or Path(name).stem,
        author=_value(fields, "author") or body.head.author,
        source=body.byline.source or ("" if origin.startswith("http") else origin) or body.head.site,
        date=parse_date(_value(fields, "date") or body.head.date),
        category_paths=_category_paths(fields.get("categories") or fields.get("category")),
        url=next(filter(_LINK.match, [*(_value(fields, key) for key in _URL_KEYS), body.head.url]), ""),
        digest=digest_of(data),
        reporter=(body.byline.reporter or body.head.author)[:MAX_FIELD],
        original_title=body.byline.original_title[:MAX_FIELD],
    )


def _value(fields: dict[str, Any], key: str) -> str:
    value = fields.get(key)
    if isinstance(value, list):
        value = NAME_JOINT.join(item for item in value if isinstance(item, str))
    return tidy(value)[:MAX_FIELD] if isinstance(value, str) else ""


def _category_paths(value: Any) -> tuple[tuple[str, ...], ...]:
    """Where an article is filed: a string or a list is one place; in a list that holds lists, each item is one."""
    several = isinstance(value, list) and any(isinstance(item, list) for item in value)
    paths = [_categories(item) for item in value[:MAX_LIST]] if several else [_categories(value)]
    return tuple(dict.fromkeys(filter(None, paths)))


def _categories(value: Any) -> tuple[str, ...]:
    """A string or a list as one tuple from the widest to the narrowest, each once."""
    if isinstance(value, str):
        names = [tidy(value)[:MAX_FIELD]]
    elif isinstance(value, list):
        names = [name for item in value[:MAX_LIST] for name in _categories(item)]
    else:
        names = []
    return tuple(dict.fromkeys(filter(None, names)))[:MAX_LIST]


def parse_date(text: str) -> datetime | None:
    """A front-matter date in any form that Hexo folders hold; None where it can't be read.

    >>> parse_date("Tue, 07 Dec 2021 09:15:32 GMT").isoformat(), parse_date("Invalid Date")
    ('2021-12-07T09:15:32+00:00', None)
    """
    for parse in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            return parse(text)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    numbers = _NUMERIC_DATE.search(text)
    try:
        return datetime(*(int(number) for number in numbers.groups())) if numbers else None  # type: ignore[arg-type]
    except ValueError:
        return None
