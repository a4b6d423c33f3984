"""The front matter at the top of an article file: YAML, as Hexo folders hold it."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import Any

import yaml

from rag.errors import ArticleError

MAX_CHARACTERS = 100_000
"""A longer front matter is none. The longest real one seen has under 5,000 characters."""
MAX_DEPTH = 20
"""Lists and mappings in each other; real ones have three. The parser's own stack ends at some 20,000."""
MAX_NODES = 10_000
"""Values, those that an alias repeats counted each time: a few hundred bytes of nested aliases stand for billions."""

_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_FRONT_MATTER = re.compile(r"\s*^---[ \t]*\n(?P<yaml>.*?)^---[ \t]*(?:\n|\Z)", re.S | re.M)
_OPEN_FRONT_MATTER = re.compile(r"\s*^---[ \t]*\n(?P<yaml>(?:[A-Za-z_][\w-]*:.*\n|[ \t]+-.*\n)+)[ \t]*\n", re.M)
"""Front matter that is never closed ends at the first blank line; without a title it is a rule above a line of text."""
_BARE_VALUE = re.compile(r"^([A-Za-z_][\w-]*:)[ \t]+([^\s'\"\[{|>][^\n]*)$", re.M)


class _OutOfBounds(yaml.YAMLError):
    """It is YAML, but nothing that anyone writes above an article."""


def read_front_matter(name: str, text: str) -> tuple[dict[str, Any], int]:
    """The front matter's fields, all values as written, and the offset at which the body begins.

    :param name: The article's id, for the error.
    :raises ArticleError: It is broken, or too long, deep or large to be any.
    """
    match = _FRONT_MATTER.match(text)
    if match is None:
        unclosed = _OPEN_FRONT_MATTER.match(text)
        match = unclosed if unclosed and "title:" in unclosed["yaml"] else None
    if match is None:
        return {}, 0
    line = text.count("\n", 0, match.start("yaml")) + 1
    try:
        fields = _load(match["yaml"])
    except yaml.YAMLError as error:
        mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
        told = f"the front matter is broken: {problem or str(error).splitlines()[0]}"
        raise ArticleError(name, line + (mark.line if mark else 0), told) from error
    if fields is None or fields == "":
        return {}, match.end()
    if not isinstance(fields, dict):
        raise ArticleError(name, line, "the front matter is broken: it is not a list of keys with values")
    return fields, match.end()


def _load(text: str) -> Any:
    """YAML; where it is none because a value holds a colon or begins with a mark, the values are taken as they stand.

    :raises yaml.YAMLError: It is none either way.
    """
    if len(text) > MAX_CHARACTERS:
        raise _OutOfBounds(f"it has {len(text):,} characters, over the limit of {MAX_CHARACTERS:,}")
    try:
        return _parsed(text)
    except yaml.YAMLError as error:
        quoted = _BARE_VALUE.sub(lambda value: f"{value[1]} {json.dumps(value[2].rstrip(), ensure_ascii=False)}", text)
        if quoted != text and not isinstance(error, _OutOfBounds):
            with suppress(yaml.YAMLError):
                return _parsed(quoted)
        raise


def _parsed(text: str) -> Any:
    _check_bounds(text)
    return yaml.load(text, Loader=_LOADER)  # noqa: S506 - the base loader makes strings only


def _check_bounds(text: str) -> None:
    """See, event by event, that a document is small when it is unfolded; what builds it would recurse.

    :raises yaml.YAMLError: It is not, or is no YAML.
    """
    nodes = 0
    sizes: dict[str, int] = {}
    opened: list[tuple[str | None, int]] = []
    for event in yaml.parse(text, Loader=_LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            opened.append((event.anchor, nodes))
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = opened.pop()
            if anchor:
                sizes[anchor] = nodes - before
        elif isinstance(event, yaml.AliasEvent):
            stands_for_itself = any(anchor == event.anchor for anchor, _ in opened)
            nodes += MAX_NODES if stands_for_itself else sizes.get(str(event.anchor), 0)
        elif isinstance(event, yaml.ScalarEvent):
            sizes |= {event.anchor: 1} if event.anchor else {}
        nodes += isinstance(event, yaml.NodeEvent)
        if len(opened) > MAX_DEPTH:
            raise _OutOfBounds(f"its lists lie more than {MAX_DEPTH} deep in each other")
        if nodes > MAX_NODES:
            raise _OutOfBounds(f"it has more than {MAX_NODES:,} values, those that are repeated by a mark * included")
