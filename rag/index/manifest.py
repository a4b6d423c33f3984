"""``manifest.json``: what a generation was built from, and what its files are."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from rag.core.articles import Failure
from rag.core.files import folder_name
from rag.errors import IndexUnopened, IndexUnusable
from rag.index.generations import PART, damaged

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

        :raises IndexUnusable: It is missing, damaged, or of another format.
        """
        try:
            plain = json.loads((generation / MANIFEST_NAME).read_text(encoding="utf-8"))
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
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
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
        for name in names or self.files:
            mark, path = self.files.get(name), generation / name
            try:
                size = path.stat().st_size if path.is_file() else -1
                with path.open("rb") as stream:
                    read = thoroughly or size <= SMALL
                    digest = hashlib.file_digest(stream, "sha256").hexdigest() if read else None
            except FileNotFoundError:
                size, digest = -1, None
            except OSError as error:
                told = f"{name} of {generation.name} can't be opened: {error.strerror or error}"
                raise IndexUnopened(f"the index {folder_name(generation.parent)} can't be read: {told}") from error
            if mark is None or size != mark.bytes or digest not in (None, mark.sha256):
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
    paths = sorted(path for path in generation.rglob("*") if path.is_file() and path.name != MANIFEST_NAME)
    paths = [path for path in paths if path.suffix != PART]
    return {path.relative_to(generation).as_posix(): FileMark(path.stat().st_size, file_digest(path)) for path in paths}
