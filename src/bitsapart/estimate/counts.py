"""Counts of outcomes, as the arrays that estimators work on."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def as_counts(counts: ArrayLike) -> NDArray[np.float64]:
    """Counts as float64, which holds whole numbers exactly up to 2^53; same shape."""
    return np.asarray(counts, dtype=np.float64)


def as_whole(counts: ArrayLike) -> NDArray[np.int64]:
    """Counts as int64; same shape."""
    return np.asarray(counts, dtype=np.int64)
