"""What is narrowed by → the form that sets it, and a chip for all that is set."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from rag.core.limits import ANSWER_THRESHOLD, MAX_FILTER_TEXT
from rag.errors import FilterError
from rag.index.facets import CategoryNode, FacetCount
from rag.index.open_index import Names
from rag.interfaces.languages.words import Words
from rag.interfaces.page.answers import refusal
from rag.interfaces.page.markup import button, escaped
from rag.interfaces.page.narrowing import FilterFormState

MAX_CHOICES = 300
"""Authors and sources that are offered, the most frequent; any other may be typed."""
MAX_BESIDE, MAX_LEVELS = 60, 6
"""Categories that are offered below one other, the most frequent, and levels of them."""


def chips_html(narrowing: FilterFormState, words: Words) -> str:
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
        if narrowing.threshold != ANSWER_THRESHOLD
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


@dataclass(frozen=True, slots=True)
class _Offered:
    """The names that the form offers."""

    categories: tuple[CategoryNode, ...]
    authors: tuple[FacetCount, ...]
    sources: tuple[FacetCount, ...]
    collections: tuple[FacetCount, ...]


_OFFERED: WeakKeyDictionary[Names, _Offered] = WeakKeyDictionary()
"""Of a generation they stay what they are; with tens of thousands of names, sorting them takes a while."""


def _offered(filtering: Names) -> _Offered:
    if filtering not in _OFFERED:
        facets = (filtering.authors, filtering.sources, filtering.collections)
        _OFFERED[filtering] = _Offered(
            filtering.categories.tree(), *(tuple(facet.choices(MAX_CHOICES)) for facet in facets)
        )
    return _OFFERED[filtering]


def form_html(narrowing: FilterFormState, filtering: Names, words: Words, serial: str = "") -> str:
    """The form that narrows, folded away.

    :param serial: Of the change that it answers, by which the script knows whether a later one is under way.
    """
    offered = _offered(filtering)
    names = _names_field("author", offered.authors, narrowing.authors, words)
    names += _names_field("source", offered.sources, narrowing.sources, words)
    if len(offered.collections) > 1 or narrowing.collections:
        names += _names_field("collection", offered.collections, narrowing.collections, words)
    dates = _date_field("since", narrowing.since, words) + _date_field("until", narrowing.until, words)
    wrong = _wrong(narrowing, words)
    return (
        f'<details class="rag-narrow" data-key="narrow"><summary>{words.narrowing}</summary>'
        f'<form id="rag-form" autocomplete="off" data-serial="{escaped(serial)}"><div class="rag-fields">'
        f'<fieldset><legend>{words.dates}</legend><div class="rag-dates">{dates}</div>{wrong}</fieldset>{names}</div>'
        f"<fieldset><legend>{words.add['category']}</legend>"
        f"{_categories(offered.categories, narrowing.categories)}</fieldset>"
        f'<div class="rag-fields rag-last">{_switch(narrowing, words)}{_slider(narrowing, words)}</div>'
        "</form></details>"
    )


def _wrong(narrowing: FilterFormState, words: Words) -> str:
    """What is wrong with the dates or names, as a sentence."""
    try:
        _ = narrowing.options
    except FilterError as error:
        return f'<p class="rag-error" id="rag-dates-wrong">{escaped(refusal(error, words))}</p>'
    return ""


def _date_field(name: str, value: str, words: Words) -> str:
    label = words.since_label if name == "since" else words.until_label
    return (
        f'<label>{label}<input type="text" name="{name}" value="{escaped(value)}" maxlength="20" '
        f'placeholder="2021-12" title="{words.date_hint}"></label>'
    )


def _names_field(kind: str, choices: Iterable[FacetCount], chosen: Sequence[str], words: Words) -> str:
    """Names that are typed or picked from the most frequent; those chosen stand below, each with its box."""
    options = "".join(f'<option value="{escaped(choice.name)}">{choice.articles}</option>' for choice in choices)
    boxes = "".join(_box(kind, name, escaped(name), checked=True) for name in chosen)
    listed = f'<div class="rag-chosen">{boxes}</div>' if boxes else ""
    label = words.add[kind]
    return (
        f'<fieldset><legend>{label}</legend><input type="text" data-add="{kind}" list="rag-{kind}s" '
        f'aria-label="{label}" maxlength="{MAX_FILTER_TEXT}"><datalist id="rag-{kind}s">{options}</datalist>'
        f"{listed}</fieldset>"
    )


def _categories(tree: Sequence[CategoryNode], chosen: Sequence[str]) -> str:
    """All categories, each below the one that holds it, with how many articles it has.

    Chosen ones that have no place among them, as a link may name, stand first.
    """
    shown = set(_paths(tree, MAX_LEVELS))
    boxes = "".join(_box("category", name, escaped(name), checked=True) for name in chosen if name not in shown)
    listed = f'<div class="rag-chosen">{boxes}</div>' if boxes else ""
    return listed + _branches(tree, chosen, MAX_LEVELS, ' class="rag-tree"')


def _paths(tree: Sequence[CategoryNode], levels: int) -> Iterator[str]:
    """The categories that the form shows."""
    for branch in tree[:MAX_BESIDE]:
        yield branch.path
        if levels > 1:
            yield from _paths(branch.below, levels - 1)


def _branches(tree: Sequence[CategoryNode], chosen: Sequence[str], levels: int, attributes: str = "") -> str:
    if not tree or not levels:
        return ""
    rows = "".join(
        f"<li>{_box('category', branch.path, _counted(branch), checked=branch.path in chosen)}"
        f"{_branches(branch.below, chosen, levels - 1)}</li>"
        for branch in tree[:MAX_BESIDE]
    )
    return f"<ul{attributes}>{rows}</ul>"


def _counted(branch: CategoryNode) -> str:
    return f"{escaped(branch.name)} <small>{branch.articles:,}</small>"


def _box(name: str, value: str, label: str, *, checked: bool) -> str:
    mark = " checked" if checked else ""
    return f'<label class="rag-box"><input type="checkbox" name="{name}" value="{escaped(value)}"{mark}>{label}</label>'


def _switch(narrowing: FilterFormState, words: Words) -> str:
    mark = " checked" if narrowing.newest_first else ""
    return f'<label class="rag-box"><input type="checkbox" name="newest"{mark}>{words.newest_first}</label>'


def _slider(narrowing: FilterFormState, words: Words) -> str:
    value = f"{narrowing.threshold:g}"
    return (
        f'<label class="rag-slider">{words.threshold} <output>{value}</output>'
        f'<input type="range" name="threshold" min="0" max="1" step="0.05" value="{value}" '
        f'data-usual="{ANSWER_THRESHOLD:g}"></label>'
    )
