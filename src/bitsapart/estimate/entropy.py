"""Entropy from counts, with its interval.

    H = psi(n) - sum (p_i / n) psi(p_i)          psi: the digamma function; p_i: counts; n: their sum

Its bias falls exponentially with the expected counts. Grassberger 1988; in this form Schuermann 2015 (Zhang 2012 is the
same number). The interval is that of KL(P || uniform) = log K - H, turned round: near the uniform distribution the
entropy is not normal but log K minus a chi-square.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from bitsapart.estimate.intervals.noncentral import Spread, slope_of
from bitsapart.estimate.intervals.rare_counts import own_side, skewed_interval
from bitsapart.values.estimate import Estimate
from bitsapart.values.unit import Unit

METHOD = "Grassberger digamma + noncentral chi-square inversion"

Array = NDArray[np.float64]


def entropy(p: ArrayLike, level: float = 0.95) -> Estimate:
    """H of the distribution behind the counts ``p``, shape (outcomes,), in nats, between 0 and log(outcomes).

    >>> print(entropy([50, 25, 25], 0.95).to(Unit.bit))
    1.515 bits [1.348, 1.574]
    """
    p = np.asarray(p, dtype=np.float64)
    n = int(p.sum())
    if n == 0:
        return Estimate(math.nan, None, None, level, "unknown", "no rows", Unit.nat, 0)
    if p.size == 1:
        return Estimate(0.0, 0.0, 0.0, level, "confidence", "a single outcome", Unit.nat, n)
    most = math.log(p.size)
    value = min(max(digamma_entropy(p), 0.0), most)
    low, high = skewed_interval(spread_from_uniform(p), (own_side(p, np.full(p.size, -most)),), level)
    low, high = max(most - high, 0.0), most - low
    return Estimate(value, min(low, value), max(high, value), level, "confidence", METHOD, Unit.nat, n)


def digamma_entropy(p: Array) -> float:
    """psi(n) - sum (p_i / n) psi(p_i); may leave [0, log K] by chance."""
    seen = p[p > 0]
    n = seen.sum()
    return float(special.digamma(n) - np.sum(seen * special.digamma(seen)) / n)


def spread_from_uniform(p: Array) -> Spread:
    """KL(P || uniform) = log K - H and its moments."""
    n = p.sum()
    freedom = max(int(np.count_nonzero(p)) - 1, 1)
    estimate = math.log(p.size) - digamma_entropy(p)
    bias, variance = freedom / (2.0 * n), freedom / (2.0 * n * n)
    share = np.where(p > 0, p, 0.5)
    share = share / share.sum()
    logs = np.log(share)
    scatter = float(np.sum(share * logs**2) - np.sum(share * logs) ** 2) - freedom / n
    return Spread(estimate, bias, variance, slope_of(estimate, scatter / n, bias, variance))
