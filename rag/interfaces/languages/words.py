"""All messages of the page and of what it exports; in English, unless another language says them its own way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Words:
    """All messages in one language, English where nothing else is given. ``{}`` stands where a value goes.

    :param language: As ``lang`` names it.
    :param name: The language's own name for itself.
    """

    language: str = "en"
    name: str = "English"
    # The frame
    to_dark: str = "Dark"
    to_light: str = "Light"
    collection: str = "Collection"
    chat: str = "Chat"
    new_conversation: str = "New chat"
    export: str = "Export"
    welcome: str = "Ask these articles"
    about: str = "Answers are in the articles' own words. Click a number to read it in its place."
    examples: str = "For example"
    headlines: str = "Recent headlines to ask about"
    holds: str = "{} articles"
    begin_with: str = "Begin with a category"
    newest_articles: str = "Newest articles"
    # A question and its answer
    ask: str = "Ask the articles…"
    ask_label: str = "Your question"
    send: str = "Ask"
    stop: str = "Stop"
    editing: str = "Asking this again replaces what follows it."
    cancel: str = "Cancel"
    edit: str = "Edit"
    retry: str = "Ask again"
    copy: str = "Copy"
    copied: str = "Copied"
    link: str = "Link"
    link_copied: str = "Link copied"
    bad_link: str = "This link can't be opened: {}."
    searching: str = "Searching…"
    busy: str = "Too many questions at once: ask again in a moment."
    damaged: str = "The index is damaged here and is being mended from the articles: ask again in a moment."
    server_away: str = "The server that keeps the index does not answer: ask again in a moment."
    not_yours: str = "Only readers on this machine, or with a login, may do this."
    just_indexed: str = "The folder was indexed a moment ago: try again in a few seconds."
    stopped: str = "Stopped."
    failed: str = "Something went wrong; the terminal that runs the page says what."
    no_answer: str = "The articles do not answer this."
    no_answer_hint: str = "Other words may find more."
    filtered_hint: str = "Other words may find more, or fewer filters."
    nearest: str = "Nearest passages, which are no answer"
    perhaps: str = "May be related: check it in its place."
    perhaps_share: str = "Of 100 shown so, some {} hold the answer."
    time_meant: str = "{}: {}"
    time_newest: str = "{}: newest first"
    any_time: str = "Ask of any time instead: {}"
    time_beyond: str = "“{}” would be {}, and these articles end on {}."
    time_last: str = "Ask of {} instead"
    newer: str = "A newer article says otherwise:"
    filtered_out: str = "No article passes these filters."
    searched_for: str = "Searched for: {}"
    as_typed: str = "Search as typed"
    filtered_by: str = "Filtered by: {}"
    paragraph: str = "paragraph {}"
    line: str = "line {}"
    no_date: str = "no date"
    cite: str = "Source {}: {}"
    also_in: str = "also in"
    more: str = "and {} more"
    comma: str = ", "
    good: str = "Good answer"
    bad: str = "Bad answer"
    thanks: str = "Noted."
    why: str = "Anything to add? (optional)"
    send_word: str = "Send"
    # All reports
    all_reports: str = "All reports"
    see_all: str = "See all reports: {} or more"
    surveyed: str = "{} articles"
    folded: str = "{} copies folded"
    from_to: str = "from {} to {}"
    no_reports: str = "No article speaks to this."
    told_by: str = "{}: {}"
    one_article: str = "1 article"
    by_date: str = "By date"
    best_first: str = "Best first"
    more_reports: str = "Show {} more"
    reports_over_time: str = "Reports over time"
    figure_over_time: str = "The figure over time"
    as_markdown: str = "Save as Markdown"
    as_csv: str = "Save as CSV"
    survey_of: str = "All reports: {}"
    value: str = "Value"
    extract: str = "Extract"
    paragraph_title: str = "Paragraph"
    line_title: str = "Line"
    # The article beside it
    close: str = "Close"
    citations: str = "Sources of this answer"
    source: str = "Source"
    reporter: str = "Reporter"
    author: str = "Author"
    date: str = "Date"
    categories: str = "Categories"
    original_title: str = "Original title"
    file: str = "File"
    original_page: str = "original page"
    file_place: str = "{}, line {}"
    unchanged: str = "The file is as it was indexed."
    changed: str = "The file has changed since it was indexed."
    gone: str = "The file is gone since it was indexed."
    removed: str = "What cleaning left out ({})"
    earlier: str = "Earlier paragraphs"
    later: str = "Later paragraphs"
    cut: str = "This paragraph has {} characters: only a part of it is shown."
    no_citation: str = "There is no such citation."
    closed_conversation: str = "This citation belongs to a conversation that is closed."
    no_article: str = "There is no such article in the index."
    indexed_anew: str = "The article was indexed anew since this answer: ask again."
    # Filters
    filters: str = "Filters"
    narrowing: str = "Narrow the search"
    since: str = "from {}"
    until: str = "until {}"
    dates: str = "Dates"
    since_label: str = "From"
    until_label: str = "Until"
    date_hint: str = "2021, 2021-12 or 2021-12-31"
    category_filter: str = "category"
    author_filter: str = "author"
    source_filter: str = "source"
    collection_filter: str = "collection"
    author_or_reporter: str = "Author or reporter"
    newest_first: str = "newest first"
    threshold: str = "How sure it must be to answer"
    clear: str = "Clear all"
    turn_off: str = "Turn off: {}"
    too_long: str = "The question has {} characters: ask in {} at most."
    unknown: str = "The index knows no {} “{}”."
    near: str = " The nearest: {}."
    bad_date: str = "“{}” is no date: write it as 2021-12-31, 2021-12 or 2021."
    backward: str = "The dates end on {}, before they start on {}."
    # The collection
    find: str = "Find a title, source or author"
    reindex: str = "Index the folder anew"
    articles: str = "Articles"
    passages: str = "Passages"
    span: str = "{} to {}"
    undated: str = "{} without a date"
    no_dates: str = "no article has a date"
    model: str = "Model"
    indexed: str = "Indexed"
    folder: str = "Folder"
    unfinished: str = "Not all is in the index yet: {} articles so far. They can be asked meanwhile."
    not_read: str = "Files that could not be read"
    all_read: str = "Every file was read."
    over_time: str = "Articles over time"
    most_in: str = "From {} to {}. Most in {}: {}."
    by_category: str = "Articles by category"
    unfiled: str = "without a category"
    sources: str = "Sources"
    collections: str = "Collections"
    authors: str = "Authors"
    none: str = "none"
    more_names: str = "and {} more"
    found: str = "Articles: {}"
    found_for: str = "Articles found for “{}”: {}"
    nothing_found: str = "No article is found."
    title: str = "Title"
    category: str = "Category"
    pages: str = "Pages of the list"
    page: str = "Page {} of {}"
    previous: str = "Previous"
    next: str = "Next"
    # Indexing anew
    preparing: str = "preparing the model"
    reading: str = "reading articles"
    cutting: str = "cutting passages"
    encoding: str = "encoding passages"
    comparing: str = "finding copies"
    writing: str = "writing the index"
    opening: str = "opening the new index"
    starting: str = "starting"
    done: str = "Indexed: {} added, {} changed, {} removed, {} unchanged."
    up_to_date: str = "Nothing has changed in the folder."
    would_remove: str = (
        "{} of {} articles would be removed: they are no longer in the folder. Nothing was changed; is it meant?"
    )
    remove_them: str = "Remove them"
    not_indexed: str = "Not indexed: {}. The index before stays in use."
    # A conversation as a file
    exported: str = "Questions to the articles"
    exported_also_in: str = "Also in: {}"
    exported_more: str = "{} more"

    reasons: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Why cleaning left something out, by what it is called in English; elements by their own name."""

    @property
    def kinds(self) -> Mapping[str, str]:
        """What is filtered by, by the kind of its names."""
        return {
            "category": self.category_filter,
            "author": self.author_filter,
            "source": self.source_filter,
            "collection": self.collection_filter,
        }

    @property
    def add(self) -> Mapping[str, str]:
        """Where more is added to filter by, by the kind of its names."""
        return {
            "category": self.categories,
            "author": self.author_or_reporter,
            "source": self.source,
            "collection": self.collections,
        }


ENGLISH = Words()
