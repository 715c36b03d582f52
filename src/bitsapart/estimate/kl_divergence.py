"""Kullback-Leibler divergence from two samples of counts, with its interval.

    KL = sum (p_i / n) (psi(p_i) - psi(n) - psi(q_i + 1) + psi(m + 1))

is free of bias up to terms that fall exponentially with the expected counts, since for a Poisson count X of mean u
E psi(X + 1) = log u + E1(u) and E X psi(X) = u (log u + E1(u)). Zhang & Grabchak 2014 (the same number as a series).

Plug-in bias, null variance and delta-method variance, with r_i the ratio of the two probabilities and c = 1/n + 1/m:

    2 b = sum (1/n + r_i/m) - c       2 v = sum (1/n + r_i/m)^2 - c^2       V = Var_p(log r)/n + (sum p r - 1)/m
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from bitsapart.estimate.counts import as_counts
from bitsapart.estimate.degenerate import degenerate_divergence
from bitsapart.estimate.intervals.noncentral import METHOD, Spread, slope_of
from bitsapart.estimate.intervals.rare_counts import Counted, code_side, own_side, skewed_interval
from bitsapart.values.estimate import Estimate
from bitsapart.values.unit import Unit

Array = NDArray[np.float64]


def kl_divergence(p: ArrayLike, q: ArrayLike, level: float = 0.95) -> Estimate:
    """KL(P || Q) in nats from counts of the same outcomes, both of shape (outcomes,).

    Infinite where an outcome of P was never seen in Q; its low end is then a lower confidence bound.

    >>> print(kl_divergence([60, 40], [40, 60], 0.95))
    0.070 nats [0.007, 0.250]
    >>> print(kl_divergence([60, 40], [100, 0], 0.95).value)
    inf
    """
    p, q = as_counts(p), as_counts(q)
    known = degenerate_divergence(p, q, level)
    if known:
        return known
    rows = int(p.sum() + q.sum())
    spread = kl_spread(p, q)
    if np.any((q == 0) & (p > 0)):
        low, method = low_end_of_infinite(p, q, spread, level)
        return Estimate(math.inf, low, math.inf, level, "bound", method, Unit.nat, rows)
    low, high = skewed_interval(spread, kl_sides(p, q), level)
    value = max(spread.estimate, 0.0)
    return Estimate(value, min(low, value), max(high, value), level, "confidence", METHOD, Unit.nat, rows)


def digamma_divergence(p: Array, q: Array) -> float:
    """The estimate that is free of bias, finite also where q = 0 < p (there too low); may be negative by chance."""
    n, m = p.sum(), q.sum()
    seen = p > 0
    logs = special.digamma(p[seen]) - special.digamma(q[seen] + 1.0)
    return float(np.sum(p[seen] * logs) / n - special.digamma(n) + special.digamma(m + 1.0))


def kl_spread(p: Array, q: Array) -> Spread:
    """The estimate and the moments of its law."""
    n, m = p.sum(), q.sum()
    c = 1.0 / n + 1.0 / m
    estimate = digamma_divergence(p, q)
    terms, squares, ratio = ratio_sums(p, q, n)
    bias = max(terms - c, c) / 2.0
    variance = max(squares - c * c, c * c) / 2.0
    scatter = max(scatter_of_logs(p, np.log(q + 0.5)) - terms, 0.0)
    first_order = scatter / n + max(ratio - 1.0, 0.0) / m
    return Spread(estimate, bias, variance, slope_of(estimate, first_order, bias, variance))


def kl_sides(p: Array, q: Array) -> tuple[Counted, Counted]:
    """How the estimate depends on single counts of P and of Q."""
    return own_side(p, np.log((q + 0.5) / q.sum())), code_side(p, q, p.sum())


def ratio_sums(p: Array, q: Array, n: float) -> tuple[float, float, float]:
    """Unbiased: sum (1/n + r/m), sum (1/n + r/m)^2 and the mean of r under P, where r = (p/n) / (q/m).

    For a Poisson count X of mean u, X (X - 1) estimates u^2, and 1/(X + 1) and 1/((X + 1)(X + 2)) estimate 1/u and
    1/u^2. An outcome that P was not seen to have adds nothing of 1/n.
    """
    m = q.sum()
    present = p > 0
    pairs = p * (p - 1.0) / (n * max(n - 1.0, 1.0))
    single = (m + 1.0) / n * p / (q + 1.0)
    double = pairs * (m + 1.0) * (m + 2.0) / ((q + 1.0) * (q + 2.0))
    terms = present.sum() / n + single.sum() / m
    squares = np.sum(present / n**2 + 2.0 * single / (n * m)) + double.sum() / m**2
    return float(terms), float(squares), float(np.sum(pairs * (m + 1.0) / (q + 1.0)))


def scatter_of_logs(p: Array, code: Array) -> float:
    """Var_p(log p - code), plug-in, with half a count where P has none; ``code``: the other logarithms."""
    share = np.where(p > 0, p, 0.5)
    share = share / share.sum()
    logs = np.log(share) - code
    return float(np.sum(share * logs**2) - np.sum(share * logs) ** 2)


def low_end_of_infinite(p: Array, q: Array, spread: Spread, level: float) -> tuple[float, str]:
    """A lower confidence bound where an outcome of P is missing from Q, and the name of its method.

    Two bounds share the error, which a bound has on one side only: the low end of the finite estimate, which errs
    downwards where counts in Q are small; and, as merging outcomes never raises a divergence, that of the two-way
    table {missing, present}.
    """
    tail = (1.0 - level) / 2.0
    finite, _ = skewed_interval(spread, kl_sides(p, q), level)
    binary = binary_lower_bound(p, q, tail)
    if binary > finite:
        return binary, "data processing: share of new outcomes, Clopper-Pearson"
    return finite, "lower end of " + METHOD


def binary_lower_bound(p: Array, q: Array, tail: float) -> float:
    """d(P(new) || Q(new)) at the ends of both shares' confidence bounds, Clopper & Pearson 1934.

    Which outcomes are new was seen in the reference itself, so its bound covers every set of so many outcomes:
    C(K, s) sets of each of K sizes.
    """
    new = q == 0
    n, m, outcomes, size = p.sum(), q.sum(), p.size, int(new.sum())
    count = float(p[new].sum())
    current = float(special.betaincinv(count, n - count + 1.0, tail / 2.0))
    sets = special.gammaln(outcomes + 1) - special.gammaln(size + 1) - special.gammaln(outcomes - size + 1)
    reference = -math.expm1((math.log(tail / 2.0) - math.log(outcomes) - float(sets)) / m)
    if current <= reference:
        return 0.0
    rest = 0.0 if current >= 1.0 else (1.0 - current) * (math.log1p(-current) - math.log1p(-reference))
    return max(current * math.log(current / reference) + rest, 0.0)
