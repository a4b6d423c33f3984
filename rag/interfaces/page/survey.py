"""A survey → HTML: how many articles, what they agree and differ in, two pictures, and each with its place."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

from rag.core.survey import Report, Survey, ValueGroup
from rag.interfaces.languages.words import Words
from rag.interfaces.page import charts
from rag.interfaces.page.answers import card_html, marked_extract
from rag.interfaces.page.markup import button, escaped
from rag.interfaces.survey_facts import counted, group_told

REPORTS_SHOWN = 20
"""Reports that are shown at first, and that each click adds."""
MAX_GROUPS = 12
"""Values that are shown; of the others, which are told least, how many there are."""
MAX_DAYS = 62
"""Days that have a column of their own: of longer spans months have."""
MIN_POINTS = 3
"""Dated figures from which on they make a picture."""


def survey_html(survey: Survey, turn: int, words: Words, shown: int = REPORTS_SHOWN, *, best_first: bool) -> str:
    """All reports, each with a link ``#report-TURN-NUMBER``; those of copies end in their number.

    :param turn: Which question of the conversation it answers, from 0.
    :param shown: So many reports are shown.
    :param best_first: Whether the surest come first, or the oldest.
    """
    if not survey.reports:
        return f'<section class="rag-survey"><p class="rag-note">{words.no_reports}</p></section>'
    reports = survey.best_first if best_first else survey.reports
    rows = "".join(_report(report, turn, words) for report in reports[:shown])
    more = min(len(reports) - shown, REPORTS_SHOWN)
    order = "best" if best_first else "date"
    again = (
        button(words.more_reports.format(more), "survey", turn=str(turn), order=order, shown=str(shown + more))
        if more > 0
        else ""
    )
    head = f"<h3>{escaped(counted(survey, words))}</h3>{_groups(survey, turn, words)}{_pictures(survey, turn, words)}"
    tools = _tools(turn, words, shown, best_first=best_first)
    label = escaped(words.all_reports)
    return (
        f'<section class="rag-survey" aria-label="{label}">{head}{tools}'
        f'<ol class="rag-reports">{rows}</ol>{again}</section>'
    )


def _tools(turn: int, words: Words, shown: int, *, best_first: bool) -> str:
    label, order = (words.by_date, "date") if best_first else (words.best_first, "best")
    tools = [button(label, "survey", turn=str(turn), order=order, shown=str(shown))]
    tools += [
        button(told, "survey-file", turn=str(turn), form=form)
        for told, form in ((words.as_markdown, "markdown"), (words.as_csv, "csv"))
    ]
    return f'<div class="rag-tools">{"".join(tools)}</div>'


def _groups(survey: Survey, turn: int, words: Words) -> str:
    if not survey.groups:
        return ""
    rows = "".join(f"<li>{_group(group, turn, words)}</li>" for group in survey.groups[:MAX_GROUPS])
    if (left := len(survey.groups) - MAX_GROUPS) > 0:
        rows += f"<li>{words.more_names.format(left)}</li>"
    return f'<ul class="rag-values">{rows}</ul>'


def _group(group: ValueGroup, turn: int, words: Words) -> str:
    links = " ".join(f'<a href="#report-{turn}-{number}">{number}</a>' for number in group.reports)
    return f"<strong>{escaped(group_told(group, words))}</strong> <small>{links}</small>"


def _report(report: Report, turn: int, words: Words) -> str:
    quote = marked_extract(report.extract), report.citation
    return f"<li>{card_html([quote], turn, words, 'rag-report', kind='report')}</li>"


def _pictures(survey: Survey, turn: int, words: Words) -> str:
    pictures = _over_time(survey, turn, words) + _figures(survey, turn, words)
    return f'<div class="rag-pictures">{pictures}</div>' if pictures else ""


def _over_time(survey: Survey, turn: int, words: Words) -> str:
    """How many reports there are of each day, or month."""
    if not survey.span or survey.span[0] == survey.span[1]:
        return ""
    first, last = survey.span
    if (last - first).days < MAX_DAYS:
        days = [first + timedelta(at) for at in range((last - first).days + 1)]
        bars = [charts.Bar(f"{day:%m-%d}", survey.days[day]) for day in days]
    else:
        months = Counter({f"{day:%Y-%m}": 0 for day in _months(first, last)})
        for day, count in survey.days.items():
            months[f"{day:%Y-%m}"] += count
        bars = [charts.Bar(month, count) for month, count in sorted(months.items())]
    title = words.reports_over_time
    return _picture(title, charts.columns(bars, f"rag-over-{turn}", title, counted(survey, words)))


def _months(first: date, last: date) -> list[date]:
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    return [date(first.year + (first.month - 1 + at) // 12, (first.month - 1 + at) % 12 + 1, 1) for at in range(count)]


def _figures(survey: Survey, turn: int, words: Words) -> str:
    """Each figure that is told, on its day."""
    told = [
        charts.Point(report.day, report.value.number, report.extract.answer)
        for report in survey.reports
        if report.day and report.value and report.value.number is not None
    ]
    if len(told) < MIN_POINTS or not survey.groups or survey.groups[0].value.kind != "figure":
        return ""
    title = words.figure_over_time
    described = "; ".join(group_told(group, words) for group in survey.groups[:MAX_GROUPS])
    return _picture(title, charts.points(told, f"rag-figure-{turn}", title, described))


def _picture(title: str, picture: str) -> str:
    return f'<figure class="rag-picture"><figcaption>{escaped(title)}</figcaption>{picture}</figure>' if picture else ""
