"""The account of two samples of counts: cross-entropy = entropy + divergence, with the interval of each.

    H(P, Q) = sum (p_i / n) (psi(m + 1) - psi(q_i + 1))

which is the digamma entropy plus the digamma divergence, term by term. Its variance, free of first-order bias:

    Var_p(log q)/n + (sum p_i^2/q_i - 1)/m + sum (p_i/q_i)^2 / (2 m^2)          Cover & Thomas 2006, 2.3; delta method
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from bitsapart.estimate.counts import as_counts
from bitsapart.estimate.entropy import entropy
from bitsapart.estimate.jensen_shannon import js_divergence
from bitsapart.estimate.kl_divergence import kl_divergence
from bitsapart.estimate.prior import divergence_with_prior
from bitsapart.values.account import Account

__all__ = ["account", "divergence_with_prior", "entropy", "js_divergence", "kl_divergence"]

Array = NDArray[np.float64]
METHOD = "digamma estimate + delta method of the sum"


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
    low, high = cross_entropy_interval(p, q, level)
    total = own.value + divergence.value
    if math.isinf(divergence.value):
        return Account(own, divergence, low, math.inf, "lower end of " + METHOD)
    return Account(own, divergence, min(low, total), max(high, total), METHOD)


def cross_entropy_interval(p: Array, q: Array, level: float) -> tuple[float, float]:
    """The interval of H(P, Q), which is >= 0."""
    n, m = p.sum(), q.sum()
    value = float(special.digamma(m + 1.0) - np.sum(p * special.digamma(q + 1.0)) / n)
    pairs = p * (p - 1.0) / (n * max(n - 1.0, 1.0))
    chi_squared = max(float(np.sum(pairs * (m + 1.0) / (q + 1.0))) - 1.0, 0.0)
    squares = float(np.sum(pairs * (m + 1.0) * (m + 2.0) / ((q + 1.0) * (q + 2.0))))
    share = np.where(p > 0, p, 0.5)
    share = share / share.sum()
    logs = np.log(q + 0.5)
    scatter = float(np.sum(share * logs**2) - np.sum(share * logs) ** 2)
    deviation = math.sqrt(max(scatter, 0.0) / n + chi_squared / m + max(squares, 1.0) / (2.0 * m * m))
    reach = float(special.ndtri((1.0 + level) / 2.0)) * deviation
    return max(value - reach, 0.0), value + reach
