"""What is never article text: elements by name and class, and paragraphs by what they say."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bs4.element import Tag

PROMPT_MAX = 60
"""A prompt to scan, subscribe or download is short; a longer paragraph that mentions one is article text."""

_NEVER_TEXT = frozenset(
    "script style noscript iframe svg template button select option input textarea head nav footer canvas object embed "
    "audio video map".split()
)
_UNWANTED_CLASS = (
    (re.compile(r"(?:^|[_-])(?:append)?qr(?:code)?(?:$|[_-])", re.I), "QR code block"),
    (re.compile(r"^(?:article-)?editors?(?:[_-](?:name|info|line|box))?$", re.I), "editor line"),
    (re.compile(r"(?:^|[_-])(?:share|sns)(?:$|[_-]?(?:bar|box|btn|buttons|tools|links)?$)", re.I), "share bar"),
    (
        re.compile(r"^(?:related|recommend(?:ed|ation|ations)?|hot-?news|more-?news|view-more|read-?more)$", re.I),
        "related links",
    ),
    (
        re.compile(
            r"^(?:ad|ads|adv|advert|advertisement|adsbygoogle|sidebar|breadcrumbs?|copyright|pagination)$", re.I
        ),
        "page furniture",
    ),
)
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.I)

_LINE_RULES = (
    (
        re.compile(r"^[(（【\[]?(?:责任编辑|值班编辑|责编|本文编辑|编辑|校对|审校)\s*[:：丨|][^。！？!?]{1,40}$"),
        "editor line",
    ),
    (re.compile(r"^[(（]作者\s*[:：].{1,40}[)）]$"), "editor line"),
    (re.compile(r"^炒股就看.{0,60}$"), "advertisement"),
    (re.compile(r"^.{0,50}未经.{0,12}(?:许可|授权|同意).{0,6}(?:不得|禁止|请勿|严禁).{0,20}$"), "copyright line"),
    (re.compile(r"^.{0,50}(?:禁止转载|(?:本文|本站|本网|本报)版权归.{1,20}所有).{0,20}$"), "copyright line"),
    (re.compile(r"^(?:题图|封面图?)(?:来自|来源).{1,40}$"), "image credit"),
)
_PROMPT = re.compile(
    r"扫(?:一扫|描|码).{0,20}(?:关注|下载|二维码|阅读|加入)|长按.{0,10}二维码|(?:下载|打开|尽在).{0,14}(?:APP|客户端)|"
    r"关注.{0,14}(?:公众号|微信号)|点击.{0,10}(?:阅读原文|关注)",
    re.I,
)
_IMPERATIVE = re.compile(
    r"(?:请|欢迎|更多.{0,20}?[，,！!]|想.{0,20}?[，,！!？?])?\s*(?:扫|长按|下载|打开|关注|点击|尽在)"
)
_FIELD = re.compile(r"^(?P<name>原标题|来源|文章来源|稿件来源)\s*[:：丨]\s*(?P<value>.{1,120})$")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Why a paragraph is left out, and the paper or site that it names as the article's source."""

    reason: str
    source: str = ""


def judge(text: str) -> Verdict | None:
    """Why a paragraph's words are the feed's and not the article's; None where they are the article's."""
    named = _FIELD.match(text)
    if named:
        is_title = named["name"] == "原标题"
        return Verdict(f"{named['name']} line", "" if is_title else named["value"])
    is_statement = text.endswith("。") and not _IMPERATIVE.match(text)
    if len(text) <= PROMPT_MAX and _PROMPT.search(text) and not is_statement:
        return Verdict("prompt")
    return next((Verdict(reason) for rule, reason in _LINE_RULES if rule.match(text)), None)


def reason_to_skip(tag: Tag) -> str | None:
    """Why an element with all it holds is no article text; None where it may be."""
    if tag.name in _NEVER_TEXT:
        return f"<{tag.name}>"
    if not tag.attrs:
        return None
    if "hidden" in tag.attrs or _HIDDEN_STYLE.search(str(tag.attrs.get("style", ""))):
        return "hidden"
    names = [*(tag.get_attribute_list("class")), tag.attrs.get("id")]
    for name in filter(None, names):
        for rule, reason in _UNWANTED_CLASS:
            if rule.search(str(name)):
                return reason
    return None
