"""The account of two samples of counts: cross-entropy = entropy + divergence, with the interval of each.

    H(P, Q) = sum (p_i / n) (psi(m + 1) - psi(q_i + 1))

which is the digamma entropy plus the digamma divergence, term by term. Its variance, free of first-order bias:

    V = Var_p(log q)/n + (sum p_i^2/q_i - 1)/m + sum (p_i/q_i)^2 / (2 m^2)     Cover & Thomas 2006, 2.3; delta method

The interval reaches z sqrt(V) down and z sqrt(V) + z^2 k/4 up, k the variance per nat of divergence: where V is
all divergence, as near the uniform distribution, that is the end of a noncentral chi-square.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from bitsapart.estimate.counts import as_counts
from bitsapart.estimate.entropy import entropy
from bitsapart.estimate.jensen_shannon import js_divergence
from bitsapart.estimate.kl_divergence import kl_divergence, kl_spread
from bitsapart.estimate.prior import divergence_with_prior
from bitsapart.estimate.intervals.rare_counts import Counted, code_side, moved_out
from bitsapart.values.account import Account

__all__ = ["account", "divergence_with_prior", "entropy", "js_divergence", "kl_divergence"]

Array = NDArray[np.float64]
METHOD = "digamma estimate + delta method of the sum"


def account(p: ArrayLike, q: ArrayLike, level: float) -> Account:
    """Entropy of P and KL(P || Q) in nats, and the interval of their sum from their joint uncertainty.

    Counts of the same outcomes, both of shape (outcomes,): ``p`` the current ones, ``q`` the reference's.

    >>> found = account([60, 40], [40, 60], 0.95)
    >>> print(found.entropy, found.divergence, found.cross_entropy, sep="; ")
    0.678 nats [0.593, 0.693]; 0.070 nats [0.007, 0.250]; 0.748 nats [0.662, 0.892]
    """
    p, q = as_counts(p), as_counts(q)
    own, divergence = entropy(p, level), kl_divergence(p, q, level)
    if own.low is None or divergence.low is None:
        return Account(own, divergence, None, None, "no rows on one side")
    if p.size == 1:
        return Account(own, divergence, 0.0, 0.0, "a single outcome")
    low, high = cross_entropy_interval(p, q, level)
    total = own.value + divergence.value
    if math.isinf(divergence.value):
        return Account(own, divergence, low, math.inf, "lower end of " + METHOD)
    return Account(own, divergence, min(low, total), max(high, total), METHOD)


def cross_entropy_interval(p: Array, q: Array, level: float) -> tuple[float, float]:
    """Ends of the interval of H(P, Q), which is >= 0."""
    n, m = p.sum(), q.sum()
    code = np.log((q + 0.5) / m)
    value = float(special.digamma(m + 1.0) - np.sum(p * special.digamma(q + 1.0)) / n)
    variance = cross_entropy_variance(p, q)
    z = float(special.ndtri((1.0 + level) / 2.0))
    reach = z * math.sqrt(variance)
    slope = (-code - float(np.sum(p / n * -code))) / n
    own = Counted(p, lambda counts: counts * slope, slope)
    ends = value - reach, value + reach + z * z * kl_spread(p, q).slope / 4.0
    return moved_out(ends, variance, (own, code_side(p, q, n)), level)


def cross_entropy_variance(p: Array, q: Array) -> float:
    """Variance of the estimate, to second order."""
    n, m = p.sum(), q.sum()
    pairs = p * (p - 1.0) / (n * max(n - 1.0, 1.0))
    chi_squared = max(float(np.sum(pairs * (m + 1.0) / (q + 1.0))) - 1.0, 0.0)
    squares = float(np.sum(pairs * (m + 1.0) * (m + 2.0) / ((q + 1.0) * (q + 2.0))))
    share = np.maximum(p, 0.5) / np.maximum(p, 0.5).sum()
    logs = np.log(q + 0.5)
    scatter = float(np.sum(share * logs**2) - np.sum(share * logs) ** 2)
    return float(max(scatter, 0.0) / n + chi_squared / m + max(squares, 1.0) / (2.0 * m * m))
