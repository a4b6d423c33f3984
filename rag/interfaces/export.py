"""A conversation → Markdown: each question, the extracts word for word, and where each stands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import quote

from rag.core import arguments
from rag.core.answers import Answer, AnswerState, Citation, Extract, Place
from rag.core.articles import ArticleInfo
from rag.core.limits import MAX_COPIES_SHOWN
from rag.interfaces.facts import asked_under
from rag.interfaces.languages import words_for
from rag.interfaces.languages.words import Words
from rag.interfaces.markdown_text import bold_within, literal

_PLAIN_PATH = re.compile(r"[\w./()-]+(?: [\w./()-]+)*")
_WEB_ADDRESS = re.compile(r"https?://[^/\s]\S*")
_STAYS_IN_ADDRESS = ":/?#@!'*+,;=%~-._"


def conversation_markdown(answers: Sequence[Answer], language: str) -> str:
    """A conversation as a Markdown file, in which all that comes from articles and askers is plain text.

    Each question is a heading. Below it is a list, numbered as the citations are, of quotes in which the words that
    answer are bold, each with its title, source, date, file, paragraph, line and link. Characters that no Markdown
    holds (control characters) are shown as U+FFFD.

    :param answers: Oldest first.
    :param language: A tag, as ``zh`` or ``zh-CN``; English where it is none of a language that is spoken here.
    :raises ArgumentError: One of these is of another type.
    """
    arguments.several("answers", answers, Answer, "answers")
    arguments.text("language", language)
    words = words_for(language)
    blocks = (block for answer in answers for block in _blocks(answer, words))
    return "\n\n".join((f"# {words.exported}", *blocks)) + "\n"


def _blocks(answer: Answer, words: Words) -> Iterator[str]:
    """The blocks of one answer, without the blank lines between them."""
    yield f"## {literal(answer.question.strip())}"
    if told := asked_under(answer, words, literal):
        yield "  \n".join(told)
    if answer.filtered_out:
        yield words.filtered_out
    elif not answer.answered:
        yield words.no_answer
    is_sure = answer.state is not AnswerState.PERHAPS
    if not is_sure:
        yield words.perhaps
    for extract, citation in answer.cited:
        yield cited_markdown(extract, citation, words, is_sure=is_sure)


def cited_markdown(extract: Extract, citation: Citation, words: Words, *, is_sure: bool = True) -> str:
    """An item of a numbered list: the quote, and where it stands.

    :param is_sure: Whether the words that answer are marked.
    """
    number = f"{citation.number}. "
    indent = " " * len(number)
    start, end = extract.answer_start - extract.start, extract.answer_end - extract.start
    quoted = bold_within(extract.text, start, end if is_sure else start, f"\\\n{indent}> ")
    blocks = [f"{number}> {quoted}", f"{indent}{_place(citation, words)}"]
    if citation.also_in:
        blocks.append(indent + words.exported_also_in.format(_copies(citation.also_in, words)))
    return "\n\n".join(blocks)


def _place(citation: Citation, words: Words) -> str:
    info = citation.article
    paragraphs = dict.fromkeys(str(span.paragraph) for span in citation.spans)
    paragraph = words.paragraph.format(words.comma.join(paragraphs))
    names = dict.fromkeys((info.source, info.reporter, info.author))
    return _known(info, names, words, paragraph, words.line.format(citation.line), _link(info.url, words))


def _copies(places: Sequence[Place], words: Words) -> str:
    """The newest copies, and how many more there are."""
    shown = places[:MAX_COPIES_SHOWN]
    named = [_known(at.article, [at.article.origin], words, words.line.format(at.line)) for at in shown]
    more = len(places) - MAX_COPIES_SHOWN
    return "; ".join([*named, words.exported_more.format(more)] if more > 0 else named)


def _known(info: ArticleInfo, names: Iterable[str], words: Words, *places: str) -> str:
    """An article with names of where it comes from, its day, its file, and places in it."""
    facts = (literal(info.title), *map(literal, names), info.day or words.no_date, _file(info.id), *places)
    return " · ".join(filter(None, facts))


def _file(path: str) -> str:
    """A path as code where its characters are plain, so that it can be copied; else as text."""
    return f"`{path}`" if _PLAIN_PATH.fullmatch(path) else literal(path)


def _link(url: str, words: Words) -> str:
    """A link to a page on the web; nothing for an address of any other kind."""
    if not _WEB_ADDRESS.fullmatch(url):
        return ""
    address = quote(url, safe=_STAYS_IN_ADDRESS + "&", errors="replace").replace("&", "&amp;")
    return f"[{words.original_page}]({address})"
