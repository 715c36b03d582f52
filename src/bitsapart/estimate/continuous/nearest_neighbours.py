"""Entropy and divergence from distances to nearest neighbours.

    H  = psi(n) - psi(k) + log V_d + d/n sum log rho_k(i)                      Kozachenko & Leonenko 1987
    KL = d/n sum log nu_k(i)/rho_k(i) + log m/(n - 1)                          Wang, Kulkarni & Verdu 2009, eq. 5
    KL = 1/n sum [ d log nu_i/rho_i + psi(l_i) - psi(k_i) ] + log m/(n - 1)    bias-reduced, eq. 29

rho: the distance from row i of P to its kth neighbour among the others of P; nu: to its kth among Q; V_d: the volume of
the unit ball. Bias-reduced: both are taken within one radius, the larger of the distances to the first neighbour of
each sample, which holds l_i rows of P and k_i rows of Q, and rho_i and nu_i are the distances to the last of them.

Every term is a log density ratio at one row, so the standard error is that of a mean, with the Q side by the ratio at
the rows of Q. The bias falls only as n^(-2/d), and more slowly where Q has few rows.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from bitsapart.values.errors import UsageError

Array = NDArray[np.float64]

BLOCK = 2_000
"""Rows whose neighbours within a radius are listed at a time."""


def distances(tree_rows: Array, rows: Array, k: int) -> Array:
    """Distances (rows, k) to the k nearest of ``tree_rows``, in order."""
    from scipy.spatial import KDTree

    found, _ = KDTree(tree_rows).query(rows, k=list(range(1, k + 1)))
    return np.asarray(found)


def positive(distance: Array) -> Array:
    """Distances, of which none is 0: their squares vanish where a column spans too many orders of magnitude."""
    if np.any(distance == 0.0):
        raise UsageError(
            "rows differ by less than 1e-150 of the spread of the columns, so that their distances vanish: pass the "
            "logarithm of a column that spans so many orders of magnitude"
        )
    return distance


def to_others(rows: Array, k: int) -> Array:
    """The distance from each row to its kth nearest among the others."""
    return positive(distances(rows, rows, k + 1)[:, k])


def to_sample(sample: Array, rows: Array, k: int) -> Array:
    """The distance from each row to its kth nearest in the sample, which it is not part of."""
    return positive(distances(sample, rows, k)[:, k - 1])


def log_unit_ball(d: int) -> float:
    """The log of the volume of the unit ball in d dimensions."""
    return d / 2.0 * math.log(math.pi) - float(special.gammaln(d / 2.0 + 1.0))


def entropy_terms(rows: Array, k: int) -> Array:
    """-log density at every row, without bias to first order; their mean is the entropy in nats."""
    n, d = rows.shape
    rho = to_others(rows, k)
    return np.asarray(special.digamma(n) - special.digamma(k) + log_unit_ball(d) + d * np.log(rho))


def ratio_terms(x: Array, y: Array, k: int) -> Array:
    """The log density ratio at every row of x, eq. 5; their mean is KL(P || Q) in nats.

    >>> rng = np.random.default_rng(0)
    >>> x, y = rng.normal(0.0, 1.0, (2000, 1)), rng.normal(1.0, 2.0, (2000, 1))
    >>> abs(float(ratio_terms(x, y, 5).mean()) - 0.4431472) < 0.06
    True
    """
    n, d = x.shape
    nu = to_sample(y, x, k)
    return np.asarray(d * np.log(nu / to_others(x, k)) + math.log(len(y) / (n - 1.0)))


def bias_reduced_terms(x: Array, y: Array) -> Array:
    """The log density ratio at every row of x, eq. 29; their mean is KL(P || Q) in nats."""
    from scipy.spatial import KDTree

    n, d = x.shape
    own, other = KDTree(x), KDTree(y)
    radius = np.maximum(to_others(x, 1), to_sample(y, x, 1)) * (1.0 + 1e-12)
    l_i = own.query_ball_point(x, radius, return_length=True).astype(np.int64) - 1
    k_i = other.query_ball_point(x, radius, return_length=True).astype(np.int64)
    rho = last_within(own, x, l_i + 1)
    nu = last_within(other, x, k_i)
    counts = special.digamma(l_i) - special.digamma(k_i)
    return np.asarray(d * np.log(nu / rho) + counts + math.log(len(y) / (n - 1.0)))


def last_within(tree: Any, rows: Array, count: NDArray[np.int64]) -> Array:
    """The distance from each row to its neighbour of this number in the tree."""
    found = np.empty(len(rows))
    for number in np.unique(count):
        here = count == number
        found[here] = tree.query(rows[here], k=[int(number)])[0][:, 0]
    return found


def ratio_at_reference(x: Array, y: Array, k: int) -> Array:
    """The density ratio at every row of y, for the standard error; unbiased where both densities are flat."""
    m, d = y.shape
    log_ratio = d * np.log(to_others(y, k) / to_sample(x, y, k)) + math.log((m - 1.0) / len(x))
    return np.asarray(np.exp(np.minimum(log_ratio, math.log(m))) * (k - 1.0) / k)


def standard_error(terms: Array, ratio: Array) -> float:
    """Of the mean of log ratios on P, with the influence 1 - ratio of the rows of Q."""
    return math.sqrt(float(np.var(terms)) / len(terms) + float(np.var(ratio)) / len(ratio))
