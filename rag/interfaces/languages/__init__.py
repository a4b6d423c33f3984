"""What readers are told, in their language. A new one is a file like ``chinese``, and a line in ``LANGUAGES``."""

from __future__ import annotations

from rag.interfaces.languages.chinese import CHINESE
from rag.interfaces.languages.words import ENGLISH, Words

LANGUAGES = {"zh": CHINESE, "en": ENGLISH}
"""By the first two letters of a language's tag."""


def words_for(chosen: str, accepted: str = "") -> Words:
    """The language to speak; English where none is known.

    >>> words_for("", "fr-FR,zh-TW;q=0.8,en;q=0.5").language, words_for("en", "zh-CN").language
    ('zh-CN', 'en')

    :param chosen: A language's tag, as ``zh-CN``, where the reader has chosen one.
    :param accepted: The browser's languages, best first, as it sends them (``Accept-Language``).
    """
    tags = (tag.strip()[:2].lower() for tag in (chosen, *accepted.split(",")))
    return next((LANGUAGES[tag] for tag in tags if tag in LANGUAGES), ENGLISH)
