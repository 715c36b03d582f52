"""The estimate of a Kullback-Leibler divergence between samples of counts, and the moments of its law.

Free of first-order bias, with r_i the ratio of the two probabilities and c = 1/n + 1/m, the plug-in bias, the variance
where P = Q and the delta-method variance are

    2 b = sum (1/n + r_i/m) - c       2 v = sum (1/n + r_i/m)^2 - c^2       V = Var_p(log r)/n + (sum p r - 1)/m
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from bitsapart.estimate.intervals.noncentral import TailedSpread, slope_of
from bitsapart.estimate.intervals.rare_counts import Counted, code_side, own_side
from bitsapart.estimate.intervals.small_counts import small_count_variance
from bitsapart.estimate.scatter import scatter
from bitsapart.estimate.unseen_tail import unseen_tail

Array = NDArray[np.float64]


def digamma_divergence(p: Array, q: Array) -> Array:
    """The estimate that is free of bias, finite also where q = 0 < p (there too low); may be negative by chance."""
    n, m = p.sum(axis=-1), q.sum(axis=-1)
    logs = special.digamma(np.maximum(p, 1.0)) - special.digamma(q + 1.0)
    return np.asarray(np.sum(p * logs, axis=-1) / n - special.digamma(n) + special.digamma(m + 1.0))


def kl_spread(p: Array, q: Array, own: Array | None = None) -> TailedSpread:
    """The estimate and the moments of its law; counts of shape (..., outcomes), each field of shape (...).

    ``own``: the entropy of P, if it is known already.
    """
    n, m = p.sum(axis=-1), q.sum(axis=-1)
    c = 1.0 / n + 1.0 / m
    tail, unsure = unseen_tail(p, own)
    estimate = digamma_divergence(p, q) - tail
    terms, squares, ratio = ratio_sums(p, q, n)
    bias = np.maximum(terms - c, c) / 2.0
    variance = np.maximum(squares + few_rows(p, q) - c * c, c * c) / 2.0 + unsure
    first_order = first_order_variance(p, q, terms, ratio)
    return TailedSpread(estimate, bias, variance, slope_of(estimate, first_order, bias, variance), tail)


def first_order_variance(p: Array, q: Array, terms: Array, ratio: Array) -> Array:
    """V, less what chance adds to it; the sums are those of ``ratio_sums``."""
    n, m = p.sum(axis=-1), q.sum(axis=-1)
    own = np.maximum(scatter_of_logs(p, np.log(q + 0.5)) - terms, 0.0)
    return np.asarray(own / n + np.maximum(ratio - 1.0, 0.0) / m)


def few_rows(p: Array, q: Array) -> Array:
    """What small counts of P add to its part of 2 v, sum 1/n^2 over the outcomes seen, if both samples have one law."""
    n, m = p.sum(axis=-1, keepdims=True), q.sum(axis=-1, keepdims=True)
    pooled = (p + q) * (n / (n + m))
    more = small_count_variance(pooled).sum(axis=-1) - np.count_nonzero(p, axis=-1)
    return np.asarray(more / n[..., 0] ** 2)


def kl_sides(p: Array, q: Array) -> tuple[Counted, Counted]:
    """How the estimate depends on single counts of P and of Q."""
    return own_side(p, np.log((q + 0.5) / q.sum(axis=-1, keepdims=True))), code_side(p, q)


def ratio_sums(p: Array, q: Array, n: Any) -> tuple[Array, Array, Array]:
    """Unbiased: sum (1/n + r/m), sum (1/n + r/m)^2 and the mean of r under P, where r = (p/n) / (q/m).

    For a Poisson count X of mean u, X (X - 1) estimates u^2, and 1/(X + 1) and 1/((X + 1)(X + 2)) estimate 1/u and
    1/u^2. An outcome that P was not seen to have adds nothing of 1/n.
    """
    m = q.sum(axis=-1)
    present = np.count_nonzero(p, axis=-1)
    inverse = 1.0 / (q + 1.0)
    pairs = p * (p - 1.0) * inverse
    single = (m + 1.0) / n * np.sum(p * inverse, axis=-1)
    once, twice = np.sum(pairs, axis=-1), np.sum(pairs / (q + 2.0), axis=-1)
    scale = (m + 1.0) / (n * np.maximum(n - 1.0, 1.0))
    squares = present / n**2 + 2.0 * single / (n * m) + scale * (m + 2.0) / m**2 * twice
    return present / n + single / m, squares, scale * once


def scatter_of_logs(p: Array, code: Array) -> Array:
    """Var_p(log p - code), plug-in, with half a count where P has none; ``code``: the other logarithms."""
    weights = np.maximum(p, 0.5)
    return scatter(weights, np.log(weights) - code)
