"""What a reader says of an extract, or of there being none → the buttons that say it."""

from __future__ import annotations

from dataclasses import dataclass

from rag.core.answers import Thumb
from rag.core.limits import MAX_COMMENT
from rag.interfaces.languages.words import Words
from rag.interfaces.page.markup import escaped, icon_button


@dataclass(frozen=True, slots=True)
class Thumbed:
    """A thumb that was kept.

    :param citation: Number of the extract's citation; 0 for an answer that there is none.
    :param worded: Whether words were added.
    """

    citation: int
    thumb: Thumb
    worded: bool = False


def thumbs_html(turn: int, citation: int, thumbs: tuple[Thumbed, ...] | None, words: Words) -> str:
    """Two thumbs for an extract; once one is given, room for a word with it.

    :param thumbs: Those that were given in this turn; None where none may be given.
    """
    if thumbs is None:
        return ""
    given = next((thumbed for thumbed in thumbs if thumbed.citation == citation), None)
    place = f"{turn}-{citation}"
    labels = {Thumb.UP: words.good, Thumb.DOWN: words.bad}
    buttons = ""
    for thumb, label in labels.items():
        is_given = given is not None and given.thumb is thumb
        buttons += icon_button(thumb, label, "thumb", pressed=is_given, place=place, thumb=thumb.value)
    return f'<span class="rag-thumbs">{buttons}</span>{_more(place, given, words) if given else ""}'


def _more(place: str, given: Thumbed, words: Words) -> str:
    if given.worded:
        return f'<span class="rag-thanks" role="status">{words.thanks}</span>'
    return (
        f'<form class="rag-word" data-place="{place}" data-thumb="{given.thumb.value}"><span role="status">'
        f'{words.thanks}</span><input type="text" maxlength="{MAX_COMMENT}" aria-label="{escaped(words.why)}" '
        f'placeholder="{escaped(words.why)}"><button type="submit" class="rag-tool">{words.send_word}</button></form>'
    )
