"""Markup as feeds write it → markup that a parser reads as its writer meant it. Line breaks are never touched."""

from __future__ import annotations

import html
import re

_COMMENT = re.compile(r"<!--(?:-?>)?")
_COMMENT_END = re.compile(r"--!?>")
_DECLARATION = re.compile(r"<[!?][A-Za-z\[][^<>]*>?")
_CDATA = re.compile(r"<!\[CDATA\[|\]\]>")
_BLOCK_TAGS = "p|div|br|h[1-6]|[uo]l|li|table|tr|td|article|section|blockquote|pre|figure|img"
_TAG = re.compile(rf"</?(?:{_BLOCK_TAGS})\b", re.I)
_ESCAPED_TAG = re.compile(rf"&lt;/?(?:{_BLOCK_TAGS})\b", re.I)
_CODE = re.compile(r"<(?:pre|code|textarea)\b", re.I)
_TEMPLATE_TAG = re.compile(
    r"(?<!`)\{%-?[ \t]*(?:end)?(?:quote|blockquote|pullquote|centerquote|cq|note|raw|tabs?|label|btn|button|post_link|"
    r"post_path|asset_img|asset_link|asset_path|img|image|video|youtube|vimeo|bilibili|gist|iframe|pdf|link|"
    r"include_code|mermaid)\b[^%\n]{0,300}%\}"
)
"""Tags of Hexo around text, or in place of a picture; what stands between two of them is the author's."""
WRAPPERS = 4
"""Tags that may stand around a body that is escaped as a whole: a feed's ``<div>…</div>`` around ``<p>…</p>``."""


def mend(text: str) -> str:
    """Take away what would swallow text or stop the parser: marks of CDATA, comments that never end, declarations.

    A body that is escaped as a whole is unescaped.
    """
    if "<![CDATA[" in text:
        text = _CDATA.sub("", text)
    if "{%" in text:
        text = _TEMPLATE_TAG.sub("", text)
    return _unescaped(_with_sound_comments(text)).replace("<![", "[")  # what is left of them stands in comments


def _with_sound_comments(text: str) -> str:
    """Drop declarations, and the marks of comments that are empty by HTML's rules, or begin and never end."""
    pieces: list[str] = []
    at = 0
    while mark := _COMMENT.search(text, at):
        pieces.append(_without_declarations(text[at : mark.start()]))
        end = mark if mark[0].endswith(">") else _COMMENT_END.search(text, mark.end())
        if end is None:
            pieces.append(_without_declarations(text[mark.end() :].replace("<!--", "")))
            return "".join(pieces)
        if end is not mark:
            pieces.append(f"{text[mark.start() : end.start()]}-->")
        at = end.end()
    return "".join([*pieces, _without_declarations(text[at:])])


def _without_declarations(text: str) -> str:
    """Doctypes, instructions, conditions and the like say nothing to a reader, and odd ones stop the parser."""
    return _DECLARATION.sub(lambda found: "\n" * found[0].count("\n"), text)


def _unescaped(text: str) -> str:
    """A body whose own tags are escaped, once unescaped; code that speaks of tags stays as it is."""
    escaped = len(_ESCAPED_TAG.findall(text))
    if escaped < 2 or _CODE.search(text) or len(_TAG.findall(text)) > WRAPPERS:
        return text
    return re.sub(r"&(?:lt|gt|amp|quot|apos|#3[49]);", lambda entity: html.unescape(entity[0]), text)
