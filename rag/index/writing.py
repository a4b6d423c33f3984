"""Writing the next generation, and keeping what was encoded if the build is killed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import numpy as np

from rag.errors import IndexUnusable
from rag.index.generations import generation_folders, new_staging_dir, sweep_other_staging_dirs, take_into_use
from rag.index.lexical import LEXICAL_NAME, LexicalIndex
from rag.index.manifest import Manifest, mark_files
from rag.index.rescue import EncodedRecords
from rag.index.store_writer import StoreWriter
from rag.index.vectors import KEYS_NAME, VECTORS_NAME, Scores, read_keys, read_vectors, write_vectors


class NewGeneration:
    """The next generation of an index, in the making beside the one in use.

    What it encodes is also kept in a file of records; if the build is killed, the next one whose vectors are of the
    same kind takes them over. Call only while ``building``.

    :ivar folder: Where it is in the making.
    :ivar vectors: Those that are there, by the keys of their texts: first those that a killed build left.
    :param index: The index folder.
    :param kind: Tells all that a text's vector depends on besides the text.
    :param dimension: Length of a vector.
    """

    def __init__(self, index: Path, kind: str, dimension: int) -> None:
        self._kind, self._records = (kind, dimension), EncodedRecords(kind, dimension)
        self.vectors = self._records.left(index)
        self.folder = new_staging_dir(index)
        self.store = StoreWriter(self.folder)
        self._encoded = (self.folder / self._records.name).open("wb")
        self.keep(self.vectors)
        sweep_other_staging_dirs(self.folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Let the files go, also where the build failed; what was encoded stays for the next one."""
        self.store.let_go()
        self._encoded.close()

    def keep(self, vectors: Mapping[bytes, Scores]) -> None:
        """Add vectors, by the keys of their texts, and put them on disk at once."""
        self.vectors |= vectors
        self._encoded.write(self._records.packed(vectors))
        self._encoded.flush()

    def take_over(self) -> None:
        """Take the vectors of a damaged index, where they are whole and of the same kind."""
        for folder in generation_folders(self.folder.parent):
            with suppress(IndexUnusable, OSError):
                manifest = Manifest.read(folder)
                if (manifest.kind_of_vectors, manifest.dimension) == self._kind:
                    manifest.check_files(folder, thoroughly=True, names=(VECTORS_NAME, KEYS_NAME))
                    vectors = read_vectors(folder, manifest.passages, manifest.dimension)
                    keys = read_keys(folder, manifest.passages)
                    self.vectors |= zip(keys, vectors.reconstruct_n(0, len(keys)), strict=True)

    def finish(self, keys: Sequence[bytes], texts: Iterable[str], manifest: Manifest) -> None:
        """Write the rest.

        :param keys: Of the searched text of each passage, by id.
        :param texts: These texts.
        :param manifest: All of it but the time and the files.
        """
        self.store.close()
        self._encoded.close()
        write_vectors(self.folder, keys, np.stack([self.vectors[key] for key in keys]))
        LexicalIndex.build(texts).save(self.folder / LEXICAL_NAME)
        created = datetime.now(UTC).isoformat(timespec="seconds")
        replace(manifest, created=created, files=mark_files(self.folder)).write(self.folder)

    def publish(self) -> None:
        """Take what was finished into use. See first that it can be opened.

        What was encoded is kept apart until then: a build that is killed at the last moment loses none of it.
        """
        take_into_use(self.folder)
