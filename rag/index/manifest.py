"""``manifest.json``: what a generation was built from, and the segments that it has."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from rag.core.articles import Failure
from rag.core.files import folder_name
from rag.errors import IndexUnusable
from rag.index.marks import FileMark, check_files, damaged, is_number, unopened

FORMAT = 6
"""Raised whenever a reader of the form before could not read this one."""
_READ = frozenset({5, FORMAT})
"""Forms that are read: 5 has all that is known of copies in one file."""
MANIFEST_NAME = "manifest.json"
_KINDS: dict[type, tuple[str, ...]] = {
    str: ("created", "model", "model_digest"),
    int: ("dimension", "articles", "passages"),
    bool: ("half_precision", "is_finished"),
    dict: ("folders", "stages", "files"),
    list: ("failures", "segments"),
}


@dataclass(frozen=True, slots=True)
class SegmentEntry:
    """A segment, as a generation has it.

    :param name: Of its folder.
    :param digest: SHA-256 of its ``segment.json``, which tells of all its other files.
    :param removed: The numbers of the articles in it that are no longer in the index, in order.
    """

    name: str
    digest: str
    removed: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a generation was built from.

    :param created: When, in UTC, ISO form.
    :param folders: The folder of articles, absolute, by the name of its collection; empty where it is the only one.
    :param half_precision: Whether passages were encoded in bfloat16.
    :param stages: The version of each stage that made it, by name.
    :param articles: That are in use, and so are the passages.
    :param restored: Ids of the articles whose files are gone, and that were brought back.
    :param is_finished: Whether all of the folder is in it: a first build that takes long is asked before it is.
    """

    format: int = FORMAT
    created: str = ""
    folders: dict[str, str]
    model: str
    model_digest: str
    dimension: int
    half_precision: bool
    stages: dict[str, int]
    articles: int
    passages: int
    failures: tuple[Failure, ...]
    restored: tuple[str, ...] = ()
    is_finished: bool = True
    segments: tuple[SegmentEntry, ...] = ()
    files: dict[str, FileMark] = field(default_factory=dict)

    def write(self, generation: Path) -> None:
        """Write ``manifest.json``."""
        text = json.dumps(self.plain(), ensure_ascii=False, indent=2)
        (generation / MANIFEST_NAME).write_text(text + "\n", encoding="utf-8")

    def plain(self) -> dict[str, Any]:
        """As plain values, to be written as JSON."""
        return asdict(self)

    @classmethod
    def of_plain(cls, told: dict[str, Any]) -> Manifest:
        """Of what ``plain`` made.

        :raises ValueError: It is something else; so do ``KeyError``, ``TypeError`` and ``AttributeError`` tell.
        """
        for kind, names in _KINDS.items():
            if not all(isinstance(told[name], kind) for name in names):
                raise ValueError(kind)
        if not told["folders"] or not all(isinstance(path, str) for path in told["folders"].values()):
            raise ValueError("folders")
        values = dict(told)
        values["restored"] = tuple(told.get("restored", ()))  # indexes of before have none
        if not all(isinstance(name, str) for name in values["restored"]):
            raise ValueError("restored")
        values["failures"] = tuple(Failure(**failure) for failure in told["failures"])
        values["segments"] = tuple(map(_entry, told["segments"]))
        values["files"] = {name: FileMark(**mark) for name, mark in told["files"].items()}
        return cls(**{field.name: values[field.name] for field in fields(cls)})

    @classmethod
    def read(cls, generation: Path) -> Manifest:
        """Read ``manifest.json``.

        :raises IndexUnopened: It may not be opened.
        :raises IndexUnusable: It is missing, damaged, or of another format.
        """
        try:
            text = (generation / MANIFEST_NAME).read_text(encoding="utf-8")
        except PermissionError as error:
            raise unopened(generation, MANIFEST_NAME, error) from error
        except (OSError, ValueError) as error:
            raise damaged(generation.parent, f"{MANIFEST_NAME} of {generation.name} can't be read") from error
        try:
            plain = json.loads(text)
            if plain["format"] not in _READ:
                raise IndexUnusable(
                    f"the index {folder_name(generation.parent)} is of format {plain['format']}, "
                    f"this version reads {' and '.join(map(str, sorted(_READ)))}: build it anew with rag index"
                )
            return cls.of_plain(plain)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise damaged(generation.parent, f"{MANIFEST_NAME} of {generation.name} can't be read") from error

    @property
    def kind_of_vectors(self) -> str:
        """All that a text's vector depends on besides the text."""
        return kind_of_vectors(self.model_digest, self.stages.get("encoding", 0), half_precision=self.half_precision)

    def check_files(self, generation: Path, *, thoroughly: bool = False) -> None:
        """Compare the generation's own files with what was written.

        :raises IndexUnopened: One can't be opened.
        :raises IndexUnusable: One is missing or differs.
        """
        check_files(generation, self.files, thoroughly=thoroughly)


def _entry(told: dict[str, Any]) -> SegmentEntry:
    entry = SegmentEntry(told["name"], told["digest"], tuple(told["removed"]))
    if not is_number(entry.name) or not all(type(number) is int for number in entry.removed):
        raise ValueError(entry)
    return entry


def kind_of_vectors(model_digest: str, version: int, *, half_precision: bool) -> str:
    """All that a text's vector depends on besides the text.

    :param version: Of the stage ``encoding``.
    """
    return f"{model_digest}-{'bfloat16' if half_precision else 'float32'}-{version}"
