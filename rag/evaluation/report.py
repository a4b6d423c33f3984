"""An evaluation as it is printed: tables, and a list of what went wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from rag.evaluation.measures import KEPT, STAGES, Corpus, Evaluation, Figures
from rag.evaluation.results import DEPTH, Result

EVERY = "all"
DIGEST_SHOWN = 12
NONE = "–"


def tables(evaluation: Evaluation) -> Iterator[RenderableType]:
    """The whole evaluation: what was asked of what, then a table for each side of it."""
    total = evaluation.all
    groups = [total, *evaluation.languages] if len(evaluation.languages) > 1 else [total]
    yield _head(evaluation.corpus)
    if total.retrieval:
        yield _answers(groups)
    if total.abstention:
        yield _abstentions(groups)
    yield _citations(total)
    yield _misses(total)
    yield _times(total)


def misses(evaluation: Evaluation) -> Iterator[RenderableType]:
    """Every question that went wrong, with what was wanted and what was found instead."""
    for result in evaluation.results:
        if result.miss:
            yield _miss(result)


def share(value: float | None) -> str:
    """A figure from 0 to 1 with three digits; a dash where there is none."""
    return NONE if value is None else f"{value:.3f}"


def _head(corpus: Corpus) -> Text:
    model = f"{corpus.model} ({corpus.model_digest[:DIGEST_SHOWN]})"
    counts = f"{corpus.articles} articles, {corpus.passages} passages"
    return _line(f"{counts}, corpus {corpus.digest[:DIGEST_SHOWN]}, model {model}", "dim")


def _answers(groups: Sequence[Figures]) -> Table:
    names = ("answerable", "R@1", "R@5", "R@20", "MRR", "nDCG@10", "shown", "first", "precise", "marked", "F1")
    table = _table("language", *names)
    for group in groups:
        found, extracted = group.retrieval, group.extraction
        if found and extracted:
            recall = (found.recall_1, found.recall_5, found.recall_20, found.mrr, found.ndcg_10)
            values = (*recall, extracted.shown, extracted.first, extracted.precision, extracted.marked, extracted.f1)
            table.add_row(_language(group), str(found.questions), *map(share, values))
    return table


def _abstentions(groups: Sequence[Figures]) -> Table:
    table = _table("language", "kind", "unanswerable", "AUROC", "kept", "answered", f"answered, kept {KEPT:.2f}")
    table.columns[1].justify = "left"
    for group in groups:
        for figures in group.abstention:
            values = (figures.auroc, figures.kept, figures.answered, figures.answered_at_95)
            kind = _line(figures.kind or EVERY)
            table.add_row(_language(group), kind, str(figures.questions), *map(share, values))
    return table


def _citations(group: Figures) -> Text:
    counts = ", ".join(f"{count} {verdict}" for verdict, count in group.citations.items())
    return _line(f"citations  {counts}")


def _misses(group: Figures) -> Table:
    table = _table(f"{sum(group.misses.values())} of {group.questions} questions went wrong", "")
    for miss, count in group.misses.items():
        if count:
            table.add_row(_line(miss), str(count))
    return table


def _times(group: Figures) -> Table:
    table = _table("time, ms", *STAGES)
    for name in ("p50", "p95"):
        table.add_row(name, *(f"{1000 * getattr(group.seconds[stage], name):.1f}" for stage in STAGES))
    return table


def _miss(result: Result) -> Group:
    question, found = result.question, result.found
    where = f"  (line {question.line})" if question.line else ""
    lines = [Text.assemble((f"{result.miss}  ", "bold yellow"), _line(question.text, "bold"), (where, "dim"))]
    if question.answerable:
        rank = f"rank {result.rank}" if result.rank else f"not among the first {DEPTH}" if result.right else "nowhere"
        lines.append(_line(f"    wanted  {', '.join(question.articles)} ({rank})"))
    if found:
        lines.append(_line(f"    found   {found.title}: {found.text}"))
        lines.append(_line(f"            {found.article}:{found.line}", "dim"))
    return Group(*lines, Text())


def _table(first: str, *others: str) -> Table:
    """A table without a frame: a label, then figures."""
    table = Table(first, box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.columns[0].overflow = "fold"
    for name in others:
        table.add_column(name, justify="right")
    return table


def _language(group: Figures) -> Text:
    return _line(group.lang or EVERY)


def _line(text: str, style: str = "") -> Text:
    """Untrusted text as one line, without markup and without the characters that steer a terminal."""
    return Text("".join(char if char.isprintable() else " " for char in text), style)
