"""Which vectors of a large segment lie near each other: a question looks at the near ones alone."""

from __future__ import annotations

from dataclasses import dataclass

import faiss
import numpy as np
from numpy.typing import NDArray

CLUSTERED_FROM = 100_000
"""Vectors from which on a segment has clusters: so many are looked at one by one in 15 ms (measurements: a million)."""
PROBED = 0.02
"""Share of the clusters that are looked at for a question, the nearest (measurements: a million)."""
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

    def check(self, vectors: int) -> None:
        """Refuse what leads to no vector.

        :param vectors: How many there are.
        :raises ValueError: It does.
        """
        is_right = len(self.begins) == len(self.centres) + 1 and self.begins[0] == 0 and self.begins[-1] == vectors
        if not is_right or np.diff(self.begins).min() < 0 or len(self.rows) != vectors:
            raise ValueError("clusters")
        if not 0 <= self.rows.min() <= self.rows.max() < vectors:
            raise ValueError("rows")

    def near(self, vector: NDArray[np.float32]) -> NDArray[np.int32]:
        """The rows of the vectors that lie in the clusters nearest to one."""
        count = max(1, int(PROBED * len(self.centres)))
        chosen = np.argpartition(-(self.centres @ vector), count - 1)[:count].tolist()
        return np.concatenate([self.rows[self.begins[at] : self.begins[at + 1]] for at in chosen])
