"""Mean, variance and skewness of G given both margins, and the gamma law that has them.

The mean is a sum of hypergeometric expectations. For the rest the counts of P are taken as independent binomials, and
each term less its regression on its count, which is what conditioning on their sum leaves (Steck 1957, Morris 1975).
That conditioning also takes a chi-square of one degree away, from G as from Pearson's X^2, whose variance is known
exactly (Haldane 1940): G's is corrected by as much.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from bitsapart.estimate.difference.margins import Array, Term, log_choose
from bitsapart.estimate.difference.pearson import SMALL, permutation_moments, shifted_gamma_tail

WHOLE = 400
"""Up to this total every count is summed over; above, POINTS, as a sum over a smooth law needs no more."""
POINTS = np.arange(-10.0, 10.1, 0.2)
"""Standard deviations from the mean."""
SKEWEST = 4.0
"""With more skewness a gamma law is no guide to the tail."""


@dataclass(frozen=True, eq=False)
class Law:
    """Outcomes of some totals: each an array (totals, counts) but for ``times``, how many outcomes have the total.

    ``centred`` are counts of P less their mean, ``given`` their hypergeometric and ``free`` their binomial probability.
    """

    times: NDArray[np.int64]
    totals: Array
    counts: Array
    centred: Array
    given: Array
    free: Array


def gamma_p_value(observed: float, totals: Array, n: float, m: float, term: Term) -> float | None:
    """The tail of the gamma law; None where it is not to be trusted: few rows, or one outcome that rules."""
    if n + m <= SMALL:
        return None
    mean, variance, skewness = moments(totals, n, m, term)
    if not (skewness <= SKEWEST and variance > 0.0):
        return None
    tail = shifted_gamma_tail((observed - mean) / math.sqrt(variance), max(skewness, 0.0))
    return max(tail, float(np.finfo(np.float64).tiny))


def moments(totals: Array, n: float, m: float, term: Term) -> tuple[float, float, float]:
    """Mean, variance and skewness of the sum of ``term``; the skewness at least that which its kurtosis goes with.

    >>> usual = lambda k, total: (k - total / 2) ** 2 * 4 / total
    >>> [round(x, 3) for x in moments(np.array([4000.0, 3000.0, 3000.0]), 5000, 5000, usual)]
    [2.0, 4.0, 1.997]
    """
    laws = laws_of(totals, n, m)
    values = [term(law.counts, law.totals) for law in laws]
    mean = sum(float(law.times @ np.sum(law.given * value, axis=1)) for law, value in zip(laws, values, strict=True))
    spread = n * m / (n + m)
    second, third, fourth = residual_cumulants(laws, values, spread)
    usual = [law.centred**2 * (n + m) / (law.totals * spread) for law in laws]
    correction = permutation_moments(totals, int(n), int(m))[1] - residual_cumulants(laws, usual, spread)[0]
    variance = second + correction
    if variance <= 0.0:
        return mean, variance, math.inf
    # a chi-square of one degree has third and fourth cumulants 8 and 48; a gamma of skewness g has kurtosis 3 g^2 / 2
    peaked = math.sqrt(max(fourth - 48.0, 0.0) / 1.5) / variance
    return mean, variance, max((third - 8.0) / variance**1.5, peaked)


def laws_of(totals: Array, n: float, m: float) -> list[Law]:
    """The laws of the counts of P, for small totals and for large."""
    sizes, times = np.unique(totals, return_counts=True)
    share = n / (n + m)
    found = []
    for chosen in (sizes <= WHOLE, sizes > WHOLE):
        if not chosen.any():
            continue
        size = sizes[chosen][:, None]
        whole = size[-1, 0] <= WHOLE
        counts = np.arange(size[-1, 0] + 1.0) if whole else size * share + np.sqrt(size * share * m / (n + m)) * POINTS
        inside = (counts >= 0.0) & (counts <= size)
        counts = np.where(inside, counts, 0.0)
        size = np.broadcast_to(size, counts.shape)
        ways = np.where(inside, log_choose(size, counts), -np.inf)
        possible = inside & (counts <= n) & (size - counts <= m)
        others = log_choose(n + m - size, np.where(possible, n - counts, 0.0))
        given = normalised(np.where(possible, ways + others, -np.inf))
        free = normalised(ways + counts * math.log(n / m))
        found.append(Law(times[chosen], size, counts, counts - size * share, given, free))
    return found


def normalised(logs: Array) -> Array:
    """Probabilities that sum to 1 in each row, of these logarithms."""
    return np.asarray(special.softmax(logs, axis=1), dtype=np.float64)


def residual_cumulants(laws: list[Law], values: list[Array], spread: float) -> tuple[float, float, float]:
    """Second to fourth cumulants of the sum of values less their regression on counts, of variance ``spread``."""
    pairs = list(zip(laws, values, strict=True))
    slope = sum(float(law.times @ np.sum(law.free * law.centred * value, axis=1)) for law, value in pairs) / spread
    second = third = fourth = 0.0
    for law, value in pairs:
        rest = value - slope * law.centred
        rest = rest - np.sum(law.free * rest, axis=1, keepdims=True)
        squares = np.sum(law.free * rest**2, axis=1)
        second += float(law.times @ squares)
        third += float(law.times @ np.sum(law.free * rest**3, axis=1))
        fourth += float(law.times @ (np.sum(law.free * rest**4, axis=1) - 3.0 * squares**2))
    return second, third, fourth
