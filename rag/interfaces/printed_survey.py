"""A survey on the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rag.core.survey import Survey
from rag.interfaces.facts import time_told
from rag.interfaces.languages.words import ENGLISH
from rag.interfaces.printing import article_lines, shown_line
from rag.interfaces.survey_facts import counted, group_told


def survey_lines(survey: Survey, folders: Mapping[str, str], *, best_first: bool = False) -> Iterator[str]:
    """All articles that speak to a question, with rich's markup; the other parameter is that of ``answer_lines``."""
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
        yield from article_lines([(report.extract, report.citation)], folders, is_sure=True)
