"""Pearson's chi-squared test that two samples have one distribution, calibrated by its exact permutation law.

    X^2 = N^2 / (n m) * sum (p_i - n t_i / N)^2 / t_i           t_i = p_i + q_i,  N = n + m

Small tables are enumerated. Otherwise a gamma law shifted to the exact mean and variance given both margins (Haldane
1940; Dawson 1954), with the leading skewness and kurtosis, stands in, which also holds for tables of many rare
outcomes; where it would be too skewed, permutations are drawn.
"""

import math
from functools import cache

import numpy as np
from numpy.polynomial import Polynomial
from numpy.typing import ArrayLike
from scipy import special

from bitsapart.estimate.counts import as_whole
from bitsapart.estimate.difference.margins import (
    DRAWABLE,
    PERMUTATIONS,
    Array,
    Term,
    enumerated,
    few_tables,
    permuted,
    sum_of_terms,
)

DRAWS = 20_000_000
"""Counts drawn for one p-value, as long as 999 permutations are."""
SEED = 20_240_229
SMALL = 60
"""Up to so many rows in all, permutations are drawn rather than approximated."""


def pearson_test(p: ArrayLike, q: ArrayLike) -> float:
    """P-value of 'no difference at all' from counts of the same outcomes; in (0, 1].

    >>> round(pearson_test([30, 10, 10], [10, 20, 20]), 5)
    0.00021
    >>> pearson_test([5, 5], [5, 5])
    1.0
    """
    p, q = as_whole(p), as_whole(q)
    seen = p + q > 0
    p, q = p[seen], q[seen]
    n, m = int(p.sum()), int(q.sum())
    if p.size < 2 or n == 0 or m == 0:
        return 1.0
    totals = (p + q).astype(np.float64)
    term = chi_squared_term(n, m)
    observed = float(term(p.astype(np.float64), totals).sum())
    if observed <= 0.0:
        return 1.0
    if few_tables(totals):
        return enumerated(observed, totals, n, term)
    # the sum of the counts of P is fixed, which takes away a chi-square of one degree
    skewness = leading_skewness(totals, n, m) * math.sqrt(totals.size / (totals.size - 1.0))
    if n + m <= SMALL or (skewness > 4.0 and n + m < DRAWABLE):
        repeats = int(min(max(DRAWS / totals.size, 999), PERMUTATIONS))
        return permuted(observed, totals, n, sum_of_terms(term, totals, repeats), repeats, SEED)
    mean, variance = permutation_moments(totals, n, m)
    return max(shifted_gamma_tail((observed - mean) / math.sqrt(variance), skewness), np.finfo(np.float64).tiny)


def chi_squared_term(n: float, m: float) -> Term:
    """What an outcome adds to X^2, of its count in P and its total."""

    def term(counts: Array, totals: Array) -> Array:
        rows = n + m
        return np.asarray(rows * rows / (n * m) * (counts - n * totals / rows) ** 2 / totals, dtype=np.float64)

    return term


def permutation_moments(totals: Array, n: int, m: int) -> tuple[float, float]:
    """Exact mean and variance of X^2 given both margins. Dawson 1954, for a table of two rows; N > 3.

    >>> [round(x, 6) for x in permutation_moments(np.array([4.0, 3.0, 3.0]), 5, 5)]
    [2.222222, 3.897707]
    """
    rows, outcomes = n + m, totals.size
    mean = rows * (outcomes - 1) / (rows - 1)
    first = (rows - 2) / (rows - 1)
    second = (outcomes - 1) * (rows - outcomes) / (rows - 1)
    first_spread = (rows / n + rows / m - 4) / (rows - 2)
    second_spread = (float(np.sum(rows / totals)) - outcomes**2) / (rows - 2)
    variance = 2 * rows / (rows - 3) * (first - first_spread) * (second - second_spread)
    variance += rows**2 / (rows - 1) * first_spread * second_spread
    return mean, variance


def leading_skewness(totals: Array, n: int, m: int) -> float:
    """Skewness of the gamma law whose tail is at least as heavy as that of X^2 in its third and fourth cumulants.

    The terms of X^2 are taken as functions of binomial counts, freed of their common sum: with y a centred count,
    y^2 / (t w) - slope y, where w = n m / N^2. A gamma law of skewness g has excess kurtosis 3 g^2 / 2.
    """
    rows = n + m
    share = n / rows
    spread = share * (1.0 - share)
    slope = totals.size * (1.0 - 2.0 * share) / (rows * spread)
    sizes, times = np.unique(totals, return_counts=True)
    moments = binomial_central_moments(sizes, share)
    first, second, third, fourth = (
        sum(
            math.comb(k, j) * (1.0 / (sizes * spread)) ** j * (-slope) ** (k - j) * moments[k + j] for j in range(k + 1)
        )
        for k in (1, 2, 3, 4)
    )
    variance = float(np.sum(times * (second - first**2)))
    skewed = float(np.sum(times * (third - 3.0 * first * second + 2.0 * first**3)))
    peaked = fourth - 4.0 * first * third - 3.0 * second**2 + 12.0 * first**2 * second - 6.0 * first**4
    if variance <= 0.0:
        return math.inf
    kurtosis = float(np.sum(times * peaked)) / variance**2
    return float(max(skewed / variance**1.5, math.sqrt(max(kurtosis, 0.0) / 1.5)))


def binomial_central_moments(sizes: Array, share: float, most: int = 8) -> list[Array]:
    """Central moments 0, 1, ..., ``most`` of Binomial(size, share), each of the shape of ``sizes``.

    Cumulants by k_(r+1) = p (1 - p) dk_r/dp (Frisch 1925), moments from them by the usual recursion.

    >>> [x.tolist() for x in binomial_central_moments(np.array([4.0]), 0.5, 4)]
    [[1.0], [0.0], [1.0], [0.0], [2.5]]
    """
    cumulants = [np.zeros_like(sizes), np.zeros_like(sizes)]
    moments = [np.ones_like(sizes), np.zeros_like(sizes)]
    for r, cumulant in enumerate(bernoulli_cumulants(most), start=2):
        cumulants.append(sizes * float(cumulant(share)))
        moments.append(
            sum((math.comb(r - 1, j - 1) * cumulants[j] * moments[r - j] for j in range(2, r + 1)), 0.0 * sizes)
        )
    return moments


@cache
def bernoulli_cumulants(most: int) -> tuple[Polynomial, ...]:
    """Cumulants 2 to ``most`` of one trial, as polynomials in the share."""
    found = [Polynomial([0.0, 1.0, -1.0])]
    while len(found) < most - 1:
        found.append(found[0] * found[-1].deriv())
    return tuple(found)


def shifted_gamma_tail(z: float, skewness: float) -> float:
    """P(Z > z) for a standardised gamma variable of this skewness (Pearson's type III); normal at skewness 0."""
    if skewness < 1e-3:
        return float(special.ndtr(-z))
    shape = 4.0 / skewness**2
    at = shape + z * math.sqrt(shape)
    return 1.0 if at <= 0.0 else float(special.gammaincc(shape, at))
