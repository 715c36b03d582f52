"""The estimate of a Jensen-Shannon divergence between samples of counts, and the moments of its law.

Entropies are digamma estimates. A share of the mixture, M_i = (p_i/n + q_i/m) / 2, counts as c_i rows, as many as have
its relative variance: M_i^2 / (p_i/4n^2 + q_i/4m^2), which is p_i + q_i for samples of one size:

    H(M) = psi(N) - log N - sum M_i (log M_i + psi(c_i) - log c_i)       N = 4 n m / (n + m), that of all if P = Q

and each entropy gets the tail T of what was not seen, that of M in N rows from both samples together (from the smaller,
where one is much larger). With g_i = (q_i/n + p_i/m) / (4 M_i) and c = 1/n + 1/m, the moments are

    2 b = sum g - c/4      2 v = sum g^2 - (c/4)^2      V = Var_p(log(p/M))/4n + Var_q(log(q/M))/4m
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from bitsapart.estimate.discrete.sample_coverage import sample_coverage
from bitsapart.estimate.discrete.zhang import zhang
from bitsapart.estimate.intervals.noncentral import Spread, slope_of
from bitsapart.estimate.intervals.rare_counts import Counted
from bitsapart.estimate.intervals.small_counts import small_count_variance
from bitsapart.estimate.scatter import scatter
from bitsapart.estimate.unseen import extrapolated
from bitsapart.estimate.unseen_tail import variance_of

Array = NDArray[np.float64]
BALANCED = 0.75


@dataclass(frozen=True, eq=False)
class JsSpread(Spread):
    """With the sum of the ``tails`` of both entropies, half of which was taken off the estimate."""

    tails: Any = 0.0


def js_estimate(p: Array, q: Array) -> Array:
    """The estimate, (...), of counts (..., outcomes)."""
    own, tail, other = mixture_tail(p, q)
    return mixture_entropy(p, q) + tail - (zhang(p) + own + zhang(q) + other) / 2.0


def shares(p: Array, q: Array) -> tuple[Array, Array, Array]:
    """The shares of both sides and their mean, which is 1 where both are 0, so that it can be divided by."""
    x, y = p / p.sum(axis=-1, keepdims=True), q / q.sum(axis=-1, keepdims=True)
    mixture = (x + y) / 2.0
    return x, y, np.where(mixture > 0.0, mixture, 1.0)


def mixture_entropy(p: Array, q: Array) -> Array:
    """H(M) by the digamma estimate, (...)."""
    x, y, mixture = shares(p, q)
    n, m = p.sum(axis=-1, keepdims=True), q.sum(axis=-1, keepdims=True)
    variance = x / (4.0 * n) + y / (4.0 * m)
    rows = mixture**2 / np.where(variance > 0.0, variance, 1.0)
    logs = np.log(mixture) + special.digamma(rows) - np.log(rows)
    whole = (4.0 * n * m / (n + m))[..., 0]
    return np.asarray(special.digamma(whole) - np.log(whole) - np.sum((x + y) / 2.0 * logs, axis=-1))


def mixture_tail(p: Array, q: Array) -> tuple[Array, Array, Array]:
    """What the digamma estimates of H(P), H(M) and H(Q) miss, (...)."""
    if not (np.any(p == 1.0) or np.any(q == 1.0)):
        return (np.zeros(p.shape[:-1]),) * 3
    own, other, both = sample_coverage(p), sample_coverage(q), sample_coverage(p + q)
    n, m = p.sum(axis=-1), q.sum(axis=-1)
    rows = 4.0 * n * m / (n + m)
    smaller = np.where(n <= m, extrapolated(own, rows), extrapolated(other, rows))
    balanced = rows >= BALANCED * (n + m)
    together = extrapolated(both, np.where(balanced, rows, n + m))
    return extrapolated(own, n), np.where(balanced, together, smaller), extrapolated(other, m)


def plug_in_js(p: Array, q: Array) -> Array:
    """JS of the shares."""
    x, y, mixture = shares(p, q)
    both = special.xlogy(x, x / mixture) + special.xlogy(y, y / mixture)
    return np.asarray(np.sum(both, axis=-1) / 2.0)


def js_spread(p: Array, q: Array) -> JsSpread:
    """The estimate and the moments of its law; counts of shape (..., outcomes), each field of shape (...)."""
    n, m = p.sum(axis=-1), q.sum(axis=-1)
    c = (1.0 / n + 1.0 / m) / 4.0
    own, tail, other = mixture_tail(p, q)
    estimate = mixture_entropy(p, q) + tail - (zhang(p) + own + zhang(q) + other) / 2.0
    x, y, mixture = shares(p, q)
    parts = ((p > 0.0) * y / n[..., None] + (q > 0.0) * x / m[..., None]) / (4.0 * mixture)
    bias = np.maximum(parts.sum(axis=-1) - c, c) / 2.0
    small = np.where(p + q > 0.0, small_count_variance((p + q) * (n * m / (n + m) ** 2)[..., None]), 0.0)
    squares = np.maximum(np.sum(parts**2, axis=-1), np.sum(small, axis=-1) * c * c)
    unsure = np.minimum(variance_of(p), own**2) / 4.0 + np.minimum(variance_of(q), other**2) / 4.0
    variance = np.maximum(squares - c * c, c * c) / 2.0 + unsure
    logs = np.log(mixture)
    likely = x * m[..., None] >= 1.0, y * n[..., None] >= 1.0
    first_order = (scatter_of(p, logs, likely[1]) / n + scatter_of(q, logs, likely[0]) / m) / 4.0 - 2.0 * c * bias
    return JsSpread(estimate, bias, variance, slope_of(estimate, first_order, bias, variance), own + other)


def scatter_of(p: Array, code: Array, likely: NDArray[np.bool_] | bool = False) -> Array:
    """Var_p(log p - code), plug-in, (...); outcomes not seen share half a count, or have it each where ``likely``."""
    unseen = np.count_nonzero(p == 0.0, axis=-1)[..., None]
    weights = np.where(p > 0.0, p, np.where(likely, 0.5, 0.5 / np.maximum(unseen, 1)))
    return scatter(weights, np.log(weights) - code)


def js_side(p: Array, q: Array) -> Counted:
    """How the estimate depends on single counts of P: part (x log(x/M) + y log(y/M)) / 2 less its mean."""
    n = p.sum(axis=-1, keepdims=True)
    y = q / q.sum(axis=-1, keepdims=True)
    share = np.maximum(p, 0.5) / n
    logs = np.log(2.0 * share / (share + y)) / 2.0
    mean = np.sum(p / n * logs, axis=-1, keepdims=True)

    def part(counts: Array) -> Array:
        x = counts / n
        mixture = (x + y) / 2.0
        both = special.xlogy(x, x) + special.xlogy(y, y) - 2.0 * special.xlogy(mixture, mixture)
        return np.asarray(both / 2.0 - x * mean, dtype=np.float64)

    return Counted(p, part, part(p), (logs - mean) / n)
