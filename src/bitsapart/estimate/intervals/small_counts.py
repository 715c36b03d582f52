"""The variance of a divergence's terms from small counts, where the two distributions are one.

A term (x psi(x) - x (1 + log u)) / n of a Poisson count x of mean u has variance w(u) / 2n^2. Many rows make it that of
half a chi-square, w = 1 (Wilks 1938); at u = 2.5 it is half as large again, and it vanishes with u.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import special

Array = NDArray[np.float64]
LEAST, MOST, POINTS = 1e-4, 200.0, 400


def small_count_variance(mean: Array) -> Array:
    """w(u) for each expected count u, same shape.

    >>> [round(float(w), 2) for w in small_count_variance(np.array([0.0, 1.0, 2.5, 100.0]))]
    [0.01, 1.21, 1.58, 1.0]
    """
    logs, found = tabled()
    return np.interp(np.log(np.maximum(mean, LEAST)), logs, found)


@lru_cache(maxsize=1)
def tabled() -> tuple[Array, Array]:
    """Logarithms of expected counts and w at them, summed over the whole Poisson law."""
    logs = np.linspace(np.log(LEAST), np.log(MOST), POINTS)
    mean = np.exp(logs)[:, None]
    x = np.arange(2.0 * MOST)
    mass = np.exp(-mean + x * logs[:, None] - special.gammaln(x + 1.0))
    term = x * special.digamma(np.maximum(x, 1.0)) - x * (1.0 + logs[:, None])
    average = np.sum(mass * term, axis=-1, keepdims=True)
    return logs, 2.0 * np.sum(mass * (term - average) ** 2, axis=-1)
