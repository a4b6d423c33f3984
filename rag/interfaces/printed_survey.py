"""A survey on the terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rag.core.survey import Report, Survey
from rag.interfaces.facts import time_told
from rag.interfaces.languages.words import ENGLISH
from rag.interfaces.printing import brief, shown, shown_line
from rag.interfaces.survey_facts import counted, group_told


def survey_lines(survey: Survey, *, best_first: bool = False) -> Iterator[str]:
    """All articles that speak to a question, with rich's markup."""
    if survey.time and (told := time_told(survey.time, ENGLISH)):
        yield f"[dim]{shown_line(told)}[/]"
    if not survey.reports:
        yield f"[bold]{ENGLISH.no_reports}[/]"
        return
    yield f"[bold]{counted(survey, ENGLISH)}[/]"
    for group in survey.groups:
        numbers = ", ".join(map(str, group.reports))
        yield f"  {shown_line(group_told(group, ENGLISH))} [dim]\\[{numbers}][/]"
    yield ""
    for report in survey.best_first if best_first else survey.reports:
        yield from _report_lines(report)


def _report_lines(report: Report) -> Iterator[str]:
    extract, citation = report.extract, report.citation
    text, before, after = extract.text, extract.answer_start - extract.start, extract.answer_end - extract.start
    marked = f"{shown(text[:before])}[bold green]{shown(text[before:after])}[/]{shown(text[after:])}"
    yield f"[bold cyan]\\[{citation.number}][/] {marked}"
    copies = f" [dim](+{len(citation.also_in)})[/]" if citation.also_in else ""
    place = f"{shown_line(citation.article.id)}:{citation.line}"
    yield f"    [dim]{shown_line(brief(citation.article))} · {place}[/]{copies}"
