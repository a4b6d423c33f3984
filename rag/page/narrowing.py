"""What the reader narrows the search by: a form's values → filters, and the form that shows them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rag.errors import FilterError
from rag.extracts import ANSWERS_AT
from rag.filters import check_filters, written_filters
from rag.index.facets import LEVEL_JOINT, Choice
from rag.index.filtering import Filtering
from rag.page.answers import refusal
from rag.page.category_tree import Branch, tree_of
from rag.page.markup import button, escaped
from rag.page.words import Words
from rag.types import Filters

MOST_CHOICES = 300
"""Names that a filter offers, the most frequent; of authors and sources any other may be typed."""
MOST_NAMES, MOST_CHARACTERS = 50, 500
"""Names in one filter, and characters in one of them, that a form can hand in."""
NAMES = ("category", "author", "source")


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What is set in the form, dates as they are typed."""

    since: str = ""
    until: str = ""
    categories: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    newest_first: bool = False
    threshold: float = ANSWERS_AT

    @property
    def filters(self) -> Filters:
        """Its filters.

        :raises FilterError: A date is none, or the dates end before they start.
        """
        filters = written_filters(self.since, self.until, self.categories, self.authors, self.sources)
        check_filters(filters)
        return filters

    @property
    def named(self) -> dict[str, tuple[str, ...]]:
        """The names that are filtered by, by kind."""
        return {"category": self.categories, "author": self.authors, "source": self.sources}

    @property
    def count(self) -> int:
        """How many things are set."""
        others = (self.since, self.until, self.newest_first, self.threshold != ANSWERS_AT)
        return sum(map(len, self.named.values())) + sum(map(bool, others))


def narrowing_of(form: Any) -> Narrowing:
    """What a form hands in; whatever in it makes no sense is left out.

    :param form: Values by field. It comes from outside and may be anything.

    >>> narrowing_of({"since": "2021", "category": ["科学", 3], "threshold": "x"})
    Narrowing(since='2021', until='', categories=('科学',), authors=(), sources=(), newest_first=False, threshold=0.05)
    """
    fields: Mapping[str, Any] = form if isinstance(form, Mapping) else {}
    return Narrowing(
        since=_text(fields.get("since")),
        until=_text(fields.get("until")),
        categories=_names(fields.get("category")),
        authors=_names(fields.get("author")),
        sources=_names(fields.get("source")),
        newest_first=fields.get("newest") is True,
        threshold=_share(fields.get("threshold")),
    )


def _text(value: Any) -> str:
    return value.strip()[:MOST_CHARACTERS] if isinstance(value, str) else ""


def _names(value: Any) -> tuple[str, ...]:
    names = map(_text, value[:MOST_NAMES]) if isinstance(value, list) else ()
    return tuple(dict.fromkeys(filter(None, names)))


def _share(value: Any) -> float:
    try:
        share = float(value)
    except (TypeError, ValueError):
        return ANSWERS_AT
    return share if 0 <= share <= 1 else ANSWERS_AT


def chips_html(narrowing: Narrowing, words: Words) -> str:
    """What is set, each as a button that turns it off; nothing where nothing is."""
    chips = [
        _chip(words.since.format(narrowing.since), "since", words) if narrowing.since else "",
        _chip(words.until.format(narrowing.until), "until", words) if narrowing.until else "",
        *(
            _chip(f"{words.kinds[kind]} {name}", kind, words, name)
            for kind, names in narrowing.named.items()
            for name in names
        ),
        _chip(words.newest_first, "newest", words) if narrowing.newest_first else "",
        _chip(f"{words.threshold} {narrowing.threshold:g}", "threshold", words)
        if narrowing.threshold != ANSWERS_AT
        else "",
    ]
    clear = button(words.clear, "clear-filters") if narrowing.count > 1 else ""
    told = "".join(chips) + clear
    return f'<div class="rag-chips" role="group" aria-label="{words.filters}">{told}</div>' if told else ""


def _chip(told: str, field: str, words: Words, value: str = "") -> str:
    label = escaped(words.turn_off.format(told))
    return (
        f'<button type="button" class="rag-chip" data-do="off" data-field="{field}" data-value="{escaped(value)}" '
        f'aria-label="{label}">{escaped(told)}<span aria-hidden="true">×</span></button>'
    )


