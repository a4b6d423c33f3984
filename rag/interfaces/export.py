"""A conversation → Markdown: each question, the extracts word for word, and where each stands."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from rag.core import arguments
from rag.core.answers import Answer, Citation, Extract, Place
from rag.core.limits import MAX_COPIES_SHOWN
from rag.core.types import ArticleInfo
from rag.interfaces.markdown_text import bold_within, literal

_PLAIN_PATH = re.compile(r"[\w./()-]+(?: [\w./()-]+)*")
_WEB_ADDRESS = re.compile(r"https?://[^/\s]\S*")
_STAYS_IN_ADDRESS = ":/?#@!'*+,;=%~-._"


@dataclass(frozen=True, slots=True)
class _Words:
    """What an export says in one language."""

    title: str
    searched_for: str
    filtered_by: str
    since: str
    until: str
    category: str
    author: str
    source: str
    newest_first: str
    comma: str
    no_answer: str
    filtered_out: str
    by_similarity: str
    paragraph: str
    line: str
    no_date: str
    link: str
    also_in: str
    more: str


_ENGLISH = _Words(
    title="Questions to the articles",
    searched_for="Searched for: {}",
    filtered_by="Filtered by: {}",
    since="from {}",
    until="until {}",
    category="category {}",
    author="author {}",
    source="source {}",
    newest_first="newest first",
    comma=", ",
    no_answer="The articles do not answer this.",
    filtered_out="No article passes these filters.",
    by_similarity="Chosen by likeness alone: nothing tells whether the articles answer.",
    paragraph="paragraph {}",
    line="line {}",
    no_date="no date",
    link="original page",
    also_in="Also in: {}",
    more="{} more",
)
_CHINESE = _Words(
    title="向文章提问的记录",
    searched_for="检索：{}",
    filtered_by="筛选：{}",
    since="{} 起",
    until="{} 止",
    category="类别 {}",
    author="作者 {}",
    source="来源 {}",
    newest_first="最新在前",
    comma="、",
    no_answer="这些文章没有回答这个问题。",
    filtered_out="没有文章符合筛选条件。",
    by_similarity="仅按相似度选出，无法判断文章是否真正回答了问题。",
    paragraph="第 {} 段",
    line="第 {} 行",
    no_date="无日期",
    link="原文链接",
    also_in="另见：{}",
    more="另有 {} 篇",
)


def conversation_markdown(answers: Sequence[Answer], language: str) -> str:
    """A conversation as a Markdown file, in which all that comes from articles and askers is plain text.

    Each question is a heading. Below it is a list, numbered as the citations are, of quotes in which the words that
    answer are bold, each with its title, source, date, file, paragraph, line and link. Characters that no Markdown
    holds (control characters) are shown as U+FFFD.

    :param answers: Oldest first.
    :param language: ``zh``, or ``zh-CN`` and the like, for Chinese; else it is English.
    :raises ArgumentError: One of these is of another type.
    """
    arguments.several("answers", answers, Answer, "answers")
    arguments.text("language", language)
    words = _CHINESE if language.lower().startswith("zh") else _ENGLISH
    return "\n\n".join((f"# {words.title}", *(block for answer in answers for block in _blocks(answer, words)))) + "\n"


def _blocks(answer: Answer, words: _Words) -> Iterator[str]:
    """The blocks of one answer, without the blank lines between them."""
    yield f"## {literal(answer.question.strip())}"
    asked_under = _asked_under(answer, words)
    if asked_under:
        yield asked_under
    if answer.filtered_out:
        yield words.filtered_out
    elif not answer.answered:
        yield words.no_answer
    elif answer.confidence is None:
        yield words.by_similarity
    for extract, citation in zip(answer.extracts, answer.citations, strict=True):
        yield _cited(extract, citation, words)


def _asked_under(answer: Answer, words: _Words) -> str:
    """What was searched for where it differs, the filters and the order; nothing where there is none of these."""
    filters = answer.filters
    names = ((words.category, filters.categories), (words.author, filters.authors), (words.source, filters.sources))
    narrowed = [
        words.since.format(filters.since) if filters.since else "",
        words.until.format(filters.until) if filters.until else "",
        *(text.format(words.comma.join(map(literal, named))) for text, named in names if named),
    ]
    told = (
        words.searched_for.format(literal(answer.query)) if answer.rewritten else "",
        words.filtered_by.format(_joined(*narrowed)) if filters else "",
        words.newest_first if answer.newest_first else "",
    )
    return "  \n".join(filter(None, told))


def _cited(extract: Extract, citation: Citation, words: _Words) -> str:
    """An item of a numbered list: the quote, and where it stands."""
    number = f"{citation.number}. "
    indent = " " * len(number)
    start = extract.start
    quoted = bold_within(extract.text, extract.answer_start - start, extract.answer_end - start, f"\\\n{indent}> ")
    blocks = [f"{number}> {quoted}", f"{indent}{_place(citation, words)}"]
    if citation.also_in:
        blocks.append(indent + words.also_in.format(_copies(citation.also_in, words)))
    return "\n\n".join(blocks)


def _place(citation: Citation, words: _Words) -> str:
    info = citation.article
    paragraphs = dict.fromkeys(str(span.paragraph) for span in citation.spans)
    return _joined(
        literal(info.title),
        *map(literal, dict.fromkeys((info.source, info.reporter, info.author))),
        _day(info, words),
        _file(info.id),
        words.paragraph.format(words.comma.join(paragraphs)),
        words.line.format(citation.line),
        _link(info.url, words),
    )


def _copies(places: Sequence[Place], words: _Words) -> str:
    """The newest copies, and how many more there are."""
    named = []
    for place in places[:MAX_COPIES_SHOWN]:
        info = place.article
        origin = literal(info.source or info.author)
        line = words.line.format(place.line)
        named.append(_joined(literal(info.title), origin, _day(info, words), _file(info.id), line))
    more = len(places) - MAX_COPIES_SHOWN
    return "; ".join([*named, words.more.format(more)] if more > 0 else named)


def _joined(*facts: str) -> str:
    return " · ".join(filter(None, facts))


def _day(info: ArticleInfo, words: _Words) -> str:
    return info.date.date().isoformat() if info.date else words.no_date


def _file(path: str) -> str:
    """A path as code where its characters are plain, so that it can be copied; else as text."""
    return f"`{path}`" if _PLAIN_PATH.fullmatch(path) else literal(path)


def _link(url: str, words: _Words) -> str:
    """A link to a page on the web; nothing for an address of any other kind."""
    if not _WEB_ADDRESS.fullmatch(url):
        return ""
    address = quote(url, safe=_STAYS_IN_ADDRESS + "&", errors="replace").replace("&", "&amp;")
    return f"[{words.link}]({address})"
