"""Cross-entropy from two samples of counts: entropy + divergence, with an interval of its own.

    H(P, Q) = sum (p_i / n) (psi(m + 1) - psi(q_i + 1))

which is the sum of the two estimates, term by term. Its variance, free of first-order bias:

    V = Var_p(log q)/n + (sum p_i^2/q_i - 1)/m + sum (p_i/q_i)^2 / (2 m^2)     Cover & Thomas 2006, 2.3; delta method

The interval reaches z sqrt(V) down and z sqrt(V) + z^2 k/4 up, k the variance per nat of divergence: where V is
all divergence, as near the uniform distribution, that is the end of a noncentral chi-square.
"""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from bitsapart.estimate.asked import Asked, Measure, estimated
from bitsapart.estimate.counts import answered, read_counts, sided
from bitsapart.estimate.intervals.noncentral import Spread, slope_of
from bitsapart.estimate.intervals.rare_counts import Counted, code_side, moved_out
from bitsapart.estimate.kl_divergence import kl_estimates, never_seen
from bitsapart.estimate.kl_moments import digamma_divergence, first_order_variance, ratio_sums
from bitsapart.estimate.scatter import scatter
from bitsapart.estimate.too_few import dearest, too_few
from bitsapart.estimate.unseen_tail import own_entropy
from bitsapart.measures.door import unit_of
from bitsapart.values.estimate import Estimate
from bitsapart.values.estimates import Estimates
from bitsapart.values.unit import Unit

Array = NDArray[np.float64]


def cross_entropy(
    counts_p: ArrayLike,
    counts_q: ArrayLike,
    *,
    prior: float | None = None,
    interval: str = "auto",
    level: float = 0.95,
    side: str = "both",
    unit: str | Unit = "bit",
    axis: int = -1,
    seed: int = 0,
) -> Estimate | Estimates:
    """H(P, Q), what a row of P takes in a code for Q, from counts of the same outcomes; (..., outcomes) twice -> (...).

    The arguments are those of ``kl_divergence``. The value is that of ``entropy`` (method "auto") and that of
    ``kl_divergence`` added up, to the last digit. With ``prior``, an outcome that Q lacks costs the escape and then
    what it costs among all such outcomes.

    >>> print(cross_entropy([60, 40], [40, 60]))
    1.080 bits [0.954, 1.293]
    """
    (p, q), shape = read_counts({"counts_p": counts_p, "counts_q": counts_q}, axis)
    asked = Asked(level, interval, side, seed, prior)
    own = own_entropy(p)
    divergence = kl_estimates(p, q, asked, own)
    total = cross_entropy_estimates(p, q, asked, own, divergence)
    nats = unit_of(unit)
    return answered(summed(total.to(nats), own / nats.value, divergence.to(nats).value), shape, nats)


def summed(total: Estimates, own: Array, divergence: Array) -> Estimates:
    """Cross-entropies with the sum of the other two as values, in one unit, to the last digit."""
    value = own + divergence
    return replace(total, value=value, low=np.minimum(total.low, value), high=np.maximum(total.high, value))


def cross_entropy_estimates(p: Array, q: Array, asked: Asked, own: Array, divergence: Estimates) -> Estimates:
    """H(P, Q) in nats, one a row, from counts (rows, outcomes), the entropy of P and the divergence."""
    found = summed(estimated(CROSS_ENTROPY, (p, q), asked), own, divergence.value)
    return found if asked.prior is None else with_escape(found, p, q, asked)


def cross_entropy_spread(p: Array, q: Array) -> Spread:
    """The estimate, and its variance as one that is all slope."""
    estimate = np.maximum(digamma_cross_entropy(p, q), 1e-300)
    return Spread(estimate, 0.0 * estimate, 0.0 * estimate, cross_entropy_variance(p, q) / estimate)


def cross_entropy_ends(p: Array, q: Array, spread: Spread, level: float) -> tuple[Array, Array]:
    """Both ends of the interval, the low one >= 0."""
    n, m = p.sum(axis=-1, keepdims=True), q.sum(axis=-1, keepdims=True)
    variance = spread.spread_at(spread.estimate)
    z = float(special.ndtri((1.0 + level) / 2.0))
    reach = z * np.sqrt(variance)
    code = -np.log((q + 0.5) / m)
    slope = (code - np.sum(p / n * code, axis=-1, keepdims=True)) / n
    own = Counted(p, lambda counts: counts * slope, p * slope, slope)
    value = digamma_cross_entropy(p, q)
    ends = value - reach, value + reach + z * z * divergence_slope(p, q) / 4.0
    low, high = moved_out(ends, variance, (own, code_side(p, q)), level)
    return low, np.minimum(high, dearest(q, (1.0 - level) / 2.0))


