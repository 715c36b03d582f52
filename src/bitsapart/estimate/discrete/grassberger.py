"""Grassberger's entropy of 2003.

    H = log n - (1/n) sum c_i G(c_i)          G(2h) = G(2h + 1) = psi(h + 1/2) + log 2

which solves G(1) = -gamma - log 2, G(2) = 2 - gamma - log 2, G(2h + 1) = G(2h), G(2h + 2) = G(2h) + 2 / (2h + 1):
Grassberger 2003, "Entropy estimates from insufficient samplings". Written here as the plug-in and a sum of
c (log c - G(c)), about 1 for odd counts and 0 for even ones. It is 0 where the formula falls below, as for one outcome
seen an even number of times.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from bitsapart.estimate.discrete.digamma_bias import by_size
from bitsapart.estimate.discrete.plug_in import plug_in, total
from bitsapart.estimate.discrete.plug_in import term as plug_in_term

Array = NDArray[np.float64]


def grassberger(counts: ArrayLike) -> Array:
    """H in nats, shape (...), of whole ``counts``, shape (..., outcomes); nan where all are zero.

    >>> round(float(grassberger([1, 2, 3, 2, 1])), 6)
    1.912032
    """
    counts = np.asarray(counts, dtype=np.float64)
    return np.asarray(np.maximum(plug_in(counts) + bias(counts).sum(axis=-1) / total(counts), 0.0))


def term(counts: Array, n: float) -> Array:
    """What one outcome with this count adds, same shape, before the sum is kept from falling below 0."""
    return plug_in_term(counts, n) + bias(counts) / n


def bias(counts: Array) -> Array:
    """The addition c (log c - G(c)), same shape; 0 for a count of 0."""
    return by_size(counts, lambda c: c * (np.log(c) - special.digamma(np.floor(c / 2.0) + 0.5) - np.log(2.0)), series)


def series(c: Array) -> Array:
    """The same to the last digit from c = 20; psi(h + 1/2) - log h = 1/24h^2 - 7/960h^4 + ..."""
    half = np.floor(c / 2.0)
    square = 1.0 / (half * half)
    beyond = square * (1.0 / 24.0 - square * (7.0 / 960.0 - square * (31.0 / 8064.0 - square * (127.0 / 30720.0))))
    return c * (np.log1p((c - 2.0 * half) / (2.0 * half)) - beyond)
