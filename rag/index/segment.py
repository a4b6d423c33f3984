"""One segment: some articles with their passages, vectors and words, as they were written once and stay.

What is looked at of it is checked; what is shared by several open generations is opened once.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from functools import partial
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

import numpy as np
from numpy.typing import NDArray

from rag.core.articles import Reason
from rag.errors import IndexDamaged, IndexUnopened
from rag.index.arrays import read_array
from rag.index.codes import Codes, name_of, scripts_in
from rag.index.marks import FileMark, check_files, damaged, file_digest, index_of, not_as_written, unopened
from rag.index.postings import Postings
from rag.index.segment_store import SegmentStore
from rag.index.vectors import Vectors

SEGMENT_NAME = "segment.json"
PASSAGES_NAME, SUMS_NAME = "passages.npy", "sums.npy"
PASSAGE = np.dtype([("article", "<i4"), ("script", "u1")])
"""Of each passage the number of its article, and the place of its script among the segment's."""

_open: WeakValueDictionary[tuple[Any, ...], Segment] = WeakValueDictionary()
_opening = threading.Lock()


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentForm:
    """``segment.json``: what a segment holds, and what its files are.

    :param kind: Tells all that a text's vector depends on besides the text.
    :param scripts: Of its passages, each named once.
    :param left_out: Pieces that cleaning left out of its articles, by reason.
    """

    kind: str
    dimension: int
    articles: int
    passages: int
    scripts: tuple[str, ...]
    left_out: dict[str, int]
    files: dict[str, FileMark]

    def write(self, folder: Path) -> None:
        """Write ``segment.json``."""
        text = json.dumps(asdict(self), ensure_ascii=False, indent=2)
        (folder / SEGMENT_NAME).write_text(text + "\n", encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> SegmentForm:
        """Read ``segment.json``.

        :raises IndexUnopened: It may not be opened.
        :raises IndexUnusable: It is missing or damaged.
        """
        try:
            plain = json.loads((folder / SEGMENT_NAME).read_text(encoding="utf-8"))
            plain["files"] = {name: FileMark(**mark) for name, mark in plain["files"].items()}
            plain["scripts"] = tuple(plain["scripts"])
            _ = [Reason(reason) for reason in plain["left_out"]]
            return cls(**{field.name: plain[field.name] for field in fields(cls)})
        except PermissionError as error:
            raise unopened(folder, SEGMENT_NAME, error) from error
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise damaged(index_of(folder), f"{SEGMENT_NAME} of {folder.name} can't be read") from error


@dataclass(slots=True)
class _Trust:
    """Whether the digests of a segment's files were compared, and nothing differed since."""

    is_verified: bool = False


def _doubted(trust: _Trust, index: Path, what: str) -> IndexDamaged:
    trust.is_verified = False
    return damaged(index, what)


class Segment:
    """A segment that is open; opened by ``open_segment``.

    :ivar article_of: The number of the article that each passage is of.
    :ivar script_of: The place of each passage's script in ``form.scripts``.
    :ivar sums: The sum of the vectors in each script, in ``SUM_UNIT``; shape (scripts, dimension).
    :ivar codes: Of the vectors in a script that has many, by its name.
    :raises IndexUnusable: A file of it is missing or damaged.
    """

    def __init__(self, folder: Path, form: SegmentForm) -> None:
        self.folder, self.form, self._trust = folder, form, _Trust()
        codes = {name_of(place) for place in scripts_in(form.files)}  # which are looked at apart
        check_files(folder, form.files, names=[name for name in form.files if name not in codes])
        try:
            self.store = SegmentStore(folder, partial(_doubted, self._trust, index_of(folder)))
            self.vectors = Vectors(folder, form.passages, form.dimension)
            self.postings = Postings.read(folder)
            self.postings.check(form.passages)
            passages = read_array(folder / PASSAGES_NAME)
            self.article_of: NDArray[np.int32] = passages["article"].astype(np.int32)
            self.script_of: NDArray[np.uint8] = passages["script"].astype(np.uint8)
            self.sums: NDArray[np.int64] = read_array(folder / SUMS_NAME)
            self.codes = self._open_codes()
            counts = self.store.counts()
        except IndexUnopened:
            raise
        except Exception as error:  # a damaged file makes faiss, numpy and sqlite3 raise each their own
            raise damaged(index_of(folder), "a file of it can't be read") from error
        expected = (form.articles, form.passages)
        is_one = self.sums.shape == (len(form.scripts), form.dimension) and len(passages) == form.passages
        is_inside = not form.passages or (
            0 <= self.article_of.min() <= self.article_of.max() < form.articles
            and self.script_of.max() < len(form.scripts)
        )
        if counts != expected or not is_one or not is_inside:
            raise damaged(index_of(folder), "its files do not belong together")

    def _open_codes(self) -> dict[str, Codes]:
        """The codes that are as they were written: without them all vectors are gone through, to the same end."""
        codes = {}
        for place in scripts_in(self.form.files):
            with suppress(IndexDamaged):
                check_files(self.folder, self.form.files, thoroughly=True, names=(name_of(place),))
                rows = np.flatnonzero(self.script_of == place)
                codes[self.form.scripts[place]] = Codes(self.folder / name_of(place), rows, self.form.dimension)
        return codes

    def verify(self) -> None:
        """Compare the digest of each file with what was written: once, and again where something differed since.

        :raises IndexUnusable: One differs.
        """
        if not self._trust.is_verified:
            check_files(self.folder, self.form.files, thoroughly=True)
            self._trust.is_verified = True

    def doubt(self) -> None:
        """Something of it turned out not to be as it was written."""
        self._trust.is_verified = False

    @property
    def left_out(self) -> Mapping[Reason, int]:
        """Pieces that cleaning left out of its articles, by reason."""
        return {Reason(reason): count for reason, count in self.form.left_out.items()}

    def array(self, name: str) -> NDArray[Any]:
        """What was written beside, by its name.

        :raises IndexUnusable: It is not there.
        """
        try:
            return read_array(self.folder / f"{name}.npy")
        except (OSError, ValueError) as error:
            raise damaged(index_of(self.folder), f"{name}.npy of {self.folder.name} can't be read") from error


def open_segment(folder: Path, digest: str) -> Segment:
    """Open a segment, or take one that is open.

    :param digest: Of its ``segment.json``.
    :raises IndexUnopened: A file of it may not be opened.
    :raises IndexUnusable: A file of it is missing or damaged.
    """
    try:
        is_the_one = file_digest(folder / SEGMENT_NAME) == digest
    except PermissionError as error:
        raise unopened(folder, SEGMENT_NAME, error) from error
    except OSError:
        is_the_one = False
    if not is_the_one:
        raise not_as_written(folder, SEGMENT_NAME)
    form = SegmentForm.read(folder)
    key = (folder.resolve(), digest, *(_looks(folder / name) for name in form.files))
    with _opening:
        segment = _open.get(key)
        if segment is None:
            _open[key] = segment = Segment(folder, form)
    return segment


def _looks(path: Path) -> tuple[int, int, int] | None:
    """What a file looks like from outside: one that was changed in place looks otherwise."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_size, status.st_mtime_ns, status.st_ino
