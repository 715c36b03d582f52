"""A lower bound from fewer outcomes: merging outcomes never raises a divergence (data processing).

Outcomes too rare for a law of their own are counted as one. Which they are is seen in both samples together, so the
choice does not favour a difference between them.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
LEAST = 5.0
"""Rows that an outcome expects in the smaller sample, if both have one law, to stay by itself."""


def merged_rare(p: Array, q: Array) -> tuple[Array, Array, NDArray[np.bool_]]:
    """Both sides with their rare outcomes moved into a last one, (rows, outcomes + 1); and in which rows there are any.

    Where they would still be too rare together, the rarest other outcome joins them.

    >>> [side.tolist() for side in merged_rare(np.array([[9.0, 8.0, 1.0]]), np.array([[8.0, 9.0, 2.0]]))[:2]]
    [[[0.0, 8.0, 0.0, 10.0]], [[0.0, 9.0, 0.0, 10.0]]]
    """
    n, m = p.sum(axis=-1, keepdims=True), q.sum(axis=-1, keepdims=True)
    expected = (p + q) * (np.minimum(n, m) / (n + m))
    rare = expected < LEAST
    together = np.sum(np.where(rare, expected, 0.0), axis=-1)
    joined = np.flatnonzero((together > 0.0) & (together < LEAST))
    rarest = np.argmin(np.where(rare, np.inf, expected), axis=-1)
    rare[joined, rarest[joined]] = True
    sides = [np.column_stack((np.where(rare, 0.0, x), np.sum(np.where(rare, x, 0.0), axis=-1))) for x in (p, q)]
    return sides[0], sides[1], together > 0.0
