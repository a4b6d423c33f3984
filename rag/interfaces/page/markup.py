"""Text → markup: all text of articles and questions is escaped here, but for that in pictures (``charts``)."""

from __future__ import annotations

import re
from html import escape

ICONS = {
    "up": "M3 10h4v11H3zM9 21h8.6a2 2 0 0 0 2-1.6l1.4-7A2 2 0 0 0 19 10h-5l.9-4.7A2 2 0 0 0 13 3L9 9.6z",
    "down": "M21 14h-4V3h4zM15 3H6.4a2 2 0 0 0-2 1.6l-1.4 7A2 2 0 0 0 5 14h5l-.9 4.7A2 2 0 0 0 11 21l4-6.6z",
}
"""Shapes in a square of 24."""
_TURNS_TEXT = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""Marks that turn the direction of what follows them: they would let a title rewrite the line it stands in."""


def inline(text: str) -> str:
    r"""Escaped text with its line breaks, on one line.

    >>> inline("<b>\n$x$")
    '&lt;b&gt;<br>$x$'
    """
    return escaped(text).replace("\n", "<br>").replace("\t", " &emsp; ")


def escaped(text: str) -> str:
    """Text that can stand between tags or in a quoted attribute."""
    return escape(_TURNS_TEXT.sub("\N{REPLACEMENT CHARACTER}", text))


def button(label: str, action: str, css_class: str = "rag-tool", **data: str) -> str:
    """A button that the page's script acts on.

    :param action: What it does, as the script names it.
    :param data: What goes with it, as ``data-`` attributes.
    """
    attributes = "".join(f' data-{name}="{escaped(value)}"' for name, value in data.items())
    return f'<button type="button" class="{css_class}" data-do="{action}"{attributes}>{escaped(label)}</button>'


def icon_button(name: str, label: str, action: str, *, pressed: bool, **data: str) -> str:
    """A button that shows an icon and is known by its label.

    :param name: Of ``ICONS``.
    :param pressed: Whether it is in force.
    """
    attributes = "".join(f' data-{key}="{escaped(value)}"' for key, value in data.items())
    label = escaped(label)
    picture = f'<svg viewBox="0 0 24 24" aria-hidden="true" class="rag-icon"><path d="{ICONS[name]}"/></svg>'
    return (
        f'<button type="button" class="rag-tool rag-thumb" data-do="{action}"{attributes} aria-label="{label}" '
        f'title="{label}" aria-pressed="{str(pressed).lower()}">{picture}</button>'
    )