def divergence_slope(p: Array, q: Array) -> Array:
    """Variance of the divergence per nat of it, (...)."""
    n, m = p.sum(axis=-1), q.sum(axis=-1)
    c = 1.0 / n + 1.0 / m
    terms, squares, ratio = ratio_sums(p, q, n)
    bias, variance = np.maximum(terms - c, c) / 2.0, np.maximum(squares - c * c, c * c) / 2.0
    return slope_of(digamma_divergence(p, q), first_order_variance(p, q, terms, ratio), bias, variance)


def digamma_cross_entropy(p: Array, q: Array) -> Array:
    """The estimate by digamma functions, (...), of counts (..., outcomes)."""
    n, m = p.sum(axis=-1), q.sum(axis=-1)
    return np.asarray(special.digamma(m + 1.0) - np.sum(p * special.digamma(q + 1.0), axis=-1) / n)


def plug_in_cross_entropy(p: Array, q: Array) -> Array:
    """-sum p log q of the shares, over outcomes seen in Q."""
    n, m = p.sum(axis=-1), q.sum(axis=-1)
    weight = np.where(q > 0.0, p, 0.0)
    logs = np.sum(weight * np.log(np.maximum(q, 1.0)), axis=-1)
    return np.asarray((np.log(m) * np.sum(weight, axis=-1) - logs) / n)


def cross_entropy_variance(p: Array, q: Array) -> Array:
    """Variance of the estimate, to second order, (...), of counts (..., outcomes)."""
    n, m = p.sum(axis=-1), q.sum(axis=-1)
    pairs = p * (p - 1.0) / (q + 1.0)
    scale = (m + 1.0) / (n * np.maximum(n - 1.0, 1.0))
    chi_squared = np.maximum(scale * np.sum(pairs, axis=-1) - 1.0, 0.0)
    squares = scale * (m + 2.0) * np.sum(pairs / (q + 2.0), axis=-1)
    own = np.maximum(scatter(np.maximum(p, 0.5), np.log(q + 0.5)), 0.0)
    return np.asarray(own / n + chi_squared / m + np.maximum(squares, 1.0) / (2.0 * m * m))


def with_escape(found: Estimates, p: Array, q: Array, asked: Asked) -> Estimates:
    """Cross-entropies in nats, those of rows where Q lacks outcomes of P with the ends of a finite one."""
    fields = {name: getattr(found, name).copy() for name in ("low", "high", "kind", "method", "note")}
    z = float(special.ndtri((1.0 + asked.two_sided) / 2.0))
    some = never_seen(p, q) & (q.sum(axis=-1) > 0.0)
    for row in np.flatnonzero(some):
        reach = z * math.sqrt(escape_variance(p[row], q[row], asked.prior or 0.0))
        fields["low"][row], fields["high"][row] = max(found.value[row] - reach, 0.0), found.value[row] + reach
        fields["kind"][row], fields["note"][row] = "confidence", ""
        fields["method"][row] = (
            f"digamma estimate + delta method; new outcomes coded by an escape of {asked.prior:g} counts"
        )
    ready = replace(found, **fields)
    return sided(ready, asked.side, 0.0, math.inf) if some.any() else ready


def escape_variance(p: Array, q: Array, prior: float) -> float:
    """Variance to first order where a new outcome costs the escape and its share among all new ones."""
    known, n = q > 0.0, p.sum()
    new = p[~known].sum()
    code = np.where(known, np.log(q + 0.5), np.log(prior * np.maximum(p, 0.5) / new))
    own = max(float(scatter(np.where(known, np.maximum(p, 0.5), p), code)), 0.0)
    chi_squared = float(np.sum(p[known] ** 2 / (q[known] + 1.0))) * q.sum() / n**2 - (1.0 - new / n) ** 2
    return float(own / n + max(chi_squared, 0.0) / q.sum())


CROSS_ENTROPY = Measure(
    method="delta method of the sum",
    estimator="digamma cross-entropy",
    spread=cross_entropy_spread,
    ends=cross_entropy_ends,
    notes=too_few,
    estimate=digamma_cross_entropy,
    plug_in=plug_in_cross_entropy,
    largest=lambda p, q: np.full(p.shape[:-1], math.inf),
    infinite=never_seen,
)
