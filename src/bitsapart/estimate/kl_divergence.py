"""Kullback-Leibler divergence from two samples of counts, with its interval.

    KL = sum (p_i / n) (psi(p_i) - psi(n) - psi(q_i + 1) + psi(m + 1)) - T

is free of bias up to terms that fall exponentially with the expected counts, since for a Poisson count X of mean u
E psi(X + 1) = log u + E1(u) and E X psi(X) = u (log u + E1(u)). Zhang & Grabchak 2014 (the same number as a series).
T is what outcomes not seen add to the entropy of P (``unseen_tail``), so that KL + entropy is the cross-entropy.
"""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from bitsapart.estimate.asked import Asked, Measure, estimated
from bitsapart.estimate.counts import answered, read_counts
from bitsapart.estimate.intervals.noncentral import METHOD, TailedSpread, interval, rows_of
from bitsapart.estimate.intervals.rare_counts import moved_out
from bitsapart.estimate.kl_moments import digamma_divergence, kl_sides, kl_spread
from bitsapart.estimate.prior import with_prior
from bitsapart.estimate.too_few import dearest, too_few
from bitsapart.estimate.unseen_mass import binary_lower_bound
from bitsapart.estimate.unseen_tail import CAUTION, unseen_tail
from bitsapart.values.estimate import Estimate
from bitsapart.values.estimates import Estimates
from bitsapart.values.unit import Unit

__all__ = ["kl_divergence", "kl_estimates", "kl_spread"]

Array = NDArray[np.float64]


def kl_divergence(
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
    """KL(P || Q), what coding P by Q costs, from counts of the same outcomes; (..., outcomes) twice -> (...).

    prior      counts for all that Q never saw (see ``prior``); without it, an outcome of P that Q never saw makes the
               value infinite
    interval   "auto" or "noncentral" (inversion of the noncentral chi-square), "basic_bootstrap", or "delta"
    side       "both" ends of an interval, or a one-sided bound at ``level``: "lower" or "upper"
    seed       of the bootstrap's replicates

    Where an outcome of P was never seen in Q, or another sample of Q would lack some, the data do not bound the
    divergence from above (``too_few``): kind "bound", with a low end at ``level``, and a note that says why. Outcomes
    that neither side has seen count for the entropy of P as others that can occur.

    >>> print(kl_divergence([60, 40], [40, 60]))
    0.101 bits [0.010, 0.369]
    >>> found = kl_divergence([60, 40], [100, 0])
    >>> found.value, found.kind, found.note[:12]
    (inf, 'bound', 'too few data')
    """
    (p, q), shape = read_counts({"counts_p": counts_p, "counts_q": counts_q}, axis)
    return answered(kl_estimates(p, q, Asked(level, interval, side, seed, prior)), shape, unit)


def kl_estimates(p: Array, q: Array, asked: Asked, own: Array | None = None) -> Estimates:
    """KL(P || Q) in nats, one a row, from counts (rows, outcomes); ``own``: H(P), if it is known already."""
    measure = KL
    if own is not None:
        measure = replace(KL, spread=lambda p, q: kl_spread(p, q, own))
    found = estimated(measure, (p, q), asked)
    return found if asked.prior is None else with_prior(found, p, q, asked)


def kl_ends(p: Array, q: Array, spread: TailedSpread, level: float) -> tuple[Array, Array]:
    """Both ends; the low one with more taken off for unseen outcomes of P, whose tail is too short if anything.

    Where an outcome of P was never seen in Q, two bounds share the error of the low end: that of the finite estimate,
    which errs downwards where counts in Q are small; and, as merging outcomes never raises a divergence, that of the
    two-way table {missing, present}.
    """
    low, high = interval(spread, level)
    short = np.flatnonzero(spread.tail > 0.0)
    if short.size:
        some = rows_of(spread, short)
        less = some.estimate - (CAUTION - 1.0) * spread.tail[short]
        low[short] = interval(replace(some, estimate=less), level)[0]
    variance = spread.spread_at(np.maximum(spread.estimate, 0.0))
    low, high = moved_out((low, high), variance, kl_sides(p, q), level)
    new = np.flatnonzero(never_seen(p, q))
    if new.size:
        low[new] = np.maximum(low[new], binary_lower_bound(p[new], q[new], (1.0 - level) / 2.0))
    return low, np.minimum(high, dearest(q, (1.0 - level) / 2.0))


def never_seen(p: Array, q: Array) -> NDArray[np.bool_]:
    """Whether an outcome of P was never seen in Q, (...)."""
    return np.asarray(np.any((q == 0.0) & (p > 0.0), axis=-1))


def plug_in_divergence(p: Array, q: Array) -> Array:
    """KL of the shares, over outcomes seen on both sides."""
    n, m = p.sum(axis=-1, keepdims=True), q.sum(axis=-1, keepdims=True)
    return np.asarray(np.sum(np.where(q > 0.0, special.rel_entr(p / n, np.maximum(q, 1.0) / m), 0.0), axis=-1))


def kl_estimate(p: Array, q: Array) -> Array:
    """The estimate alone."""
    return digamma_divergence(p, q) - unseen_tail(p)[0]


KL = Measure(
    method=METHOD,
    estimator="digamma divergence less the unseen tail of P",
    spread=kl_spread,
    ends=kl_ends,
    notes=too_few,
    estimate=kl_estimate,
    plug_in=plug_in_divergence,
    largest=lambda p, q: np.full(p.shape[:-1], math.inf),
    infinite=never_seen,
)
