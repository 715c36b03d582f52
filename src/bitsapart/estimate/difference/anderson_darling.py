"""Anderson-Darling's test that two samples of ordered outcomes have one distribution.

    A^2 = n m / N * sum_j w_j (F_j - G_j)^2 / (H_j (1 - H_j))

over the cuts between outcomes, with F, G, H the distribution functions of the two samples and of both together, and
w_j the mean of the pooled shares on both sides of the cut. Pettitt 1976; for ties Scholz & Stephens 1987. Under the
null hypothesis F - G is a Brownian bridge seen at the cuts, so A^2 is a sum of chi-squares weighted by the eigenvalues
of its weighted covariance; the inverse of that is tridiagonal. Tail: numerical inversion (Davies 1973, Rice 1980).
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import linalg, special

from bitsapart.estimate.counts import as_counts

Array = NDArray[np.float64]

STEPS = np.arange(0.0, 16.0, 0.1)
"""Where the inversion integral is evaluated, in standard deviations of the saddlepoint's normal law."""
APART = 60
"""So many eigenvalues are kept apart; the others add next to nothing to the spread."""


def anderson_darling_test(p: ArrayLike, q: ArrayLike) -> float:
    """P-value of 'no difference at all' from counts of the same outcomes in their order; in (0, 1].

    >>> round(anderson_darling_test([10, 20, 30, 40], [40, 30, 20, 10]), 12)
    3.81e-10
    >>> anderson_darling_test([10, 20, 30], [10, 20, 30])
    1.0
    """
    p, q = as_counts(p), as_counts(q)
    seen = p + q > 0
    p, q = p[seen], q[seen]
    n, m = p.sum(), q.sum()
    if p.size < 2 or n == 0 or m == 0:
        return 1.0
    pooled = (p + q) / (n + m)
    below = np.cumsum(pooled)[:-1]
    above = np.cumsum(pooled[::-1])[::-1][1:]
    gap = np.cumsum(p / n - q / m)[:-1]
    cut = (pooled[:-1] + pooled[1:]) / 2.0 / (below * above)
    statistic = float(n * m / (n + m) * np.sum(cut * gap**2)) * (n + m - 1.0) / (n + m)
    return weighted_chi_squared_tail(statistic, bridge_eigenvalues(pooled, cut))


def bridge_eigenvalues(pooled: Array, cut: Array) -> Array:
    """Eigenvalues of diag(cut)^(1/2) C diag(cut)^(1/2), C_ij = H_min (1 - H_max), from the inverse of C.

    >>> bridge_eigenvalues(np.array([0.5, 0.5]), np.array([4.0])).tolist()
    [1.0]
    """
    inverse = 1.0 / pooled
    diagonal = (inverse[:-1] + inverse[1:]) / cut
    beside = -inverse[1:-1] / np.sqrt(cut[:-1] * cut[1:])
    found = linalg.eigh_tridiagonal(diagonal, beside, eigvals_only=True)
    return np.asarray(1.0 / found, dtype=np.float64)


def weighted_chi_squared_tail(x: float, weights: Array) -> float:
    """P(sum of weights times chi-squares of one degree > x), at any depth; in (0, 1].

    The inversion integral of the moment generating function, along a parabola through its saddlepoint.

    >>> round(weighted_chi_squared_tail(3.841459, np.array([1.0])), 6)
    0.05
    >>> round(weighted_chi_squared_tail(2 * 2.995732, np.array([1.0, 1.0])), 6)
    0.05
    """
    tiny = float(np.finfo(np.float64).tiny)
    if x <= 0.0:
        return 1.0
    if weights.size == 1:
        return max(float(special.gammaincc(0.5, x / weights[0] / 2.0)), tiny)
    weights, freedom = condensed(weights)
    beyond_mean = float(freedom @ weights) + math.sqrt(2.0 * float(freedom @ weights**2))
    point = saddlepoint(max(x, beyond_mean), weights, freedom)
    ratio = weights / (1.0 - 2.0 * point * weights)
    second, third = 2.0 * float(freedom @ ratio**2), 8.0 * float(freedom @ ratio**3)
    bend = third / (6.0 * second)
    y = STEPS / math.sqrt(second)
    z = point + bend * y**2 + 1j * y
    generating = -np.log(1.0 - 2.0 * np.multiply.outer(z, weights)) @ freedom / 2.0
    integrand = (np.exp(generating - z * x) / z * (2.0 * bend * y + 1j)).imag
    tail = (float(integrand.sum()) - float(integrand[0]) / 2.0) * float(y[1]) / math.pi
    return min(max(tail, tiny), 1.0)


def condensed(weights: Array) -> tuple[Array, Array]:
    """The largest weights with one degree of freedom each, and the others as one gamma law of their mean and variance.

    >>> [x.tolist() for x in condensed(np.array([1.0, 0.5]))]
    [[1.0, 0.5], [1.0, 1.0]]
    """
    weights = np.sort(weights)[::-1]
    first, rest = weights[:APART], weights[APART:]
    if rest.size == 0:
        return first, np.ones(first.size)
    total, square = float(rest.sum()), float(np.sum(rest**2))
    return np.append(first, square / total), np.append(np.ones(first.size), total**2 / square)


def saddlepoint(x: float, weights: Array, freedom: Array) -> float:
    """Where the derivative of the cumulant generating function, sum f w / (1 - 2 t w), is ``x`` > its mean.

    The derivative is convex and rises, so Newton's steps from the right, where the largest weight alone gives a point
    beyond the root, fall to it without crossing it.
    """
    top = 1.0 / (2.0 * float(weights.max()))
    point = top - 0.99 / (2.0 * x)
    for _ in range(200):
        ratio = weights / (1.0 - 2.0 * point * weights)
        step = (float(freedom @ ratio) - x) / (2.0 * float(freedom @ ratio**2))
        point -= step
        if abs(step) <= 1e-9 * top:
            break
    return point
