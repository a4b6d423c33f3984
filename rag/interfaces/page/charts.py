"""Numbers → small pictures as SVG that takes its colours and its type from the page around it.

Widths are percentages and heights pixels, so that a picture fills its column and its words keep their size on a phone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from html import escape

COLUMNS_HEIGHT, TEXT_HEIGHT, ROW_HEIGHT = 96, 20, 36
"""Pixels of the highest column, of a line of words, and of a bar that lies with its words above it."""
SMALLEST, SMALLEST_SHARE = 2, 0.6
"""Of what is not 0, pixels of a column and percent of a bar: one article beside thousands is still to be seen."""
WIDEST_COLUMN = 12.0
"""Percent of the picture: a single column is no wall."""
MAX_LABELS = 6
"""Columns that are all labelled: so many months fit a phone."""
MAX_LETTERS = 44
"""Width of a label in Latin letters, of which a Chinese character takes two: what fits a phone."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a picture."""

    label: str
    value: int


def columns(bars: Sequence[Bar], name: str, title: str, description: str) -> str:
    """Upright bars side by side, such as counts over time, with labels below and the highest value above.

    :param name: Stem of the ids in it, which must be the page's only ones.
    :param title: What is shown, for those who hear it.
    :param description: What is to be seen in it.
    :return: Empty where there are no bars.
    """
    if not bars:
        return ""
    most = max(max(bar.value for bar in bars), 1)
    slot = 100 / len(bars)
    width = min(slot * 0.8, WIDEST_COLUMN)
    bottom = TEXT_HEIGHT + COLUMNS_HEIGHT
    drawn = []
    for at, bar in enumerate(bars):
        height = max(COLUMNS_HEIGHT * bar.value / most, SMALLEST) if bar.value else 0
        left = slot * at + (slot - width) / 2
        drawn.append(_box(bar, f"{left:.2f}%", bottom - height, f"{width:.2f}%", height))
    line = f'<line class="rag-axis" x1="0" x2="100%" y1="{bottom}" y2="{bottom}"/>'
    labels = [_text(x, bottom + TEXT_HEIGHT - 4, bar.label, anchor) for x, anchor, bar in _labelled(bars, slot)]
    labels.append(_text("0", TEXT_HEIGHT - 8, f"{most:,}", "start"))
    return _picture("".join((*drawn, line, *labels)), bottom + TEXT_HEIGHT, name, title, description)


def _labelled(bars: Sequence[Bar], slot: float) -> list[tuple[str, str, Bar]]:
    """Few columns are all labelled; of many the first, the middle and the last, within the picture.

    :param slot: Percent of the picture's width for each column.
    """
    if len(bars) <= MAX_LABELS:
        return [(f"{slot * (at + 0.5):.2f}%", "middle", bar) for at, bar in enumerate(bars)]
    middle = len(bars) // 2
    return [
        ("0", "start", bars[0]),
        (f"{slot * (middle + 0.5):.2f}%", "middle", bars[middle]),
        ("100%", "end", bars[-1]),
    ]


def rows(bars: Sequence[Bar], name: str, title: str, description: str) -> str:
    """Bars below each other, each with its label and its value above it. The parameters are those of ``columns``."""
    if not bars:
        return ""
    most = max(max(bar.value for bar in bars), 1)
    drawn = []
    for at, bar in enumerate(bars):
        top = at * ROW_HEIGHT
        drawn.append(_text("0", top + TEXT_HEIGHT - 5, _short(bar.label), "start"))
        drawn.append(_text("100%", top + TEXT_HEIGHT - 5, f"{bar.value:,}", "end"))
        share = max(100 * bar.value / most, SMALLEST_SHARE) if bar.value else 0
        drawn.append(_box(bar, "0", top + TEXT_HEIGHT, f"{share:.2f}%", 8))
    return _picture("".join(drawn), len(bars) * ROW_HEIGHT, name, title, description)


def _box(bar: Bar, left: str, top: float, width: str, height: float) -> str:
    hint = f"<title>{escape(bar.label)}: {bar.value:,}</title>"
    return f'<rect class="rag-bar" x="{left}" y="{top:.1f}" width="{width}" height="{height:.1f}">{hint}</rect>'


def _text(left: str, bottom: float, text: str, anchor: str) -> str:
    return f'<text x="{left}" y="{bottom:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _picture(inner: str, height: float, name: str, title: str, description: str) -> str:
    named = f'<title id="{name}-title">{escape(title)}</title><desc id="{name}-desc">{escape(description)}</desc>'
    labelled = f'role="img" aria-labelledby="{name}-title" aria-describedby="{name}-desc"'
    return f'<svg class="rag-chart" {labelled} width="100%" height="{height:.0f}">{named}{inner}</svg>'


def _short(label: str) -> str:
    """A label of any length as what fits above a bar."""
    width = 0
    for at, letter in enumerate(label):
        width += 1 if letter.isascii() else 2
        if width > MAX_LETTERS:
            return label[:at] + "…"
    return label


@dataclass(frozen=True, slots=True)
class Point:
    """A figure of one day.

    :param label: As it is written.
    """

    day: date
    value: float
    label: str


def points(told: Sequence[Point], name: str, title: str, description: str) -> str:
    """Figures by their days, from 0 up. The other parameters are those of ``columns``.

    :return: Empty where all are of one day.
    """
    first, last = min(point.day for point in told), max(point.day for point in told)
    most = max(point.value for point in told)
    if first == last or most <= 0:
        return ""
    bottom, span = TEXT_HEIGHT + COLUMNS_HEIGHT, (last - first).days
    drawn = "".join(
        f'<circle class="rag-bar" cx="{2 + 96 * (point.day - first).days / span:.2f}%" '
        f'cy="{bottom - COLUMNS_HEIGHT * max(point.value, 0) / most:.1f}" r="4">'
        f"<title>{point.day}: {escape(point.label)}</title></circle>"
        for point in told
    )
    line = f'<line class="rag-axis" x1="0" x2="100%" y1="{bottom}" y2="{bottom}"/>'
    highest = max(told, key=lambda point: point.value)
    labels = (
        _text("0", bottom + TEXT_HEIGHT - 4, f"{first:%m-%d}", "start"),
        _text("100%", bottom + TEXT_HEIGHT - 4, f"{last:%m-%d}", "end"),
        _text("0", TEXT_HEIGHT - 8, _short(highest.label), "start"),
    )
    return _picture("".join((drawn, line, *labels)), bottom + TEXT_HEIGHT, name, title, description)
