"""What a program hands to a public function, checked once: one line says what is wrong and what to give.

Each check takes the argument's name and what was given, and returns it in the form that the rest of the house works
with. Numbers of numpy are numbers; True and False are none.
"""

from __future__ import annotations

import operator
import os
from collections.abc import Sequence
from enum import StrEnum
from inspect import isclass, isroutine
from numbers import Real
from pathlib import Path
from reprlib import Repr
from typing import Any, TypeVar, get_type_hints

from rag.errors import ArgumentError, shortened

MAX_PATH = 4096
"""Characters of a path or of a model's name: Linux takes no more bytes."""
_BRIEF = Repr()
_BRIEF.maxother = 40  # <class 'decimal.Decimal'> fits

Kind = TypeVar("Kind")
Choice = TypeVar("Choice", bound=StrEnum)


def shown(value: object) -> str:
    """Any value as a part of one line.

    >>> shown("青藏铁路" * 1000)
    "'青藏铁路青藏铁路青藏铁路...藏铁路青藏铁路青藏铁路'"
    """
    try:
        return shortened(_BRIEF.repr(value))
    except Exception:  # a number too long to be written, or an object whose own repr fails
        return f"a value of the type {shortened(type(value).__name__)}"


def refused(name: str, value: object, give: str) -> ArgumentError:
    """The error for an argument, in the one form that all have.

    >>> str(refused("k", "five", "a whole number"))
    "k is 'five': give a whole number"
    """
    return ArgumentError(f"{name} is {shown(value)}: give {give}")


def is_no_text(value: str) -> bool:
    """Whether a text holds half a character, as of bytes that could not be read."""
    return not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value)


def text(name: str, value: object, most: int | None = None) -> str:
    """A text of whole characters, ``most`` at most."""
    if not isinstance(value, str):
        raise refused(name, value, "text")
    if most is not None and len(value) > most:
        raise ArgumentError(f"{name} has {len(value)} characters: give {most} at most")
    if is_no_text(value):
        raise ArgumentError(f"{name} holds half a character, which is no text")
    return value


def texts(name: str, value: object, most: int, longest: int) -> tuple[str, ...]:
    """A list or tuple of texts of whole characters, ``most`` at most, each of ``longest`` at most."""
    found = several(name, value, str, "texts")
    if len(found) > most:
        raise ArgumentError(f"{name} has {len(found)} texts: give {most} at most")
    return tuple(text(f"a text in {name}", item, longest) for item in found)


def switch(name: str, value: object) -> bool:
    """True or False."""
    if not isinstance(value, bool):
        raise refused(name, value, "true or false")
    return value


def whole(name: str, value: Any, least: int | None = None, most: int | None = None) -> int:
    """A whole number within bounds."""
    bounds = "" if least is None else f", {least} or more" if most is None else f" from {least} to {most}"
    try:
        number = None if isinstance(value, bool) else operator.index(value)
    except TypeError:
        number = None
    if number is None or (least is not None and number < least) or (most is not None and number > most):
        raise refused(name, value, f"a whole number{bounds}")
    return number


def number(name: str, value: object) -> float:
    """A real number, which may be nan or infinite: bounds that it is compared with tell."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise refused(name, value, "a number")
    try:
        return float(value)
    except OverflowError:
        raise refused(name, value, "a number of ordinary size") from None


def path(name: str, value: object) -> Path:
    """A path that the system can look up, whether or not something is there."""
    if not isinstance(value, str | os.PathLike) or isinstance(os.fspath(value), bytes):
        raise refused(name, value, "a path, as text or a pathlib.Path")
    if not os.fspath(value):
        raise ArgumentError(f"{name} is an empty text: give a path")
    found = Path(value)
    try:
        found.stat()
    except (FileNotFoundError, NotADirectoryError):
        pass  # whoever needs it says what is missing
    except ValueError:  # a NUL, or half a character
        raise refused(name, value, "a path of whole characters, none of them NUL") from None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ArgumentError(f"{name} is {shown(os.fspath(value))}, which can't be looked up ({reason})") from error
    return found


def folder(name: str, value: object) -> Path:
    """The path of a folder, whether or not it is there; its name is text, since not all libraries take another."""
    found = path(name, value)
    text(name, str(found))
    if found.exists() and not found.is_dir():
        raise ArgumentError(f"{name} is {shown(os.fspath(found))}, which is a file: give a folder")
    return found


def instance(name: str, value: object, kind: type[Kind], give: str) -> Kind:
    """A value of one class."""
    if not isinstance(value, kind):
        raise refused(name, value, give)
    return value


def several(name: str, value: object, kind: type[Kind], give: str) -> Sequence[Kind]:
    """A list or tuple of values of one class."""
    if isinstance(value, str | bytes) or not isinstance(value, Sequence):
        raise refused(name, value, f"a list of {give}")
    for item in value:
        if not isinstance(item, kind):
            raise ArgumentError(f"{name} holds {shown(item)}: give a list of {give}")
    return value


def choice(name: str, value: object, kind: type[Choice]) -> Choice:
    """One of a few words, as text or as the enumeration has it."""
    if not isinstance(value, str) or value not in list(kind):
        raise refused(name, value, " or ".join(repr(item.value) for item in kind))
    return kind(value)


def callback(name: str, value: object) -> None:
    """A function to be called, or None."""
    if value is not None and not callable(value):
        raise refused(name, value, "a function, or None")


def fits_protocol(name: str, value: object, protocol: type, give: str) -> None:
    """An object that has all members of a protocol: fields of its types, and methods that can be called."""
    if isclass(value):
        raise refused(name, value, f"{give}; this is a class: call it")
    methods = [member for member, of in vars(protocol).items() if isroutine(of) and not member.startswith("_")]
    fields = get_type_hints(protocol).items()
    missing = [
        f"{field} ({getattr(of, '__name__', of)})"
        for field, of in fields
        if not isinstance(getattr(value, field, None), of)
    ]
    missing += [f"{member}()" for member in methods if not callable(getattr(value, member, None))]
    if missing:
        raise refused(name, value, f"{give}; this lacks {', '.join(missing)}")
