"""``manifest.json``: what a generation was built from, and what its files are."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from rag.core.articles import Failure
from rag.core.files import folder_name
from rag.errors import IndexUnusable
from rag.index.generations import PART, damaged, unopened

FORMAT = 4
"""Raised whenever a reader of the form before could not read this one."""
MANIFEST_NAME = "manifest.json"
SMALL = 1_000_000
"""Bytes of a file up to which its digest is looked at whenever an index is opened: it takes a millisecond."""
_KINDS: dict[type, tuple[str, ...]] = {
    str: ("created", "folder", "model", "model_digest"),
    int: ("dimension", "articles", "passages"),
    bool: ("half_precision",),
    dict: ("stages", "files"),
}


@dataclass(frozen=True, slots=True)
class FileMark:
    """Size and SHA-256 of one of the generation's files."""

    bytes: int
    sha256: str

    def is_of(self, path: Path, *, thoroughly: bool) -> bool:
        """Whether a file is the one that was marked, as far as it is looked at."""
        size = path.stat().st_size
        with path.open("rb") as stream:
            if size != self.bytes or (size > SMALL and not thoroughly):
                return size == self.bytes
            return hashlib.file_digest(stream, "sha256").hexdigest() == self.sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a generation was built from.

    :param created: When, in UTC, ISO form.
    :param folder: The folder of articles, absolute.
    :param half_precision: Whether passages were encoded in bfloat16.
    :param stages: The version of each stage that made it, by name.
    """

    format: int = FORMAT
    created: str = ""
    folder: str
    model: str
    model_digest: str
    dimension: int
    half_precision: bool
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
            if plain["format"] != FORMAT:
                raise IndexUnusable(
                    f"the index {folder_name(generation.parent)} is of format {plain['format']}, "
                    f"this version reads {FORMAT}: build it anew with rag index"
                )
            for kind, names in _KINDS.items():
                if not all(isinstance(plain[name], kind) for name in names):
                    raise ValueError(kind)
            plain["failures"] = tuple(Failure(**failure) for failure in plain["failures"])
            plain["files"] = {name: FileMark(**mark) for name, mark in plain["files"].items()}
            return cls(**{field.name: plain[field.name] for field in fields(cls)})
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise damaged(generation.parent, f"{MANIFEST_NAME} of {generation.name} can't be read") from error

    @property
    def kind_of_vectors(self) -> str:
        """All that a text's vector depends on besides the text."""
        return kind_of_vectors(self.model_digest, self.stages.get("encoding", 0), half_precision=self.half_precision)

    def check_files(self, generation: Path, *, thoroughly: bool = False, names: Sequence[str] = ()) -> None:
        """Compare the generation's files with what was written: their sizes, and of small ones their digests.

        :param thoroughly: The digests of all.
        :param names: Of those files alone.
        :raises IndexUnopened: One can't be opened.
        :raises IndexUnusable: One is missing or differs.
        """
        files = _files(generation)
        for name in names or self.files:
            mark, path = (
                self.files.get(name),
                files.get(name),
            )  # whatever is named, nothing is opened but what lies there
            try:
                is_right = mark is not None and path is not None and mark.is_of(path, thoroughly=thoroughly)
            except OSError as error:
                raise unopened(generation, name, error) from error
            if not is_right:
                raise damaged(generation.parent, f"{name} of {generation.name} is not what was written")


def file_digest(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def kind_of_vectors(model_digest: str, version: int, *, half_precision: bool) -> str:
    """All that a text's vector depends on besides the text.

    :param version: Of the stage ``encoding``.
    """
    return f"{model_digest}-{'bfloat16' if half_precision else 'float32'}-{version}"


def mark_files(generation: Path) -> dict[str, FileMark]:
    """Sizes and digests of all files of a generation but its manifest, and what a build keeps for itself."""
    return {name: FileMark(path.stat().st_size, file_digest(path)) for name, path in _files(generation).items()}


def _files(generation: Path) -> dict[str, Path]:
    paths = sorted(path for path in generation.rglob("*") if path.is_file() and path.suffix != PART)
    return {path.relative_to(generation).as_posix(): path for path in paths if path.name != MANIFEST_NAME}
