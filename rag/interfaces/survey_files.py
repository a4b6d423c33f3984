"""A survey as a file: Markdown to be read on, or CSV for a spreadsheet; every row with its citation."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping

from rag.core.survey import Report, Survey
from rag.interfaces.export import cited_markdown
from rag.interfaces.languages import words_for
from rag.interfaces.languages.words import Words
from rag.interfaces.markdown_text import literal
from rag.interfaces.survey_facts import counted, group_told

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet takes for the beginning of a formula."""


def survey_markdown(survey: Survey, language: str = "en") -> str:
    """A survey as Markdown, in which all that comes from articles and askers is plain text.

    :param language: A tag, as for ``conversation_markdown``.
    """
    words = words_for(language)
    blocks = [f"# {literal(words.survey_of.format(survey.question.strip()))}"]
    if not survey.reports:
        return "\n\n".join([*blocks, words.no_reports]) + "\n"
    blocks.append(counted(survey, words))
    if survey.groups:
        blocks.append("\n".join(f"- {literal(group_told(group, words))}" for group in survey.groups))
    blocks += [cited_markdown(report.extract, report.citation, words) for report in survey.reports]
    return "\n\n".join(blocks) + "\n"


def survey_csv(survey: Survey, language: str = "en") -> str:
    """A survey as CSV, a row for each article, with a byte-order mark: else Excel takes Chinese for something else."""
    words = words_for(language)
    written = io.StringIO()
    rows = csv.writer(written)
    rows.writerow(_titles(words))
    rows.writerows([_cell(value) for value in _row(report)] for report in survey.reports)
    return "\ufeff" + written.getvalue()


def _titles(words: Words) -> tuple[str, ...]:
    return (
        words.date, words.value, words.extract, words.title, words.source, words.file, words.paragraph_title,
        words.line_title, words.original_page, words.also_in,
    )  # fmt: skip


def _row(report: Report) -> tuple[str, ...]:
    citation, info = report.citation, report.citation.article
    return (
        str(report.day or ""), report.extract.answer, report.extract.text, info.title, info.origin, info.id,
        str(citation.spans[0].paragraph), str(citation.line), info.url,
        " ".join(place.article.id for place in citation.also_in),
    )  # fmt: skip


def _cell(value: str) -> str:
    """A text that no spreadsheet runs."""
    return f"'{value}" if value.startswith(_FORMULA) else value


FILE_FORMS: Mapping[str, Callable[[Survey, str], str]] = {"markdown": survey_markdown, "csv": survey_csv}
"""By how the command line names them."""
