"""Answers and hits on the terminal. What comes from files is shown so that it passes for no markup and no command."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape

from rag.core.answers import Answer, AnswerState, Check, Citation, Extract, by_article
from rag.core.articles import ArticleInfo
from rag.core.hits import Hit
from rag.core.limits import MAX_COPIES_SHOWN, PERHAPS_HOLD
from rag.interfaces.facts import facts_of, time_told
from rag.interfaces.languages.words import ENGLISH

out = Console(highlight=False, soft_wrap=True, emoji=False)
err = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)

_CONTROL = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
_LINE_ENDS = re.compile(r"[\t\n]")


def _line_of(message: str) -> str:
    """A message of the page as a line of the terminal: it begins small and ends without a full stop."""
    return (message[0].lower() + message[1:]).removesuffix(".")


NONE_PASSES = f"{_line_of(ENGLISH.filtered_out)}: widen them or leave one out"


def shown(text: str) -> str:
    r"""A text for the terminal: brackets are no markup of rich's, and control characters are told, not obeyed.

    >>> print(shown("a\x1b[2J[b]"))
    a\x1b[2J\[b]
    """
    return escape(_CONTROL.sub(_spelled, text))


def shown_line(text: object) -> str:
    """The same of what is one line: the name of a file may hold line breaks."""
    return shown(_LINE_ENDS.sub(_spelled, str(text)))


def _spelled(control: re.Match[str]) -> str:
    return control[0].encode("unicode_escape").decode("ascii")


def print_json(value: Any) -> None:
    """Print JSON that no terminal takes for commands, whatever the names of files hold."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    print(_CONTROL.sub(lambda control: f"\\u{ord(control[0]):04x}", text))  # noqa: T201 - not by rich, which wraps


def answer_lines(answer: Answer, folders: Mapping[str, str]) -> Iterator[str]:
    """An answer, or that there is none, with rich's markup.

    :param folders: The folders of articles, by collection, to see whether a cited file has changed.
    """
    if answer.rewritten:
        yield f"[dim]{_line_of(ENGLISH.searched_for).format(shown(answer.query))}[/]"
    if answer.time and (told := time_told(answer.time, ENGLISH)):
        yield f"[dim]{shown_line(told)}[/]"
    if answer.filtered_out:
        yield NONE_PASSES
    elif not answer.answered:
        yield f"[bold]{_line_of(ENGLISH.no_answer)}[/]\n[dim]{_line_of(ENGLISH.nearest)}:[/]"
        for hit in answer.near_misses:
            yield f"  [bold]{shown(hit.article.title)}[/]"
            yield from _hit_lines(hit)
    is_sure = answer.state is AnswerState.ANSWERED
    if answer.state is AnswerState.PERHAPS:
        yield f"[bold]{_line_of(ENGLISH.perhaps)}[/] [dim]{_line_of(ENGLISH.perhaps_share.format(PERHAPS_HOLD))}[/]"
    if answer.newer:
        yield f"[bold]{_line_of(ENGLISH.newer)}[/] [bold cyan]\\[{answer.newer}][/]"
    for cited in by_article(answer.cited):
        yield from article_lines(cited, folders, is_sure=is_sure)


def hit_lines(hits: Sequence[Hit]) -> Iterator[str]:
    """A numbered list of hits with their scores, with rich's markup."""
    for number, hit in enumerate(hits, 1):
        scores = f"score {hit.score:.3f} (dense {hit.dense:.3f}, lexical {hit.lexical:.3f})"
        yield f"[bold]{number}. {shown(hit.article.title)}[/]  [dim]{scores}[/]"
        yield from _hit_lines(hit)
    if not hits:
        yield NONE_PASSES


def article_lines(
    cited: Sequence[tuple[Extract, Citation]], folders: Mapping[str, str], *, is_sure: bool
) -> Iterator[str]:
    """The extracts of one article, and then where they stand."""
    info = cited[0][1].article
    for extract, citation in cited:
        before, after = extract.answer_start - extract.start, extract.answer_end - extract.start
        text = extract.text
        answering = f"[bold green]{shown(text[before:after])}[/]" if is_sure else shown(text[before:after])
        yield f"[bold cyan]\\[{citation.number}][/] {shown(text[:before])}{answering}{shown(text[after:])}"
    yield f"    [dim]{shown(info.title)} · {shown(origin(info))}[/]"
    check = cited[0][1].check(folders)
    since = "" if check is Check.UNCHANGED else f" [yellow]({check} since it was indexed)[/]"
    for _, citation in cited:
        paragraphs = ", ".join(str(number) for number in sorted({span.paragraph for span in citation.spans}))
        yield f"    [dim]{shown_line(info.id)}:{citation.line}, paragraph {paragraphs}[/]{since}"
    places = [(place.article, place.line) for _, citation in cited for place in citation.also_in]
    yield from _also_in_lines(places)


def _hit_lines(hit: Hit) -> Iterator[str]:
    part = hit.passage.parts[0]
    yield f"    {shown(hit.passage.text)}"
    yield f"    [dim]{shown_line(hit.article.id)}:{part.line}, paragraph {part.paragraph}[/]"
    yield from _also_in_lines([(copy.article, copy.passage.parts[0].line) for copy in hit.copies])


def _also_in_lines(places: Sequence[tuple[ArticleInfo, int]]) -> Iterator[str]:
    """The newest copies, each with its line, how many more there are, and an empty line."""
    for info, line in places[:MAX_COPIES_SHOWN]:
        yield f"    [dim]{ENGLISH.also_in}: {shown(brief(info))} {shown_line(info.id)}:{line}[/]"
    if len(places) > MAX_COPIES_SHOWN:
        yield f"    [dim]and in {len(places) - MAX_COPIES_SHOWN} more[/]"
    yield ""


def brief(info: ArticleInfo) -> str:
    """Title, source and date."""
    return f"{info.title} ({', '.join(filter(None, (info.origin, info.day or ENGLISH.no_date)))})"


def origin(info: ArticleInfo) -> str:
    """Source, reporter, author, date, categories and link, those that are known."""
    return " · ".join(filter(None, dict.fromkeys((*facts_of(info, ENGLISH), info.url))))
