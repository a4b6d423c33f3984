"""Files and folders that are not to be read, by the patterns in a file of the folder of articles."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path

from rag.core.files import read_file
from rag.errors import FolderError

IGNORE_NAME = ".ragignore"
"""A pattern a line; what is empty or begins with # is none."""
MAX_BYTES, MAX_PATTERNS = 100_000, 1000


class Ignored:
    """Patterns as file systems have them: ``*`` stands for any characters, ``?`` for one, ``[ab]`` for one of these.

    One without ``/`` is of the name of a file or folder wherever it is, another of its path from the root; one that
    ends in ``/`` is of folders alone. Nothing of an ignored folder is read.

    :param patterns: One each.
    """

    def __init__(self, patterns: list[str]) -> None:
        self._patterns = [
            (pattern.strip("/"), "/" in pattern.rstrip("/"), pattern.endswith("/")) for pattern in patterns
        ]

    @classmethod
    def of(cls, root: Path) -> Ignored:
        """The patterns of a folder of articles; none where it has no such file.

        :raises FolderError: The file can't be read, is no text, or has too many patterns.
        """
        path = root / IGNORE_NAME
        try:
            lines = read_file(path, MAX_BYTES).decode("utf-8-sig").splitlines()
        except FileNotFoundError:
            return cls([])
        except (OSError, UnicodeDecodeError) as error:
            reason = "it is no text in UTF-8" if isinstance(error, UnicodeDecodeError) else error.strerror or error
            raise FolderError(f"{path} can't be read, so that nobody knows what to ignore: {reason}") from error
        patterns = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
        if len(patterns) > MAX_PATTERNS:
            raise FolderError(f"{path} has {len(patterns)} patterns: {MAX_PATTERNS} at most")
        return cls(patterns)

    def has(self, path: str, *, is_folder: bool) -> bool:
        """Whether a file or folder is to be ignored.

        :param path: From the root, with forward slashes.
        """
        name = path.rpartition("/")[2]
        return any(
            fnmatchcase(path if is_of_paths else name, pattern)
            for pattern, is_of_paths, is_of_folders in self._patterns
            if is_folder or not is_of_folders
        )

    def has_any_of(self, path: str) -> bool:
        """Whether a file is to be ignored, or a folder that it lies in."""
        parts = path.split("/")
        folders = ("/".join(parts[:end]) for end in range(1, len(parts)))
        return self.has(path, is_folder=False) or any(self.has(folder, is_folder=True) for folder in folders)
