"""An evaluation as a picture: recall by depth, abstention, and what went wrong.

Letters are Latin only: a machine that draws may have no other fonts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rag.errors import EvaluationError
from rag.evaluation.measures import Evaluation, abstention_curve, grouped, recall_curve
from rag.evaluation.results import DEPTH, Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SUFFIXES = (".png", ".svg")
MAX_CURVES = 4
"""Languages or kinds that get a curve of their own; more would hide each other."""
LABEL = 24
SIZE = (14.0, 4.4)
"""Inches; at ``DPI`` it fills a page's width and can be read there."""
DPI = 120
COLOURS = ("#222222", "#0072b2", "#d55e00", "#009e73", "#cc79a7")
"""Black for all together; the others as told apart by the colour-blind (Okabe and Ito, 2008)."""


def check_picture(path: Path) -> None:
    """See that a picture can be drawn under this name.

    :raises EvaluationError: Its name ends in none of ``SUFFIXES``.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise EvaluationError(f"can't draw a picture {path}: its name ends in {' or '.join(SUFFIXES)}")


def draw(evaluation: Evaluation, path: Path) -> None:
    """Draw the picture into a file.

    :param path: Ends in ``.png`` or ``.svg``.
    :raises EvaluationError: It ends in something else.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    check_picture(path)
    figure = Figure(figsize=SIZE, dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    recall, abstention, misses = figure.subplots(1, 3, width_ratios=(1, 1, 1.1))
    _draw_recall(recall, evaluation.results)
    _draw_abstention(abstention, evaluation.results)
    _draw_misses(misses, evaluation)
    figure.savefig(path, format=path.suffix[1:].lower())


def _draw_recall(axes: Axes, results: Sequence[Result]) -> None:
    axes.set_title("A right passage among the first k")
    for label, colour, group in _groups(results, lambda result: result.question.lang, "language"):
        curve = recall_curve(group, DEPTH)
        if curve:
            axes.plot(range(1, DEPTH + 1), curve, color=colour, label=label, marker=".")
    axes.set(xlabel="k", ylabel="share of answerable questions", xlim=(0.5, DEPTH + 0.5), ylim=(0, 1.02))
    axes.set_xticks([1, 5, 10, 15, 20])
    _finish(axes, "no answerable questions")


def _draw_abstention(axes: Axes, results: Sequence[Result]) -> None:
    axes.set_title("Answered, by threshold of confidence")
    answerable = [result for result in results if result.question.answerable]
    others = [result for result in results if not result.question.answerable]
    for label, colour, group in _groups(others, lambda result: result.question.kind, "kind"):
        curve = abstention_curve(answerable, group)
        if curve:
            axes.plot(*curve, color=colour, label=label)
            axes.plot(_share_answered(group), _share_answered(answerable), "o", color=colour)
    if axes.lines:
        axes.plot([0, 1], [0, 1], ":", color="#999999", label="chance")
        axes.plot([], [], "o", color="#999999", label="threshold in use")
    axes.set(xlabel="share of unanswerable questions", ylabel="share of answerable questions")
    axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    _finish(axes, "no unanswerable questions, or no confidence")


def _draw_misses(axes: Axes, evaluation: Evaluation) -> None:
    counts = evaluation.all.misses
    axes.set_title(f"What went wrong: {sum(counts.values())} of {evaluation.all.questions} questions")
    names = [str(miss) for miss in counts]
    bars = axes.barh(names, list(counts.values()), color=COLOURS[1], height=0.6)
    axes.bar_label(bars, padding=5)
    axes.invert_yaxis()
    axes.set_xlim(0, max(*counts.values(), 1) * 1.12)
    axes.xaxis.set_visible(False)
    axes.spines[["top", "right", "bottom"]].set_visible(False)


def _groups(
    results: Sequence[Result], label: Callable[[Result], str], what: str
) -> list[tuple[str, str, Sequence[Result]]]:
    """All results and, where there are few groups among them, each group: label, colour and results."""
    groups = grouped(results, label)
    few = list(groups.items()) if 1 < len(groups) <= MAX_CURVES else []
    named = ((_label(name) or f"{what} {at}", COLOURS[at], group) for at, (name, group) in enumerate(few, 1))
    return [("all", COLOURS[0], results), *named]


def _label(name: str) -> str:
    """A user's label in Latin letters, without what the library takes for formulas or for hidden labels."""
    return re.sub(r"[^A-Za-z0-9 .()+-]", "", name).strip()[:LABEL]


def _share_answered(results: Sequence[Result]) -> float:
    return sum(result.answered for result in results) / len(results)


def _finish(axes: Axes, empty: str) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.3)
    if axes.lines:
        axes.legend(loc="lower right", frameon=False)
    else:
        axes.text(0.5, 0.5, empty, ha="center", va="center", transform=axes.transAxes, color="#777777")
