"""The account of two samples of counts: cross-entropy = entropy + divergence, with the interval of each.

    H(P, Q) = sum (p_i / n) (psi(m + 1) - psi(q_i + 1))

which is the digamma entropy plus the digamma divergence, term by term. Its variance, free of first-order bias:

    Var_p(log q)/n + (sum p_i^2/q_i - 1)/m + sum (p_i/q_i)^2 / (2 m^2)          Cover & Thomas 2006, 2.3; delta method

which with the variances of the two gives their correlation. The interval of the sum recovers asymmetric variances from
the intervals of its two terms (MOVER, Zou & Donner 2008): with a and b the distances of their ends, and r the
correlation, its end lies sqrt(a^2 + b^2 + 2 r a b) away.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from bitsapart.estimate.counts import as_counts
from bitsapart.estimate.entropy import entropy, spread_from_uniform
from bitsapart.estimate.jensen_shannon import js_divergence
from bitsapart.estimate.kl_divergence import kl_divergence, kl_spread
from bitsapart.estimate.prior import divergence_with_prior
from bitsapart.values.account import Account
from bitsapart.values.estimate import Estimate

__all__ = ["account", "divergence_with_prior", "entropy", "js_divergence", "kl_divergence"]

Array = NDArray[np.float64]
METHOD = "digamma estimate + variance recovery from the intervals of both terms"


def account(p: ArrayLike, q: ArrayLike, level: float) -> Account:
    """Entropy of P and KL(P || Q) in nats, and the interval of their sum from their joint uncertainty.

    Counts of the same outcomes, both of shape (outcomes,): ``p`` the current ones, ``q`` the reference's.

    >>> found = account([60, 40], [40, 60], 0.95)
    >>> print(found.entropy, found.divergence, found.cross_entropy, sep="; ")
    0.678 nats [0.638, 0.693]; 0.076 nats [0.009, 0.209]; 0.754 nats [0.645, 0.864]
    """
    p, q = as_counts(p), as_counts(q)
    own, divergence = entropy(p, level), kl_divergence(p, q, level)
    if own.low is None or divergence.low is None:
        return Account(own, divergence, None, None, "no rows on one side")
    if p.size == 1:
        return Account(own, divergence, 0.0, 0.0, "a single outcome")
    low, high = cross_entropy_interval(p, q, own, divergence)
    total = own.value + divergence.value
    if math.isinf(divergence.value):
        return Account(own, divergence, low, math.inf, "lower end of " + METHOD)
    return Account(own, divergence, min(low, total), max(high, total), METHOD)


def cross_entropy_interval(p: Array, q: Array, own: Estimate, divergence: Estimate) -> tuple[float, float]:
    """Ends of the interval of H(P, Q), which is >= 0, from those of its two terms."""
    n, m = p.sum(), q.sum()
    first, second = spread_from_uniform(p), kl_spread(p, q)
    value = float(special.digamma(m + 1.0) - np.sum(p * special.digamma(q + 1.0)) / n)
    alone = [s.variance + s.slope * max(s.estimate, 0.0) for s in (first, second)]
    covariance = (cross_entropy_variance(p, q) - alone[0] - alone[1]) / 2.0
    correlation = min(max(covariance / math.sqrt(alone[0] * alone[1]), -1.0), 1.0)
    kl = max(second.estimate, 0.0)
    falls = own.value - (own.low or 0.0), max(kl - (divergence.low or 0.0), 0.0)
    rises = (own.high or 0.0) - own.value, max((divergence.high or 0.0) - kl, 0.0)
    low, high = together(*falls, correlation), together(*rises, correlation)
    return max(value - low, 0.0), value + high


def together(a: float, b: float, correlation: float) -> float:
    """Length of the sum of two reaches, as of vectors with this cosine between them."""
    if math.isinf(b):
        return math.inf
    return math.sqrt(max(a * a + b * b + 2.0 * correlation * a * b, 0.0))


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
