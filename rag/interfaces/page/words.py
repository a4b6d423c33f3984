"""What the page says of its own: all its fixed phrases, of which each language has one set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rag.core.types import Check


@dataclass(frozen=True, slots=True)
class Words:
    """All fixed phrases of the page in one language. ``{}`` stands where a value goes.

    :param language: As ``lang`` names it.
    :param other: What the switch to the other language says, in that language.
    """

    language: str
    other: str
    # The frame
    to_dark: str
    to_light: str
    collection: str
    chat: str
    new_conversation: str
    export: str
    welcome: str
    about: str
    examples: str
    # A question and its answer
    ask: str
    ask_label: str
    send: str
    stop: str
    editing: str
    cancel: str
    edit: str
    retry: str
    copy: str
    copied: str
    link: str
    link_copied: str
    bad_link: str
    searching: str
    busy: str
    not_yours: str
    just_indexed: str
    stopped: str
    failed: str
    no_answer: str
    no_answer_hint: str
    filtered_hint: str
    nearest: str
    filtered_out: str
    by_similarity: str
    searched_for: str
    as_typed: str
    filtered_by: str
    paragraph: str
    line: str
    no_date: str
    cite: str
    also_in: str
    more: str
    comma: str
    good: str
    bad: str
    thanks: str
    why: str
    send_word: str
    # The article beside it
    close: str
    citations: str
    facts: Mapping[str, str]
    original_page: str
    file_place: str
    checks: Mapping[Check, str]
    removed: str
    earlier: str
    later: str
    cut: str
    no_citation: str
    closed_conversation: str
    no_article: str
    indexed_anew: str
    # FilterFormState
    filters: str
    narrowing: str
    since: str
    until: str
    dates: str
    since_label: str
    until_label: str
    date_hint: str
    kinds: Mapping[str, str]
    add: Mapping[str, str]
    newest_first: str
    threshold: str
    clear: str
    turn_off: str
    too_long: str
    unknown: str
    near: str
    bad_date: str
    backward: str
    # The collection
    find: str
    reindex: str