def form_html(narrowing: Narrowing, filtering: Filtering, words: Words) -> str:
    """The form that narrows, folded away. ``data-now`` holds what is set, to be put back when it is drawn anew."""
    names = "".join(
        _names_field(kind, getattr(filtering, field).choices(MOST_CHOICES), narrowing.named[kind], words)
        for kind, field in (("author", "authors"), ("source", "sources"))
    )
    dates = _date_field("since", narrowing.since, words) + _date_field("until", narrowing.until, words)
    wrong = _wrong(narrowing, words)
    return (
        f'<details class="rag-narrow" data-key="narrow"><summary>{words.narrowing}</summary>'
        f'<form id="rag-form" autocomplete="off"><div class="rag-fields">'
        f'<fieldset><legend>{words.dates}</legend><div class="rag-dates">{dates}</div>{wrong}</fieldset>{names}</div>'
        f"<fieldset><legend>{words.add['category']}</legend>"
        f"{_categories(filtering.categories.choices(MOST_CHOICES), narrowing.categories)}</fieldset>"
        f'<div class="rag-fields rag-last">{_switch(narrowing, words)}{_slider(narrowing, words)}</div>'
        "</form></details>"
    )


def _wrong(narrowing: Narrowing, words: Words) -> str:
    """What is wrong with the dates, as a sentence."""
    try:
        _ = narrowing.filters
    except FilterError as error:
        return f'<p class="rag-error" id="rag-dates-wrong">{escaped(refusal(error, words))}</p>'
    return ""


def _date_field(name: str, value: str, words: Words) -> str:
    label = words.since_label if name == "since" else words.until_label
    return (
        f'<label>{label}<input type="text" name="{name}" value="{escaped(value)}" maxlength="20" '
        f'placeholder="{words.date_hint}"></label>'
    )


def _names_field(kind: str, choices: Iterable[Choice], chosen: Sequence[str], words: Words) -> str:
    """Names that are typed or picked from the most frequent; those chosen stand below, each with its box."""
    options = "".join(f'<option value="{escaped(choice.name)}">{choice.articles}</option>' for choice in choices)
    boxes = "".join(_box(kind, name, escaped(name), checked=True) for name in chosen)
    listed = f'<div class="rag-chosen">{boxes}</div>' if boxes else ""
    label = words.add[kind]
    return (
        f'<fieldset><legend>{label}</legend><input type="text" data-add="{kind}" list="rag-{kind}s" '
        f'aria-label="{label}" maxlength="{MOST_CHARACTERS}"><datalist id="rag-{kind}s">{options}</datalist>'
        f"{listed}</fieldset>"
    )


def _categories(choices: Sequence[Choice], chosen: Sequence[str]) -> str:
    """All categories, each below the one that holds it, with how many articles it has.

    Chosen ones that have no place among them, as a link may name, stand first.
    """
    offered = {choice.name for choice in choices}
    boxes = "".join(_box("category", name, escaped(name), checked=True) for name in chosen if name not in offered)

    def row(choice: Choice, below: str) -> str:
        label = f"{escaped(choice.name.rsplit(LEVEL_JOINT)[-1])} <small>{choice.articles}</small>"
        return f"<li>{_box('category', choice.name, label, checked=choice.name in chosen)}{below}</li>"

    listed = f'<div class="rag-chosen">{boxes}</div>' if boxes else ""
    return listed + _tree_html(tree_of(choices), row, "rag-tree")


def _tree_html(tree: Iterable[Branch], row: Callable[[Choice, str], str], css_class: str = "") -> str:
    """A tree of categories as nested lists."""
    rows = "".join(row(branch.choice, _tree_html(branch.below, row)) for branch in tree)
    name = f' class="{css_class}"' if css_class else ""
    return f"<ul{name}>{rows}</ul>" if rows else ""


def _box(name: str, value: str, label: str, *, checked: bool) -> str:
    mark = " checked" if checked else ""
    return f'<label class="rag-box"><input type="checkbox" name="{name}" value="{escaped(value)}"{mark}>{label}</label>'


def _switch(narrowing: Narrowing, words: Words) -> str:
    mark = " checked" if narrowing.newest_first else ""
    return f'<label class="rag-box"><input type="checkbox" name="newest"{mark}>{words.newest_first}</label>'


def _slider(narrowing: Narrowing, words: Words) -> str:
    value = f"{narrowing.threshold:g}"
    return (
        f'<label class="rag-slider">{words.threshold} <output>{value}</output>'
        f'<input type="range" name="threshold" min="0" max="1" step="0.05" value="{value}" '
        f'data-usual="{ANSWERS_AT:g}"></label>'
    )
