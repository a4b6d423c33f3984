"""Which language the page speaks to a reader."""

from __future__ import annotations

from rag.interfaces.page.chinese import CHINESE
from rag.interfaces.page.english import ENGLISH
from rag.interfaces.page.words import Words


def words_for(chosen: str, accepted: str = "") -> Words:
    """The language to speak.

    >>> words_for("", "fr-FR,zh-TW;q=0.8,en;q=0.5").language, words_for("en", "zh-CN").language
    ('zh-CN', 'en')

    :param chosen: ``zh-CN`` or ``en`` where the reader has chosen one.
    :param accepted: The browser's languages, best first, as it sends them (``Accept-Language``).
    """
    for tag in (chosen, *accepted.split(",")):
        match tag.strip()[:2].lower():
            case "zh":
                return CHINESE
            case "en":
                return ENGLISH
    return ENGLISH
