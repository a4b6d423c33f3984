"""White space as a reader sees it."""

from __future__ import annotations

import re

_INVISIBLE = re.compile(
    "[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]|(?<=[\0-\u036f\u2e80-\u9fff])[\u200c\u200d]"
)
"""Soft hyphens, marks of direction and of width zero. Joiners stay inside emoji and in scripts that write with them."""
_SPACES = re.compile(r"\s+")
_WIDE = re.compile(
    r"[\u2014\u2018-\u201d\u2026\u2e80-\u9fff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\U00020000-\U0003ffff]"
)


def tidy(text: str) -> str:
    """One line of text: white space runs become one space, or none between wide characters across a line break."""
    text = _INVISIBLE.sub("", text)
    return _SPACES.sub(lambda run: _joint(text, run), text).strip()


def _joint(text: str, run: re.Match[str]) -> str:
    across_lines = "\n" in run[0] and run.start() > 0 and run.end() < len(text)
    if across_lines and _WIDE.match(text[run.start() - 1]) and _WIDE.match(text[run.end()]):
        return ""
    return " "


def tidy_code(text: str) -> str:
    """Code, its line breaks and indents kept."""
    lines = [line.rstrip() for line in text.replace("\xa0", " ").splitlines()]
    return "\n".join(lines).strip("\n")


def bare(text: str) -> str:
    """A text without white space, to compare by."""
    return "".join(text.split())
