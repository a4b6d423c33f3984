"""Writing the next generation, and keeping what was encoded if the build is killed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

import numpy as np

from rag.core.types import Failure
from rag.index.generations import left_over_staging_dirs, new_staging_dir, sweep_other_staging_dirs, take_into_use
from rag.index.lexical import LEXICAL_NAME, LexicalIndex
from rag.index.manifest import FORMAT, Manifest, mark_files
from rag.index.store import StoreWriter
from rag.index.vectors import Scores, write_vectors

KEY_BYTES = 16
_RESCUE = "encoded-{digest}.part"


class NewGeneration:
    """The next generation of an index, in the making beside the one in use.

    What it encodes is also kept in a plain file of records (key, vector); if the build is killed, the next one
    with the same model takes over every whole record. Call only while ``building``.

    :ivar folder: Where it is in the making.
    :param index: The index folder.
    :param model_digest: Identity of the model's weights.
    :param dimension: Length of a vector.
    """

    def __init__(self, index: Path, model_digest: str, dimension: int) -> None:
        name = _RESCUE.format(digest=model_digest)
        self._record = np.dtype([("key", f"V{KEY_BYTES}"), ("vector", np.float32, (dimension,))])
        self.rescued = self._read_rescued(index, name)
        self.folder = new_staging_dir(index)
        self.store = StoreWriter(self.folder)
        self._encoded = (self.folder / name).open("wb")
        self.keep(self.rescued)
        sweep_other_staging_dirs(self.folder)

    def _read_rescued(self, index: Path, name: str) -> dict[bytes, Scores]:
        rescued: dict[bytes, Scores] = {}
        for part in left_over_staging_dirs(index):
            path = part / name
            if path.is_file():
                whole = path.stat().st_size // self._record.itemsize
                records = np.fromfile(path, self._record, whole)
                rescued |= {bytes(record["key"]): record["vector"] for record in records}
        return rescued

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Let the files go, also where the build failed; what was encoded stays for the next one."""
        self.store.let_go()
        self._encoded.close()

    def keep(self, vectors: Mapping[bytes, Scores]) -> None:
        """Put vectors on disk at once, by the keys of their texts."""
        records = np.empty(len(vectors), self._record)
        for at, (key, vector) in enumerate(vectors.items()):
            records[at] = (np.void(key), vector)
        self._encoded.write(records.tobytes())
        self._encoded.flush()

    def finish(
        self,
        vectors: Scores,
        texts: list[str],
        *,
        folder: Path,
        model: tuple[str, str],
        stages: tuple[int, int, int, int],
        articles: int,
        failures: tuple[Failure, ...],
    ) -> None:
        """Write the rest.

        :param vectors: Row = passage id.
        :param texts: The searched text of each passage, by id.
        :param model: Name and digest.
        """
        self.store.close()
        self._encoded.close()
        write_vectors(self.folder, vectors)
        LexicalIndex.build(texts).save(self.folder / LEXICAL_NAME)
        Path(self._encoded.name).unlink()
        Manifest(
            format=FORMAT,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            folder=str(folder),
            model=model[0],
            model_digest=model[1],
            dimension=vectors.shape[1],
            stages=stages,
            articles=articles,
            passages=len(texts),
            failures=failures,
            files=mark_files(self.folder),
        ).write(self.folder)

    def publish(self) -> Path:
        """Take what was finished into use; returns its folder from then on. See first that it can be opened."""
        return take_into_use(self.folder)
