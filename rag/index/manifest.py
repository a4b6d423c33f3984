"""``manifest.json``: what a generation was built from, and what its files are."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from rag.core.articles import Failure
from rag.core.files import folder_name
from rag.errors import IndexUnusable
from rag.index.generations import damaged

FORMAT = 4
"""Raised whenever a reader of the form before could not read this one."""
MANIFEST_NAME = "manifest.json"


@dataclass(frozen=True, slots=True)
class FileMark:
    """Size and SHA-256 of one of the generation's files."""

    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a generation was built from.

    :param created: When, in UTC, ISO form.
    :param folder: The folder of articles, absolute.
    :param half_precision: Whether passages were encoded in bfloat16; None where an index does not tell.
    :param stages: The version of each stage that made it, by name; those that an index does not tell are missing.
    """

    format: int = FORMAT
    created: str = ""
    folder: str
    model: str
    model_digest: str
    dimension: int
    half_precision: bool | None
    stages: dict[str, int]
    articles: int
    passages: int
    failures: tuple[Failure, ...]
    files: dict[str, FileMark] = field(default_factory=dict)

    def write(self, generation: Path) -> None:
        """Write ``manifest.json``."""
        text = json.dumps(asdict(self), ensure_ascii=False, indent=2)
        (generation / MANIFEST_NAME).write_text(text + "\n", encoding="utf-8")

    @classmethod
    def read(cls, generation: Path) -> Manifest:
        """Read ``manifest.json``.

        :raises IndexUnusable: It is missing, damaged, or of another format.
        """
        try:
            plain = json.loads((generation / MANIFEST_NAME).read_text(encoding="utf-8"))
            if plain["format"] != FORMAT:
                raise IndexUnusable(
                    f"the index {folder_name(generation.parent)} is of format {plain['format']}, "
                    f"this version reads {FORMAT}: build it anew with rag index"
                )
            stages, half_precision = plain["stages"], plain.get("half_precision")
            plain["stages"] = stages if isinstance(stages, dict) else {}  # a list of versions that had no names yet
            plain["half_precision"] = half_precision if isinstance(half_precision, bool) else None
            plain["failures"] = tuple(Failure(**failure) for failure in plain["failures"])
            plain["files"] = {name: FileMark(**mark) for name, mark in plain["files"].items()}
            return cls(**{field.name: plain[field.name] for field in fields(cls)})
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise damaged(generation.parent, f"{MANIFEST_NAME} of {generation.name} can't be read") from error

    def check_files(self, generation: Path, *, thoroughly: bool = False) -> None:
        """Compare the generation's files with what was written.

        :param thoroughly: Their digests as well as their sizes.
        :raises IndexUnusable: One is missing or differs.
        """
        for name, mark in self.files.items():
            path = generation / name
            size = path.stat().st_size if path.is_file() else -1
            if size != mark.bytes or (thoroughly and file_digest(path) != mark.sha256):
                raise damaged(generation.parent, f"{name} of {generation.name} is not what was written")


def file_digest(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def mark_files(generation: Path) -> dict[str, FileMark]:
    """Sizes and digests of all files of a generation but its manifest."""
    paths = sorted(path for path in generation.rglob("*") if path.is_file() and path.name != MANIFEST_NAME)
    return {path.relative_to(generation).as_posix(): FileMark(path.stat().st_size, file_digest(path)) for path in paths}
