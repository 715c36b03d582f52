"""Sums of smooth functions over many whole numbers from few of them: Gauss's rule for the counting measure.

The polynomials that are orthogonal on 0 ... N - 1 (Chebyshev's discrete ones; Szego 1939, section 2.8) have the
recurrence coefficients k/2 sqrt((N^2 - k^2) / (4 k^2 - 1)), whose matrix has the nodes as eigenvalues (Golub & Welsch
1969). Rounded to whole numbers they still interpolate, so that a function is only asked at values that can happen.
"""

from functools import lru_cache
from typing import Any

import numpy as np

Array = Any

NODES = 32
LAST = 4
"""Coefficients of the interpolating polynomial from which the error is judged."""


@lru_cache(maxsize=1024)
def lattice_rule(exponent: int) -> tuple[Array, Array]:
    """Of N = 2^exponent > NODES^2 / 8 numbers, nodes and the matrix (1 + LAST, NODES) from values to coefficients.

    The first coefficient is the mean of the function over all N, the others are those of the highest degrees.

    >>> nodes, matrix = lattice_rule(20)
    >>> float(matrix[0] @ (nodes + 1.0)) - (2**20 + 1) / 2   # the mean of 1 ... N
    0.0
    """
    size = 2.0**exponent
    k = np.arange(1.0, NODES)
    beside = 0.5 * k * np.sqrt((1.0 - k / size) * (1.0 + k / size) / (4.0 * k * k - 1.0))
    ideal = np.linalg.eigvalsh(np.diag(beside, 1) + np.diag(beside, -1))
    nodes = np.clip(np.rint(size * (ideal + (0.5 - 0.5 / size))), 0.0, size - 1.0)
    place = nodes / size - (0.5 - 0.5 / size)
    basis = np.ones((NODES, NODES))
    for i in range(1, NODES):
        before = beside[i - 2] * basis[:, i - 2] if i > 1 else 0.0
        basis[:, i] = (place * basis[:, i - 1] - before) / beside[i - 1]
    inverse = np.linalg.inv(basis)
    return nodes, inverse[[0, *range(NODES - LAST, NODES)]]
