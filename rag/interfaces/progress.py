"""How far indexing is, on the terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from rag.interfaces.printing import err

if TYPE_CHECKING:
    from rag.core.progress import Progress as IndexingProgress


@contextmanager
def progress_bar() -> Iterator[Callable[..., None]]:
    """A bar that tells articles, units done, rate and time left, stage by stage."""
    stages = {
        "model": ("preparing the model", "steps"),
        "read": ("reading", "articles"),
        "cut": ("cutting passages", "articles"),
        "encode": ("encoding", "passages"),
        "compare": ("finding copies", "passages"),
        "write": ("writing", "steps"),
    }
    columns = (
        TextColumn("{task.description:<20}"),
        BarColumn(),
        TextColumn("{task.completed:.0f}/{task.total:.0f} {task.fields[unit]}  {task.fields[rate]}"),
        TimeRemainingColumn(compact=True, elapsed_when_finished=True),
    )
    with Progress(*columns, console=err) as bars:
        tasks = {}

        def show(progress: IndexingProgress) -> None:
            text, unit = stages[progress.stage]
            if progress.stage not in tasks:
                tasks[progress.stage] = bars.add_task(text, total=max(progress.total, 1), unit=unit, rate="")
            rate = f"{progress.rate:.0f}/s" if progress.done and progress.stage in ("read", "encode") else ""
            done = progress.done if progress.total else 1
            if progress.stage == "encode":
                rate += f"  {progress.articles} articles"
            bars.update(tasks[progress.stage], completed=done, rate=rate)

        yield show
