"""Article files → ``Article``: walking a folder, encodings, front matter, and what could not be read."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections import Counter
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import yaml
from bs4.exceptions import ParserRejectedMarkup

from rag.cleaning import clean, tidy
from rag.decoding import decode
from rag.errors import ArticleError, FolderError
from rag.types import Article, ArticleInfo, Body

SUFFIXES = frozenset({".md", ".markdown", ".html", ".htm", ".txt"})
MAX_BYTES = 20_000_000
"""A larger file is no article. The longest real one seen is under 1 MB."""
MAX_FIELD = 500
"""Characters kept of a front-matter value: what is longer is no title."""
MAX_LIST = 100
"""Categories kept of a list."""
NAME_JOINT = "、"
"""Between the names of several authors; a filter by author matches each of them."""

_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_FRONT_MATTER = re.compile(r"\s*^---[ \t]*\n(?P<yaml>.*?)^---[ \t]*(?:\n|\Z)", re.S | re.M)
_OPEN_FRONT_MATTER = re.compile(r"\s*^---[ \t]*\n(?P<yaml>(?:[A-Za-z_][\w-]*:.*\n|[ \t]+-.*\n)+)[ \t]*\n", re.M)
"""Front matter that is never closed ends at the first blank line; without a title it is a rule above a line of text."""
_BARE_VALUE = re.compile(r"^([A-Za-z_][\w-]*:)[ \t]+([^\s'\"\[{|>][^\n]*)$", re.M)
_NUMERIC_DATE = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})")
_LINE_END = re.compile(r"\r\n?")
_URL_KEYS = ("url", "link", "original_url", "source_url", "permalink", "source")


def article_paths(folder: Path) -> list[Path]:
    """All article files below a folder, sub-folders too, in a stable order.

    Hidden files and folders are left out, and so is a link that leads out of the folder.

    :raises FolderError: The folder is not there, or holds no article file.
    """
    if not folder.is_dir():
        raise FolderError(f"{folder} is not a folder: name the folder that holds the articles")
    root = folder.resolve()
    found = []
    for parent, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            path = Path(parent, name)
            if not name.startswith(".") and path.suffix.lower() in SUFFIXES and _stays_inside(path, root):
                found.append(path)
    if not found:
        raise FolderError(f"{folder} holds no article: files end in {', '.join(sorted(SUFFIXES))}")
    return found


def _stays_inside(path: Path, root: Path) -> bool:
    return not path.is_symlink() or path.resolve().is_relative_to(root)


def article_id(path: Path, folder: Path) -> str:
    """An article's identity: its path from the folder's root, with forward slashes."""
    return path.relative_to(folder.resolve()).as_posix()


def is_no_text(name: str) -> bool:
    """Whether the name of a file or folder has bytes that could not be read as text."""
    return any("\ud800" <= character <= "\udfff" for character in name)


def read_bytes(path: Path, folder: Path) -> bytes:
    """The bytes of an article file.

    :raises ArticleError: It can't be opened, is empty, is over ``MAX_BYTES``, or has a name that is no text.
    """
    name = article_id(path, folder)
    if is_no_text(name):
        told = os.fsencode(name).decode("utf-8", "backslashreplace")
        raise ArticleError(told, None, "the name of the file or of its folder is no text: rename it")
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise ArticleError(name, None, f"the file has {size:,} bytes, over the limit of {MAX_BYTES:,}")
        data = path.read_bytes()
    except OSError as error:
        raise ArticleError(name, None, f"can't be opened: {error.strerror or error}") from error
    if not data.strip():
        raise ArticleError(name, 1, "the file is empty")
    return data


def read_article(name: str, data: bytes) -> Article:
    """Read one article from its bytes.

    :param name: The article's id.
    :raises ArticleError: It is binary, its front matter is broken, or no text is left after cleaning.
    """
    text, fields, start = _read(name, data)
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
    return Article(_info(name, data, fields, body), body.paragraphs, body.removed)


def _info(name: str, data: bytes, fields: dict[str, Any], body: Body) -> ArticleInfo:
    """What is known of an article: from its front matter first, then from its text, then from a whole page's head."""
    origin = _value(fields, "source")
    filed = _category_paths(fields.get("categories") or fields.get("category"))
    return ArticleInfo(
        id=name,
        title=_value(fields, "title") or body.head.title or Path(name).stem,
        author=_value(fields, "author") or body.head.author,
        source=body.byline.source or ("" if origin.startswith("http") else origin) or body.head.site,
        date=parse_date(_value(fields, "date") or body.head.date),
        categories=tuple(dict.fromkeys(name for path in filed for name in path)),
        url=_url(fields) or _link(body.head.url),
        digest=hashlib.sha256(data).hexdigest(),
        reporter=(body.byline.reporter or body.head.author)[:MAX_FIELD],
        original_title=body.byline.original_title[:MAX_FIELD],
        category_paths=filed if len(filed) > 1 else (),
    )


def body_of(name: str, data: bytes) -> str:
    """The markup below the front matter, line ends made one.

    :raises ArticleError: As ``read_article``.
    """
    text, _, start = _read(name, data)
    return text[start:]


def _read(name: str, data: bytes) -> tuple[str, dict[str, Any], int]:
    """A file's text, the fields of its front matter, and the offset at which its body begins."""
    text = _LINE_END.sub("\n", decode(name, data))
    return text, *_front_matter(name, text)


def _front_matter(name: str, text: str) -> tuple[dict[str, Any], int]:
    """The front matter's fields, all values as written, and the offset at which the body begins."""
    match = _FRONT_MATTER.match(text)
    if match is None:
        unclosed = _OPEN_FRONT_MATTER.match(text)
        match = unclosed if unclosed and "title:" in unclosed["yaml"] else None
    if match is None:
        return {}, 0
    try:
        fields = _load(match["yaml"])
    except (yaml.YAMLError, RecursionError) as error:
        raise ArticleError(
            name, _yaml_line(text, match, error), f"the front matter is broken: {_yaml_reason(error)}"
        ) from error
    if fields is None or fields == "":
        return {}, match.end()
    if not isinstance(fields, dict):
        line = text.count("\n", 0, match.start("yaml")) + 1
        raise ArticleError(name, line, "the front matter is broken: it is not a list of keys with values")
    return fields, match.end()


def _load(text: str) -> Any:
    """YAML; where it is none because a value holds a colon or begins with a mark, the values are taken as they stand.

    :raises yaml.YAMLError: It is none either way.
    """
    try:
        return yaml.load(text, Loader=_LOADER)  # noqa: S506 - the base loader makes strings only
    except yaml.YAMLError:
        quoted = _BARE_VALUE.sub(lambda value: f"{value[1]} {json.dumps(value[2].rstrip(), ensure_ascii=False)}", text)
        if quoted == text:
            raise
        try:
            return yaml.load(quoted, Loader=_LOADER)  # noqa: S506
        except yaml.YAMLError:
            pass
        raise


def _yaml_line(text: str, match: re.Match[str], error: Exception) -> int:
    mark = getattr(error, "problem_mark", None)
    return text.count("\n", 0, match.start("yaml")) + 1 + (mark.line if mark else 0)


def _yaml_reason(error: Exception) -> str:
    return getattr(error, "problem", None) or str(error).splitlines()[0]


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


def _url(fields: dict[str, Any]) -> str:
    return next(filter(None, (_link(_value(fields, key)) for key in _URL_KEYS)), "")


def _link(text: str) -> str:
    """A text that is a link to a page on the web, else nothing."""
    return text if re.match(r"https?://[^\s\"'<>]+$", text) else ""


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
