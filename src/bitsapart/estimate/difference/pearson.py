"""Pearson's chi-squared test that two samples have one distribution, calibrated by its exact permutation law.

    X^2 = N^2 / (n m) * sum (p_i - n t_i / N)^2 / t_i           t_i = p_i + q_i,  N = n + m

Given both margins the counts p are multivariate hypergeometric. Small tables are enumerated (Fisher 1935, Freeman &
Halton 1951). Otherwise a gamma law shifted to the exact mean and variance (Haldane 1940; Dawson 1954), with the leading
skewness and kurtosis, stands in, which also holds for tables of many rare outcomes; where it would be too skewed,
permutations are drawn (Dwass 1957).
"""

import math

import numpy as np
from numpy.polynomial import Polynomial
from numpy.typing import ArrayLike, NDArray
from scipy import special

from bitsapart.estimate.counts import as_whole

Array = NDArray[np.float64]

ENUMERATED = 200_000
"""Tables of at most so many terms are enumerated."""
PERMUTATIONS = 9_999
DRAWS, BATCH = 20_000_000, 1_000_000
"""Counts drawn for one p-value, as long as 999 permutations are, and at once."""
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
    observed = chi_squared(p, totals, n, m)
    if observed <= 0.0:
        return 1.0
    terms = float(np.sum(np.log1p(totals)) - np.log1p(totals.max()))
    if terms <= math.log(ENUMERATED):
        return enumerated(observed, totals, n, m)
    skewness = leading_skewness(totals, n, m)
    if n + m <= SMALL or skewness > 4.0:
        return permuted(observed, totals, n, m)
    mean, variance = permutation_moments(totals, n, m)
    return max(shifted_gamma_tail((observed - mean) / math.sqrt(variance), skewness), np.finfo(np.float64).tiny)


def chi_squared(p: NDArray[np.int64], totals: Array, n: int, m: int) -> float:
    """X^2 of the table."""
    rows = n + m
    return float(rows * rows / (n * m) * np.sum((p - n * totals / rows) ** 2 / totals))


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
    cumulant = Polynomial([0.0, 1.0])
    cumulants = [np.zeros_like(sizes), np.zeros_like(sizes)]
    moments = [np.ones_like(sizes), np.zeros_like(sizes)]
    for r in range(2, most + 1):
        cumulant = Polynomial([0.0, 1.0, -1.0]) * cumulant.deriv()
        cumulants.append(sizes * float(cumulant(share)))
        moments.append(
            sum((math.comb(r - 1, j - 1) * cumulants[j] * moments[r - j] for j in range(2, r + 1)), 0.0 * sizes)
        )
    return moments


def shifted_gamma_tail(z: float, skewness: float) -> float:
    """P(Z > z) for a standardised gamma variable of this skewness (Pearson's type III); normal at skewness 0."""
    if skewness < 1e-3:
        return float(special.ndtr(-z))
    shape = 4.0 / skewness**2
    at = shape + z * math.sqrt(shape)
    return 1.0 if at <= 0.0 else float(special.gammaincc(shape, at))


def enumerated(observed: float, totals: Array, n: int, m: int) -> float:
    """The exact p-value: all tables with these margins, the largest outcome fixed by the others."""
    rows = n + m
    order = np.sort(totals)
    count, statistic, weight = np.zeros(1), np.zeros(1), np.zeros(1)
    for total in order[:-1]:
        k = np.arange(total + 1.0)
        excess = (k - n * total / rows) ** 2 / total
        count = np.add.outer(count, k).ravel()
        statistic = np.add.outer(statistic, excess).ravel()
        weight = np.add.outer(weight, log_choose(total, k)).ravel()
        possible = count <= n
        count, statistic, weight = count[possible], statistic[possible], weight[possible]
    last = order[-1]
    rest = n - count
    possible = rest <= last
    rest, statistic, weight = rest[possible], statistic[possible], weight[possible]
    statistic = (statistic + (rest - n * last / rows) ** 2 / last) * rows * rows / (n * m)
    weight = weight + log_choose(last, rest)
    chance = np.exp(weight - weight.max())
    extreme = statistic >= observed * (1.0 - 1e-9) - 1e-9
    return min(float(chance[extreme].sum() / chance.sum()), 1.0)


def log_choose(total: float, k: Array) -> Array:
    """Logarithm of the binomial coefficient."""
    found = special.gammaln(total + 1.0) - special.gammaln(k + 1.0) - special.gammaln(total - k + 1.0)
    return np.asarray(found, dtype=np.float64)


def permuted(observed: float, totals: Array, n: int, m: int) -> float:
    """The p-value over random permutations, the table seen counted among them; the same seed every time."""
    rng = np.random.default_rng(SEED)
    rows, whole = n + m, totals.astype(np.int64)
    repeats = int(min(max(DRAWS / totals.size, 999), PERMUTATIONS))
    batch = int(max(BATCH / totals.size, 1))
    extreme = 1
    for start in range(0, repeats, batch):
        size = min(batch, repeats - start)
        drawn = rng.multivariate_hypergeometric(whole, n, size=size, method="marginals")
        statistics = rows * rows / (n * m) * np.sum((drawn - n * totals / rows) ** 2 / totals, axis=1)
        extreme += int(np.sum(statistics >= observed * (1.0 - 1e-9)))
    return extreme / (repeats + 1)
