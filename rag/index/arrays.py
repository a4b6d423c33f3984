"""Plain ``.npy`` files, which are read as far as they are looked at."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


def write_array(path: Path, array: NDArray[Any]) -> None:
    """Write an array.

    :raises OSError: It can't be written.
    """
    try:
        np.save(path, array, allow_pickle=False)
    except OSError as error:
        if error.errno is None:  # numpy's, of how many numbers went onto a full disk
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from error
        raise


def read_array(path: Path) -> NDArray[Any]:
    """An array, of which only what is looked at comes into memory.

    :raises OSError: It can't be read.
    :raises ValueError: It is no array.
    """
    try:
        return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
    except ValueError:  # an empty one has nothing to be mapped
        return np.asarray(np.load(path, allow_pickle=False))
