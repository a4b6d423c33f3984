"""Values of wrong types and wrong values, and which of them fit which kind of argument."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np

from rag.core.filters import Filters
from tests.conftest import FakeEncoder


class Shy:
    """An object whose own repr fails."""

    def __repr__(self) -> str:
        raise ZeroDivisionError


class BytesPath:
    """A path that says itself in bytes."""

    def __fspath__(self) -> bytes:
        return b"articles"


def wrong_values(here: Path) -> dict[str, Any]:
    """What is given for every argument in turn. Some fit some arguments: then the function may also work.

    :param here: An empty folder.
    """
    a_file, looped = here / "a file", here / "looped"
    a_file.touch()
    looped.symlink_to(looped)
    return {
        "None": None,
        "True": True,
        "0": 0,
        "-1": -1,
        "10**30": 10**30,
        "an int too long to be written": 10**5000,
        "1.5": 1.5,
        "nan": math.nan,
        "inf": math.inf,
        "complex": 1j,
        "empty text": "",
        "text": "海",
        "NUL": "a\0b",
        "lone surrogate": "\ud800",
        "bytes that are no text": "\udcff",
        "several lines": "a\nb\u2028c",
        "long text": "长" * 100_000,
        "bytes": b"abc",
        "list": ["a", "b"],
        "list of None": [None],
        "empty list": [],
        "tuple": (1, 2),
        "set": {1},
        "dict": {"a": 1},
        "generator": (letter for letter in "ab"),
        "object": object(),
        "object without repr": Shy(),
        "class": FakeEncoder,
        "function": len,
        "path to nowhere": here / "nowhere",
        "path to a file": a_file,
        "path that loops": looped,
        "path in bytes": BytesPath(),
        "day": date(2021, 1, 1),
        "moment": datetime(2021, 1, 1, 12),
        "numpy whole number": np.int64(3),
        "numpy array": np.zeros((2, 2)),
        "numpy texts": np.array(["a", "b"]),
        "wrong filters": Filters(since="2021"),  # type: ignore[arg-type]
    }


@dataclass(frozen=True)
class Kind:
    """A kind of argument.

    :param fits: Whether a value is of the right type. What is not must be refused; what is may be, for its value.
    :param told: How a message calls the argument, where it is not by its name.
    """

    fits: Callable[[Any], bool]
    told: str = ""

    @property
    def or_none(self) -> Kind:
        return replace(self, fits=lambda value: value is None or self.fits(value))


def is_a(*types: type) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, types)


def is_number(value: Any, *types: type) -> bool:
    return isinstance(value, (int, np.integer, *types)) and not isinstance(value, bool)


def is_path(value: Any) -> bool:
    if isinstance(value, Path):
        return not value.is_symlink()
    return isinstance(value, str) and 0 < len(value) < 300 and not set(value) & {"\0", "\ud800"}


def is_folder(value: Any) -> bool:
    return is_path(value) and not Path(value).is_file()


def is_names(value: Any) -> bool:
    return isinstance(value, list | tuple | set) or inspect.isgenerator(value)


TEXT = Kind(is_a(str))
WHOLE = Kind(is_number)
NUMBER = Kind(lambda value: is_number(value, float, np.floating))
SWITCH = Kind(is_a(bool))
PATH = Kind(is_path)
FOLDER = Kind(is_folder)
FILTERS = Kind(is_a(Filters))
DAY = Kind(lambda value: isinstance(value, date) and not isinstance(value, datetime)).or_none
NAMES = Kind(is_names)
ANY_NAMES = Kind(lambda value: is_names(value) or isinstance(value, np.ndarray))
TEXTS = Kind(lambda value: isinstance(value, list | tuple) and all(isinstance(item, str) for item in value))
ANSWERS = Kind(lambda value: isinstance(value, list | tuple) and not value)
MODEL = Kind(lambda value: is_a(str, Path)(value) and bool(str(value)))
CALLBACK = Kind(callable).or_none
HOUSE_OWN = Kind(lambda value: False)
"""An object of the house's own, as none of the values is."""
