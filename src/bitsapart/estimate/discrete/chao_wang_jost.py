"""Chao, Wang & Jost's entropy: Zhang's, and what outcomes not seen may add.

    H = zhang + (f1 / n) x S(x, n)          x = 1 - A,   S(x, n) = sum_{j >= 0} x^j / (n + j)

f1: outcomes seen once; A: how fast new outcomes come, see ``sample_coverage``. Chao, Wang & Jost 2013, "Entropy and the
species accumulation curve", who write x^(1 - n) (-log A - sum_{r < n} x^r / r) for x S. That difference, the tail of a
series, has no digits left for large n.
"""

import functools

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from bitsapart.estimate.discrete.sample_coverage import sample_coverage
from bitsapart.estimate.discrete.zhang import zhang

Array = NDArray[np.float64]
NODES, TERMS = 120, 80


def chao_wang_jost(counts: ArrayLike) -> Array:
    """H in nats, shape (...), of whole ``counts``, shape (..., outcomes); nan where all are zero.

    >>> round(float(chao_wang_jost([1, 2, 3, 2, 1])), 6)
    1.84787
    """
    counts = np.asarray(counts, dtype=np.float64)
    seen = sample_coverage(counts)
    added = np.zeros(seen.n.shape)
    more = (seen.once > 0.0) & (seen.rare < 1.0)
    n, rare = seen.n[more], seen.rare[more]
    added[more] = seen.once[more] / n * (1.0 - rare) * log_tail(rare, n)
    return zhang(counts) + added


def log_tail(rare: Array, n: Array) -> Array:
    """S(1 - rare, n), shape (rows,), for rows of 0 < rare < 1 and n >= 1; to 13 digits."""
    found = np.empty(n.shape)
    far = rare * n >= 1.0
    found[far] = by_laguerre(rare[far], n[far])
    found[~far] = by_powers(rare[~far], n[~far])
    return found


@functools.cache
def laguerre() -> tuple[Array, Array]:
    """Nodes and weights of the integral over exp(-s)."""
    return np.polynomial.laguerre.laggauss(NODES)


def by_laguerre(rare: Array, n: Array) -> Array:
    """S as (1/n) times the integral of exp(-s) / (1 - x exp(-s/n)), whose pole is at s = n log x, beyond -1."""
    nodes, weights = laguerre()
    below = rare[:, None] - (1.0 - rare[:, None]) * np.expm1(-nodes / n[:, None])
    return np.asarray(np.sum(weights / below, axis=1) / n)


def by_powers(rare: Array, n: Array) -> Array:
    """S in powers of A: sum_k C(n + k - 1, k) A^k (psi(k + 1) - psi(n + k) - log A).

    Abramowitz & Stegun 1964, 15.3.10.
    """
    k = np.arange(float(TERMS))
    ratios = np.ones((n.size, TERMS))
    ratios[:, 1:] = (n[:, None] + k[1:] - 1.0) / k[1:] * rare[:, None]
    powers = np.cumprod(ratios, axis=1)
    logs = special.digamma(k + 1.0) - special.digamma(n[:, None] + k) - np.log(rare)[:, None]
    return np.asarray(np.sum(powers * logs, axis=1))
