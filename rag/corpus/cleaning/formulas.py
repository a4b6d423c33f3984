"""Formulas → text: MathML, and the TeX that MathJax and KaTeX keep beside what they draw."""

from __future__ import annotations

from bs4.element import NavigableString, PreformattedString, Tag

_JOINTS = {"mfrac": "/", "msup": "^", "msub": "_", "munder": "_", "mover": "^"}
DEPTH = 40
"""Deeper formulas than any that is written are told by their letters alone."""


def formula_text(tag: Tag) -> str:
    """A ``<math>`` element on one line: its TeX where it carries it, or else its letters, with marks for its shape.

    >>> from bs4 import BeautifulSoup
    >>> formula_text(BeautifulSoup("<math><msup><mi>x</mi><mn>2</mn></msup></math>", "html.parser").math)
    'x^2'
    """
    tex = tag.find("annotation", encoding="application/x-tex")
    return " ".join((tex.get_text() if isinstance(tex, Tag) else _linear(tag, DEPTH)).split())


def is_tex(tag: Tag) -> bool:
    """Whether a ``<script>`` holds a formula."""
    return tag.name == "script" and str(tag.get("type", "")).startswith("math/")


def _linear(tag: Tag, depth: int) -> str:
    if not depth:
        return tag.get_text()
    parts = []
    for child in tag.contents:
        if isinstance(child, Tag):
            if not child.name.startswith("annotation"):
                parts.append(_linear(child, depth - 1))
        elif isinstance(child, NavigableString) and not isinstance(child, PreformattedString) and child.strip():
            parts.append(child.strip())
    if tag.name in _JOINTS and len(parts) == 2:
        return _JOINTS[tag.name].join(f"({part})" if len(part) > 1 and tag.name == "mfrac" else part for part in parts)
    return f"√({''.join(parts)})" if tag.name == "msqrt" else "".join(parts)
