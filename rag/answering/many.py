"""Questions that ask for many: what was reported, which countries, who said what, how a figure went up."""

from __future__ import annotations

import re

from rag.text.writing_systems import fold

_MANY = re.compile(
    r"哪些|哪几|都有[谁什]|有什么(?:人|国家|公司|反应|表态|措施|影响)|历次|历年|各[方国地界]|分别|多少(?:篇|起|次)报[道导]"
    r"|所有(?:的)?报[道导]|怎么变|如何变化|变化过程|逐[日步年]|一路|先后|说法"
    r"|\b(?:which|what) (?:\w+ )?(?:countries|companies|people|reports|articles|places|cities|sides|measures|reactions"
    r"|hospitals|teams|actions|sources)\b|\bhow many (?:reports|articles)\b|\blist (?:all|the|every)\b"
    r"|\ball (?:the )?(?:reports|articles)\b|\bwho (?:said|says) what\b|\bover time\b|\bday by day\b"
    r"|\breact(?:ed|ion|ions)?\b|\bvarious\b"
)


def asks_for_many(question: str) -> bool:
    """Whether a question asks for more than one thing, so that one answer may not be all.

    >>> [asks_for_many(text) for text in ("各方作何反应？", "谁发明了电话？", "Which countries sent teams?")]
    [True, False, True]
    """
    return _MANY.search(fold(question)) is not None
