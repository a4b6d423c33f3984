"""What a build did, on the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from rag.core.articles import Failure, Reason
from rag.core.progress import Report
from rag.interfaces.indexing_status import Status
from rag.interfaces.printing import err, out, shown, shown_line


def print_report(report: Report) -> None:
    """Print what a build did, which files could not be read, and what cleaning left out."""
    _print_failures(report.failures)
    for notice in report.notices:
        err.print(f"[yellow]read, but:[/] {shown_line(notice)}")
    out.print(_counts_of(report))
    failed, read = len(report.failures), report.articles - report.kept - report.elsewhere
    kept = f"; articles kept as they were: {report.kept}" if report.kept else ""
    out.print(f"{read} of {read + failed} files read, {failed} could not be read{kept}")
    _print_left_out(report.left_out)
    if report.waits_for:
        number, of = report.shard
        missing = ", ".join(f"{one}/{of}" for one in report.waits_for)
        out.print(f"shard {number}/{of} is in; all of it is taken into use when {missing} is in as well")


class RunPrinter:
    """Prints what came of each run of ``rag watch``: a line with the time of day, and what newly can't be read.

    :param failures: What could not be read before.
    """

    def __init__(self, failures: Sequence[Failure]) -> None:
        self._failures = set(failures)

    def __call__(self, status: Status) -> None:
        """Print what came of a run."""
        told = f"[yellow]not up to date:[/] {shown_line(status.reason)}"
        if status.report:
            told = _counts_of(status.report)
            _print_failures([failure for failure in status.report.failures if failure not in self._failures])
            self._failures = set(status.report.failures)
        out.print(f"{datetime.now():%H:%M:%S} {told}")


def _print_failures(failures: Sequence[Failure]) -> None:
    for failure in failures:
        err.print(f"[yellow]not read:[/] {shown_line(failure)}")


def _counts_of(report: Report) -> str:
    """What a build did, in a line."""
    return (
        f"{report.added} added, {report.changed} changed, {report.removed} removed, {report.unchanged} unchanged; "
        f"{report.encoded} of {report.passages} passages encoded, {report.seconds:.1f} s"
    )


def _print_left_out(counts: dict[Reason, int]) -> None:
    """Say what cleaning left out, by reason, so that a rule that eats text is seen."""
    told = ", ".join(f"{reason} {count}" for reason, count in counts.items())
    if told:
        out.print(f"left out by cleaning: {shown(told)}\n[dim]rag show ARTICLE tells what and where[/]")
