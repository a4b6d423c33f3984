"""``clusters/``: which vectors of a large segment lie near each other: a question looks at the near ones alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

from rag.index.arrays import read_array, write_array

CLUSTERED_FROM = 100_000
"""Vectors from which on a segment has clusters: so many are looked at one by one in 15 ms (measurements: a million)."""
PROBED = 0.02
"""Share of the clusters that are looked at for a question, the nearest (measurements: a million)."""
CLUSTERS_NAME = "clusters"
_ARRAYS = ("centres", "begins", "rows")
_STEPS, _POINTS = 10, 64
"""Of k-means: steps, and vectors of each cluster that it sees at most."""


@dataclass(frozen=True, slots=True)
class Clusters:
    """Vectors by the centre that they are nearest to.

    :param centres: Shape (clusters, dimension).
    :param begins: Where in ``rows`` those of each cluster begin; shape (clusters + 1,).
    :param rows: Of the vectors, those of one cluster after the other.
    """

    centres: NDArray[np.float32]
    begins: NDArray[np.int64]
    rows: NDArray[np.int32]

    @classmethod
    def of(cls, vectors: NDArray[np.float32]) -> Clusters:
        """Four times as many as the root of how many vectors there are, by k-means."""
        count = int(4 * len(vectors) ** 0.5)
        means = faiss.Kmeans(
            vectors.shape[1], count, niter=_STEPS, spherical=True, seed=1, max_points_per_centroid=_POINTS
        )
        means.train(vectors)
        _, nearest = means.index.search(vectors, 1)
        rows = np.argsort(nearest[:, 0], kind="stable")
        begins = np.searchsorted(nearest[rows, 0], np.arange(count + 1))
        return cls(means.centroids, begins, rows.astype(np.int32))

    def write(self, folder: Path) -> None:
        """Write them to the folder of a segment.

        :raises OSError: They can't be written.
        """
        (folder / CLUSTERS_NAME).mkdir()
        for name in _ARRAYS:
            write_array(folder / CLUSTERS_NAME / f"{name}.npy", getattr(self, name))

    @classmethod
    def read(cls, folder: Path) -> Clusters | None:
        """Those of a segment; None where it has none.

        :raises OSError: They can't be read.
        :raises ValueError: They are none.
        """
        if not (folder / CLUSTERS_NAME).is_dir():
            return None
        return cls(*(read_array(folder / CLUSTERS_NAME / f"{name}.npy") for name in _ARRAYS))

    def near(self, vector: NDArray[np.float32]) -> NDArray[np.int32]:
        """The rows of the vectors that lie in the clusters nearest to one."""
        count = max(1, int(PROBED * len(self.centres)))
        chosen = np.argpartition(-(self.centres @ vector), count - 1)[:count].tolist()
        return np.concatenate([self.rows[self.begins[at] : self.begins[at + 1]] for at in chosen])
